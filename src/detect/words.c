/* words: gives every distinct word that the rules look for a number, and every set of words they ask for another.
 *
 * A pattern asks for all sets of one of its branches, and a set is met by any of its words. Sets are shared: macros
 * bring the same ones to many rules. The automaton finds the words, and a word leads to the branches of which it stands
 * in the rarest set: what a text costs depends on what it says, hardly on how many rules there are.
 */
#include <stdlib.h>

#include "ruleset.h"

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
    size_t list_room, group_room;
    size_t set_room, use_count, use_room, branch_room, branch_set_count, branch_set_room;
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
    struct place *place = find_place(table, hash);
    *known = place->hash != 0;
    if (!*known)
        *place = (struct place){hash, (uint32_t)table->count++};
    return place->number;
}

static uint32_t add_word(struct index *index, const struct literal *word, enum word_group group)
{
    bool known = false;
    uint32_t number = number_of(index, &index->words, word->hash, &known);
    if (!known) {
        index->list = grow(index, index->list, number, &index->list_room, sizeof *index->list);
        index->groups = grow(index, index->groups, number, &index->group_room, sizeof *index->groups);
        if (index->failed)
            return 0;
        index->list[number] = (struct prefilter_word){word->text, number};
        index->groups[number] = 0;
    }
    if (!index->failed)
        index->groups[number] |= (uint8_t)(1 << group);
    return number;
}

/* Whatever the order of the words. */
static uint64_t hash_set(const struct literals *words, bool anywhere, enum word_group group)
{
    uint64_t sum = (uint64_t)group * 2 + anywhere + 1;
    for (size_t i = 0; i < words->count; i++) {
        struct range end = range_add(words->items[i].end, words->shift);
        uint64_t hash = (words->items[i].hash ^ ((uint64_t)end.min << 16 | end.max)) * 0x9e3779b97f4a7c15u;
        sum += hash ^ hash >> 29;
    }
    return sum;
}

/* The number of the set of these words. */
static uint32_t add_set(struct index *index, const struct literals *words, bool anywhere, enum word_group group)
{
    struct rules *rules = index->rules;
    bool known = false;
    uint32_t set = number_of(index, &index->sets, hash_set(words, anywhere, group), &known);
    if (known)
        return set;
    rules->sets = grow(index, rules->sets, set, &index->set_room, sizeof *rules->sets);
    if (index->failed)
        return 0;
    rules->sets[set] = (struct word_set){(uint32_t)index->use_count, (uint32_t)words->count, anywhere};
    for (size_t i = 0; i < words->count; i++) {
        uint32_t word = add_word(index, &words->items[i], group);
        rules->uses = grow(index, rules->uses, index->use_count, &index->use_room, sizeof *rules->uses);
        if (index->failed)
            return 0;
        rules->uses[index->use_count++] = (struct word_use){word, range_add(words->items[i].end, words->shift)};
    }
    return set;
}

static void add_branch_set(struct index *index, uint32_t set)
{
    struct rules *rules = index->rules;
    rules->branch_sets =
        grow(index, rules->branch_sets, index->branch_set_count, &index->branch_set_room, sizeof *rules->branch_sets);
    if (!index->failed)
        rules->branch_sets[index->branch_set_count++] = set;
}

/* What the branch needs, and one of the keywords where the author gave some. */
static void add_branch(struct index *index, uint32_t rule, const struct way *way, const struct need_set *needs,
                       const struct literals *keywords)
{
    struct rules *rules = index->rules;
    enum word_group group = rules->list[rule].language > LANGUAGE_ENGLISH ? WORDS_OTHER : WORDS_ENGLISH;
    struct branch branch = {.rule = rule, .way = (uint32_t)way->number, .first_set = (uint32_t)index->branch_set_count};
    for (const struct need_set *set = needs; set && !index->failed; set = set->next)
        add_branch_set(index, add_set(index, &set->words, false, group));
    if (keywords->count && !index->failed)
        add_branch_set(index, add_set(index, keywords, true, group));
    branch.set_count = (uint32_t)index->branch_set_count - branch.first_set;
    rules->branches = grow(index, rules->branches, rules->branch_count, &index->branch_room, sizeof *rules->branches);
    if (!index->failed)
        rules->branches[rules->branch_count++] = branch;
}

static void add_way(struct index *index, uint32_t rule, struct way *way, const struct literals *keywords)
{
    way->first_branch = (uint32_t)index->rules->branch_count;
    if (!way->needs && keywords->count)
        add_branch(index, rule, way, NULL, keywords);
    for (const struct need_branch *branch = way->needs; branch && !index->failed; branch = branch->next)
        add_branch(index, rule, way, branch->sets, keywords);
    way->branch_count = (uint32_t)index->rules->branch_count - way->first_branch;
}

static void add_pattern(struct index *index, uint32_t rule, const struct pattern *pattern,
                        const struct literals *keywords)
{
    for (size_t i = 0; i < pattern->way_count; i++)
        add_way(index, rule, &pattern->ways[i], keywords);
}

/* Calls for each word whose sight makes somebody look at a branch of a rule's match. */
static void each_trigger(const struct rules *rules, void (*on_trigger)(struct rules *, uint32_t, uint32_t),
                         struct rules *out)
{
    for (size_t r = 0; r < rules->count; r++) {
        const struct pattern *match = &rules->list[r].match;
        if (!match->way_count)
            continue;
        const struct way *last = &match->ways[match->way_count - 1];
        for (uint32_t b = match->ways->first_branch; b < last->first_branch + last->branch_count; b++) {
            const struct word_set *set = &rules->sets[rules->branch_sets[rules->branches[b].first_set]];
            for (uint32_t u = set->first_use; u < set->first_use + set->use_count; u++)
                on_trigger(out, rules->uses[u].word, b);
        }
    }
}

static void count_trigger(struct rules *rules, uint32_t word, uint32_t branch)
{
    (void)branch;
    rules->first_trigger[word + 1]++;
}

/* Each word's place moves down to where its triggers begin. */
static void put_trigger(struct rules *rules, uint32_t word, uint32_t branch)
{
    rules->triggers[--rules->first_trigger[word + 1]] = branch;
}

static int list_triggers(struct rules *rules, struct err *err)
{
    rules->first_trigger = arena_array(rules->arena, rules->word_count + 2, sizeof *rules->first_trigger);
    if (!rules->first_trigger)
        return err_set(err, "the packs are larger than the room for rules");
    each_trigger(rules, count_trigger, rules);
    for (size_t word = 0; word < rules->word_count; word++)
        rules->first_trigger[word + 1] += rules->first_trigger[word];
    uint32_t count = rules->first_trigger[rules->word_count];
    rules->triggers = arena_array(rules->arena, count + 1, sizeof *rules->triggers);
    if (!rules->triggers)
        return err_set(err, "the packs are larger than the room for rules");
    each_trigger(rules, put_trigger, rules);
    memmove(rules->first_trigger, rules->first_trigger + 1, rules->word_count * sizeof *rules->first_trigger);
    rules->first_trigger[rules->word_count] = count;
    return 0;
}

static int make_prefilters(struct index *index, struct err *err)
{
    struct rules *rules = index->rules;
    struct prefilter_word *list = calloc(rules->word_count + 1, sizeof *list);
    if (!list)
        return err_set(err, "out of memory for the words of the rules");
    for (unsigned group = 0; group < WORD_GROUPS; group++) {
        size_t count = 0;
        for (size_t i = 0; i < rules->word_count; i++)
            if (index->groups[i] & 1 << group)
                list[count++] = index->list[i];
        rules->words[group] = prefilter_new(list, count, err);
        if (!rules->words[group])
            break;
    }
    free(list);
    return rules->words[WORD_GROUPS - 1] ? 0 : -1;
}

int words_index(struct rules *rules, struct err *err)
{
    static const struct literals none = {0};
    struct index index = {.rules = rules};
    for (uint32_t i = 0; i < rules->count && !index.failed; i++) {
        struct rule *rule = &rules->list[i];
        rules->whole_messages = rules->whole_messages || rule->scope == SCOPE_MESSAGE;
        if (rule->disabled)
            continue;
        add_pattern(&index, i, &rule->match, &rule->keywords);
        add_pattern(&index, i, &rule->unless, &none);
    }
    rules->word_count = index.words.count;
    rules->set_count = index.sets.count;
    int failed = index.failed ? err_set(err, "out of memory for the words of the rules") : 0;
    if (!failed)
        failed = list_triggers(rules, err);
    if (!failed)
        failed = make_prefilters(&index, err);
    free(index.list);
    free(index.groups);
    free(index.sets.places);
    free(index.words.places);
    return failed;
}
