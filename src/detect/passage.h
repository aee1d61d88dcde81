/* passage: one turn of a user, made ready for patterns, with the way back to the original bytes.
 *
 * Typographic quotes become plain, letters lower case, runs of blanks one space, emphasis marks go; code, long
 * quotations and cited lines are masked, because there it is not the user who speaks. Of a long text the first 2,000
 * and the last 1,500 bytes are kept: cues lead, beliefs trail. Then it is cut into sentences. One thread's scratch.
 */
#ifndef CANDOR_DETECT_PASSAGE_H
#define CANDOR_DETECT_PASSAGE_H

#include "str.h"

enum { PASSAGE_HEAD = 2000, PASSAGE_TAIL = 1500, PASSAGE_MAX = 4096, SENTENCES_MAX = 400, SENTENCE_BYTES_MAX = 1000 };

/* What stands for a masked byte: no letter, no blank, no end of a sentence. */
#define PASSAGE_MASK '\x1a'

struct sentence {
    uint32_t start, end; /* of the passage's text; never empty */
    bool asks;           /* ends with a question mark */
    bool starts_line;
    bool material; /* text to work on, by the caller's judgement: not the user speaking */
};

struct passage {
    struct slice original; /* not owned */
    char text[PASSAGE_MAX + 1];
    uint32_t map[PASSAGE_MAX + 1]; /* where in the original each byte comes from */
    size_t len;
    bool cut;  /* the middle of a long text was left out */
    bool code; /* some of it was code */
    struct sentence sentences[SENTENCES_MAX];
    size_t count;
};

void passage_read(struct passage *passage, struct slice original);

/* The span of the original that the span of the text comes from. */
void passage_span(const struct passage *passage, size_t start, size_t end, size_t *original_start,
                  size_t *original_end);

static inline struct slice passage_sentence(const struct passage *passage, size_t index)
{
    const struct sentence *s = &passage->sentences[index];
    return slice_of(passage->text + s->start, s->end - s->start);
}

/* The code of the language the text is in, "en", "es", ..., or "und" when there are no or few signs. */
const char *passage_language(const struct passage *passage);

#endif
