/* pool: see pool.h. Jobs travel by value of a small letter through one bounded queue. */
#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "queue.h"

struct letter {
    pool_job_fn *fn;
    void *job;
};

struct pool {
    struct queue *queue;
    struct pool_scratch scratch;
    pthread_t *threads;
    unsigned count;
};

static void *pool_run(void *arg)
{
    struct pool *pool = arg;
    void *scratch = pool->scratch.new ? pool->scratch.new(pool->scratch.arg) : NULL;
    struct letter *letter;
    while ((letter = queue_take(pool->queue, UINT64_MAX))) {
        letter->fn(letter->job, scratch);
        free(letter);
    }
    if (pool->scratch.free)
        pool->scratch.free(scratch);
    return NULL;
}

struct pool *pool_new(unsigned threads, size_t max_queued, struct pool_scratch scratch, struct err *err)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool) {
        pool->scratch = scratch;
        pool->queue = queue_new(max_queued);
        pool->threads = calloc(threads, sizeof *pool->threads);
    }
    if (!pool || !pool->queue || !pool->threads) {
        err_set(err, "no memory for a pool of %u threads", threads);
        pool_free(pool);
        return NULL;
    }
    for (; pool->count < threads; pool->count++) {
        int rc = pthread_create(&pool->threads[pool->count], NULL, pool_run, pool);
        if (rc != 0) {
            err_set(err, "cannot start a pool thread: %s", strerror(rc));
            pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

int pool_put(struct pool *pool, pool_job_fn *fn, void *job)
{
    struct letter *letter = malloc(sizeof *letter);
    if (!letter)
        return -1;
    *letter = (struct letter){fn, job};
    if (queue_put(pool->queue, letter) != 0) {
        free(letter);
        return -1;
    }
    return 0;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    if (pool->queue)
        queue_close(pool->queue);
    for (unsigned i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    queue_free(pool->queue);
    free(pool->threads);
    free(pool);
}
