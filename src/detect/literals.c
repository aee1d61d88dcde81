/* literals: a small recursive reader of pattern syntax.
 *
 * A sequence requires the best of what its parts require; an alternation requires the union, if every branch
 * requires something; what is optional, a class, an assertion or an escape requires nothing. "Best" is the set that
 * turns up least often, estimated from the frequencies of letters.
 */
#include "literals.h"

#include <float.h>

enum { DEPTH_MAX = 32, SET_MAX = 2048, RUN_MAX = 64 };

struct reader {
    struct slice pattern;
    size_t at;
    struct arena *arena;
    unsigned depth;
    bool failed;
};

/* The run of plain characters that is being collected. */
struct run {
    char text[RUN_MAX];
    size_t len;
};

double literal_cost(struct slice word)
{
    static const double frequency[26] = {.066, .012, .022, .034, .102, .018, .016, .049, .056, .001, .006, .032, .019,
                                         .054, .060, .015, .001, .048, .051, .073, .022, .008, .019, .001, .016, .001};
    double cost = 1;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.data[i];
        cost *= c >= 'a' && c <= 'z' ? frequency[c - 'a'] : c == ' ' ? .17 : .01;
    }
    return cost;
}

static void keep_better(struct literals *best, struct literals other)
{
    if (other.count && (!best->count || other.cost < best->cost))
        *best = other;
}

static void end_run(struct reader *r, struct run *run, struct literals *best)
{
    if (run->len) {
        struct literals set = {arena_alloc(r->arena, sizeof *set.items), 1, 0};
        struct slice text = arena_copy(r->arena, slice_of(run->text, run->len));
        if (!set.items || !text.data) {
            r->failed = true;
            return;
        }
        set.items[0] = text;
        set.cost = literal_cost(text);
        keep_better(best, set);
    }
    run->len = 0;
}

static char peek(const struct reader *r)
{
    return r->at < r->pattern.len ? r->pattern.data[r->at] : '\0';
}

static bool is_quantifier_brace(const struct reader *r)
{
    return peek(r) == '{' && r->at + 1 < r->pattern.len && ascii_is_digit(r->pattern.data[r->at + 1]);
}

enum repeat { REPEAT_ONCE, REPEAT_MANY, REPEAT_MAYBE };

/* Reads the quantifier that may follow an item. */
static enum repeat read_quantifier(struct reader *r)
{
    enum repeat repeat = REPEAT_ONCE;
    char c = peek(r);
    if (c == '?' || c == '*') {
        repeat = REPEAT_MAYBE;
        r->at++;
    } else if (c == '+') {
        repeat = REPEAT_MANY;
        r->at++;
    } else if (is_quantifier_brace(r)) {
        repeat = r->pattern.data[r->at + 1] == '0' ? REPEAT_MAYBE : REPEAT_MANY;
        while (r->at < r->pattern.len && peek(r) != '}')
            r->at++;
        r->at++;
    } else {
        return repeat;
    }
    if (peek(r) == '?' || peek(r) == '+') /* lazy or possessive */
        r->at++;
    return repeat;
}

static void skip_class(struct reader *r)
{
    r->at++; /* [ */
    if (peek(r) == '^')
        r->at++;
    if (peek(r) == ']')
        r->at++;
    while (r->at < r->pattern.len && peek(r) != ']')
        r->at += peek(r) == '\\' ? 2 : 1;
    r->at++;
}

static struct literals read_alternation(struct reader *r);

/* At "(": reads the group. Assertions require nothing here, for they may stand outside of what is matched. */
static struct literals read_group(struct reader *r)
{
    struct literals none = {NULL, 0, DBL_MAX};
    bool assertion = false;
    r->at++;
    if (peek(r) == '?') {
        r->at++;
        char kind = peek(r);
        char next = r->at + 1 < r->pattern.len ? r->pattern.data[r->at + 1] : '\0';
        assertion = kind == '=' || kind == '!' || (kind == '<' && (next == '=' || next == '!'));
        if (kind == '<' && !assertion)
            while (r->at < r->pattern.len && peek(r) != '>')
                r->at++;
        else if (assertion && kind == '<')
            r->at++;
        else if (!assertion && kind != ':' && kind != '>' && kind != '|')
            r->failed = true; /* (?i), (?R), (?C): not for packs */
        r->at++;
    }
    struct literals inner = read_alternation(r);
    if (peek(r) != ')')
        r->failed = true;
    r->at++;
    return assertion ? none : inner;
}

/* After a backslash: true when it stands for a plain character, which goes to *plain. */
static bool read_escape(struct reader *r, char *plain, bool *zero_width)
{
    char c = peek(r);
    r->at++;
    *plain = c;
    *zero_width = c == 'b' || c == 'B' || c == 'A' || c == 'z' || c == 'Z';
    if (c == 'k' || c == 'g' || c == 'p' || c == 'P') { /* \k<name>, \p{L} */
        char close = peek(r) == '<' ? '>' : peek(r) == '{' ? '}' : '\0';
        while (close && r->at < r->pattern.len && peek(r) != close)
            r->at++;
        r->at++;
        return false;
    }
    return !ascii_is_alpha(c) && !ascii_is_digit(c);
}

static void add_plain(struct reader *r, struct run *run, struct literals *best, char c)
{
    size_t quantifier = r->at;
    enum repeat repeat = read_quantifier(r);
    if (run->len == RUN_MAX)
        end_run(r, run, best);
    if (repeat != REPEAT_MAYBE)
        run->text[run->len++] = c;
    if (r->at != quantifier)
        end_run(r, run, best);
}

/* One item of a sequence: a character, class, escape or group, with its quantifier. */
static void read_item(struct reader *r, struct run *run, struct literals *best)
{
    char c = peek(r), plain = c;
    bool zero_width = c == '^' || c == '$', is_plain = !zero_width;
    if (c == '(') {
        end_run(r, run, best);
        struct literals inner = read_group(r);
        if (read_quantifier(r) != REPEAT_MAYBE)
            keep_better(best, inner);
        return;
    }
    if (c == '[') {
        skip_class(r);
        is_plain = false;
    } else if (c == '\\') {
        r->at++;
        is_plain = read_escape(r, &plain, &zero_width);
    } else {
        r->at++;
        is_plain = is_plain && c != '.';
    }
    if (zero_width)
        return;
    if (is_plain) {
        add_plain(r, run, best, plain);
        return;
    }
    end_run(r, run, best);
    (void)read_quantifier(r); /* whatever it says, a class or an escape requires no word */
}

static struct literals read_sequence(struct reader *r)
{
    struct literals best = {NULL, 0, DBL_MAX};
    struct run run = {.len = 0};
    while (!r->failed && r->at < r->pattern.len && peek(r) != '|' && peek(r) != ')')
        read_item(r, &run, &best);
    end_run(r, &run, &best);
    return best;
}

static void join(struct reader *r, struct literals *all, struct literals branch)
{
    if (!all->count || !branch.count || all->count + branch.count > SET_MAX) {
        all->count = 0;
        return;
    }
    struct slice *items = arena_array(r->arena, all->count + branch.count, sizeof *items);
    if (!items) {
        r->failed = true;
        return;
    }
    memcpy(items, all->items, all->count * sizeof *items);
    memcpy(items + all->count, branch.items, branch.count * sizeof *items);
    *all = (struct literals){items, all->count + branch.count, all->cost + branch.cost};
}

static struct literals read_alternation(struct reader *r)
{
    if (++r->depth > DEPTH_MAX)
        r->failed = true;
    struct literals all = read_sequence(r);
    while (!r->failed && peek(r) == '|') {
        r->at++;
        join(r, &all, read_sequence(r));
    }
    r->depth--;
    return all;
}

int literals_of(struct slice pattern, struct arena *arena, struct literals *out)
{
    struct reader r = {.pattern = pattern, .arena = arena};
    *out = read_alternation(&r);
    if (r.failed || r.at < pattern.len || arena_exhausted(arena)) {
        *out = (struct literals){NULL, 0, DBL_MAX};
        return -1;
    }
    return 0;
}
