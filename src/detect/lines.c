/* lines: joins what a line break parts in the midst of a sentence.
 *
 * Most people end a line where they end a sentence, and many begin none with a capital; so a break is taken for no end
 * only where the line cannot be all: it ends with a word that wants another, or it is a line of several words that
 * began with a capital, and the next begins without one.
 */
#include "detector.h"
#include "wording.h"

static char first_letter(const struct passage *p, const struct sentence *s)
{
    return p->original.data[passage_origin(p, s->start)];
}

/* As in text that was broken to a width. */
static bool runs_on(const struct passage *p, const struct sentence *s, const struct sentence *next)
{
    enum { LINE_WORDS = 4 }; /* fewer are a heading or somebody's name */
    char first = first_letter(p, s), then = first_letter(p, next);
    return p->text[s->end - 1] != ':' && first >= 'A' && first <= 'Z' && then >= 'a' && then <= 'z' &&
           wording_count(slice_of(p->text + s->start, s->end - s->start)) >= LINE_WORDS;
}

/* Nothing ends there: no mark, and no empty line. */
static bool is_open(const struct passage *p, const struct sentence *s, const struct sentence *next)
{
    char last = p->text[s->end - 1];
    return next->starts_line && next->start == s->end + 1 && next->end - s->start <= SENTENCE_BYTES_MAX &&
           (ascii_is_alpha(last) || ascii_is_digit(last) || (unsigned char)last >= 0x80 || strchr("',:", last));
}

static bool goes_on(struct detector *d, const struct pattern *unfinished, const struct sentence *s,
                    const struct sentence *next)
{
    const struct passage *p = &d->passage;
    struct slice line = slice_of(p->text + s->start, s->end - s->start);
    if (!is_open(p, s, next))
        return false;
    return runs_on(p, s, next) || (unfinished->text.data && detector_match(d, unfinished, line) == FOUND_MATCH);
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
        s->joined = true;
    }
    p->count = p->count ? kept + 1 : 0;
}
