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
    struct slice word;
    uint32_t set;
};

struct index {
    struct rules *rules;
    struct use *uses;
    size_t use_count, use_room;
    uint64_t *set_hashes; /* of the sets so far */
    size_t set_room;
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

/* The number of the set of these words, whatever their order. */
static uint32_t add_set(struct index *index, const struct slice *words, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++)
        hash += hash_bytes(0, words[i].data, words[i].len);
    for (size_t i = 0; i < index->rules->set_count; i++)
        if (index->set_hashes[i] == hash)
            return (uint32_t)i;
    index->set_hashes =
        grow(index, index->set_hashes, index->rules->set_count, &index->set_room, sizeof *index->set_hashes);
    if (index->failed)
        return 0;
    uint32_t set = (uint32_t)index->rules->set_count++;
    index->set_hashes[set] = hash;
    for (size_t i = 0; i < count; i++) {
        index->uses = grow(index, index->uses, index->use_count, &index->use_room, sizeof *index->uses);
        if (index->failed)
            return 0;
        index->uses[index->use_count++] = (struct use){words[i], set};
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
static void add_branch(struct index *index, const struct rule *rule, uint32_t number, const struct need_set *needs)
{
    struct rules *rules = index->rules;
    struct branch branch = {.rule = number, .first_set = (uint32_t)index->branch_set_count};
    for (const struct need_set *set = needs; set && !index->failed; set = set->next)
        add_branch_set(index, add_set(index, set->words.items, set->words.count));
    if (!index->failed)
        add_branch_set(index, add_set(index, rule->keywords, rule->keyword_count));
    branch.set_count = (uint32_t)index->branch_set_count - branch.first_set;
    rules->branches = grow(index, rules->branches, rules->branch_count, &index->branch_room, sizeof *rules->branches);
    if (!index->failed)
        rules->branches[rules->branch_count++] = branch;
}

static void add_rule(struct index *index, const struct rule *rule, uint32_t number)
{
    if (!rule->needs)
        add_branch(index, rule, number, NULL);
    for (const struct need_branch *branch = rule->needs; branch && !index->failed; branch = branch->next)
        add_branch(index, rule, number, branch->sets);
}

static int compare(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    size_t len = x->word.len < y->word.len ? x->word.len : y->word.len;
    int order = memcmp(x->word.data, y->word.data, len);
    if (order)
        return order;
    return x->word.len < y->word.len ? -1 : x->word.len > y->word.len;
}

/* Numbers the sorted words and writes the postings, which come out in the order of the words. */
static int number(struct index *index, struct err *err)
{
    struct rules *rules = index->rules;
    size_t count = index->use_count;
    struct prefilter_literal *literals = arena_array(rules->arena, count + 1, sizeof *literals);
    rules->first_posting = arena_array(rules->arena, count + 2, sizeof *rules->first_posting);
    rules->postings = arena_array(rules->arena, count + 1, sizeof *rules->postings);
    if (!literals || !rules->first_posting || !rules->postings)
        return err_set(err, "the packs are larger than the room for rules");
    for (size_t i = 0; i < count; i++) {
        const struct use *use = &index->uses[i];
        if (i == 0 || compare(use, &index->uses[i - 1]) != 0) {
            literals[rules->word_count] = (struct prefilter_literal){use->word, (uint32_t)rules->word_count};
            rules->first_posting[rules->word_count++] = (uint32_t)i;
        }
        rules->postings[i] = use->set;
    }
    rules->first_posting[rules->word_count] = (uint32_t)count;
    rules->words = prefilter_new(literals, rules->word_count, err);
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
    if (!failed && index.use_count)
        qsort(index.uses, index.use_count, sizeof *index.uses, compare);
    if (!failed)
        failed = number(&index, err);
    if (!failed)
        failed = list_branches(rules, err);
    if (failed) {
        free(rules->branches);
        rules->branches = NULL;
    }
    free(index.uses);
    free(index.set_hashes);
    return failed;
}
