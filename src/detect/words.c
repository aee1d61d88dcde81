/* words: gives every distinct word that the rules look for an id, and every part of their needs a node.
 *
 * The needs of all rules become one array of nodes that know their parents, so that the words found in a sentence are
 * passed upward and only what they touch is looked at. The words are sorted, numbered, and found by one automaton;
 * postings lead from a word to the nodes that ask for it.
 */
#include <stdlib.h>

#include "ruleset.h"

struct use {
    struct slice word;
    uint32_t node;
};

struct index {
    struct rules *rules;
    struct use *uses;
    size_t use_count, use_room, node_room;
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

static uint32_t add_node(struct index *index, uint32_t parent, uint32_t wanted, uint32_t rule)
{
    struct rules *rules = index->rules;
    rules->nodes = grow(index, rules->nodes, rules->node_count, &index->node_room, sizeof *rules->nodes);
    if (index->failed)
        return 0;
    rules->nodes[rules->node_count] = (struct need_node){parent, wanted, rule};
    return (uint32_t)rules->node_count++;
}

static void add_word(struct index *index, struct slice word, uint32_t node)
{
    index->uses = grow(index, index->uses, index->use_count, &index->use_room, sizeof *index->uses);
    if (!index->failed)
        index->uses[index->use_count++] = (struct use){word, node};
}

static void add_need(struct index *index, const struct need *need, uint32_t parent, uint32_t rule)
{
    uint32_t parts = 0;
    for (const struct need *part = need->first; part; part = part->next)
        parts++;
    uint32_t node = add_node(index, parent, need->kind == NEED_ALL ? parts : 1, rule);
    if (need->kind == NEED_WORD)
        add_word(index, need->word, node);
    for (const struct need *part = need->first; part && !index->failed; part = part->next)
        add_need(index, part, node, rule);
}

/* One of the keywords, and what the pattern needs. */
static void add_rule(struct index *index, const struct rule *rule, uint32_t number)
{
    uint32_t whole = add_node(index, NODE_NONE, rule->need ? 2 : 1, number);
    uint32_t any = add_node(index, whole, 1, number);
    for (size_t i = 0; i < rule->keyword_count; i++)
        add_word(index, rule->keywords[i], any);
    if (rule->need && !index->failed)
        add_need(index, rule->need, whole, number);
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
        rules->postings[i] = use->node;
    }
    rules->first_posting[rules->word_count] = (uint32_t)count;
    rules->words = prefilter_new(literals, rules->word_count, err);
    return rules->words ? 0 : -1;
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
    free(index.uses);
    return failed;
}
