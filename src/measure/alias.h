/* alias: may two names that have no word in common be names of one thing? Then only somebody who knows can tell, and
 * the texts abstain. Private to src/measure. Pure, symmetric.
 */
#ifndef CANDOR_MEASURE_ALIAS_H
#define CANDOR_MEASURE_ALIAS_H

#include "extract.h"

bool names_may_be_aliases(const struct value *a, const struct claims *a_claims, const struct value *b,
                          const struct claims *b_claims, const struct question *question);

#endif
