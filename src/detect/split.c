/* split: see split.h for what and why.
 *
 * A pattern consists of alternatives when it is a list of them, or one group of them with nothing about it but
 * assertions, which go with every piece. An alternative that is such a group itself, as macros make them, is opened.
 */
#include "split.h"

#include "buf.h"

enum {
    DEPTH_MAX = 40,
    PATTERN_MAX = 1 << 20,
    PIECE_BYTES = 100 /* of pattern from which on a piece is worth a call of its own */
};

struct splitter {
    struct slice before, behind; /* the assertions around the alternatives */
    struct arena *arena;
    struct buf piece; /* at hand */
    struct slice *pieces;
    size_t count, room;
    bool failed; /* memory, or the pattern is not understood */
};

/* ---- reading ---- */

size_t split_class_end(struct slice text, size_t at)
{
    at += slice_starts(slice_part(text, at, text.len), SLICE("[^")) ? 2 : 1;
    if (at < text.len && text.data[at] == ']')
        at++;
    while (at < text.len && text.data[at] != ']')
        at += text.data[at] == '\\' ? 2 : 1;
    return at + 1;
}

size_t split_atom_end(struct slice text, size_t at)
{
    size_t depth = 0;
    do {
        char c = text.data[at];
        depth += c == '(';
        depth -= c == ')' && depth > 0;
        at = c == '[' ? split_class_end(text, at) : at + (c == '\\' ? 2 : 1);
    } while (depth > 0 && at < text.len);
    return at < text.len ? at : text.len;
}

/* The alternative that begins there. */
static struct slice alternative_at(struct slice text, size_t at)
{
    size_t start = at;
    while (at < text.len && text.data[at] != '|')
        at = split_atom_end(text, at);
    return slice_part(text, start, at);
}

static bool is_quantified(struct slice text, size_t end)
{
    return end < text.len && strchr("?*+{", text.data[end]);
}

/* Behind the assertions that stand there. */
static size_t assertions_end(struct slice text, size_t at)
{
    static const char *const kinds[] = {"\\b", "\\B", "^", "$", "(?=", "(?!", "(?<=", "(?<!"};
    for (bool more = true; more && at < text.len;) {
        struct slice rest = slice_part(text, at, text.len);
        more = false;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            more = more || slice_starts(rest, slice_from(kinds[i]));
        size_t end = split_atom_end(text, at);
        more = more && !is_quantified(text, end);
        at = more ? end : at;
    }
    return at;
}

/* Where the one group stands that the text is but for assertions; false when it is something else. */
static bool find_body(struct slice text, size_t *start, size_t *end)
{
    *start = assertions_end(text, 0);
    if (!slice_starts(slice_part(text, *start, text.len), SLICE("(?:")))
        return false;
    *end = split_atom_end(text, *start);
    return !is_quantified(text, *end) && assertions_end(text, *end) == text.len;
}

/* Groups that are counted would get other numbers in a piece, and a quotation hides what looks like syntax. */
static bool is_understood(struct slice text)
{
    for (size_t at = 0; at + 1 < text.len; at++) {
        if (text.data[at] != '\\')
            continue;
        char c = text.data[++at];
        if (ascii_is_digit(c) || strchr("gkQE", c))
            return false;
    }
    return true;
}

/* ---- writing ---- */

static void end_piece(struct splitter *s)
{
    if (s->piece.len == 0)
        return;
    buf_add_char(&s->piece, ')');
    buf_add_slice(&s->piece, s->behind);
    s->pieces = arena_grow(s->arena, s->pieces, s->count, &s->room, sizeof *s->pieces);
    struct slice piece = s->piece.failed || !s->pieces ? SLICE_NONE : arena_copy(s->arena, buf_slice(&s->piece));
    s->failed = s->failed || !piece.data;
    if (!s->failed)
        s->pieces[s->count++] = piece;
    buf_clear(&s->piece);
}

static void add_alternatives(struct splitter *s, struct slice list, unsigned depth);

static void add_alternative(struct splitter *s, struct slice text, unsigned depth)
{
    size_t start = 0, end = 0;
    if (find_body(text, &start, &end) && start == 0 && end == text.len) {
        add_alternatives(s, slice_part(text, strlen("(?:"), text.len - 1), depth + 1);
        return;
    }
    if (s->piece.len) {
        buf_add_char(&s->piece, '|');
    } else {
        buf_add_slice(&s->piece, s->before);
        buf_add_text(&s->piece, "(?:");
    }
    buf_add_slice(&s->piece, text);
    if (s->piece.len >= PIECE_BYTES)
        end_piece(s);
}

static void add_alternatives(struct splitter *s, struct slice list, unsigned depth)
{
    s->failed = s->failed || depth > DEPTH_MAX;
    for (size_t at = 0; at <= list.len && !s->failed; at++) {
        struct slice text = alternative_at(list, at);
        add_alternative(s, text, depth);
        at += text.len;
    }
}

size_t split_pattern(struct slice pattern, struct arena *arena, struct slice **pieces)
{
    struct splitter s = {.before = SLICE(""), .behind = SLICE(""), .arena = arena};
    size_t start = 0, end = 0;
    buf_init(&s.piece, PATTERN_MAX);
    if (!is_understood(pattern)) {
        s.failed = true;
    } else if (find_body(pattern, &start, &end)) {
        s.before = slice_part(pattern, 0, start);
        s.behind = slice_part(pattern, end, pattern.len);
        add_alternatives(&s, slice_part(pattern, start + strlen("(?:"), end - 1), 0);
    } else {
        add_alternatives(&s, pattern, 0);
    }
    end_piece(&s);
    buf_fini(&s.piece);
    if (s.failed || s.count < 2) {
        s.pieces = arena_array(arena, 1, sizeof *s.pieces);
        s.count = s.pieces ? 1 : 0;
        if (s.pieces)
            s.pieces[0] = pattern;
    }
    *pieces = s.pieces;
    return s.count;
}
