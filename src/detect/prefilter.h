/* prefilter: one pass over a text that says which rules can match at all (Aho-Corasick over their literals).
 *
 * Every rule brings literals of which one must stand in any text it matches; the automaton finds them all in one
 * pass, so that a pattern runs only where it has a chance. A state is 16 bits and a byte first becomes one of a few
 * dozen classes, which keeps the table in the cache. Immutable once made, shared by all threads.
 */
#ifndef CANDOR_DETECT_PREFILTER_H
#define CANDOR_DETECT_PREFILTER_H

#include "str.h"

struct prefilter;

struct prefilter_literal {
    struct slice text; /* not empty */
    uint32_t rule;
};

/* NULL when there are more than 65,535 states. No literals at all make an automaton that finds nothing. */
MUST_USE struct prefilter *prefilter_new(const struct prefilter_literal *literals, size_t count, struct err *err);
void prefilter_free(struct prefilter *prefilter); /* accepts NULL */

/* Sets the bit of every rule that has a literal in text; the others keep their value. */
void prefilter_scan(const struct prefilter *prefilter, struct slice text, uint64_t *rules);

size_t prefilter_states(const struct prefilter *prefilter);
size_t prefilter_bytes(const struct prefilter *prefilter);

#endif
