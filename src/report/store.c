/* store: the writer thread: what comes in, in which order, and when it is written.
 *
 * A trial comes in by a queue, is put in order by the window and joins the batch, which store_batch.c commits when it
 * is full or has waited long enough.
 */
#include "store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alert.h"
#include "clock.h"
#include "queue.h"
#include "store_batch.h"
#include "store_lock.h"
#include "thread.h"

#define QUEUE_MAX       65536u
#define EXPIRE_ROWS     200u
#define EXPIRE_EVERY_MS 600000u /* retention looks for old rows so often */
#define EXPIRE_PAUSE_MS 20u     /* and so long after a batch that was full */
#define CLOSE_TRIES     3

static const struct store_bounds usual_bounds = {
    .batch_rows = BATCH_MAX,
    .batch_ms = 200,
    .waiting = 4096,
    .waiting_bytes = 256u << 20,
    .margin_ms = 10000,
    .retry_ms = 250,
    .retry_max_ms = 5000,
    .tell_ms = 1000,
};

/* ---- giving up ---- */

size_t store_trial_bytes(const struct trial *trial)
{
    return sizeof(*trial) + arena_used(trial->arena) + trial->request_tap.body.size + trial->reply_tap.body.size;
}

void store_give_up(struct store *store, struct trial *trial)
{
    metric_add(METRIC0(store->metrics, "candor_store_dropped_total"), 1);
    if (store->ops.on_drop)
        store->ops.on_drop(trial, store->ops.arg);
    trial_free(trial);
}

/* ---- coming in ---- */

static void take_in(struct store *store, struct trial *trial, uint64_t now_ns)
{
    uint64_t started_ns = trial->started_ns ? trial->started_ns : now_ns;
    size_t bytes = store_trial_bytes(trial);
    struct window_item item = {trial->seq, trial, 0};

    item.overdue_ns = started_ns + (trial->conf->shadow.deadline_ms + store->bounds.margin_ms) * NS_PER_MS;
    if (store->waiting >= store->bounds.waiting || store->waiting_bytes + bytes > store->bounds.waiting_bytes)
        item.trial = NULL; /* its place stays, so that the younger need not wait for it */
    if (window_add(&store->window, item)) {
        store_give_up(store, trial);
        return;
    }
    if (!item.trial) {
        store_give_up(store, trial);
        return;
    }
    store->waiting++;
    store->waiting_bytes += bytes;
}

static void note_skipped(struct store *store, uint64_t seq, uint64_t skipped)
{
    metric_add(METRIC0(store->metrics, "candor_store_skipped_total"), skipped);
    log_error(store->log, "trials never came and are passed over", LOG_I("first_seq", seq - skipped),
              LOG_I("count", skipped));
}

/* Moves what is in order from the window into the batch, of one epoch at a time. */
static void fill_batch(struct store *store, uint64_t now_ns)
{
    while (store->batch_count < store->bounds.batch_rows && window_ready(&store->window, now_ns)) {
        const struct window_item *first = window_first(&store->window);
        uint64_t skipped, due = store->window.next;
        if (first->trial && store->batch_count > 0 && strcmp(first->trial->epoch, store->batch[0]->epoch) != 0)
            return;
        struct window_item item = window_take(&store->window, &skipped);
        if (skipped)
            note_skipped(store, item.seq, skipped);
        if (!item.trial)
            continue;
        if (store->batch_count == 0)
            store->batch_since_ns = now_ns;
        store->batch_reasons[store->batch_count] = item.seq < due ? "late" : item.trial->not_counted_reason;
        store->batch[store->batch_count++] = item.trial;
    }
}

/* ---- retention ---- */

static void expire(struct store *store, uint64_t now_ns)
{
    unsigned deleted = 0;

    pthread_mutex_lock(&store->mutex);
    uint64_t retention_ms = store->conf->retention_ms;
    pthread_mutex_unlock(&store->mutex);
    store->expire_at_ns = now_ns + EXPIRE_EVERY_MS * NS_PER_MS;
    if (retention_ms == 0 || !store->db)
        return;
    if (store_db_expire(store->db, clock_wall_ms() - (int64_t)retention_ms, EXPIRE_ROWS, &deleted, NULL) !=
        STORE_WRITTEN)
        return;
    if (deleted == EXPIRE_ROWS)
        store->expire_at_ns = now_ns + EXPIRE_PAUSE_MS * NS_PER_MS;
    if (deleted > 0)
        log_info(store->log, "retention", LOG_I("deleted", deleted));
}

/* ---- the thread ---- */

static void sooner(uint64_t *at_ns, uint64_t other_ns)
{
    if (other_ns < *at_ns)
        *at_ns = other_ns;
}

/* How long the thread may wait for the next trial. */
static uint64_t wait_ms(const struct store *store, uint64_t now_ns)
{
    uint64_t at_ns = store->expire_at_ns;

    if (store->tell_at_ns)
        sooner(&at_ns, store->tell_at_ns);
    if (store->batch_count > 0 && store->retry_at_ns)
        sooner(&at_ns, store->retry_at_ns);
    else if (store->batch_count > 0)
        sooner(&at_ns, store->batch_since_ns + store->bounds.batch_ms * NS_PER_MS);
    else if (window_first(&store->window))
        sooner(&at_ns, window_first(&store->window)->overdue_ns);
    return at_ns <= now_ns ? 0 : (at_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
}

static bool batch_due(const struct store *store, uint64_t now_ns)
{
    if (store->batch_count == 0 || (store->retry_at_ns && now_ns < store->retry_at_ns))
        return false;
    return store->retry_at_ns || store->batch_count == store->bounds.batch_rows ||
           window_ready(&store->window, now_ns) || now_ns >= store->batch_since_ns + store->bounds.batch_ms * NS_PER_MS;
}

/* The end: everything goes out in order, without waiting for anybody; what the file does not take is given up. */
static void flush(struct store *store)
{
    for (int tries = 0; tries < CLOSE_TRIES;) {
        fill_batch(store, UINT64_MAX);
        if (store->batch_count == 0)
            break;
        if (!store_commit_batch(store, clock_monotonic_ns()))
            tries++;
    }
    for (size_t i = 0; i < store->batch_count; i++)
        store_give_up(store, store->batch[i]);
    store->batch_count = 0;
    while (window_first(&store->window)) {
        uint64_t skipped;
        struct window_item item = window_take(&store->window, &skipped);
        if (item.trial)
            store_give_up(store, item.trial);
    }
}

static void *run(void *arg)
{
    struct store *store = arg;
    bool closing = false;

    while (!closing) {
        uint64_t now_ns = clock_monotonic_ns();
        struct trial *trial = queue_take(store->queue, wait_ms(store, now_ns));
        now_ns = clock_monotonic_ns();
        if (!trial && queue_closed(store->queue))
            closing = queue_length(store->queue) == 0;
        for (size_t i = 0; trial && i < 4 * BATCH_MAX; i++) {
            take_in(store, trial, now_ns);
            trial = queue_take(store->queue, 0);
        }
        if (trial)
            take_in(store, trial, now_ns);
        fill_batch(store, now_ns);
        if (batch_due(store, now_ns) && store_commit_batch(store, now_ns))
            fill_batch(store, now_ns);
        if (now_ns >= store->expire_at_ns)
            expire(store, now_ns);
        if (store->tell_at_ns && now_ns >= store->tell_at_ns)
            store_tell_gauges(store, now_ns);
    }
    flush(store);
    store_tell_gauges(store, clock_monotonic_ns());
    return NULL;
}

/* ---- life ---- */

static void settings_set(struct store *store, struct conf *conf)
{
    store->settings.alpha = conf->alerts.alpha;
    store->settings.tolerance = conf->alerts.tolerance;
    store->settings.conditions = CONDITION_COUNT;
    struct alert_settings alerts = alert_settings_of(conf);
    store->level_null = store->path ? (double)NAN : alert_level_null(&alerts);
}

static int replay(struct store *store, const char *epoch, struct err *err)
{
    unsigned number = 1;

    if (store_db_forget_unused(store->db, err) ||
        store_db_epoch(store->db, epoch, clock_wall_ms(), &number, err) != STORE_WRITTEN)
        return err_prefix(err, "cannot write to the store %s", store->path ? store->path : "in memory");
    store->settings.epoch_number = number;
    if (store_db_last_seq(store->db, &store->last_seq, err) ||
        store_replay_into(store_db_sqlite(store->db), epoch, NULL, &store->tally, err))
        return -1;
    tally_init(&store->older, "");
    store->published = store->tally;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        store->untold[i] = store->tally.rows[i].trials > 0;
    store_tell_gauges(store, clock_monotonic_ns());
    return 0;
}

static int start(struct store *store, const char *path, const char *epoch, struct err *err)
{
    store->queue = queue_new(QUEUE_MAX);
    store->path = path ? strdup(path) : NULL;
    if (!store->queue || (path && !store->path))
        return err_set(err, "no memory for the store");
    settings_set(store, store->conf);
    store->lock_fd = path ? store_lock_open(path, err) : -1;
    if (path && store->lock_fd < 0)
        return -1;
    store->db = store_db_open(path, err);
    if (!store->db || replay(store, epoch, err))
        return -1;
    window_init(&store->window, store->last_seq + 1);
    metric_set(METRIC0(store->metrics, "candor_store_healthy"), 1);
    store->started = thread_start(&store->thread, "store", run, store, err) == 0;
    return store->started ? 0 : -1;
}

struct store *store_open_bounded(const char *path, struct conf *conf, const char *epoch, struct store_ops ops,
                                 const struct store_bounds *bounds, struct log *log, struct metrics *metrics,
                                 struct err *err)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store) {
        err_set(err, "no memory for the store");
        return NULL;
    }
    store->ops = ops;
    store->bounds = *bounds;
    store->log = log;
    store->metrics = metrics;
    store->lock_fd = -1;
    store->conf = conf_hold(conf);
    store->retry_wait_ms = bounds->retry_ms;
    atomic_init(&store->healthy, true);
    pthread_mutex_init(&store->mutex, NULL);
    buf_init(&store->record, RECORD_MAX_BYTES);
    store->candidates = store_candidates_new();
    if (!store->candidates)
        err_set(err, "no memory for the candidates' tallies");
    if (!store->candidates || start(store, path, epoch, err)) {
        store_close(store);
        return NULL;
    }
    return store;
}

struct store *store_open(const char *path, struct conf *conf, const char *epoch, struct store_ops ops, struct log *log,
                         struct metrics *metrics, struct err *err)
{
    return store_open_bounded(path, conf, epoch, ops, &usual_bounds, log, metrics, err);
}

void store_put(struct store *store, struct trial *trial)
{
    if (queue_put(store->queue, trial))
        store_give_up(store, trial);
}

uint64_t store_last_seq(const struct store *store)
{
    return store->last_seq;
}

bool store_healthy(const struct store *store)
{
    return atomic_load(&store->healthy);
}

void store_tally(struct store *store, struct tally *copy)
{
    pthread_mutex_lock(&store->mutex);
    *copy = store->published;
    pthread_mutex_unlock(&store->mutex);
}

struct tally_settings store_tally_settings(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    struct tally_settings settings = store->settings;
    pthread_mutex_unlock(&store->mutex);
    return settings;
}

void store_configure(struct store *store, struct conf *conf)
{
    struct conf *old;

    pthread_mutex_lock(&store->mutex);
    old = store->conf;
    store->conf = conf_hold(conf);
    settings_set(store, conf);
    pthread_mutex_unlock(&store->mutex);
    store_candidates_withdraw(old, conf, store->metrics);
    conf_drop(old);
}

bool store_lend(struct store *store, bool lent)
{
    return store->lock_fd < 0 || store_lock_lend(store->lock_fd, lent);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->queue)
        queue_close(store->queue);
    if (store->started)
        pthread_join(store->thread, NULL);
    store_db_close(store->db);
    store_candidates_free(store->candidates);
    window_fini(&store->window);
    queue_free(store->queue);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    buf_fini(&store->record);
    pthread_mutex_destroy(&store->mutex);
    conf_drop(store->conf);
    free(store->path);
    free(store);
}
