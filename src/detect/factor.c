/* factor: reads a pattern into alternatives of items, and writes it again. See factor.h for what and why. */
#include "factor.h"

#include "arena.h"
#include "split.h"

enum { DEPTH_MAX = 40, ARENA_MAX = 8 << 20 };

/* One item of a sequence, with its quantifier. */
struct item {
    struct slice text; /* of a group: from its parenthesis to where its ways begin */
    bool letter;       /* a character that stands for itself, once */
    bool group;
    struct way *ways;
    struct slice quantifier; /* of a group */
    struct item *next;
};

struct way {
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
    size_t inside = r->at + 1;
    r->at = split_class_end(r->pattern, r->at);
    if (slice_find(slice_part(r->pattern, inside, r->at), SLICE("[:"), 0) != SLICE_NOT_FOUND)
        r->failed = true; /* a class named in it: the first ] is not its end */
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
    item->text = slice_part(r->pattern, start, r->at);
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
        while (!r->failed && r->at < r->pattern.len && peek(r, 0) != '|' && peek(r, 0) != ')') {
            *end = read_item(r);
            end = *end ? &(*end)->next : end;
        }
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
