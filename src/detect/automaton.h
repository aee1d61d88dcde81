/* automaton: finds words that may begin anywhere, also inside of others (Aho-Corasick).
 *
 * It looks for a short piece of each word, the rarest, and what follows and leads is compared: so a few thousand words
 * take a few thousand states. A state is one line of the cache, for a byte first becomes one of 32 classes. Immutable
 * once made, shared by all threads.
 */
#ifndef CANDOR_DETECT_AUTOMATON_H
#define CANDOR_DETECT_AUTOMATON_H

#include "prefilter.h"

struct automaton;

/* NULL when there are more than 32,767 states. */
MUST_USE struct automaton *automaton_new(const struct prefilter_word *words, size_t count, struct err *err);
void automaton_free(struct automaton *automaton); /* accepts NULL */

void automaton_scan(const struct automaton *automaton, struct slice text, prefilter_fn *on_word, void *arg);

#endif
