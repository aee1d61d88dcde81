/* words: gives every distinct word that the rules look for an id.
 *
 * A word may stand in many rules, as a keyword that calls for the pattern or as a part of its need. All are gathered,
 * sorted by text, numbered, and one automaton finds them all; postings lead from a keyword to its rules.
 */
#include <stdlib.h>

#include "ruleset.h"

enum { NO_RULE = UINT32_MAX };

struct use {
    struct slice word;
    uint32_t *id;  /* where the id goes; NULL for a keyword */
    uint32_t rule; /* whose keyword it is */
};

struct uses {
    struct use *items;
    size_t count, room;
    bool failed;
};

static void add_use(struct uses *uses, struct use use)
{
    if (uses->count == uses->room) {
        size_t room = uses->room ? uses->room * 2 : 4096;
        struct use *items = realloc(uses->items, room * sizeof *items);
        if (!items) {
            uses->failed = true;
            return;
        }
        uses->items = items;
        uses->room = room;
    }
    uses->items[uses->count++] = use;
}

static void add_need(struct uses *uses, struct need *need)
{
    if (need->kind == NEED_WORD)
        add_use(uses, (struct use){need->word, &need->id, NO_RULE});
    for (struct need *part = need->first; part; part = part->next)
        add_need(uses, part);
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

static void gather(struct rules *rules, struct uses *uses)
{
    for (uint32_t i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->list[i];
        if (rule->disabled)
            continue;
        rules->whole_messages = rules->whole_messages || rule->scope == SCOPE_MESSAGE;
        for (size_t k = 0; k < rule->keyword_count; k++)
            add_use(uses, (struct use){rule->keywords[k], NULL, i});
        if (rule->need)
            add_need(uses, rule->need);
    }
}

/* Numbers the sorted words and writes the postings, which come out in the order of the words. */
static int number(struct rules *rules, const struct uses *uses, struct err *err)
{
    struct prefilter_literal *literals = arena_array(rules->arena, uses->count + 1, sizeof *literals);
    rules->first_posting = arena_array(rules->arena, uses->count + 2, sizeof *rules->first_posting);
    rules->postings = arena_array(rules->arena, uses->count + 1, sizeof *rules->postings);
    if (!literals || !rules->first_posting || !rules->postings)
        return err_set(err, "the packs are larger than the room for rules");
    uint32_t posted = 0;
    for (size_t i = 0; i < uses->count; i++) {
        const struct use *use = &uses->items[i];
        if (i == 0 || compare(use, &uses->items[i - 1]) != 0) {
            literals[rules->word_count] = (struct prefilter_literal){use->word, (uint32_t)rules->word_count};
            rules->first_posting[rules->word_count++] = posted;
        }
        if (use->id)
            *use->id = (uint32_t)rules->word_count - 1;
        else
            rules->postings[posted++] = use->rule;
    }
    rules->first_posting[rules->word_count] = posted;
    rules->words = prefilter_new(literals, rules->word_count, err);
    return rules->words ? 0 : -1;
}

int words_index(struct rules *rules, struct err *err)
{
    struct uses uses = {NULL, 0, 0, false};
    gather(rules, &uses);
    int failed = uses.failed ? err_set(err, "out of memory for the words of the rules") : 0;
    if (!failed && uses.count)
        qsort(uses.items, uses.count, sizeof *uses.items, compare);
    if (!failed)
        failed = number(rules, &uses, err);
    free(uses.items);
    return failed;
}
