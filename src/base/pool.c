/* pool: see pool.h. Jobs travel by value of a small letter through one bounded queue. */
#include "pool.h"

#include <stdlib.h>

#include "queue.h"
#include "thread.h"

struct letter {
    pool_job_fn *fn;
    void *job;
};

struct worker {
    struct pool *pool;
    void *scratch;
    pthread_t thread;
};

struct pool {
    struct queue *queue;
    struct pool_scratch scratch;
    struct worker *workers;
    unsigned count; /* that run */
};

static void *worker_run(void *arg)
{
    struct worker *worker = arg;
    struct letter *letter;
    while ((letter = queue_take(worker->pool->queue, UINT64_MAX))) {
        letter->fn(letter->job, worker->scratch);
        free(letter);
    }
    return NULL;
}

static int worker_start(struct pool *pool, struct worker *worker, struct err *err)
{
    worker->pool = pool;
    if (pool->scratch.new && !(worker->scratch = pool->scratch.new(pool->scratch.arg)))
        return err_set(err, "no memory for what a pool thread works with");
    if (thread_start(&worker->thread, "pool", worker_run, worker, err) == 0)
        return 0;
    if (pool->scratch.free)
        pool->scratch.free(worker->scratch);
    return -1;
}

struct pool *pool_new(unsigned threads, size_t max_queued, struct pool_scratch scratch, struct err *err)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool) {
        pool->scratch = scratch;
        pool->queue = queue_new(max_queued);
        pool->workers = calloc(threads, sizeof *pool->workers);
    }
    if (!pool || !pool->queue || !pool->workers) {
        err_set(err, "no memory for a pool of %u threads", threads);
        pool_free(pool);
        return NULL;
    }
    for (; pool->count < threads; pool->count++)
        if (worker_start(pool, &pool->workers[pool->count], err) != 0) {
            pool_free(pool);
            return NULL;
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
    for (unsigned i = 0; i < pool->count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        if (pool->scratch.free)
            pool->scratch.free(pool->workers[i].scratch);
    }
    queue_free(pool->queue);
    free(pool->workers);
    free(pool);
}
