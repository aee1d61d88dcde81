/* store_lock: one process writes a store, for two would number their trials alike. The lock is a file of its own,
 * beside the database: closing any descriptor of the database would drop SQLite's own locks on it.
 */
#ifndef CANDOR_STORE_LOCK_H
#define CANDOR_STORE_LOCK_H

#include <stdbool.h>

#include "err.h"

/* Takes the lock of the database at path: its descriptor, which is the caller's, or -1. */
MUST_USE int store_lock_open(const char *path, struct err *err);
/* Lets another process have it, or takes it back: false when another has it now. */
MUST_USE bool store_lock_lend(int fd, bool lent);

#endif
