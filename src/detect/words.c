/* words: gives every distinct word that the rules look for a number, and every set of words they ask for another.
 *
 * A pattern asks for all sets of one of its branches, and a set is met by any of its words. Sets are shared: macros
 * bring the same ones to many rules. The prefilter finds the words, and a word leads to the branches of which it stands
 * in the rarest set: what a text costs depends on what it says, hardly on how many rules there are.
 */
#include <stdlib.h>

#include "arrange.h"
#include "ruleset.h"
#include "weigh.h"

/* Numbers by hash: open addressing, at most half full. A hash of 0 is a free place. */
struct table {
    struct place {
        uint64_t hash;
        uint32_t number;
    } * places;
    size_t size, count;
};

struct index {
    struct rules *rules;
    struct table sets, words;
    struct prefilter_word *list; /* the words so far, by number */
    uint8_t *groups;             /* and a bit a group that looks for them */
    double *rarities;            /* and how often they turn up */
    size_t list_room, group_room, rarity_room;
    size_t set_room, use_count, use_room, branch_room;
    bool failed;
};

static void *grow(struct index *index, void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    size_t more = *room ? *room * 2 : 4096;
    void *grown = realloc(items, more * size);
    if (!grown) {
        index->failed = true;
        return items;
    }
    *room = more;
    return grown;
}

static struct place *find_place(const struct table *table, uint64_t hash)
{
    size_t at = hash & (table->size - 1);
    while (table->places[at].hash && table->places[at].hash != hash)
        at = (at + 1) & (table->size - 1);
    return &table->places[at];
}

static int table_grow(struct table *table)
{
    struct table larger = {.size = table->size ? table->size * 2 : 4096, .count = table->count};
    larger.places = calloc(larger.size, sizeof *larger.places);
    if (!larger.places)
        return -1;
    for (size_t i = 0; i < table->size; i++)
        if (table->places[i].hash)
            *find_place(&larger, table->places[i].hash) = table->places[i];
    free(table->places);
    *table = larger;
    return 0;
}

/* The number that the hash has, or now gets; *known says which. */
static uint32_t number_of(struct index *index, struct table *table, uint64_t hash, bool *known)
{
    if (table->count * 2 >= table->size && table_grow(table)) {
        index->failed = *known = true;
        return 0;
    }
    hash += !hash;
    struct place *place = find_place(table, hash);
    *known = place->hash != 0;
    if (!*known)
        *place = (struct place){hash, (uint32_t)table->count++};
    return place->number;
}

/* A word of messages is another than the same word of sentences, for it leads to other rules. */
static uint32_t add_word(struct index *index, const struct literal *word, enum word_group group)
{
    bool known = false;
    uint64_t hash = group == WORDS_MESSAGE ? ~word->hash : word->hash;
    uint32_t number = number_of(index, &index->words, hash, &known);
    if (!known) {
        index->list = grow(index, index->list, number, &index->list_room, sizeof *index->list);
        index->groups = grow(index, index->groups, number, &index->group_room, sizeof *index->groups);
        index->rarities = grow(index, index->rarities, number, &index->rarity_room, sizeof *index->rarities);
        if (index->failed)
            return 0;
        index->list[number] = (struct prefilter_word){word->text, word->borders, number};
        index->groups[number] = 0;
        index->rarities[number] = word->rarity;
    }
    if (!index->failed)
        index->groups[number] |= (uint8_t)(1 << group);
    return number;
}

/* How far behind the beginning of the match the words begin, all of them. */
static struct range starts_of(const struct literals *words)
{
    struct range all = {UINT16_MAX, 0};
    for (size_t i = 0; i < words->count; i++) {
        struct range start = range_add(words->items[i].end, words->shift);
        size_t len = words->items[i].text.len;
        start.min = start.min > len ? (uint16_t)(start.min - len) : 0;
        if (start.max != RANGE_OPEN)
            start.max = start.max > len ? (uint16_t)(start.max - len) : 0;
        all = range_hull(all, start);
    }
    return all;
}

/* Whatever the order of the words. */
static uint64_t hash_set(const struct literals *words, struct range start, bool anywhere, enum word_group group)
{
    uint64_t sum = (uint64_t)start.min << 16 | start.max;
    sum = (sum * 2 + anywhere) * WORD_GROUPS + group + 1;
    for (size_t i = 0; i < words->count; i++) {
        uint64_t hash = words->items[i].hash * 0x9e3779b97f4a7c15u;
        sum += hash ^ hash >> 29;
    }
    return sum;
}

/* The number of the set of these words. */
static uint32_t add_set(struct index *index, const struct literals *words, bool anywhere, enum word_group group)
{
    struct rules *rules = index->rules;
    bool known = false;
    struct range start = starts_of(words);
    uint32_t set = number_of(index, &index->sets, hash_set(words, start, anywhere, group), &known);
    if (known)
        return set;
    rules->sets = grow(index, rules->sets, set, &index->set_room, sizeof *rules->sets);
    if (index->failed)
        return 0;
    rules->sets[set] = (struct word_set){.first_word = (uint32_t)index->use_count,
                                         .word_count = (uint32_t)words->count & INT32_MAX,
                                         .anywhere = anywhere,
                                         .start = start};
    for (size_t i = 0; i < words->count; i++) {
        uint32_t word = add_word(index, &words->items[i], group);
        rules->set_words = grow(index, rules->set_words, index->use_count, &index->use_room, sizeof *rules->set_words);
        if (index->failed)
            return 0;
        rules->set_words[index->use_count++] = (uint16_t)word;
    }
    return set;
}

static enum word_group group_of(const struct rule *rule)
{
    if (rule->scope == SCOPE_MESSAGE)
        return WORDS_MESSAGE;
    return rule->language > LANGUAGE_ENGLISH ? WORDS_OTHER : WORDS_ENGLISH;
}

/* What the branch needs, and one of the keywords where the author gave some. */
static void add_branch(struct index *index, struct branch branch, const struct need_set *needs,
                       const struct literals *keywords)
{
    struct rules *rules = index->rules;
    enum word_group group = group_of(&rules->list[branch.rule]);
    for (const struct need_set *set = needs; set && branch.set_count + 1 < BRANCH_SETS_MAX; set = set->next)
        branch.sets[branch.set_count++] = (uint16_t)add_set(index, &set->words, false, group);
    if (keywords->count)
        branch.sets[branch.set_count++] = (uint16_t)add_set(index, keywords, true, group);
    rules->branches = grow(index, rules->branches, rules->branch_count, &index->branch_room, sizeof *rules->branches);
    if (!index->failed)
        rules->branches[rules->branch_count++] = branch;
}

/* Of the rule's match or of its exception; keywords: those that the author gave for the match. */
static void add_pattern(struct index *index, uint32_t rule, struct pattern *pattern, const struct literals *keywords)
{
    static const struct literals none = {0};
    for (size_t i = 0; i < pattern->way_count && !index->failed; i++) {
        struct way *way = &pattern->ways[i];
        struct branch branch = {
            .rule = (uint16_t)rule, .way = (uint16_t)(pattern->first_way + i), .excepts = !keywords};
        way->first_branch = (uint32_t)index->rules->branch_count;
        if (!way->needs && keywords && keywords->count)
            add_branch(index, branch, NULL, keywords);
        for (const struct need_branch *needs = way->needs; needs; needs = needs->next)
            add_branch(index, branch, needs->sets, keywords ? keywords : &none);
        way->branch_count = (uint32_t)index->rules->branch_count - way->first_branch;
    }
}

/* numbers: of the words now, UINT32_MAX: nobody needs it. */
static int make_prefilters(struct index *index, const uint32_t *numbers, struct err *err)
{
    struct rules *rules = index->rules;
    struct prefilter_word *list = calloc(index->words.count + 1, sizeof *list);
    if (!list)
        return err_set(err, "out of memory for the words of the rules");
    for (unsigned group = 0; group < WORD_GROUPS; group++) {
        size_t count = 0;
        for (size_t i = 0; i < index->words.count; i++)
            if (numbers[i] != UINT32_MAX && index->groups[i] & 1 << group)
                list[count++] = (struct prefilter_word){index->list[i].text, index->list[i].borders, numbers[i]};
        rules->words[group] = prefilter_new(list, count, err);
        if (!rules->words[group])
            break;
    }
    free(list);
    return rules->words[WORD_GROUPS - 1] ? 0 : -1;
}

int words_index(struct rules *rules, struct err *err)
{
    struct index index = {.rules = rules};
    for (uint32_t i = 0; i < rules->count && !index.failed; i++) {
        struct rule *rule = &rules->list[i];
        rules->whole_messages = rules->whole_messages || rule->scope == SCOPE_MESSAGE;
        if (rule->disabled)
            continue;
        add_pattern(&index, i, &rule->match, &rule->keywords);
        add_pattern(&index, i, &rule->unless, NULL);
    }
    rules->word_count = index.words.count;
    rules->set_count = index.sets.count;
    bool *needed = calloc(rules->word_count + 1, sizeof *needed);
    uint32_t *numbers = calloc(rules->word_count + 1, sizeof *numbers);
    int failed = 0;
    if (index.failed || !needed || !numbers)
        failed = err_set(err, "out of memory for the words of the rules");
    if (!failed && (rules->word_count > NUMBERED_MAX || rules->set_count > NUMBERED_MAX ||
                    rules->branch_count > NUMBERED_MAX || rules->way_count > NUMBERED_MAX))
        failed =
            err_set(err, "the packs ask for more than %d words, sets of words, or branches of patterns", NUMBERED_MAX);
    if (!failed)
        failed = weigh_sets(rules, index.rarities, needed, err);
    if (!failed)
        failed = arrange_words(rules, index.rarities, needed, numbers, err);
    if (!failed)
        failed = make_prefilters(&index, numbers, err);
    free(needed);
    free(numbers);
    free(index.rarities);
    free(index.list);
    free(index.groups);
    free(index.sets.places);
    free(index.words.places);
    return failed;
}
