/* store: the writer thread: order, batches, the tally, and what happens when the file does not take them.
 *
 * A trial comes in by a queue, is put in order by the window, joins the batch, and is committed with it. Whether it
 * counts is decided in the transaction that writes it, the tally moves only when that transaction has been committed:
 * so a replay of the file gives the tally, whenever the process is killed. A batch that could not be written stays and
 * is tried again; the file is opened anew before that, should it have been replaced or its disk have come back.
 */
#include "store.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alert.h"
#include "clock.h"
#include "queue.h"
#include "store_candidates.h"
#include "store_db.h"
#include "store_lock.h"
#include "store_private.h"
#include "store_tell.h"
#include "store_window.h"
#include "thread.h"

#define BATCH_MAX       50u
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

struct store {
    char *path; /* NULL: in memory */
    struct store_ops ops;
    struct store_bounds bounds;
    struct log *log;
    struct metrics *metrics;
    int lock_fd;
    uint64_t last_seq; /* at open */
    struct queue *queue;
    pthread_t thread;
    bool started;
    atomic_bool healthy;

    pthread_mutex_t mutex; /* over the four below: what other threads ask for */
    struct conf *conf;
    struct tally published;
    struct tally_settings settings;
    double level_null; /* NAN: the alerts' thread tells the level's evidence */

    /* the thread's own */
    struct store_db *db; /* NULL while it cannot be opened */
    struct window window;
    struct trial *batch[BATCH_MAX];
    const char *batch_reasons[BATCH_MAX]; /* why the pipeline does not count it, or we: late */
    size_t batch_count;
    uint64_t batch_since_ns, retry_at_ns, retry_wait_ms, expire_at_ns;
    bool untold[CONDITION_COUNT];    /* counted since their gauges were set */
    uint64_t told_at_ns, tell_at_ns; /* tell_at_ns 0: nothing is untold */
    size_t waiting, waiting_bytes;
    struct tally tally, older; /* of the current epoch, and of the one before for its stragglers */
    struct store_candidates *candidates;
    struct buf record;
};

/* ---- giving up ---- */

static size_t trial_bytes(const struct trial *trial)
{
    return sizeof(*trial) + arena_used(trial->arena) + trial->request_tap.body.size + trial->reply_tap.body.size;
}

static void give_up(struct store *store, struct trial *trial)
{
    metric_add(METRIC0(store->metrics, "candor_store_dropped_total"), 1);
    if (store->ops.on_drop)
        store->ops.on_drop(trial, store->ops.arg);
    trial_free(trial);
}

static void set_healthy(struct store *store, bool healthy, const char *why)
{
    if (atomic_exchange(&store->healthy, healthy) == healthy)
        return;
    metric_set(METRIC0(store->metrics, "candor_store_healthy"), healthy);
    if (healthy)
        log_info(store->log, "store recovered", LOG_I("waiting", store->waiting));
    else
        log_error(store->log, "store cannot write", LOG_Z("reason", why), LOG_I("waiting", store->waiting));
}

/* ---- coming in ---- */

static void take_in(struct store *store, struct trial *trial, uint64_t now_ns)
{
    uint64_t started_ns = trial->started_ns ? trial->started_ns : now_ns;
    size_t bytes = trial_bytes(trial);
    struct window_item item = {trial->seq, trial, 0};

    item.overdue_ns = started_ns + (trial->conf->shadow.deadline_ms + store->bounds.margin_ms) * NS_PER_MS;
    if (store->waiting >= store->bounds.waiting || store->waiting_bytes + bytes > store->bounds.waiting_bytes)
        item.trial = NULL; /* its place stays, so that the younger need not wait for it */
    if (window_add(&store->window, item)) {
        give_up(store, trial);
        return;
    }
    if (!item.trial) {
        give_up(store, trial);
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

/* ---- writing a batch ---- */

/* Makes the tally of the batch's epoch the one to add to: the current, the one before, or a new one by replay. */
static enum store_written choose_tally(struct store *store, const char *epoch, struct tally **out, struct err *err)
{
    struct tally fresh;
    unsigned number = 1;

    *out = strcmp(epoch, store->tally.epoch) == 0   ? &store->tally
           : strcmp(epoch, store->older.epoch) == 0 ? &store->older
                                                    : NULL;
    if (*out)
        return STORE_WRITTEN;
    enum store_written written = store_db_epoch(store->db, epoch, clock_wall_ms(), &number, err);
    if (written != STORE_WRITTEN)
        return written;
    if (store_replay_into(store_db_sqlite(store->db), epoch, NULL, &fresh, err))
        return STORE_AGAIN;
    store->older = store->tally;
    store->tally = fresh;
    *out = &store->tally;
    pthread_mutex_lock(&store->mutex);
    store->settings.epoch_number = number;
    pthread_mutex_unlock(&store->mutex);
    for (size_t i = 0; i < CONDITION_COUNT; i++) /* what the gauges say is of the epoch before */
        store->untold[i] = store->older.rows[i].trials > 0 || fresh.rows[i].trials > 0;
    log_info(store->log, "epoch", LOG_Z("epoch", epoch), LOG_I("number", number));
    return STORE_WRITTEN;
}

/* The unit of evidence is the conversation: its first trial under a condition counts, the later ones are kept only. A
 * first turn opens a conversation, even where others have opened theirs with the same words. */
static enum store_written decide_counted(struct store *store, struct trial *trial, const char *reason,
                                         struct store_row *row, struct err *err)
{
    bool seen = false;

    if (!reason && trial->conversation[0] && trial->turn > 1) {
        enum store_written written = store_db_seen(store->db, row, &seen, err);
        if (written != STORE_WRITTEN)
            return written;
    }
    trial->not_counted_reason = seen ? "later_turn" : reason;
    trial->counted = row->tally.counted = !trial->not_counted_reason;
    return STORE_WRITTEN;
}

/* So many tags a store takes, whoever sends them; the record says what the outcome says. */
static enum store_written decide_tag(struct store *store, struct trial *trial, struct store_row *row, struct err *err)
{
    bool taken = true;

    snprintf(row->tag, sizeof(row->tag), "%.*s", SLICE_ARGS(trial->tag));
    enum store_written written = row->tag[0] ? store_db_tag(store->db, row->tag, &taken, err) : STORE_WRITTEN;
    if (!taken) {
        trial->tag = SLICE(TAG_OTHER);
        snprintf(row->tag, sizeof(row->tag), "%s", TAG_OTHER);
    }
    return written;
}

static enum store_written write_trial(struct store *store, size_t index, struct tally *working, struct err *err)
{
    struct trial *trial = store->batch[index];
    struct store_row row = {.trial_id = trial->trial_id,
                            .exchange_id = trial->exchange_id,
                            .epoch = trial->epoch,
                            .conversation = trial->conversation,
                            .wall_ms = trial->wall_ms,
                            .tally = record_tally(trial)};
    struct tally_row after = working->rows[condition_index(row.tally.condition)];
    uint64_t last = working->seq;

    record_model(trial, row.model);
    row.candidate_count = record_candidates(trial, row.candidates);
    enum store_written written = decide_counted(store, trial, store->batch_reasons[index], &row, err);
    if (written == STORE_WRITTEN)
        written = decide_tag(store, trial, &row, err);
    if (written != STORE_WRITTEN)
        return written;
    tally_row_add(&after, &row.tally);
    buf_clear(&store->record);
    if (store->path)
        record_write_after(trial, &after, &store->record);
    if (store->record.failed) {
        err_set(err, "its record is too large or memory ran out");
        return STORE_REFUSED;
    }
    row.record = buf_slice(&store->record);
    written = store_db_add(store->db, &row, err);
    if (written != STORE_WRITTEN)
        return written;
    tally_add(working, &row.tally);
    if (working->seq < last) /* a late one */
        working->seq = last;
    return STORE_WRITTEN;
}

/* A row the file will never take must not hold up the others. */
static void refuse(struct store *store, size_t index, const struct err *err)
{
    struct trial *trial = store->batch[index];

    log_error(store->log, "store refused a trial", LOG_Z("trial_id", trial->trial_id), LOG_Z("reason", err->text));
    store->waiting--;
    store->waiting_bytes -= trial_bytes(trial);
    give_up(store, trial);
    store->batch_count--;
    for (size_t i = index; i < store->batch_count; i++) {
        store->batch[i] = store->batch[i + 1];
        store->batch_reasons[i] = store->batch_reasons[i + 1];
    }
}

static enum store_written write_batch(struct store *store, struct tally **tally, struct tally *working, struct err *err)
{
    enum store_written written = choose_tally(store, store->batch[0]->epoch, tally, err);
    if (written == STORE_WRITTEN)
        written = store_db_begin(store->db, err);
    if (written != STORE_WRITTEN)
        return STORE_AGAIN;
    *working = **tally;
    for (size_t i = 0; i < store->batch_count;) {
        written = write_trial(store, i, working, err);
        if (written == STORE_AGAIN)
            return STORE_AGAIN;
        if (written == STORE_REFUSED)
            refuse(store, i, err);
        else
            i++;
    }
    return store_db_commit(store->db, err) == STORE_WRITTEN ? STORE_WRITTEN : STORE_AGAIN;
}

/* Intervals take longer to work out than all else of a commit, so the gauges follow at most so often. */
static void tell_gauges(struct store *store, uint64_t now_ns)
{
    pthread_mutex_lock(&store->mutex);
    struct tally_settings settings = store->settings;
    double level_null = store->level_null;
    struct conf *conf = conf_hold(store->conf);
    pthread_mutex_unlock(&store->mutex);
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (store->untold[i])
            store_tell_condition(store->metrics, &store->tally, condition_at(i), &settings, level_null);
    memset(store->untold, 0, sizeof(store->untold));
    store_candidates_tell(store->candidates, conf, store->metrics, &settings);
    conf_drop(conf);
    store->told_at_ns = now_ns;
    store->tell_at_ns = 0;
}

/* Gauges that cannot be brought up to date now are so with the next trial: the file holds everything. */
static void note_candidates(struct store *store, const struct trial *trial, bool of_current_epoch)
{
    struct err err = {""};
    if (of_current_epoch && store_candidates_add(store->candidates, store_db_sqlite(store->db), trial, &err) != 0)
        log_warn(store->log, "the candidates' gauges are behind", LOG_Z("reason", err.text));
}

/* The batch is on the disk: tell, and let its trials go. */
static void finish_batch(struct store *store, const struct tally *tally)
{
    pthread_mutex_lock(&store->mutex);
    store->published = store->tally;
    pthread_mutex_unlock(&store->mutex);
    if (store->tell_at_ns == 0)
        store->tell_at_ns = store->told_at_ns + store->bounds.tell_ms * NS_PER_MS;
    for (size_t i = 0; i < store->batch_count; i++) {
        struct trial *trial = store->batch[i];
        if (tally == &store->tally)
            store->untold[condition_index(trial->detection.condition)] = true;
        store_tell_trial(store->log, store->metrics, trial);
        note_candidates(store, trial, tally == &store->tally);
        store->waiting--;
        store->waiting_bytes -= trial_bytes(trial);
        if (store->ops.on_commit)
            store->ops.on_commit(trial, tally, store->ops.arg);
        trial_free(trial);
    }
    store->batch_count = 0;
}

static bool commit_batch(struct store *store, uint64_t now_ns)
{
    struct err err = {""};
    struct tally working, *tally = NULL;

    if (!store->db)
        store->db = store_db_open(store->path, &err);
    if (store->db && write_batch(store, &tally, &working, &err) == STORE_WRITTEN) {
        *tally = working;
        store->retry_at_ns = 0;
        store->retry_wait_ms = store->bounds.retry_ms;
        set_healthy(store, true, "");
        finish_batch(store, tally);
        return true;
    }
    if (store->db)
        store_db_rollback(store->db);
    if (store->path) { /* what lives in memory alone would be lost with its handle */
        store_db_close(store->db);
        store->db = NULL;
    }
    set_healthy(store, false, err.text);
    store->retry_at_ns = now_ns + store->retry_wait_ms * NS_PER_MS;
    store->retry_wait_ms *= 2;
    if (store->retry_wait_ms > store->bounds.retry_max_ms)
        store->retry_wait_ms = store->bounds.retry_max_ms;
    return false;
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
        if (!commit_batch(store, clock_monotonic_ns()))
            tries++;
    }
    for (size_t i = 0; i < store->batch_count; i++)
        give_up(store, store->batch[i]);
    store->batch_count = 0;
    while (window_first(&store->window)) {
        uint64_t skipped;
        struct window_item item = window_take(&store->window, &skipped);
        if (item.trial)
            give_up(store, item.trial);
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
        if (batch_due(store, now_ns) && commit_batch(store, now_ns))
            fill_batch(store, now_ns);
        if (now_ns >= store->expire_at_ns)
            expire(store, now_ns);
        if (store->tell_at_ns && now_ns >= store->tell_at_ns)
            tell_gauges(store, now_ns);
    }
    flush(store);
    tell_gauges(store, clock_monotonic_ns());
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
    tell_gauges(store, clock_monotonic_ns());
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
        give_up(store, trial);
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
