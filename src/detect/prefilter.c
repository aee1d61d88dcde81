/* prefilter: Aho-Corasick with byte classes, compiled to a full transition table.
 *
 * Bytes that stand in no literal share class 0. The trie is built first, then one breadth-first walk turns it into a
 * deterministic automaton: a missing edge becomes the edge of the failure state, and a state inherits what its
 * failure state reports. A state that reports nothing costs one comparison in the scan.
 */
#include "prefilter.h"

#include <stdlib.h>

enum { STATES_MAX = 65535, BYTES = 256 };

struct report {
    uint32_t rule;
    uint32_t next; /* index of the next report of the same state plus one; 0 ends the chain */
};

struct prefilter {
    uint8_t classes[BYTES];
    size_t class_count;
    uint16_t *moves;   /* [state * class_count + class] */
    uint32_t *reports; /* per state: index of the first report plus one; 0: none */
    struct report *chain;
    size_t chain_count;
    size_t states, room;
};

static void count_classes(struct prefilter *p, const struct prefilter_literal *literals, size_t count)
{
    p->class_count = 1;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < literals[i].text.len; k++) {
            uint8_t byte = (uint8_t)literals[i].text.data[k];
            if (!p->classes[byte])
                p->classes[byte] = (uint8_t)p->class_count++;
        }
}

/* The new state's number; 0 (the root, never new) when there is no room for it. */
static uint32_t add_state(struct prefilter *p)
{
    if (p->states == p->room)
        return 0;
    return (uint32_t)p->states++;
}

static int add_literal(struct prefilter *p, const struct prefilter_literal *literal)
{
    uint32_t state = 0;
    for (size_t k = 0; k < literal->text.len; k++) {
        uint16_t *move = &p->moves[state * p->class_count + p->classes[(uint8_t)literal->text.data[k]]];
        if (!*move) {
            uint32_t made = add_state(p);
            if (!made)
                return -1;
            *move = (uint16_t)made;
        }
        state = *move;
    }
    p->chain[p->chain_count] = (struct report){literal->rule, p->reports[state]};
    p->reports[state] = (uint32_t)++p->chain_count;
    return 0;
}

/* A state reports its own literals and then those of its failure state: the chains are joined end to start. */
static void inherit_reports(struct prefilter *p, uint32_t state, uint32_t failure)
{
    if (!p->reports[failure])
        return;
    uint32_t *end = &p->reports[state];
    while (*end)
        end = &p->chain[*end - 1].next;
    *end = p->reports[failure];
}

static int close_automaton(struct prefilter *p)
{
    uint16_t *failure = calloc(p->states, sizeof *failure), *order = calloc(p->states, sizeof *order);
    if (!failure || !order) {
        free(failure);
        free(order);
        return -1;
    }
    size_t head = 0, tail = 0;
    for (size_t c = 0; c < p->class_count; c++)
        if (p->moves[c])
            order[tail++] = p->moves[c];
    while (head < tail) {
        uint16_t state = order[head++];
        inherit_reports(p, state, failure[state]);
        for (size_t c = 0; c < p->class_count; c++) {
            uint16_t *move = &p->moves[state * p->class_count + c];
            uint16_t fallback = p->moves[failure[state] * p->class_count + c];
            if (*move) {
                failure[*move] = fallback;
                order[tail++] = *move;
            } else {
                *move = fallback;
            }
        }
    }
    free(failure);
    free(order);
    return 0;
}

struct prefilter *prefilter_new(const struct prefilter_literal *literals, size_t count, struct err *err)
{
    struct prefilter *p = calloc(1, sizeof *p);
    size_t bytes = 1;
    for (size_t i = 0; i < count; i++)
        bytes += literals[i].text.len;
    if (!p) {
        err_set(err, "out of memory for the literals of the rules");
        return NULL;
    }
    count_classes(p, literals, count);
    p->room = bytes < STATES_MAX ? bytes : STATES_MAX;
    p->moves = calloc(p->room * p->class_count, sizeof *p->moves);
    p->reports = calloc(p->room, sizeof *p->reports);
    p->chain = calloc(count + 1, sizeof *p->chain);
    p->states = 1;
    bool made = p->moves && p->reports && p->chain;
    for (size_t i = 0; made && i < count; i++)
        made = add_literal(p, &literals[i]) == 0;
    if (!made || close_automaton(p)) {
        err_set(err, "the rules' literals need more than %d states or more memory than there is", STATES_MAX);
        prefilter_free(p);
        return NULL;
    }
    return p;
}

void prefilter_free(struct prefilter *p)
{
    if (!p)
        return;
    free(p->moves);
    free(p->reports);
    free(p->chain);
    free(p);
}

void prefilter_scan(const struct prefilter *p, struct slice text, uint64_t *rules)
{
    size_t state = 0;
    for (size_t i = 0; i < text.len; i++) {
        state = p->moves[state * p->class_count + p->classes[(uint8_t)text.data[i]]];
        for (uint32_t r = p->reports[state]; r; r = p->chain[r - 1].next)
            rules[p->chain[r - 1].rule / 64] |= UINT64_C(1) << (p->chain[r - 1].rule % 64);
    }
}

size_t prefilter_states(const struct prefilter *p)
{
    return p->states;
}

size_t prefilter_bytes(const struct prefilter *p)
{
    return p->room * (p->class_count * sizeof *p->moves + sizeof *p->reports) + p->chain_count * sizeof *p->chain;
}
