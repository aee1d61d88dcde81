/* pool: threads that run pure jobs; they own nothing between jobs but their scratch.
 *
 * Each thread has a scratch of its own (PCRE2 match data, say), made once, and hands it to every job. The queue is
 * bounded: pool_put refuses when it is full. pool_free finishes what is queued, joins, and frees the scratches.
 */
#ifndef CANDOR_POOL_H
#define CANDOR_POOL_H

#include "str.h"

struct pool;
typedef void pool_job_fn(void *job, void *scratch);

struct pool_scratch {
    void *(*new)(void *arg); /* inside pool_new, which fails where it returns NULL; NULL: the jobs need none */
    void (*free)(void *scratch);
    void *arg;
};

MUST_USE struct pool *pool_new(unsigned threads, size_t max_queued, struct pool_scratch scratch, struct err *err);
MUST_USE int pool_put(struct pool *pool, pool_job_fn *fn,
                      void *job); /* any thread; -1 when full: job stays the caller's */
void pool_free(struct pool *pool);

#endif
