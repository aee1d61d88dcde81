/* queue: see queue.h. A ring under one mutex; takers sleep on a condition variable. */
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    void **items;
    size_t max, first, count, waiting;
    bool closed;
};

struct queue *queue_new(size_t max_items)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return NULL;
    queue->max = max_items ? max_items : 1;
    queue->items = calloc(queue->max, sizeof *queue->items);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!queue->items) {
        queue_free(queue);
        return NULL;
    }
    return queue;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
    free(queue->items);
    free(queue);
}

int queue_put(struct queue *queue, void *item)
{
    pthread_mutex_lock(&queue->lock);
    bool taken = !queue->closed && queue->count < queue->max;
    bool wake = false;
    if (taken) {
        queue->items[(queue->first + queue->count++) % queue->max] = item;
        wake = queue->waiting > 0;
    }
    pthread_mutex_unlock(&queue->lock);
    if (wake)
        pthread_cond_signal(&queue->filled);
    return taken ? 0 : -1;
}

void *queue_take(struct queue *queue, uint64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (timeout_ms != UINT64_MAX) {
        until.tv_sec += (time_t)(timeout_ms / 1000);
        until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
    }
    pthread_mutex_lock(&queue->lock);
    int rc = 0;
    while (queue->count == 0 && !queue->closed && rc == 0 && timeout_ms > 0) {
        queue->waiting++;
        rc = timeout_ms == UINT64_MAX ? pthread_cond_wait(&queue->filled, &queue->lock)
                                      : pthread_cond_timedwait(&queue->filled, &queue->lock, &until);
        queue->waiting--;
    }
    void *item = NULL;
    if (queue->count) {
        item = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->max;
        queue->count--;
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_broadcast(&queue->filled);
}

bool queue_closed(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}

size_t queue_length(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}
