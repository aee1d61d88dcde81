/* passage: one turn of a user, made ready for patterns, with the way back to the original bytes.
 *
 * Typographic quotes become plain, letters lower case, runs of blanks one space, emphasis marks go; code, long
 * quotations and cited lines are masked, because there it is not the user who speaks. Of a long text the first 2,000
 * and the last 1,500 bytes are kept: cues lead, beliefs trail. Then it is cut into sentences. One thread's scratch.
 */
#ifndef CANDOR_DETECT_PASSAGE_H
#define CANDOR_DETECT_PASSAGE_H

#include "str.h"

enum {
    PASSAGE_HEAD = 2000,
    PASSAGE_TAIL = 1500,
    PASSAGE_MAX = PASSAGE_HEAD + PASSAGE_TAIL + 1, /* and a line break between them */
    PASSAGE_SLACK = 16,                            /* room behind it, for who reads or writes several bytes at once */
    SENTENCES_MAX = 400,
    SENTENCE_BYTES_MAX = 1000
};

/* What stands for a masked byte: no letter, no blank, no end of a sentence. */
#define PASSAGE_MASK '\x1a'

struct sentence {
    uint32_t start, end; /* of the passage's text; never empty */
    bool asks;           /* ends with a question mark */
    bool starts_line;
    bool material; /* text to work on, by the caller's judgement: not the user speaking */
};

/* From here on the text is so many bytes behind the original. */
struct gap {
    uint32_t at, left_out;
};

struct passage {
    struct slice original;                  /* not owned */
    char text[PASSAGE_MAX + PASSAGE_SLACK]; /* zeros stand behind it */
    size_t len;
    struct gap gaps[PASSAGE_MAX + 1];
    size_t gap_count;
    uint16_t marks[PASSAGE_MAX]; /* where what may open a mask or end a sentence stands */
    size_t mark_count;
    size_t wide; /* where the first character beyond ASCII stands; PASSAGE_MAX: there is none */
    bool opens;  /* something may open a mask */
    bool cut;    /* the middle of a long text was left out */
    bool code;   /* some of it was code */
    struct sentence sentences[SENTENCES_MAX];
    size_t count;
};

void passage_read(struct passage *passage, struct slice original);

/* mask.c: what passage_read does where the user does not speak, between normalising and cutting. */
void passage_mask(struct passage *passage);

/* lines.c: what passage_read does of paragraphs that were broken to a width, before cutting. */
void passage_unwrap(struct passage *passage);

/* Whether a word may begin there. */
static inline bool passage_begins_word(const struct passage *passage, size_t at)
{
    return at == 0 || strchr(" \n([", passage->text[at - 1]) != NULL;
}

/* Whether the line at the beginning is indented as code is. */
static inline bool passage_is_indented(struct slice line)
{
    return slice_starts(line, SLICE("\t")) || slice_starts(line, SLICE("    "));
}

/* Where in the original the byte comes from. */
size_t passage_origin(const struct passage *passage, size_t at);

/* The span of the original that the span of the text comes from. */
void passage_span(const struct passage *passage, size_t start, size_t end, size_t *original_start,
                  size_t *original_end);

/* Where the line ends that the place is in: at its break, or with the text. */
static inline size_t passage_line_end(const struct passage *passage, size_t from)
{
    const char *end = memchr(passage->text + from, '\n', passage->len - from);
    return end ? (size_t)(end - passage->text) : passage->len;
}

static inline struct slice passage_sentence(const struct passage *passage, size_t index)
{
    const struct sentence *s = &passage->sentences[index];
    return slice_of(passage->text + s->start, s->end - s->start);
}

/* The code of the language the text is in, "en", "es", ..., or "und" when there are no or few signs. */
const char *passage_language(const struct passage *passage);

#endif
