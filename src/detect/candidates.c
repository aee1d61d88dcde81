/* candidates: see candidates.h for what and why. Whatever is known of the text at hand bears its number, so that
 * nothing has to be cleared for the next one. */
#include "candidates.h"

#include <stdlib.h>

/* What a set leaves of the places to begin at; first > last: none. */
struct set_window {
    uint32_t text;
    struct window window;
};

/* Where the matches of a way can begin. */
struct way_window {
    uint32_t text; /* the last text in which they can */
    struct window window;
};

struct candidates {
    const struct rules *rules;
    uint32_t text;         /* counts texts; 0 is none */
    uint16_t len;          /* of the text */
    uint64_t *seen;        /* a bit a word: whether it was */
    struct window *sights; /* by word that was seen: where it begins first and last */
    uint32_t *words;       /* that were seen */
    size_t word_count;
    uint64_t *met;      /* a bit a set: whether any of its words was seen */
    uint16_t *triggers; /* sets that are met and make somebody look */
    size_t trigger_count;
    struct set_window *sets;
    struct way_window *ways;
    uint64_t *open; /* a bit a rule: whether any of its ways is */
};

/* Sets of numbers, a bit each. */
static size_t bits_size(size_t count)
{
    return count / 64 + 1;
}

static bool has_bit(const uint64_t *bits, uint32_t number)
{
    return bits[number / 64] >> (number % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t number)
{
    bits[number / 64] |= UINT64_C(1) << (number % 64);
}

static const struct window closed = {1, 0};

struct candidates *candidates_new(const struct rules *rules)
{
    struct candidates *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->rules = rules;
    c->seen = calloc(bits_size(rules->word_count), sizeof *c->seen);
    c->met = calloc(bits_size(rules->set_count), sizeof *c->met);
    c->sights = calloc(rules->word_count + 1, sizeof *c->sights);
    c->words = calloc(rules->word_count + 1, sizeof *c->words);
    c->sets = calloc(rules->set_count + 1, sizeof *c->sets);
    c->triggers = calloc(rules->trigger_count + 1, sizeof *c->triggers);
    c->ways = calloc(rules->way_count + 1, sizeof *c->ways);
    c->open = calloc(bits_size(rules->count), sizeof *c->open);
    if (!c->seen || !c->met || !c->sights || !c->words || !c->sets || !c->triggers || !c->ways || !c->open) {
        candidates_free(c);
        return NULL;
    }
    return c;
}

void candidates_free(struct candidates *c)
{
    if (!c)
        return;
    free(c->seen);
    free(c->met);
    free(c->sights);
    free(c->words);
    free(c->sets);
    free(c->triggers);
    free(c->ways);
    free(c->open);
    free(c);
}

static void see(void *arg, uint32_t word, size_t start)
{
    struct candidates *c = arg;
    if (!has_bit(c->seen, word)) {
        set_bit(c->seen, word);
        c->sights[word].first = (uint16_t)start;
        c->words[c->word_count++] = word;
    }
    c->sights[word].last = (uint16_t)start;
}

static bool is_open(struct window window)
{
    return window.first <= window.last;
}

static struct window hull(struct window a, struct window b)
{
    if (!is_open(a) || !is_open(b))
        return is_open(a) ? a : b;
    return (struct window){a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}

/* What words that begin from first to last leave. */
static struct window window_of(struct window seen, struct range start)
{
    if (!is_open(seen) || seen.last < start.min)
        return closed;
    uint16_t first = start.max == RANGE_OPEN || seen.first < start.max ? 0 : (uint16_t)(seen.first - start.max);
    return (struct window){first, (uint16_t)(seen.last - start.min)};
}

static struct window where_seen(const struct candidates *c, const struct word_set *set)
{
    const uint16_t *word = c->rules->set_words + set->first_word, *end = word + set->word_count;
    struct window seen = closed;
    for (; word < end; word++)
        if (has_bit(c->seen, *word))
            seen = hull(seen, c->sights[*word]);
    return seen;
}

static struct window window_of_set(struct candidates *c, uint32_t number)
{
    struct set_window *known = &c->sets[number];
    if (known->text == c->text)
        return known->window;
    const struct word_set *set = &c->rules->sets[number];
    struct window window = {0, c->len};
    if (!set->anywhere)
        window = window_of(where_seen(c, set), set->start);
    *known = (struct set_window){c->text, window};
    return window;
}

static struct window narrowed(struct window a, struct window b)
{
    return (struct window){a.first > b.first ? a.first : b.first, a.last < b.last ? a.last : b.last};
}

static bool is_met(const struct candidates *c, uint16_t set)
{
    return has_bit(c->met, set) || c->rules->common[set] & c->seen[0];
}

static bool are_met(const struct candidates *c, const struct branch *branch)
{
    for (uint32_t i = 0; i < branch->set_count; i++)
        if (!is_met(c, branch->sets[i]))
            return false;
    return true;
}

static struct window window_of_branch(struct candidates *c, const struct branch *branch)
{
    struct window window = are_met(c, branch) ? (struct window){0, c->len} : closed;
    for (uint32_t i = 0; i < branch->set_count && is_open(window); i++)
        window = narrowed(window, window_of_set(c, branch->sets[i]));
    return window;
}

static void look_at_branch(struct candidates *c, uint32_t number)
{
    const struct branch *branch = &c->rules->branches[number];
    struct window window = window_of_branch(c, branch);
    if (!is_open(window))
        return;
    struct way_window *way = &c->ways[branch->way];
    way->window = way->text == c->text ? hull(window, way->window) : window;
    way->text = c->text;
    set_bit(c->open, branch->rule);
}

static void next_text(struct candidates *c, size_t len)
{
    const struct rules *rules = c->rules;
    if (++c->text == 0) { /* the count has gone round: old marks must not pass for new ones */
        memset(c->sets, 0, rules->set_count * sizeof *c->sets);
        memset(c->ways, 0, rules->way_count * sizeof *c->ways);
        c->text = 1;
    }
    memset(c->open, 0, bits_size(rules->count) * sizeof *c->open);
    memset(c->met, 0, bits_size(rules->set_count) * sizeof *c->met);
    memset(c->seen, 0, bits_size(rules->word_count) * sizeof *c->seen);
    c->word_count = c->trigger_count = 0;
    c->len = (uint16_t)len;
}

static void meet_sets(struct candidates *c, uint32_t word)
{
    const struct rules *rules = c->rules;
    for (uint32_t i = rules->first_set_of[word]; i < rules->first_set_of[word + 1]; i++) {
        uint16_t set = rules->sets_of[i];
        if (has_bit(c->met, set))
            continue;
        set_bit(c->met, set);
        if (set < rules->trigger_count)
            c->triggers[c->trigger_count++] = set;
    }
}

/* From the words that were seen. */
static void look_at_branches(struct candidates *c)
{
    const struct rules *rules = c->rules;
    for (size_t i = 0; i < c->word_count; i++)
        meet_sets(c, c->words[i]);
    for (size_t i = 0; i < c->trigger_count; i++)
        for (uint32_t b = rules->first_branch[c->triggers[i]]; b < rules->first_branch[c->triggers[i] + 1]; b++)
            look_at_branch(c, b);
}

void candidates_find(struct candidates *c, struct slice text, size_t language)
{
    next_text(c, text.len);
    prefilter_scan(c->rules->words[WORDS_ENGLISH], text, see, c);
    if (language != LANGUAGE_ENGLISH)
        prefilter_scan(c->rules->words[WORDS_OTHER], text, see, c);
    look_at_branches(c);
}

void candidates_find_message(struct candidates *c, struct slice text)
{
    next_text(c, text.len);
    prefilter_scan(c->rules->words[WORDS_MESSAGE], text, see, c);
    look_at_branches(c);
}

size_t candidates_next(const struct candidates *c, size_t from)
{
    for (size_t i = from / 64; i < bits_size(c->rules->count); i++) {
        uint64_t bits = c->open[i] & (i == from / 64 ? ~UINT64_C(0) << (from % 64) : ~UINT64_C(0));
        if (bits)
            return i * 64 + (size_t)__builtin_ctzll(bits);
    }
    return c->rules->count;
}

bool candidates_match(const struct candidates *c, size_t way, struct window *out)
{
    *out = c->ways[way].window;
    return c->ways[way].text == c->text;
}

bool candidates_unless(struct candidates *c, const struct way *way, struct window *out)
{
    *out = way->branch_count ? closed : (struct window){0, c->len};
    for (uint32_t i = 0; i < way->branch_count; i++)
        *out = hull(*out, window_of_branch(c, &c->rules->branches[way->first_branch + i]));
    return is_open(*out);
}
