/* literals: a small recursive reader of pattern syntax.
 *
 * A sequence requires the best of what its parts require; an alternation requires the union, if every branch
 * requires something; what is optional, a class, an assertion or an escape requires nothing. "Best" is the set that
 * turns up least often, estimated from the frequencies of letters. Beside the best set the branches are kept: of an
 * alternation those that require more than one set, and of a sequence one of its alternations is multiplied out.
 */
#include "literals.h"

#include <float.h>

#include "split.h"

enum { DEPTH_MAX = 32, SET_MAX = 2048, RUN_MAX = 64, BYTES_MIN = 2, SETS_MAX = 4, BRANCHES_MAX = 96 };

struct reader {
    struct slice pattern;
    size_t at;
    struct arena *arena;
    unsigned depth;
    bool unicode, failed;
};

/* What part of a pattern requires. */
struct part {
    struct literals best;
    struct need_branch *branches; /* NULL: nothing */
    size_t branch_count;
    struct range width; /* of what it matches */
    struct range start; /* how far into its sequence it begins */
    struct part *next;  /* in its sequence */
};

/* A sequence that is being read: its parts, and the run of plain characters at hand. */
struct sequence {
    struct part *parts;
    struct range width; /* so far, without the run */
    char run[RUN_MAX];
    size_t run_len;
};

/* What is met more often than this, by the estimate, is not worth asking for. */
static const double SET_COST_MAX = .006;

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

static uint16_t add_bytes(uint16_t a, uint16_t b)
{
    return a < RANGE_OPEN - b ? (uint16_t)(a + b) : RANGE_OPEN;
}

struct range range_add(struct range a, struct range b)
{
    return (struct range){add_bytes(a.min, b.min), add_bytes(a.max, b.max)};
}

static uint16_t times_bytes(uint16_t a, uint32_t times)
{
    return a * (uint64_t)times < RANGE_OPEN ? (uint16_t)(a * times) : RANGE_OPEN;
}

static struct range range_hull(struct range a, struct range b)
{
    return (struct range){a.min < b.min ? a.min : b.min, a.max > b.max ? a.max : b.max};
}

static struct literals shifted(struct literals words, struct range by)
{
    words.shift = range_add(words.shift, by);
    return words;
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
    struct part *kept = part.best.count || part.branches ? make(r, sizeof *kept) : NULL;
    if (kept) {
        *kept = part;
        kept->start = sequence->width;
        kept->next = sequence->parts;
        sequence->parts = kept;
    }
    sequence->width = range_add(sequence->width, part.width);
}

static void end_run(struct reader *r, struct sequence *sequence)
{
    struct part part = nothing;
    size_t len = sequence->run_len;
    sequence->run_len = 0;
    if (!len)
        return;
    struct literal *item = make(r, sizeof *item);
    if (!item)
        return;
    struct slice text = arena_copy(r->arena, slice_of(sequence->run, len));
    struct range width = {(uint16_t)len, (uint16_t)len};
    *item = (struct literal){text, literal_hash(text), width};
    part.width = width;
    part.best = (struct literals){.items = item, .count = 1, .cost = literal_cost(text)};
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

/* How often something stands in a row; most RANGE_OPEN: any number. */
struct repeat {
    uint32_t least, most;
};

static uint32_t read_number(struct reader *r)
{
    uint32_t number = 0;
    for (; ascii_is_digit(peek(r)); r->at++)
        number = number < RANGE_OPEN ? number * 10 + (uint32_t)(peek(r) - '0') : number;
    return number < RANGE_OPEN ? number : RANGE_OPEN;
}

/* {3}, {2,} or {2,3} */
static struct repeat read_braces(struct reader *r)
{
    struct repeat repeat;
    r->at++;
    repeat.least = repeat.most = read_number(r);
    if (peek(r) == ',') {
        r->at++;
        repeat.most = ascii_is_digit(peek(r)) ? read_number(r) : RANGE_OPEN;
    }
    if (peek(r) != '}')
        r->failed = true;
    r->at++;
    return repeat;
}

/* Reads the quantifier that may follow an item. */
static struct repeat read_quantifier(struct reader *r)
{
    struct repeat repeat = {1, 1};
    char c = peek(r);
    if (c == '?' || c == '*' || c == '+') {
        repeat.least = c == '+';
        repeat.most = c == '?' ? 1 : RANGE_OPEN;
        r->at++;
    } else if (is_quantifier_brace(r)) {
        repeat = read_braces(r);
    } else {
        return repeat;
    }
    if (peek(r) == '?' || peek(r) == '+') /* lazy or possessive */
        r->at++;
    return repeat;
}

static struct range range_times(struct range width, struct repeat repeat)
{
    return (struct range){times_bytes(width.min, repeat.least),
                          repeat.most == RANGE_OPEN ? RANGE_OPEN : times_bytes(width.max, repeat.most)};
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
    return assertion ? nothing : inner; /* and it is as wide as nothing */
}

/* After a backslash: what it stands for. */
struct escape {
    char plain; /* this very character; '\0': something else */
    struct range width;
};

static struct escape read_escape(struct reader *r)
{
    static const struct {
        const char *letters;
        struct range width; /* 4 is that of any character */
    } kinds[] = {
        {"bBAzZGK", {0, 0}}, {"dDwWsShHvVN", {1, 4}}, {"ntrfea", {1, 1}}, {"R", {1, 3}}, {"X", {1, RANGE_OPEN}},
    };
    char c = peek(r);
    r->at++;
    if (c == 'p' || c == 'P') { /* \p{L} or \pL */
        bool named = peek(r) == '{';
        while (named && r->at < r->pattern.len && peek(r) != '}')
            r->at++;
        r->at++;
        return (struct escape){'\0', {1, 4}};
    }
    for (size_t i = 0; c && i < sizeof kinds / sizeof *kinds; i++)
        if (strchr(kinds[i].letters, c))
            return (struct escape){'\0', kinds[i].width};
    if (!c || ascii_is_alpha(c) || ascii_is_digit(c)) /* \x41, \1, \k<name>, \Q: what is longer than it looks */
        r->failed = true;
    return (struct escape){c, {1, 1}};
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* What may be left out is a whole character, of which the last byte has just been read; how many bytes of it stood in
 * the run. */
static uint16_t drop_character(struct sequence *sequence)
{
    size_t before = sequence->run_len;
    while (sequence->run_len && is_continuation(sequence->run[sequence->run_len - 1]))
        sequence->run_len--;
    if (sequence->run_len && (unsigned char)sequence->run[sequence->run_len - 1] >= 0xC0)
        sequence->run_len--;
    return (uint16_t)(before - sequence->run_len);
}

static void add_plain(struct reader *r, struct sequence *sequence, char c)
{
    size_t quantifier = r->at;
    struct repeat repeat = read_quantifier(r);
    bool quantified = r->at != quantifier;
    uint16_t width = 1; /* of what is repeated, at most */
    if (sequence->run_len == RUN_MAX)
        end_run(r, sequence);
    if (repeat.least)
        sequence->run[sequence->run_len++] = c;
    else if (is_continuation(c))
        width = (uint16_t)(1 + drop_character(sequence));
    if (!quantified)
        return;
    end_run(r, sequence);
    /* Once it is in the run; but a character of several bytes may be repeated as a whole, or only its last byte. */
    struct range more = {0, is_continuation(c) && repeat.least ? 4 : width};
    repeat.most = repeat.most != RANGE_OPEN && repeat.least ? repeat.most - 1 : repeat.most;
    sequence->width = range_add(sequence->width, range_times(more, repeat));
}

/* One item of a sequence: a character, class, escape or group, with its quantifier. */
static void read_item(struct reader *r, struct sequence *sequence)
{
    char c = peek(r);
    struct part item = nothing;
    struct escape escape = {c, {1, 1}};
    if (c == '(') {
        end_run(r, sequence);
        item = read_group(r);
    } else if (c == '[') {
        r->at = split_class_end(r->pattern, r->at);
        escape = (struct escape){'\0', {1, 4}};
    } else {
        r->at++;
        if (c == '\\')
            escape = read_escape(r);
        else if (c == '.')
            escape = (struct escape){'\0', {1, 4}};
        else if (c == '^' || c == '$')
            escape = (struct escape){'\0', {0, 0}};
    }
    if (c != '(' && escape.plain) {
        add_plain(r, sequence, escape.plain);
        return;
    }
    if (c != '(' && escape.width.max == 0) /* it matches between characters, and ends no run */
        return;
    if (c != '(') {
        end_run(r, sequence);
        item.width = escape.width;
        if (!r->unicode && item.width.max == 4)
            item.width.max = 1;
    }
    struct repeat repeat = read_quantifier(r);
    item.width = range_times(item.width, repeat);
    if (repeat.least == 0) {
        item.best = nothing.best;
        item.branches = NULL;
        item.branch_count = 0;
    }
    put_part(r, sequence, item);
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
    whole.width = sequence.width;
    for (const struct part *part = sequence.parts; part; part = part->next) {
        keep_better(&whole.best, shifted(part->best, part->start));
        if (part->branch_count > 1 && (!multiplied || count_more_sets(part) > count_more_sets(multiplied)))
            multiplied = part;
    }
    struct need_set *common = NULL;
    for (const struct part *part = sequence.parts; part && !r->failed; part = part->next) {
        if (part->branch_count == 1)
            for (const struct need_set *set = part->branches->sets; set; set = set->next)
                common = with_set(r, common, shifted(set->words, part->start));
        else if (part != multiplied && part->branches)
            common = with_set(r, common, shifted(part->best, part->start));
    }
    if (!multiplied && common)
        add_branch(r, &whole, common);
    for (const struct need_branch *b = multiplied ? multiplied->branches : NULL; b && !r->failed; b = b->next) {
        struct need_set *sets = common;
        for (const struct need_set *set = b->sets; set; set = set->next)
            sets = with_set(r, sets, shifted(set->words, multiplied->start));
        add_branch(r, &whole, sets);
    }
    return whole;
}

static void append(struct literals *all, struct literals more)
{
    for (size_t i = 0; i < more.count; i++) {
        struct literal *item = &all->items[all->count++];
        *item = more.items[i];
        item->end = range_add(item->end, more.shift);
    }
}

static void join(struct reader *r, struct literals *all, struct literals branch)
{
    size_t count = all->count + branch.count;
    if (!all->count || !branch.count || count > SET_MAX) {
        all->count = 0;
        return;
    }
    if (all->room < count) {
        struct literals grown = {.cost = all->cost, .room = count * 2};
        grown.items = arena_array(r->arena, grown.room, sizeof *grown.items);
        if (!grown.items) {
            r->failed = true;
            return;
        }
        append(&grown, *all);
        *all = grown;
    }
    append(all, branch);
    all->cost += branch.cost;
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
    single.room = 0;
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
        all.width = range_hull(all.width, way.width);
        needed = needed && way.branches;
        alone = false;
        for (const struct need_branch *b = needed ? way.branches : NULL; b && !r->failed; b = b->next)
            add_branch(r, &all, b->sets);
    }
    r->depth--;
    all.best.room = 0;
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

int literals_of(struct slice pattern, bool unicode, struct arena *arena, struct literals *out,
                struct need_branch **needs)
{
    struct reader r = {.pattern = pattern, .unicode = unicode, .arena = arena};
    struct part whole = read_alternation(&r);
    bool good = !r.failed && r.at == pattern.len && !arena_exhausted(arena);
    *out = good ? whole.best : nothing.best;
    *needs = good ? whole.branches : NULL;
    return good ? 0 : -1;
}
