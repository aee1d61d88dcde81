/* queue: a bounded queue of pointers between threads; what is in it belongs to the queue.
 * Any thread may put; takers wait. Never blocks a putter: a full queue refuses, and the caller counts the loss.
 */
#ifndef CANDOR_QUEUE_H
#define CANDOR_QUEUE_H

#include "str.h"

struct queue;

MUST_USE struct queue *queue_new(size_t max_items);
void queue_free(struct queue *queue); /* must be empty; accepts NULL */
/* 0, or -1 when it is full or closed: the item stays the caller's. */
MUST_USE int queue_put(struct queue *queue, void *item);
/* The oldest item; waits up to timeout_ms (0: not at all, UINT64_MAX: for ever). NULL on timeout, or when closed and
 * empty. */
void *queue_take(struct queue *queue, uint64_t timeout_ms);
/* From now on nothing is taken in; takers drain what is left and then get NULL. */
void queue_close(struct queue *queue);
bool queue_closed(struct queue *queue);
size_t queue_length(struct queue *queue);

#endif
