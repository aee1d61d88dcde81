/* guard: how many connections an address holds. Internal to serve.
 *
 * An exact count by a salted hash of the address, in a table that grows with the addresses present. One owner, one
 * thread.
 */
#ifndef CANDOR_NET_GUARD_H
#define CANDOR_NET_GUARD_H

#include "str.h"

struct guard;

MUST_USE struct guard *guard_new(void);
void guard_free(struct guard *guard); /* accepts NULL */
/* Counts one more connection of this address; -1 when it has limit of them (0 = no limit). *key is for guard_leave. */
MUST_USE int guard_enter(struct guard *guard, struct slice address, unsigned limit, uint64_t *key);
void guard_leave(struct guard *guard, uint64_t key); /* 0: nobody */

#endif
