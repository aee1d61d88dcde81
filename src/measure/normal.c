/* normal form: what "equal but for form" means for two texts; see words.h. Emphasis marks, headings and bullets go,
 * but 2*3 and snake_case keep theirs.
 */
#include "fold.h"
#include "words.h"

struct writer {
    char *data;
    size_t len;
    bool space; /* one is due before the next character */
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
    if (i == start && i < rest.len && strchr("-*+", rest.data[i]))
        i++;
    return i > start && i < rest.len && rest.data[i] == ' ' ? i + 1 : 0;
}

struct slice words_normal_form(struct slice source, struct arena *arena)
{
    /* A character grows to at most three times its bytes: base, second letter, accent. */
    struct writer w = {.data = arena_alloc(arena, 3 * source.len + 8)};
    bool line_start = true, before_letter = false;
    if (!w.data)
        return SLICE_NONE;
    for (size_t at = 0; at < source.len;) {
        size_t mark = line_start ? line_mark(slice_part(source, at, source.len)) : 0;
        if (mark) {
            at += mark;
            line_start = false;
            w.space = true;
            continue;
        }
        struct folded c = fold_next(slice_part(source, at, source.len));
        size_t after = at + c.bytes;
        line_start = c.character == '\n';
        if (c.character == ' ' || c.character == '\n') {
            w.space = true;
        } else if (is_markdown(c.character)) {
            struct slice rest = slice_part(source, after, source.len);
            while (rest.len && is_markdown((unsigned char)rest.data[0]))
                rest = slice_part(rest, 1, rest.len);
            bool after_letter = rest.len && fold_next(rest).letter;
            bool after_space = rest.len == 0 || fold_next(rest).character == ' ' || rest.data[0] == '\n';
            bool inside = (before_letter && after_letter) || ((w.space || w.len == 0) && after_space);
            if (inside && rest.len)
                put(&w, c.character);
        } else if (c.character) {
            put(&w, c.character);
            if (c.second)
                w.data[w.len++] = c.second;
        }
        if (c.accent)
            w.len += fold_put(w.data + w.len, c.accent);
        before_letter = c.letter || (is_markdown(c.character) && before_letter);
        at = after;
    }
    if (w.len && (w.data[w.len - 1] == '.' || w.data[w.len - 1] == '!'))
        w.len--;
    return slice_of(w.data, w.len);
}
