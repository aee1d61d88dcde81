/* normal form: what "equal but for form" means for two texts; see words.h. Emphasis marks, headings and bullets go,
 * but 2*3 and snake_case keep theirs.
 */
#include "fold.h"
#include "words.h"

struct writer {
    struct slice source;
    size_t at;
    char *data;
    size_t len;
    bool space; /* one is due before the next character */
    bool line_start, before_letter;
};

static bool is_markdown(uint32_t c)
{
    return c == '*' || c == '_' || c == '`' || c == '~';
}

static void put(struct writer *w, uint32_t c)
{
    if (w->space && w->len)
        w->data[w->len++] = ' ';
    w->space = false;
    w->len += fold_put(w->data + w->len, c);
}

/* A heading's, quotation's or bullet's mark at the start of a line; the number of bytes, 0: none. */
static size_t line_mark(struct slice rest)
{
    size_t i = 0;
    while (i < rest.len && (rest.data[i] == ' ' || rest.data[i] == '\t'))
        i++;
    size_t start = i;
    while (i < rest.len && (rest.data[i] == '#' || rest.data[i] == '>'))
        i++;
    if (i == start && i < rest.len && (rest.data[i] == '-' || rest.data[i] == '*' || rest.data[i] == '+'))
        i++;
    return i > start && i < rest.len && rest.data[i] == ' ' ? i + 1 : 0;
}

/* A mark inside a word or between spaces means something; one that touches text on one side only is emphasis. */
static bool mark_is_text(const struct writer *w, size_t after)
{
    enum { LONGEST_RUN = 4 };
    struct slice rest = slice_part(w->source, after, w->source.len);
    for (unsigned i = 0; i < LONGEST_RUN && rest.len && is_markdown((unsigned char)rest.data[0]); i++)
        rest = slice_part(rest, 1, rest.len);
    if (rest.len == 0)
        return false;
    struct folded next = fold_next(rest);
    bool after_space = next.character == ' ' || next.character == '\n';
    return (w->before_letter && next.letter) || ((w->space || w->len == 0) && after_space);
}

/* One character, or the mark of a line. */
static void write_next(struct writer *w)
{
    size_t mark = w->line_start ? line_mark(slice_part(w->source, w->at, w->source.len)) : 0;
    if (mark) {
        w->at += mark;
        w->line_start = false;
        w->space = true;
        return;
    }
    struct folded c = fold_next(slice_part(w->source, w->at, w->source.len));
    w->line_start = c.character == '\n';
    if (c.character == ' ' || c.character == '\n') {
        w->space = true;
    } else if (is_markdown(c.character)) {
        if (mark_is_text(w, w->at + c.bytes))
            put(w, c.character);
    } else if (c.character) {
        put(w, c.character);
        if (c.second)
            w->data[w->len++] = c.second;
    }
    if (c.accent)
        w->len += fold_put(w->data + w->len, c.accent);
    w->before_letter = c.letter || (is_markdown(c.character) && w->before_letter);
    w->at += c.bytes;
}

/* Until it holds `wanted` bytes, or all there is, the last full stop dropped. */
static void write_until(struct writer *w, size_t wanted)
{
    while (w->at < w->source.len && w->len < wanted)
        write_next(w);
    if (w->at == w->source.len && w->len && (w->data[w->len - 1] == '.' || w->data[w->len - 1] == '!')) {
        w->len--;
        w->at++; /* once */
    }
}

static int writer_init(struct writer *w, struct slice source, struct arena *arena)
{
    /* A character grows to at most three times its bytes: base, second letter, accent. */
    *w = (struct writer){.source = source, .line_start = true, .data = arena_room(arena, 3 * source.len + 8)};
    return w->data ? 0 : -1;
}

bool words_equal_but_for_form(struct slice a, struct slice b, struct arena *arena)
{
    struct writer first, second;
    if (a.len == 0 || b.len == 0 || writer_init(&first, a, arena) != 0 || writer_init(&second, b, arena) != 0)
        return false;
    /* Most pairs differ in their first words, so the rest is not written. */
    for (size_t wanted = 16;; wanted *= 2) {
        write_until(&first, wanted);
        write_until(&second, wanted);
        bool ended = first.at >= a.len && second.at >= b.len;
        size_t both = first.len < second.len ? first.len : second.len;
        if (!ended && both > 8)
            both -= 8; /* the last characters may still turn out to be the dropped full stop */
        if (memcmp(first.data, second.data, both) != 0)
            return false;
        if (ended)
            return first.len == second.len && first.len > 0;
    }
}
