/* thread: starts threads that take no signals.
 *
 * Signals are for the thread that runs main. Elsewhere one could be taken by a thread that is about to end, or, in a
 * build that puts them off until the thread calls the system, by one that does not for long.
 */
#ifndef CANDOR_THREAD_H
#define CANDOR_THREAD_H

#include <pthread.h>

#include "str.h"

/* The name, of at most 15 bytes, is what top and debuggers show. */
MUST_USE int thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg, struct err *err);

#endif
