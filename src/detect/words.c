/* words: gives every distinct word that the rules look for a number, and every set of words they ask for another.
 *
 * A rule asks for all sets of one of its branches, and a set is met by any of its words. Sets are shared: macros bring
 * the same ones to many rules. One automaton finds the words, postings lead from a word to its sets, and each set leads
 * to the branches of which it is the rarest: what a text costs depends on what it says, hardly on how many rules there
 * are.
 */
#include <stdlib.h>

#include "ruleset.h"

struct use {
    uint32_t word, set;
};

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
    struct prefilter_literal *literals; /* the words so far, by number */
    size_t literal_room;
    struct use *uses;
    size_t use_count, use_room;
    size_t branch_room, branch_set_count, branch_set_room;
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

static uint32_t add_word(struct index *index, struct slice word)
{
    bool known = false;
    uint32_t number = number_of(index, &index->words, literal_hash(word), &known);
    if (known)
        return number;
    index->literals = grow(index, index->literals, number, &index->literal_room, sizeof *index->literals);
    if (!index->failed)
        index->literals[number] = (struct prefilter_literal){word, number};
    return number;
}

/* The number of the set of these words. */
static uint32_t add_set(struct index *index, const struct literals *words)
{
    bool known = false;
    uint32_t set = number_of(index, &index->sets, words->hash, &known);
    for (size_t i = 0; !known && i < words->count; i++) {
        uint32_t word = add_word(index, words->items[i]);
        index->uses = grow(index, index->uses, index->use_count, &index->use_room, sizeof *index->uses);
        if (index->failed)
            return 0;
        index->uses[index->use_count++] = (struct use){word, set};
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

/* What the branch needs, and one of the keywords; needs NULL: only that. */
static void add_branch(struct index *index, uint32_t keywords, uint32_t number, const struct need_set *needs)
{
    struct rules *rules = index->rules;
    struct branch branch = {.rule = number, .first_set = (uint32_t)index->branch_set_count};
    for (const struct need_set *set = needs; set && !index->failed; set = set->next)
        add_branch_set(index, add_set(index, &set->words));
    if (!index->failed)
        add_branch_set(index, keywords);
    branch.set_count = (uint32_t)index->branch_set_count - branch.first_set;
    rules->branches = grow(index, rules->branches, rules->branch_count, &index->branch_room, sizeof *rules->branches);
    if (!index->failed)
        rules->branches[rules->branch_count++] = branch;
}

static void add_rule(struct index *index, const struct rule *rule, uint32_t number)
{
    uint32_t keywords = add_set(index, &rule->keywords);
    if (!rule->needs)
        add_branch(index, keywords, number, NULL);
    for (const struct need_branch *branch = rule->needs; branch && !index->failed; branch = branch->next)
        add_branch(index, keywords, number, branch->sets);
}

/* Lists the sets under their words, by counting. */
static int list_postings(struct index *index, struct err *err)
{
    struct rules *rules = index->rules;
    rules->word_count = index->words.count;
    rules->set_count = index->sets.count;
    rules->first_posting = arena_array(rules->arena, rules->word_count + 2, sizeof *rules->first_posting);
    rules->postings = arena_array(rules->arena, index->use_count + 1, sizeof *rules->postings);
    if (!rules->first_posting || !rules->postings)
        return err_set(err, "the packs are larger than the room for rules");
    uint32_t *end = rules->first_posting + 1; /* of each word's: first counted, then moved to where it begins */
    for (size_t i = 0; i < index->use_count; i++)
        end[index->uses[i].word]++;
    for (size_t word = 0; word < rules->word_count; word++)
        end[word] += end[(ptrdiff_t)word - 1];
    for (size_t i = index->use_count; i-- > 0;)
        rules->postings[--end[index->uses[i].word]] = index->uses[i].set;
    memmove(rules->first_posting, end, rules->word_count * sizeof *end);
    rules->first_posting[rules->word_count] = (uint32_t)index->use_count;
    rules->words = prefilter_new(index->literals, rules->word_count, err);
    return rules->words ? 0 : -1;
}

/* Lists the branches under their first set, by counting. */
static int list_branches(struct rules *rules, struct err *err)
{
    struct branch *sorted = arena_array(rules->arena, rules->branch_count + 1, sizeof *sorted);
    rules->first_branch = arena_array(rules->arena, rules->set_count + 2, sizeof *rules->first_branch);
    if (!sorted || !rules->first_branch)
        return err_set(err, "the packs are larger than the room for rules");
    uint32_t *first = rules->first_branch;
    for (size_t i = 0; i < rules->branch_count; i++)
        first[rules->branch_sets[rules->branches[i].first_set] + 1]++;
    for (size_t set = 0; set < rules->set_count; set++)
        first[set + 1] += first[set];
    /* Filled from behind, each place moves down to where its set begins. */
    for (size_t i = rules->branch_count; i-- > 0;)
        sorted[--first[rules->branch_sets[rules->branches[i].first_set] + 1]] = rules->branches[i];
    memmove(first, first + 1, rules->set_count * sizeof *first);
    first[rules->set_count] = (uint32_t)rules->branch_count;
    free(rules->branches);
    rules->branches = sorted;
    return 0;
}

int words_index(struct rules *rules, struct err *err)
{
    struct index index = {.rules = rules};
    for (uint32_t i = 0; i < rules->count && !index.failed; i++) {
        rules->whole_messages = rules->whole_messages || rules->list[i].scope == SCOPE_MESSAGE;
        if (!rules->list[i].disabled)
            add_rule(&index, &rules->list[i], i);
    }
    int failed = index.failed ? err_set(err, "out of memory for the words of the rules") : 0;
    if (!failed)
        failed = list_postings(&index, err);
    if (!failed)
        failed = list_branches(rules, err);
    if (failed) {
        free(rules->branches);
        rules->branches = NULL;
    }
    free(index.uses);
    free(index.literals);
    free(index.sets.places);
    free(index.words.places);
    return failed;
}
