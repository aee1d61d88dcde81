/* arrange: see arrange.h. */
#include "arrange.h"

#include <stdlib.h>

#include "weigh.h"

/* What is put in order: the highest first, what is equal by its group, and as it was. */
struct ranked {
    double often;
    uint32_t group, number;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->often > y->often || x->often < y->often)
        return x->often > y->often ? -1 : 1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* ---- branches ---- */

/* Those that one set makes somebody look at stand together. Those of exceptions stay as they stand, behind the others.
 */
static void rank_branches(const struct rules *rules, const double *rarities, struct ranked *ranked)
{
    for (uint32_t b = 0; b < rules->branch_count; b++) {
        const struct branch *branch = &rules->branches[b];
        ranked[b] = (struct ranked){-1, 0, b};
        if (!branch->excepts)
            ranked[b] = (struct ranked){weigh_set(rules, rarities, branch->sets[0]), branch->sets[0], b};
    }
    qsort(ranked, rules->branch_count, sizeof *ranked, compare_ranked);
}

static int sort_branches(struct rules *rules, const double *rarities)
{
    struct ranked *ranked = calloc(rules->branch_count + 1, sizeof *ranked);
    uint32_t *places = calloc(rules->branch_count + 1, sizeof *places);
    struct branch *sorted = calloc(rules->branch_count + 1, sizeof *sorted);
    bool made = ranked && places && sorted;
    if (made) {
        rank_branches(rules, rarities, ranked);
        for (uint32_t i = 0; i < rules->branch_count; i++) {
            sorted[i] = rules->branches[ranked[i].number];
            places[ranked[i].number] = i;
        }
        for (size_t r = 0; r < rules->count; r++)
            for (size_t i = 0; i < rules->list[r].unless.way_count; i++)
                rules->list[r].unless.ways[i].first_branch = places[rules->list[r].unless.ways[i].first_branch];
        free(rules->branches);
        rules->branches = sorted;
    } else {
        free(sorted);
    }
    free(ranked);
    free(places);
    return made ? 0 : -1;
}

/* ---- words ---- */

static int number_words(struct rules *rules, const double *rarities, const bool *needed, uint32_t *numbers)
{
    struct ranked *ranked = calloc(rules->word_count + 1, sizeof *ranked);
    size_t count = 0;
    if (!ranked)
        return -1;
    for (uint32_t word = 0; word < rules->word_count; word++) {
        numbers[word] = UINT32_MAX;
        if (needed[word])
            ranked[count++] = (struct ranked){rarities[word], 0, word};
    }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    for (uint32_t i = 0; i < count; i++)
        numbers[ranked[i].number] = i;
    free(ranked);
    rules->word_count = count;
    return 0;
}

/* ---- sets ---- */

struct sorting {
    struct rules *rules;
    const uint32_t *numbers; /* of words */
    uint32_t *places;        /* by set: its new number plus one; 0: none yet */
    struct word_set *sets;
    uint16_t *set_words;
    size_t count, used;
};

static void place_set(struct sorting *sorting, uint16_t *number)
{
    const struct rules *rules = sorting->rules;
    const struct word_set *old = &rules->sets[*number];
    if (!sorting->places[*number]) {
        struct word_set *set = &sorting->sets[sorting->count++];
        *set = *old;
        set->first_word = (uint32_t)sorting->used;
        for (uint32_t i = old->first_word; i < old->first_word + old->word_count; i++)
            sorting->set_words[sorting->used++] = (uint16_t)sorting->numbers[rules->set_words[i]];
        sorting->places[*number] = (uint32_t)sorting->count;
    }
    *number = (uint16_t)(sorting->places[*number] - 1);
}

/* In the order in which the branches ask for them, those that make somebody look before the others; those that none
 * asks for any more go. */
static void place_sets(struct sorting *sorting)
{
    struct rules *rules = sorting->rules;
    for (size_t b = 0; b < rules->branch_count && !rules->branches[b].excepts; b++) {
        uint16_t *first = &rules->branches[b].sets[0];
        place_set(sorting, first);
        if (*first == rules->trigger_count)
            rules->first_branch[rules->trigger_count++] = (uint32_t)b;
        rules->first_branch[rules->trigger_count] = (uint32_t)b + 1;
    }
    for (size_t b = 0; b < rules->branch_count; b++) {
        struct branch *branch = &rules->branches[b];
        for (uint8_t s = branch->excepts ? 0 : 1; s < branch->set_count; s++)
            place_set(sorting, &branch->sets[s]);
    }
}

static int sort_sets(struct rules *rules, const uint32_t *numbers)
{
    size_t words = 1;
    for (size_t s = 0; s < rules->set_count; s++)
        words += rules->sets[s].word_count;
    struct sorting sorting = {.rules = rules, .numbers = numbers};
    sorting.places = calloc(rules->set_count + 1, sizeof *sorting.places);
    sorting.sets = calloc(rules->set_count + 1, sizeof *sorting.sets);
    sorting.set_words = calloc(words, sizeof *sorting.set_words);
    rules->first_branch = arena_array(rules->arena, rules->set_count + 2, sizeof *rules->first_branch);
    bool made = sorting.places && sorting.sets && sorting.set_words && rules->first_branch;
    if (made)
        place_sets(&sorting);
    free(sorting.places);
    free(made ? rules->sets : sorting.sets);
    free(made ? rules->set_words : sorting.set_words);
    if (!made)
        return -1;
    rules->sets = sorting.sets;
    rules->set_words = sorting.set_words;
    rules->set_count = sorting.count;
    return 0;
}

/* A common word leads to the sets that make somebody look; the others are asked for it. */
static bool is_told(const struct rules *rules, uint32_t set, uint16_t word)
{
    return word >= COMMON_WORDS || set < rules->trigger_count;
}

/* For each word the sets that hold it: counted, then filled in. */
static int list_sets(struct rules *rules)
{
    uint32_t *first = arena_array(rules->arena, rules->word_count + 2, sizeof *first);
    size_t uses = 0;
    for (size_t s = 0; s < rules->set_count; s++)
        uses += rules->sets[s].word_count;
    rules->sets_of = arena_array(rules->arena, uses + 1, sizeof *rules->sets_of);
    rules->common = arena_array(rules->arena, rules->set_count + 1, sizeof *rules->common);
    if (!first || !rules->sets_of || !rules->common)
        return -1;
    for (uint32_t s = 0; s < rules->set_count; s++)
        for (uint32_t i = 0; i < rules->sets[s].word_count; i++) {
            uint16_t word = rules->set_words[rules->sets[s].first_word + i];
            if (word < COMMON_WORDS)
                rules->common[s] |= UINT64_C(1) << word;
            first[word + 1] += is_told(rules, s, word);
        }
    for (size_t word = 0; word < rules->word_count; word++)
        first[word + 1] += first[word];
    for (uint32_t s = 0; s < rules->set_count; s++)
        for (uint32_t i = 0; i < rules->sets[s].word_count; i++) {
            uint16_t word = rules->set_words[rules->sets[s].first_word + i];
            if (is_told(rules, s, word))
                rules->sets_of[first[word]++] = (uint16_t)s;
        }
    /* Filling has moved each beginning to where the next list begins. */
    memmove(first + 1, first, rules->word_count * sizeof *first);
    first[0] = 0;
    rules->first_set_of = first;
    return 0;
}

int arrange_words(struct rules *rules, const double *rarities, const bool *needed, uint32_t *numbers, struct err *err)
{
    if (sort_branches(rules, rarities) || number_words(rules, rarities, needed, numbers) || sort_sets(rules, numbers) ||
        list_sets(rules))
        return err_set(err, "out of memory for the words of the rules");
    return 0;
}
