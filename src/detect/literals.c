/* literals: a small recursive reader of pattern syntax.
 *
 * A sequence requires the best of what its parts require; an alternation requires the union, if every branch
 * requires something; what is optional, a class, an assertion or an escape requires nothing. "Best" is the set that
 * turns up least often in English (rarity.h). Beside the best set the branches are kept: of an
 * alternation those that require more than one set, and of a sequence one of its alternations is multiplied out.
 */
#include "literals.h"

#include <float.h>

#include "borders.h"
#include "split.h"

enum { DEPTH_MAX = 32, SET_MAX = 2048, RUN_MAX = 64, BYTES_MIN = 2, SETS_MAX = 4, BRANCHES_MAX = 96 };

struct reader {
    struct slice pattern;
    size_t at;
    struct borders borders; /* of the pattern */
    struct arena *arena;
    unsigned depth;
    bool unicode, failed;
};

/* Where a group stands: whether a word would begin where it begins, and would end where it ends. */
struct place {
    bool opens, ends;
};

/* What part of a pattern requires. */
struct part {
    struct literals best;
    struct need_branch *branches; /* NULL: nothing */
    size_t branch_count;
    struct range width; /* of what it matches */
    struct range start; /* how far into its sequence it begins */
    bool opens;         /* behind it a word would begin */
    struct part *next;  /* in its sequence */
};

/* A sequence that is being read: its parts, and the run of plain characters at hand. */
struct sequence {
    struct part *parts;
    struct range width; /* so far, without the run */
    bool opens;         /* a word would begin here */
    char run[RUN_MAX];
    size_t run_len;
    bool run_opens;  /* a word would begin where the run does */
    bool run_closed; /* and ends where it does: a border has been read */
};

/* What is met more often than this, by the estimate, is not worth asking for. */
static const double SET_COST_MAX = .02;

static const struct part nothing = {.best = {.cost = DBL_MAX}};

uint64_t literal_hash(struct slice word, unsigned borders)
{
    uint64_t hash = hash_bytes(0, word.data, word.len) + borders * 0x9e3779b97f4a7c15u;
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

struct range range_hull(struct range a, struct range b)
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

/* A run as a word to look for; opens and ends: a word would begin where it does, and end where it does. What parts it
 * from other words are borders and no more, so that one word is looked for, and not one for each way to stand beside
 * others. */
static struct literal plain_word(struct reader *r, struct slice run, bool opens, bool ends)
{
    size_t start = 0, end = run.len;
    while (!r->unicode && start + 1 < end && strchr(" '", run.data[start]) && rarity_is_word_byte(run.data[start + 1]))
        start++;
    while (!r->unicode && end > start + 1 && run.data[end - 1] == ' ' && rarity_is_word_byte(run.data[end - 2]))
        end--;
    struct literal word = {.text = arena_copy(r->arena, slice_part(run, start, end)),
                           .end = {(uint16_t)end, (uint16_t)end}};
    if (!r->unicode && (opens || start > 0) && rarity_is_word_byte(run.data[start]))
        word.borders |= BORDER_LEFT;
    if (!r->unicode && (ends || end < run.len) && rarity_is_word_byte(run.data[end - 1]))
        word.borders |= BORDER_RIGHT;
    word.hash = literal_hash(word.text, word.borders);
    word.rarity = rarity(word.text, word.borders);
    return word;
}

static void end_run(struct reader *r, struct sequence *sequence, bool ends)
{
    struct part part = nothing;
    size_t len = sequence->run_len;
    sequence->run_len = 0;
    if (!len)
        return;
    struct literal *item = make(r, sizeof *item);
    if (!item)
        return;
    *item = plain_word(r, slice_of(sequence->run, len), sequence->run_opens, ends);
    struct range width = {(uint16_t)len, (uint16_t)len};
    part.width = width;
    part.best = (struct literals){.items = item, .count = 1, .cost = item->rarity};
    if (item->text.len >= BYTES_MIN || item->borders == BORDER_BOTH)
        require_best(r, &part);
    put_part(r, sequence, part);
}

static struct part read_alternation(struct reader *r, struct place place);

/* At "(": reads the group. Assertions require nothing here, for they may stand outside of what is matched. */
static struct part read_group(struct reader *r, struct place place)
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
    struct part inner = read_alternation(r, assertion ? (struct place){false, false} : place);
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

/* A character, which begins in the pattern at `start`. */
static void add_plain(struct reader *r, struct sequence *sequence, char c, size_t start)
{
    size_t quantifier = r->at;
    struct repeat repeat = read_quantifier(r);
    bool quantified = r->at != quantifier, mark = !rarity_is_word_byte(c);
    uint16_t width = 1; /* of what is repeated, at most */
    if (sequence->run_len == RUN_MAX)
        end_run(r, sequence, false);
    if (!sequence->run_len)
        sequence->run_opens = sequence->opens;
    sequence->opens = mark && (repeat.least || sequence->opens);
    if (repeat.least) {
        sequence->run[sequence->run_len++] = c;
        sequence->run_closed = false;
    } else if (is_continuation(c)) {
        width = (uint16_t)(1 + drop_character(sequence));
    }
    if (!quantified)
        return;
    end_run(r, sequence, !repeat.least && (sequence->run_closed || borders_end_word(&r->borders, start, false)));
    /* Once it is in the run; but a character of several bytes may be repeated as a whole, or only its last byte. */
    struct range more = {0, is_continuation(c) && repeat.least ? 4 : width};
    repeat.most = repeat.most != RANGE_OPEN && repeat.least ? repeat.most - 1 : repeat.most;
    sequence->width = range_add(sequence->width, range_times(more, repeat));
}

/* What matches between characters ends no run, but tells where words begin and end. */
static void note_border(struct sequence *sequence, struct slice assertion)
{
    char kind = assertion.data[assertion.len - 1];
    sequence->opens = strchr("b^A", kind) || (sequence->opens && kind != 'B');
    sequence->run_closed = sequence->run_closed || strchr("b$Zz", kind);
}

/* At "(": the group and its quantifier. */
static struct part read_repeated_group(struct reader *r, struct sequence *sequence, bool ends, struct repeat *repeat)
{
    struct reader behind = *r;
    behind.at = borders_atom_end(&r->borders, r->at);
    *repeat = read_quantifier(&behind);
    /* Of several in a row it is the first whose words are asked for. */
    struct place place = {sequence->opens, repeat->most <= 1 && borders_end_word(&r->borders, behind.at, ends)};
    bool assertion = borders_is_assertion(&r->borders, r->at);
    struct part item = read_group(r, place);
    if (!assertion)
        sequence->opens = item.opens && (repeat->least || sequence->opens);
    (void)read_quantifier(r);
    return item;
}

/* One item of a sequence: a character, class, escape or group, with its quantifier. */
static void read_item(struct reader *r, struct sequence *sequence, bool ends)
{
    size_t start = r->at;
    char c = peek(r);
    struct part item = nothing;
    struct escape escape = {c, {1, 1}};
    struct repeat repeat;
    if (c == '(') {
        end_run(r, sequence, sequence->run_closed || borders_end_word(&r->borders, start, ends));
        item = read_repeated_group(r, sequence, ends, &repeat);
    } else {
        r->at = c == '[' ? split_class_end(r->pattern, r->at) : r->at + 1;
        if (c == '\\')
            escape = read_escape(r);
        else if (c == '.' || c == '[')
            escape = (struct escape){'\0', {1, 4}};
        else if (c == '^' || c == '$')
            escape = (struct escape){'\0', {0, 0}};
        if (escape.plain) {
            add_plain(r, sequence, escape.plain, start);
            return;
        }
        if (escape.width.max == 0) {
            note_border(sequence, slice_part(r->pattern, start, r->at));
            return;
        }
        end_run(r, sequence, sequence->run_closed || borders_end_word(&r->borders, start, ends));
        item.width = escape.width;
        if (!r->unicode && item.width.max == 4)
            item.width.max = 1;
        repeat = read_quantifier(r);
        sequence->opens = borders_is_mark(&r->borders, start) && (repeat.least || sequence->opens);
    }
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

static struct part read_sequence(struct reader *r, struct place place)
{
    struct sequence sequence = {.opens = place.opens};
    struct part whole = nothing;
    const struct part *multiplied = NULL;
    while (!r->failed && r->at < r->pattern.len && peek(r) != '|' && peek(r) != ')')
        read_item(r, &sequence, place.ends);
    end_run(r, &sequence, sequence.run_closed || place.ends);
    whole.width = sequence.width;
    whole.opens = sequence.opens;
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

static struct part read_alternation(struct reader *r, struct place place)
{
    if (++r->depth > DEPTH_MAX)
        r->failed = true;
    struct part all = read_sequence(r, place);
    bool needed = all.branches != NULL, alone = true;
    while (!r->failed && peek(r) == '|') {
        r->at++;
        struct part way = read_sequence(r, place);
        all.opens = all.opens && way.opens;
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
    r.failed = borders_init(&r.borders, pattern) != 0;
    struct part whole = r.failed ? nothing : read_alternation(&r, (struct place){false, false});
    borders_fini(&r.borders);
    bool good = !r.failed && r.at == pattern.len && !arena_exhausted(arena);
    *out = good ? whole.best : nothing.best;
    *needs = good ? whole.branches : NULL;
    return good ? 0 : -1;
}
