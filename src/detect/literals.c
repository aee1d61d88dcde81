/* literals: a small recursive reader of pattern syntax.
 *
 * A sequence requires the best of what its parts require; an alternation requires the union, if every branch
 * requires something; what is optional, a class, an assertion or an escape requires nothing. "Best" is the set that
 * turns up least often, estimated from the frequencies of letters. Beside the best set the whole tree of needs is kept.
 */
#include "literals.h"

#include <float.h>

enum { DEPTH_MAX = 32, SET_MAX = 2048, RUN_MAX = 64, NEED_BYTES_MIN = 3, NEED_PARTS_MAX = 4 };

struct reader {
    struct slice pattern;
    size_t at;
    struct arena *arena;
    unsigned depth;
    bool failed;
};

/* What part of a pattern requires. */
struct part {
    struct literals best;
    struct need *need; /* NULL: nothing */
};

/* A sequence that is being read: its best set, its needs, and the run of plain characters at hand. */
struct sequence {
    struct literals best;
    struct need *needs;
    char run[RUN_MAX];
    size_t run_len;
};

/* What is met more often than this, by the estimate, is not worth asking for. */
static const double NEED_COST_MAX = .004;

static const struct part nothing = {{NULL, 0, DBL_MAX}, NULL};

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

static struct need *make_need(struct reader *r, enum need_kind kind, struct need *first)
{
    struct need *need = arena_alloc(r->arena, sizeof *need);
    if (!need)
        r->failed = true;
    else
        *need = (struct need){.kind = kind, .first = first};
    return need;
}

/* Keeps the parts ordered, the rarest first, so that most texts fail at the first. */
static void add_need(struct sequence *sequence, struct need *need)
{
    if (!need)
        return;
    struct need **at = &sequence->needs;
    while (*at && (*at)->cost <= need->cost)
        at = &(*at)->next;
    need->next = *at;
    *at = need;
}

/* More than a few parts cost more to try than they save. */
static void keep_rarest(struct need *need)
{
    for (size_t i = 1; need; need = need->next, i++)
        if (i == NEED_PARTS_MAX)
            need->next = NULL;
}

static void end_run(struct reader *r, struct sequence *sequence)
{
    size_t len = sequence->run_len;
    sequence->run_len = 0;
    if (!len)
        return;
    struct literals set = {arena_alloc(r->arena, sizeof *set.items), 1, 0};
    struct slice text = arena_copy(r->arena, slice_of(sequence->run, len));
    struct need *need = len >= NEED_BYTES_MIN ? make_need(r, NEED_WORD, NULL) : NULL;
    if (!set.items || !text.data) {
        r->failed = true;
        return;
    }
    set.items[0] = text;
    set.cost = literal_cost(text);
    keep_better(&sequence->best, set);
    if (need) {
        need->word = text;
        need->cost = set.cost;
    }
    add_need(sequence, need);
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

static struct part read_alternation(struct reader *r);

/* At "(": reads the group. Assertions require nothing here, for they may stand outside of what is matched. */
static struct part read_group(struct reader *r)
{
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
    struct part inner = read_alternation(r);
    if (peek(r) != ')')
        r->failed = true;
    r->at++;
    return assertion ? nothing : inner;
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

static void add_plain(struct reader *r, struct sequence *sequence, char c)
{
    size_t quantifier = r->at;
    enum repeat repeat = read_quantifier(r);
    if (sequence->run_len == RUN_MAX)
        end_run(r, sequence);
    if (repeat != REPEAT_MAYBE)
        sequence->run[sequence->run_len++] = c;
    if (r->at != quantifier)
        end_run(r, sequence);
}

/* One item of a sequence: a character, class, escape or group, with its quantifier. */
static void read_item(struct reader *r, struct sequence *sequence)
{
    char c = peek(r), plain = c;
    bool zero_width = c == '^' || c == '$', is_plain = !zero_width;
    if (c == '(') {
        end_run(r, sequence);
        struct part inner = read_group(r);
        if (read_quantifier(r) != REPEAT_MAYBE) {
            keep_better(&sequence->best, inner.best);
            add_need(sequence, inner.need);
        }
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
        add_plain(r, sequence, plain);
        return;
    }
    end_run(r, sequence);
    (void)read_quantifier(r); /* whatever it says, a class or an escape requires no word */
}

static struct part read_sequence(struct reader *r)
{
    struct sequence sequence = {.best = nothing.best};
    while (!r->failed && r->at < r->pattern.len && peek(r) != '|' && peek(r) != ')')
        read_item(r, &sequence);
    end_run(r, &sequence);
    struct need *need = sequence.needs;
    keep_rarest(need);
    if (need && need->next && (need = make_need(r, NEED_ALL, need)))
        need->cost = need->first->cost;
    return (struct part){sequence.best, need};
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

static struct part read_alternation(struct reader *r)
{
    if (++r->depth > DEPTH_MAX)
        r->failed = true;
    struct part all = read_sequence(r);
    bool needed = all.need != NULL, alone = true;
    while (!r->failed && peek(r) == '|') {
        r->at++;
        struct part branch = read_sequence(r);
        join(r, &all.best, branch.best);
        needed = needed && branch.need;
        alone = false;
        if (!needed)
            continue;
        branch.need->next = all.need;
        all.need = branch.need;
    }
    r->depth--;
    if (!needed)
        all.need = NULL;
    else if (!alone && (all.need = make_need(r, NEED_ANY, all.need)))
        for (const struct need *part = all.need->first; part; part = part->next)
            all.need->cost += part->cost;
    return all.need && all.need->cost > NEED_COST_MAX ? (struct part){all.best, NULL} : all;
}

int literals_of(struct slice pattern, struct arena *arena, struct literals *out, struct need **need)
{
    struct reader r = {.pattern = pattern, .arena = arena};
    struct part whole = read_alternation(&r);
    bool good = !r.failed && r.at == pattern.len && !arena_exhausted(arena);
    *out = good ? whole.best : nothing.best;
    *need = good ? whole.need : NULL;
    return good ? 0 : -1;
}
