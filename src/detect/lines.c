/* lines: joins what a line break parts in the midst of a sentence.
 *
 * Most people end a line where they end a sentence, and many begin none with a capital; so a break is taken for no end
 * only where the line cannot be all: it ends with a word that wants another, or it is a line of several words that
 * began with a capital, and the next begins without one. Where a whole paragraph is as one that was broken to a width,
 * no line of it is all.
 */
#include "detector.h"
#include "wording.h"

/* ---- paragraphs ---- */

static bool is_capital(const struct passage *p, size_t at)
{
    char first = p->original.data[passage_origin(p, at)];
    return first >= 'A' && first <= 'Z';
}

static bool is_small(const struct passage *p, size_t at)
{
    char first = p->original.data[passage_origin(p, at)];
    return first >= 'a' && first <= 'z';
}

static size_t word_end(const struct passage *p, size_t from)
{
    while (from < p->len && p->text[from] != ' ' && p->text[from] != '\n')
        from++;
    return from;
}

/* The lines from start up to an empty one. */
struct paragraph {
    size_t start, end, lines, width;
};

static struct paragraph read_paragraph(const struct passage *p, size_t start)
{
    struct paragraph found = {.start = start, .end = start};
    for (size_t at = start, stop; at < p->len && (stop = passage_line_end(p, at)) > at; at = stop + 1) {
        found.end = stop;
        found.lines++;
        found.width = stop - at > found.width ? stop - at : found.width;
    }
    return found;
}

/* An item of a list, or what is no prose. */
static bool begins_item(const struct passage *p, size_t line)
{
    char first = p->text[line], last = p->text[word_end(p, line) - 1];
    if (ascii_is_digit(first))
        return last == '.' || last == ')';
    return !ascii_is_alpha(first) && (unsigned char)first < 0x80 && !strchr("\"'(", first);
}

/* Behind no line of it the next word would have had room, and some break parts a sentence of one who writes capitals.
 */
static bool is_broken_to_width(const struct passage *p, const struct paragraph *paragraph)
{
    enum { LINES_MIN = 3, WIDTH_MIN = 36 };
    bool parts = false;
    if (paragraph->lines < LINES_MIN || paragraph->width < WIDTH_MIN || !is_capital(p, paragraph->start))
        return false;
    for (size_t at = paragraph->start, stop; (stop = passage_line_end(p, at)) < paragraph->end; at = stop + 1) {
        size_t word = word_end(p, stop + 1) - (stop + 1);
        if (begins_item(p, stop + 1) || stop - at + 1 + word <= paragraph->width)
            return false;
        parts = parts || (ascii_is_alpha(p->text[stop - 1]) && is_small(p, stop + 1));
    }
    return parts;
}

void passage_unwrap(struct passage *p)
{
    for (size_t start = 0; start < p->len;) {
        struct paragraph paragraph = read_paragraph(p, start);
        if (is_broken_to_width(p, &paragraph))
            for (size_t at = passage_line_end(p, start); at < paragraph.end; at = passage_line_end(p, at))
                p->text[at] = ' ';
        start = paragraph.end + 1;
    }
}

/* ---- sentences ---- */

/* As in text that was broken to a width. */
static bool runs_on(const struct passage *p, const struct sentence *s, const struct sentence *next)
{
    enum { LINE_WORDS = 4 }; /* fewer are a heading or somebody's name */
    return p->text[s->end - 1] != ':' && is_capital(p, s->start) && is_small(p, next->start) &&
           wording_count(slice_of(p->text + s->start, s->end - s->start)) >= LINE_WORDS;
}

/* Nothing ends there: no mark, and no empty line. */
static bool is_open(const struct passage *p, const struct sentence *s, const struct sentence *next)
{
    char last = p->text[s->end - 1];
    return next->starts_line && next->start == s->end + 1 && next->end - s->start <= SENTENCE_BYTES_MAX &&
           (ascii_is_alpha(last) || ascii_is_digit(last) || (unsigned char)last >= 0x80 || strchr("',:", last));
}

/* Whether the line ends with words that want another. */
static bool is_unfinished(struct detector *d, const struct pattern *guard, const struct sentence *s)
{
    enum { END_BYTES = 24 }; /* whose last words are looked at */
    const char *text = d->passage.text;
    size_t start = s->end - s->start > END_BYTES ? s->end - END_BYTES : s->start;
    while (start > s->start && start < s->end && text[start - 1] != ' ')
        start++;
    return start < s->end && guard->text.data &&
           detector_match(d, guard, slice_of(text + start, s->end - start)) == FOUND_MATCH;
}

static bool goes_on(struct detector *d, const struct pattern *unfinished, const struct sentence *s,
                    const struct sentence *next)
{
    const struct passage *p = &d->passage;
    return is_open(p, s, next) && !begins_item(p, next->start) &&
           (runs_on(p, s, next) || is_unfinished(d, unfinished, s));
}

void detector_join_lines(struct detector *d, const struct language *language)
{
    struct passage *p = &d->passage;
    size_t kept = 0;
    for (size_t i = 1; i < p->count; i++) {
        struct sentence *s = &p->sentences[kept], *next = &p->sentences[i];
        if (!goes_on(d, &language->guards[GUARD_UNFINISHED], s, next)) {
            p->sentences[++kept] = *next;
            continue;
        }
        p->text[s->end] = ' ';
        s->end = next->end;
        s->asks = next->asks;
    }
    p->count = p->count ? kept + 1 : 0;
}
