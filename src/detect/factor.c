/* factor: reads a pattern into alternatives of items, and writes it again. See factor.h for what and why. */
#include "factor.h"

enum {
    DEPTH_MAX = 40,
    ARENA_MAX = 8 << 20,
    FACTORED_MAX = 1 << 20,
    PIECE_BYTES = 100 /* of pattern from which on a piece is worth a call of its own */
};

/* One item of a sequence, with its quantifier. */
struct item {
    struct slice whole;
    struct slice text; /* of a group: from its parenthesis to where its ways begin */
    bool letter;       /* a character that stands for itself, once */
    bool group;
    struct way *ways;
    struct slice quantifier; /* of a group */
    struct item *next;
};

struct way {
    struct slice whole;
    struct item *items;
    struct way *next;
};

struct reader {
    struct slice pattern;
    size_t at;
    struct arena *arena;
    unsigned depth;
    bool unicode, failed;
};

/* ---- reading ---- */

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->pattern.len ? r->pattern.data[r->at + ahead] : '\0';
}

static void skip_to(struct reader *r, char close)
{
    while (r->at < r->pattern.len && peek(r, 0) != close)
        r->at++;
    r->at++;
}

static struct slice read_quantifier(struct reader *r)
{
    size_t start = r->at;
    if (peek(r, 0) && strchr("?*+", peek(r, 0)))
        r->at++;
    else if (peek(r, 0) == '{' && ascii_is_digit(peek(r, 1)))
        skip_to(r, '}');
    if (r->at > start && (peek(r, 0) == '?' || peek(r, 0) == '+'))
        r->at++;
    return slice_part(r->pattern, start, r->at);
}

static void skip_class(struct reader *r)
{
    r->at += peek(r, 1) == '^' ? 2 : 1;
    if (peek(r, 0) == ']')
        r->at++;
    while (r->at < r->pattern.len && peek(r, 0) != ']') {
        r->failed = r->failed || (peek(r, 0) == '[' && peek(r, 1) == ':');
        r->at += peek(r, 0) == '\\' ? 2 : 1;
    }
    r->at++;
}

/* True when it stands for a plain character. */
static bool skip_escape(struct reader *r)
{
    char c = peek(r, 1);
    r->at += 2;
    if ((c == 'p' || c == 'P') && peek(r, 0) == '{')
        skip_to(r, '}');
    else if (!c || ascii_is_digit(c) || strchr("gkQEKGNxoc", c)) /* what counts groups, or is longer than a letter */
        r->failed = true;
    return !ascii_is_alpha(c) && !ascii_is_digit(c);
}

static void skip_group_head(struct reader *r)
{
    r->at++;
    if (peek(r, 0) != '?')
        return;
    r->at++;
    char kind = peek(r, 0), next = peek(r, 1);
    if (kind == '<' && next != '=' && next != '!')
        skip_to(r, '>');
    else if (kind == '<')
        r->at += 2;
    else if (kind && strchr(":>=!", kind))
        r->at++;
    else
        r->failed = true;
}

static struct way *read_ways(struct reader *r);

static void read_group(struct reader *r, struct item *item)
{
    size_t start = r->at;
    skip_group_head(r);
    item->text = slice_part(r->pattern, start, r->at);
    item->group = true;
    item->ways = read_ways(r);
    if (peek(r, 0) != ')')
        r->failed = true;
    r->at++;
    item->quantifier = read_quantifier(r);
}

static struct item *read_item(struct reader *r)
{
    struct item *item = arena_alloc(r->arena, sizeof *item);
    if (!item) {
        r->failed = true;
        return NULL;
    }
    char c = peek(r, 0);
    size_t start = r->at;
    if (c == '(') {
        read_group(r, item);
        item->whole = slice_part(r->pattern, start, r->at);
        return item;
    }
    if (c == '[') {
        skip_class(r);
    } else if (c == '\\') {
        item->letter = skip_escape(r);
    } else {
        uint32_t code_point = 0;
        size_t len = r->unicode ? utf8_char(slice_part(r->pattern, r->at, r->pattern.len), &code_point) : 1;
        r->at += len ? len : 1;
        item->letter = !strchr(".^$", c);
    }
    item->letter = read_quantifier(r).len == 0 && item->letter;
    item->text = item->whole = slice_part(r->pattern, start, r->at);
    return item;
}

static struct way *read_ways(struct reader *r)
{
    struct way *first = NULL, **way = &first;
    struct item **end = NULL;
    r->failed = r->failed || ++r->depth > DEPTH_MAX;
    for (bool again = true; again && !r->failed; way = &(*way)->next) {
        *way = arena_alloc(r->arena, sizeof **way);
        if (!*way) {
            r->failed = true;
            break;
        }
        end = &(*way)->items;
        size_t start = r->at;
        while (!r->failed && r->at < r->pattern.len && peek(r, 0) != '|' && peek(r, 0) != ')') {
            *end = read_item(r);
            end = *end ? &(*end)->next : end;
        }
        (*way)->whole = slice_part(r->pattern, start, r->at);
        again = peek(r, 0) == '|';
        r->at += again;
    }
    r->depth--;
    return first;
}

/* ---- writing ---- */

static struct slice first_letter(const struct way *way)
{
    return way->items && way->items->letter ? way->items->text : SLICE_NONE;
}

static void write_ways(struct way *ways, struct buf *out);

static void write_way(const struct way *way, struct buf *out)
{
    for (const struct item *item = way->items; item; item = item->next) {
        buf_add_slice(out, item->text);
        if (!item->group)
            continue;
        write_ways(item->ways, out);
        buf_add_char(out, ')');
        buf_add_slice(out, item->quantifier);
    }
}

/* Takes out of the list, up to stop, the ways that begin with the letter; they come back without it, in their order. */
static struct way *take_ways(struct way **list, const struct way *stop, struct slice letter)
{
    struct way *taken = NULL, **end = &taken;
    while (*list != stop) {
        struct way *way = *list;
        if (!slice_equal(first_letter(way), letter)) {
            list = &way->next;
            continue;
        }
        *list = way->next;
        way->items = way->items->next;
        way->next = NULL;
        *end = way;
        end = &way->next;
    }
    return taken;
}

static bool share_letter(const struct way *ways)
{
    struct slice letter = first_letter(ways);
    for (const struct way *way = ways; way; way = way->next)
        if (!letter.data || !slice_equal(first_letter(way), letter))
            return false;
    return true;
}

/* Ways that begin with the same letter, which has been written. */
static void write_rests(struct way *ways, struct buf *out)
{
    while (share_letter(ways)) {
        buf_add_slice(out, first_letter(ways));
        for (struct way *way = ways; way; way = way->next)
            way->items = way->items->next;
    }
    if (!ways->next) {
        write_way(ways, out);
        return;
    }
    buf_add_text(out, "(?:");
    write_ways(ways, out);
    buf_add_char(out, ')');
}

static void write_ways(struct way *ways, struct buf *out)
{
    bool first = true;
    while (ways) {
        if (!first)
            buf_add_char(out, '|');
        first = false;
        struct slice letter = first_letter(ways);
        if (!letter.data) { /* it may match where its neighbours do, and keeps its place among them */
            write_way(ways, out);
            ways = ways->next;
            continue;
        }
        struct way *stop = ways;
        while (stop && first_letter(stop).data)
            stop = stop->next;
        buf_add_slice(out, letter);
        write_rests(take_ways(&ways, stop, letter), out);
    }
}

bool factor_pattern(struct slice pattern, bool unicode, struct buf *out)
{
    struct reader r = {.pattern = pattern, .unicode = unicode, .arena = arena_new(ARENA_MAX)};
    struct way *ways = r.arena ? read_ways(&r) : NULL;
    bool good = ways && !r.failed && r.at == pattern.len;
    if (good)
        write_ways(ways, out);
    arena_free(r.arena);
    return good && !out->failed;
}

/* ---- splitting ---- */

/* What is put together of ways until it is long enough to stand alone. */
struct splitter {
    struct slice before, behind; /* what stands around the ways, and matches between characters */
    struct arena *arena;
    struct buf text;
    struct slice *pieces;
    size_t count, room;
    bool failed;
};

static bool is_plain_group(const struct item *item)
{
    return item->group && slice_is(item->text, "(?:") && item->quantifier.len == 0;
}

static bool is_assertion(const struct item *item)
{
    static const char *const kinds[] = {"(?=", "(?!", "(?<=", "(?<!", "\\b", "\\B", "^", "$"};
    bool is = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        is = is || slice_is(item->text, kinds[i]);
    return is && item->quantifier.len == 0;
}

static void end_piece(struct splitter *s)
{
    if (s->text.len == 0)
        return;
    s->pieces = arena_grow(s->arena, s->pieces, s->count, &s->room, sizeof *s->pieces);
    buf_add_char(&s->text, ')');
    buf_add_slice(&s->text, s->behind);
    struct slice piece = s->text.failed || !s->pieces ? SLICE_NONE : arena_copy(s->arena, buf_slice(&s->text));
    s->failed = s->failed || !piece.data;
    if (!s->failed)
        s->pieces[s->count++] = piece;
    buf_clear(&s->text);
}

static void add_way(struct splitter *s, const struct way *way)
{
    if (way->items && is_plain_group(way->items) && !way->items->next) {
        for (const struct way *inner = way->items->ways; inner; inner = inner->next)
            add_way(s, inner);
        return;
    }
    if (s->text.len) {
        buf_add_char(&s->text, '|');
    } else {
        buf_add_slice(&s->text, s->before);
        buf_add_text(&s->text, "(?:");
    }
    buf_add_slice(&s->text, way->whole);
    if (s->text.len >= PIECE_BYTES)
        end_piece(s);
}

/* The only group of the pattern, with nothing about it but what matches between characters; NULL: there is none. */
static const struct item *find_body(const struct way *way)
{
    const struct item *item = way->items, *body = NULL;
    for (; item; item = item->next) {
        if (is_assertion(item))
            continue;
        if (body || !is_plain_group(item))
            return NULL;
        body = item;
    }
    return body;
}

static void split(struct splitter *s, const struct way *ways)
{
    const struct item *body = ways->next ? NULL : find_body(ways);
    if (body) {
        const char *start = ways->whole.data, *end = start + ways->whole.len;
        s->before = slice_of(start, (size_t)(body->whole.data - start));
        s->behind = slice_of(body->whole.data + body->whole.len, (size_t)(end - body->whole.data) - body->whole.len);
        ways = body->ways;
    }
    for (; ways; ways = ways->next)
        add_way(s, ways);
    end_piece(s);
}

size_t factor_split(struct slice pattern, bool unicode, struct arena *arena, struct slice **pieces)
{
    struct reader r = {.pattern = pattern, .unicode = unicode, .arena = arena_new(ARENA_MAX)};
    struct way *ways = r.arena ? read_ways(&r) : NULL;
    struct splitter s = {.before = SLICE(""), .behind = SLICE(""), .arena = arena};
    buf_init(&s.text, FACTORED_MAX);
    bool readable = ways && !r.failed && r.at == pattern.len;
    if (readable)
        split(&s, ways);
    buf_fini(&s.text);
    arena_free(r.arena);
    if (!readable || s.failed || s.count < 2) {
        s.pieces = arena_array(arena, 1, sizeof *s.pieces);
        s.count = s.pieces ? 1 : 0;
        if (s.pieces)
            s.pieces[0] = pattern;
    }
    *pieces = s.pieces;
    return s.count;
}
