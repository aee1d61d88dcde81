/* loop: libevent turns, a mailbox other threads post to, tasks for the end of a turn, and a timing wheel.
 *
 * The loop runs libevent one turn at a time, so that what was deferred runs after the turn's callbacks and the clock is
 * read at most once a turn. Timers hang in two rings of slots (10 ms and 2.56 s wide); one libevent timer stands for
 * the earliest slot in use. Arming and cancelling is linking and unlinking, which is all that nearly every deadline
 * ever sees.
 */
#include "loop.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"

#define MAILBOX_MAX 65536
#define TICK_MS     10
#define SLOTS       256 /* of each ring */
#define WORDS       (SLOTS / 64)

struct letter {
    loop_fn *fn;
    void *arg;
};

struct letters {
    struct letter *items;
    size_t count, size;
};

struct ring {
    struct loop_timer *slots[SLOTS];
    uint64_t used[WORDS]; /* a bit a slot; may be set for an empty one */
};

struct wheel {
    struct ring near, far; /* slots of one tick, and of SLOTS ticks */
    uint64_t tick;         /* everything due up to and with this tick has run */
    uint64_t wake_tick;    /* what the libevent timer stands for; 0 = not set */
    struct event *wake;
};

struct loop {
    struct event_base *base;
    struct event *bell; /* rung through bell_fd when the mailbox is filled or the loop must stop */
    int bell_fd;
    pthread_mutex_t mutex; /* of mail: the one place where other threads touch a loop */
    struct letters mail, reading;
    atomic_bool stopping;
    struct loop_task *tasks, **last_task;
    uint64_t now_ns; /* 0: not read in this turn */
    struct wheel wheel;
    char *scratch;
};

/* ---- time and timers ---- */

uint64_t loop_now_ns(struct loop *loop)
{
    if (!loop->now_ns)
        loop->now_ns = clock_monotonic_ns();
    return loop->now_ns;
}

static uint64_t now_ms(struct loop *loop)
{
    return loop_now_ns(loop) / NS_PER_MS;
}

static void ring_link(struct ring *ring, size_t slot, struct loop_timer *timer)
{
    timer->next = ring->slots[slot];
    if (timer->next)
        timer->next->link = &timer->next;
    timer->link = &ring->slots[slot];
    ring->slots[slot] = timer;
    ring->used[slot / 64] |= 1ull << (slot % 64);
}

/* The distance from slot `from` to the next one in use, going round; SLOTS when none is. */
static size_t ring_distance(const struct ring *ring, size_t from)
{
    for (size_t i = 0; i < SLOTS; i++) {
        size_t slot = (from + i) % SLOTS;
        if (slot % 64 == 0 && ring->used[slot / 64] == 0) {
            i += 63;
            continue;
        }
        if (ring->used[slot / 64] >> (slot % 64) & 1)
            return i;
    }
    return SLOTS;
}

/* Puts a timer where its due time belongs; one that lies beyond both rings waits in the last slot and moves then. */
static void wheel_place(struct wheel *wheel, struct loop_timer *timer)
{
    uint64_t due = (timer->due_ms + TICK_MS - 1) / TICK_MS, first = wheel->tick + 1;
    if (due < first)
        due = first;
    if (due - first < SLOTS) {
        ring_link(&wheel->near, due % SLOTS, timer);
        return;
    }
    uint64_t far = due / SLOTS, last = first / SLOTS + SLOTS - 1;
    ring_link(&wheel->far, (far < last ? far : last) % SLOTS, timer);
}

/* The earliest tick at which something has to be done: a due slot, or a far slot to be spread over the near ones. */
static uint64_t wheel_next(const struct wheel *wheel)
{
    uint64_t first = wheel->tick + 1, next = UINT64_MAX;
    size_t distance = ring_distance(&wheel->near, first % SLOTS);
    if (distance < SLOTS)
        next = first + distance;
    uint64_t far_first = first / SLOTS + (first % SLOTS ? 1 : 0);
    distance = ring_distance(&wheel->far, far_first % SLOTS);
    if (distance < SLOTS && (far_first + distance) * SLOTS < next)
        next = (far_first + distance) * SLOTS;
    return next;
}

static void wheel_set_wake(struct loop *loop)
{
    struct wheel *wheel = &loop->wheel;
    uint64_t next = wheel_next(wheel);
    if (next == UINT64_MAX || (wheel->wake_tick && wheel->wake_tick <= next))
        return;
    uint64_t now = now_ms(loop), due = next * TICK_MS;
    uint64_t wait = due > now ? due - now : 0;
    struct timeval tv = {.tv_sec = (time_t)(wait / 1000), .tv_usec = (suseconds_t)(wait % 1000 * 1000)};
    wheel->wake_tick = next;
    event_add(wheel->wake, &tv);
}

static struct loop_timer *ring_take(struct ring *ring, size_t slot)
{
    struct loop_timer *first = ring->slots[slot];
    ring->slots[slot] = NULL;
    ring->used[slot / 64] &= ~(1ull << (slot % 64));
    return first;
}

static void timer_unlink(struct loop_timer *timer)
{
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    timer->next = NULL;
    timer->link = NULL;
}

/* Runs what is due in one tick. The list hangs on a local head, so a callback may cancel any timer in it. */
static void wheel_run_tick(struct loop *loop, uint64_t tick)
{
    struct wheel *wheel = &loop->wheel;
    wheel->tick = tick;
    if (tick % SLOTS == 0) {
        struct loop_timer *far = ring_take(&wheel->far, tick / SLOTS % SLOTS), *next;
        wheel->tick = tick - 1;
        for (; far; far = next) {
            next = far->next;
            wheel_place(wheel, far);
        }
        wheel->tick = tick;
    }
    struct loop_timer *due = ring_take(&wheel->near, tick % SLOTS);
    if (due)
        due->link = &due;
    while (due) {
        struct loop_timer *timer = due;
        timer_unlink(timer);
        if (timer->due_ms > (tick + 1) * TICK_MS)
            wheel_place(wheel, timer);
        else
            timer->fn(timer->arg);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;
    struct wheel *wheel = &loop->wheel;
    (void)fd;
    (void)what;
    wheel->wake_tick = 0;
    uint64_t now_tick = now_ms(loop) / TICK_MS, next;
    while ((next = wheel_next(wheel)) <= now_tick)
        wheel_run_tick(loop, next);
    wheel->tick = now_tick;
    wheel_set_wake(loop);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    if (timer->link)
        timer_unlink(timer);
}

void loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t after_ms, loop_fn *fn, void *arg)
{
    if (timer->link)
        timer_unlink(timer);
    /* The millisecond that has begun counts as passed only when it is over: never early. */
    timer->due_ms = (loop_now_ns(loop) + NS_PER_MS - 1) / NS_PER_MS + after_ms;
    timer->fn = fn;
    timer->arg = arg;
    wheel_place(&loop->wheel, timer);
    if (!loop->wheel.wake_tick || timer->due_ms / TICK_MS < loop->wheel.wake_tick)
        wheel_set_wake(loop);
}

/* ---- the mailbox ---- */

static void on_bell(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;
    uint64_t rung;
    (void)what;
    if (read(fd, &rung, sizeof rung) < 0)
        return;
    pthread_mutex_lock(&loop->mutex);
    struct letters full = loop->mail;
    loop->mail = loop->reading;
    loop->reading = full;
    pthread_mutex_unlock(&loop->mutex);
    for (size_t i = 0; i < loop->reading.count; i++)
        loop->reading.items[i].fn(loop->reading.items[i].arg);
    loop->reading.count = 0;
}

static void ring_bell(struct loop *loop)
{
    uint64_t one = 1;
    ssize_t written = write(loop->bell_fd, &one, sizeof one);
    (void)written; /* can only fail when the counter is full, and then the bell rings already */
}

int loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
    int result = -1;
    bool first = false;
    pthread_mutex_lock(&loop->mutex);
    struct letters *mail = &loop->mail;
    if (mail->count == mail->size && mail->size < MAILBOX_MAX) {
        size_t size = mail->size ? mail->size * 2 : 64;
        struct letter *items = realloc(mail->items, size * sizeof *items);
        if (items)
            *mail = (struct letters){items, mail->count, size};
    }
    if (mail->count < mail->size) {
        first = mail->count == 0;
        mail->items[mail->count++] = (struct letter){fn, arg};
        result = 0;
    }
    pthread_mutex_unlock(&loop->mutex);
    if (first)
        ring_bell(loop);
    return result;
}

/* ---- turns ---- */

void loop_defer(struct loop *loop, struct loop_task *task)
{
    if (task->queued)
        return;
    task->queued = true;
    task->next = NULL;
    *loop->last_task = task;
    loop->last_task = &task->next;
}

static void run_tasks(struct loop *loop)
{
    while (loop->tasks) {
        struct loop_task *task = loop->tasks;
        loop->tasks = task->next;
        if (!loop->tasks)
            loop->last_task = &loop->tasks;
        task->queued = false;
        task->fn(task->arg);
    }
}

void loop_run(struct loop *loop)
{
    loop->now_ns = 0;
    run_tasks(loop);
    while (!atomic_load_explicit(&loop->stopping, memory_order_acquire)) {
        loop->now_ns = 0;
        if (event_base_loop(loop->base, EVLOOP_ONCE) < 0)
            break;
        run_tasks(loop);
    }
    on_bell(loop->bell_fd, EV_READ, loop); /* letters that came before the stop find everything still in its place */
    run_tasks(loop);
}

void loop_stop(struct loop *loop)
{
    atomic_store_explicit(&loop->stopping, true, memory_order_release);
    ring_bell(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

char *loop_scratch(struct loop *loop)
{
    return loop->scratch;
}

/* ---- life ---- */

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

struct loop *loop_new(struct err *err)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        err_set(err, "cannot make an event loop: out of memory");
        return NULL;
    }
    pthread_mutex_init(&loop->mutex, NULL);
    loop->last_task = &loop->tasks;
    loop->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->base = base_new();
    loop->scratch = malloc(LOOP_SCRATCH_SIZE);
    if (loop->base && loop->bell_fd >= 0) {
        loop->bell = event_new(loop->base, loop->bell_fd, EV_READ | EV_PERSIST, on_bell, loop);
        loop->wheel.wake = event_new(loop->base, -1, 0, on_wake, loop);
    }
    if (!loop->scratch || !loop->bell || !loop->wheel.wake || event_add(loop->bell, NULL) < 0) {
        err_set(err, "cannot make an event loop: out of memory or descriptors");
        loop_free(loop);
        return NULL;
    }
    loop->wheel.tick = now_ms(loop) / TICK_MS;
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    loop->now_ns = 0;
    if (loop->bell)
        on_bell(loop->bell_fd, EV_READ, loop);
    run_tasks(loop);
    if (loop->bell)
        event_free(loop->bell);
    if (loop->wheel.wake)
        event_free(loop->wheel.wake);
    if (loop->base)
        event_base_free(loop->base);
    if (loop->bell_fd >= 0)
        close(loop->bell_fd);
    free(loop->mail.items);
    free(loop->reading.items);
    free(loop->scratch);
    pthread_mutex_destroy(&loop->mutex);
    free(loop);
}
