/* prefilter: one pass over a text that says which words stand in it and where (Aho-Corasick).
 *
 * The automaton looks for a short piece of each word, the rarest, and what follows and leads is compared: so a few
 * thousand words take a few thousand states. A state is one line of the cache, for a byte first becomes one of 32
 * classes, and the table stays there. Immutable once made, shared by all threads.
 */
#ifndef CANDOR_DETECT_PREFILTER_H
#define CANDOR_DETECT_PREFILTER_H

#include "str.h"

struct prefilter;

struct prefilter_word {
    struct slice text; /* not empty; must outlive the prefilter */
    uint32_t number;
};

/* NULL when there are more than 32,767 states. No words at all make an automaton that finds nothing. */
MUST_USE struct prefilter *prefilter_new(const struct prefilter_word *words, size_t count, struct err *err);
void prefilter_free(struct prefilter *prefilter); /* accepts NULL */

/* Tells of every place where a word stands; end is behind its last byte. The ends of one word come in order. */
typedef void prefilter_fn(void *arg, uint32_t number, size_t end);
void prefilter_scan(const struct prefilter *prefilter, struct slice text, prefilter_fn *on_word, void *arg);

size_t prefilter_states(const struct prefilter *prefilter);
size_t prefilter_bytes(const struct prefilter *prefilter);

#endif
