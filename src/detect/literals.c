/* literals: a small recursive reader of pattern syntax.
 *
 * A sequence requires the best of what its parts require; an alternation requires the union, if every branch
 * requires something; what is optional, a class, an assertion or an escape requires nothing. "Best" is the set that
 * turns up least often, estimated from the frequencies of letters. Beside the best set the branches are kept: of an
 * alternation those that require more than one set, and of a sequence one of its alternations is multiplied out.
 */
#include "literals.h"

#include <float.h>

enum { DEPTH_MAX = 32, SET_MAX = 2048, RUN_MAX = 64, BYTES_MIN = 2, SETS_MAX = 4, BRANCHES_MAX = 96 };

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
    struct need_branch *branches; /* NULL: nothing */
    size_t branch_count;
    struct part *next; /* in its sequence */
};

/* A sequence that is being read: its parts, and the run of plain characters at hand. */
struct sequence {
    struct part *parts;
    char run[RUN_MAX];
    size_t run_len;
};

/* What is met more often than this, by the estimate, is not worth asking for. */
static const double SET_COST_MAX = .012;

static const struct part nothing = {.best = {.cost = DBL_MAX}};

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

uint64_t literal_hash(struct slice word)
{
    uint64_t hash = hash_bytes(0, word.data, word.len);
    return hash ? hash : 1;
}

static void keep_better(struct literals *best, struct literals other)
{
    if (other.count && (!best->count || other.cost < best->cost))
        *best = other;
}

static void *make(struct reader *r, size_t size)
{
    void *made = arena_alloc(r->arena, size);
    r->failed = r->failed || !made;
    return made;
}

/* The sets with one more, ordered, the rarest first, so that most texts fail at the first. The nodes are copied: sets
 * stand in many branches. */
static struct need_set *with_set(struct reader *r, const struct need_set *sets, struct literals words)
{
    struct need_set *first = NULL, **end = &first;
    size_t count = 0;
    bool placed = words.cost > SET_COST_MAX;
    while ((sets || !placed) && count++ < SETS_MAX) {
        struct need_set *copy = make(r, sizeof *copy);
        if (!copy)
            return NULL;
        bool here = !placed && (!sets || words.cost < sets->words.cost);
        copy->words = here ? words : sets->words;
        placed = placed || here;
        sets = here ? sets : sets->next;
        *end = copy;
        end = &copy->next;
    }
    return first;
}

static void add_branch(struct reader *r, struct part *part, struct need_set *sets)
{
    struct need_branch *branch = make(r, sizeof *branch);
    if (!branch)
        return;
    *branch = (struct need_branch){sets, part->branches};
    part->branches = branch;
    part->branch_count++;
}

/* A part that requires one set and no more. */
static void require_best(struct reader *r, struct part *part)
{
    part->branches = NULL;
    part->branch_count = 0;
    if (part->best.count && part->best.cost <= SET_COST_MAX)
        add_branch(r, part, with_set(r, NULL, part->best));
}

static void put_part(struct reader *r, struct sequence *sequence, struct part part)
{
    struct part *kept = make(r, sizeof *kept);
    if (!kept)
        return;
    *kept = part;
    kept->next = sequence->parts;
    sequence->parts = kept;
}

static void end_run(struct reader *r, struct sequence *sequence)
{
    struct part part = nothing;
    size_t len = sequence->run_len;
    sequence->run_len = 0;
    if (!len)
        return;
    struct slice *item = make(r, sizeof *item);
    if (!item)
        return;
    *item = arena_copy(r->arena, slice_of(sequence->run, len));
    part.best = (struct literals){item, 1, literal_cost(*item), literal_hash(*item)};
    if (len >= BYTES_MIN)
        require_best(r, &part);
    put_part(r, sequence, part);
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

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* What may be left out is a whole character, of which the last byte has just been read. */
static void drop_character(struct sequence *sequence)
{
    while (sequence->run_len && is_continuation(sequence->run[sequence->run_len - 1]))
        sequence->run_len--;
    if (sequence->run_len && (unsigned char)sequence->run[sequence->run_len - 1] >= 0xC0)
        sequence->run_len--;
}

static void add_plain(struct reader *r, struct sequence *sequence, char c)
{
    size_t quantifier = r->at;
    enum repeat repeat = read_quantifier(r);
    if (sequence->run_len == RUN_MAX)
        end_run(r, sequence);
    if (repeat != REPEAT_MAYBE)
        sequence->run[sequence->run_len++] = c;
    else if (is_continuation(c))
        drop_character(sequence);
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
        if (read_quantifier(r) != REPEAT_MAYBE)
            put_part(r, sequence, inner);
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

/* How many sets the branches ask for beyond one each: what multiplying out would win. */
static size_t count_more_sets(const struct part *part)
{
    size_t count = 0;
    for (const struct need_branch *b = part->branches; b; b = b->next)
        for (const struct need_set *set = b->sets->next; set; set = set->next)
            count++;
    return count;
}

static struct part read_sequence(struct reader *r)
{
    struct sequence sequence = {0};
    struct part whole = nothing;
    const struct part *multiplied = NULL;
    while (!r->failed && r->at < r->pattern.len && peek(r) != '|' && peek(r) != ')')
        read_item(r, &sequence);
    end_run(r, &sequence);
    for (const struct part *part = sequence.parts; part; part = part->next) {
        keep_better(&whole.best, part->best);
        if (part->branch_count > 1 && (!multiplied || count_more_sets(part) > count_more_sets(multiplied)))
            multiplied = part;
    }
    struct need_set *common = NULL;
    for (const struct part *part = sequence.parts; part && !r->failed; part = part->next) {
        if (part->branch_count == 1)
            for (const struct need_set *set = part->branches->sets; set; set = set->next)
                common = with_set(r, common, set->words);
        else if (part != multiplied && part->branches)
            common = with_set(r, common, part->best);
    }
    if (!multiplied && common)
        add_branch(r, &whole, common);
    for (const struct need_branch *b = multiplied ? multiplied->branches : NULL; b && !r->failed; b = b->next) {
        struct need_set *sets = common;
        for (const struct need_set *set = b->sets; set; set = set->next)
            sets = with_set(r, sets, set->words);
        add_branch(r, &whole, sets);
    }
    return whole;
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
    *all = (struct literals){items, all->count + branch.count, all->cost + branch.cost, all->hash + branch.hash};
}

/* Branches that ask for one set become one, which asks for a word of any of them. */
static void merge_branches(struct reader *r, struct part *all)
{
    struct literals single = {0};
    struct part merged = nothing;
    bool any = false;
    for (const struct need_branch *b = all->branches; b && !r->failed; b = b->next) {
        if (b->sets->next) {
            add_branch(r, &merged, b->sets);
        } else if (!any) {
            single = b->sets->words;
            any = true;
        } else {
            join(r, &single, b->sets->words);
        }
    }
    bool weak = any && (!single.count || single.cost > SET_COST_MAX);
    if (any && !weak)
        add_branch(r, &merged, with_set(r, NULL, single));
    all->branches = weak ? NULL : merged.branches;
    all->branch_count = weak ? 0 : merged.branch_count;
}

static struct part read_alternation(struct reader *r)
{
    if (++r->depth > DEPTH_MAX)
        r->failed = true;
    struct part all = read_sequence(r);
    bool needed = all.branches != NULL, alone = true;
    while (!r->failed && peek(r) == '|') {
        r->at++;
        struct part way = read_sequence(r);
        join(r, &all.best, way.best);
        needed = needed && way.branches;
        alone = false;
        for (const struct need_branch *b = needed ? way.branches : NULL; b && !r->failed; b = b->next)
            add_branch(r, &all, b->sets);
    }
    r->depth--;
    if (!needed) {
        all.branches = NULL;
        all.branch_count = 0;
    } else if (!alone) {
        merge_branches(r, &all);
        if (all.branch_count > BRANCHES_MAX)
            require_best(r, &all);
    }
    return all;
}

int literals_of(struct slice pattern, struct arena *arena, struct literals *out, struct need_branch **needs)
{
    struct reader r = {.pattern = pattern, .arena = arena};
    struct part whole = read_alternation(&r);
    bool good = !r.failed && r.at == pattern.len && !arena_exhausted(arena);
    *out = good ? whole.best : nothing.best;
    *needs = good ? whole.branches : NULL;
    return good ? 0 : -1;
}
