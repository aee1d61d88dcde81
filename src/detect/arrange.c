/* arrange: see arrange.h. */
#include "arrange.h"

#include <stdlib.h>

/* What is put in order: the highest first, and what is equal as it was. */
struct ranked {
    double often;
    uint32_t number;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->often > y->often || x->often < y->often)
        return x->often > y->often ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* ---- branches ---- */

static double how_often(const struct rules *rules, const double *rarities, const struct branch *branch)
{
    const struct word_set *set = &rules->sets[branch->sets[0]];
    double sum = 0;
    for (uint32_t u = set->first_use; u < set->first_use + set->use_count; u++)
        sum += rarities[rules->uses[u].word];
    return sum;
}

/* Those of exceptions stay as they stand, behind the others. */
static void rank_branches(const struct rules *rules, const double *rarities, struct ranked *ranked)
{
    for (uint32_t b = 0; b < rules->branch_count; b++) {
        const struct branch *branch = &rules->branches[b];
        ranked[b] = (struct ranked){branch->excepts ? -1 : how_often(rules, rarities, branch), b};
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
        rules->match_branch_count = 0;
        for (uint32_t i = 0; i < rules->branch_count; i++) {
            sorted[i] = rules->branches[ranked[i].number];
            places[ranked[i].number] = i;
            rules->match_branch_count += !sorted[i].excepts;
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
            ranked[count++] = (struct ranked){rarities[word], word};
    }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    for (uint32_t i = 0; i < count; i++)
        numbers[ranked[i].number] = i;
    free(ranked);
    rules->word_count = count;
    return 0;
}

/* ---- sets ---- */

/* In the order in which the branches ask for them; those that none asks for any more go. */
static int sort_sets(struct rules *rules, const uint32_t *numbers)
{
    uint32_t *places = calloc(rules->set_count + 1, sizeof *places); /* plus one; 0: none yet */
    struct word_set *sets = calloc(rules->set_count + 1, sizeof *sets);
    size_t uses_count = 1, count = 0, used = 0;
    for (size_t s = 0; s < rules->set_count; s++)
        uses_count += rules->sets[s].use_count;
    struct word_use *uses = calloc(uses_count, sizeof *uses);
    if (!places || !sets || !uses) {
        free(places);
        free(sets);
        free(uses);
        return -1;
    }
    for (size_t b = 0; b < rules->branch_count; b++)
        for (uint32_t s = 0; s < rules->branches[b].set_count; s++) {
            uint32_t *number = &rules->branches[b].sets[s];
            const struct word_set *old = &rules->sets[*number];
            if (!places[*number]) {
                sets[count] = (struct word_set){(uint32_t)used, old->use_count, old->anywhere};
                for (uint32_t u = old->first_use; u < old->first_use + old->use_count; u++)
                    uses[used++] = (struct word_use){(uint16_t)numbers[rules->uses[u].word], rules->uses[u].end};
                places[*number] = (uint32_t)++count;
            }
            *number = places[*number] - 1;
        }
    free(places);
    free(rules->sets);
    free(rules->uses);
    rules->sets = sets;
    rules->uses = uses;
    rules->set_count = count;
    return 0;
}

/* ---- lists ---- */

typedef void each_fn(const struct rules *rules, void (*on)(struct lists *, uint32_t, uint32_t), struct lists *lists);

static void each_set(const struct rules *rules, void (*on)(struct lists *, uint32_t, uint32_t), struct lists *lists)
{
    for (uint32_t s = 0; s < rules->set_count; s++)
        for (uint32_t u = 0; u < rules->sets[s].use_count; u++)
            on(lists, rules->uses[rules->sets[s].first_use + u].word, s);
}

static void each_trigger(const struct rules *rules, void (*on)(struct lists *, uint32_t, uint32_t), struct lists *lists)
{
    for (uint32_t b = 0; b < rules->match_branch_count; b++) {
        const struct word_set *set = &rules->sets[rules->branches[b].sets[0]];
        for (uint32_t u = 0; u < set->use_count; u++)
            on(lists, rules->uses[set->first_use + u].word, b);
    }
}

static void count_item(struct lists *lists, uint32_t word, uint32_t item)
{
    (void)item;
    lists->first[word + 1]++;
}

static void put_item(struct lists *lists, uint32_t word, uint32_t item)
{
    lists->items[lists->first[word]++] = (uint16_t)item;
}

static int make_lists(struct rules *rules, each_fn *each, struct lists *lists)
{
    lists->first = arena_array(rules->arena, rules->word_count + 2, sizeof *lists->first);
    if (!lists->first)
        return -1;
    each(rules, count_item, lists);
    for (size_t word = 0; word < rules->word_count; word++)
        lists->first[word + 1] += lists->first[word];
    lists->items = arena_array(rules->arena, lists->first[rules->word_count] + 1, sizeof *lists->items);
    if (!lists->items)
        return -1;
    each(rules, put_item, lists);
    /* Filling has moved each beginning to where the next list begins. */
    memmove(lists->first + 1, lists->first, rules->word_count * sizeof *lists->first);
    lists->first[0] = 0;
    return 0;
}

int arrange_words(struct rules *rules, const double *rarities, const bool *needed, uint32_t *numbers, struct err *err)
{
    if (sort_branches(rules, rarities) || number_words(rules, rarities, needed, numbers) || sort_sets(rules, numbers) ||
        make_lists(rules, each_set, &rules->sets_of_word) || make_lists(rules, each_trigger, &rules->triggers_of_word))
        return err_set(err, "out of memory for the words of the rules");
    return 0;
}
