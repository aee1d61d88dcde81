/* weigh: leaves out the words that cost more to look for than they save. */
#ifndef CANDOR_DETECT_WEIGH_H
#define CANDOR_DETECT_WEIGH_H

#include "ruleset.h"

/* Takes from the branches of the rules the sets that are not worth it, and says of each word whether it is needed
 * still; rarities: of the words. Whatever could match a text can match it afterwards, only more is tried in vain. -1
 * when memory runs out. */
MUST_USE int weigh_sets(struct rules *rules, const double *rarities, bool *needed, struct err *err);

/* How often any of the set's words stands at a byte of English. */
double weigh_set(const struct rules *rules, const double *rarities, uint32_t set);

#endif
