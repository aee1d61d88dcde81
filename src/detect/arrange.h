/* arrange: numbers words, sets and branches so that what is needed often lies together.
 *
 * Between two messages everything else a program does has driven these tables out of the cache, and what fetching them
 * costs is most of what a message costs: so the words that are seen most stand side by side, and so do the branches
 * that are looked at most, and their sets. */
#ifndef CANDOR_DETECT_ARRANGE_H
#define CANDOR_DETECT_ARRANGE_H

#include "ruleset.h"

/* Replaces branches, sets and uses of the rules, and lists the sets and branches of each word. numbers: room for the
 * new number of each word, UINT32_MAX for one that is not needed. -1 when memory runs out. */
MUST_USE int arrange_words(struct rules *rules, const double *rarities, const bool *needed, uint32_t *numbers,
                           struct err *err);

#endif
