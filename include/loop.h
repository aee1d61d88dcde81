/* loop: one libevent loop, its thread-safe mailbox, and its timers. Everything on it happens on its own thread.
 *
 * loop_post is the only function other threads may call (and loop_stop). Work posted runs in order on the loop.
 */
#ifndef CANDOR_LOOP_H
#define CANDOR_LOOP_H

#include <event2/event.h>

#include "str.h"

struct loop;
typedef void loop_fn(void *arg);

MUST_USE struct loop *loop_new(struct err *err);
void loop_free(struct loop *loop); /* after it has stopped; runs what is still in the mailbox */
struct event_base *loop_base(struct loop *loop);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); /* any thread */

/* Any thread. 0, or -1 when the mailbox (65,536 letters) is full: the letter stays the caller's. */
MUST_USE int loop_post(struct loop *loop, loop_fn *fn, void *arg);
/* On the loop's thread: runs fn once the current turn's callbacks are done (frees, coalesced writes). Cannot fail. */
struct loop_task {
    struct loop_task *next;
    loop_fn *fn;
    void *arg;
    bool queued;
};
void loop_defer(struct loop *loop, struct loop_task *task); /* a task already queued is left where it is */

/* Monotonic, refreshed once a turn. */
uint64_t loop_now_ns(struct loop *loop);

/* A buffer of LOOP_SCRATCH_SIZE bytes for what is read and handed on within one callback: connections keep no read
 * buffers of their own. Only the callback of an event may use it, never a function that such a callback calls. */
#define LOOP_SCRATCH_SIZE 65536
char *loop_scratch(struct loop *loop);

/* A one-shot timer, embedded in its owner; arming again moves it. Coarse (10 ms) and cheap: made for deadlines that
 * nearly never fire. */
struct loop_timer {
    struct loop_timer *next, **link;
    uint64_t due_ms;
    loop_fn *fn;
    void *arg;
};
void loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t after_ms, loop_fn *fn, void *arg);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer); /* harmless when not armed (zeroed) */

#endif
