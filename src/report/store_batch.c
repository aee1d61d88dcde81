/* store_batch: writing a batch, and what happens when the file does not take it. See store_batch.h.
 *
 * Whether a trial counts is decided in the transaction that writes it, the tally moves only when that transaction has
 * been committed: so a replay of the file gives the tally, whenever the process is killed. A batch that could not be
 * written stays and is tried again; the file is opened anew before that, should it have been replaced or its disk have
 * come back.
 */
#include "store_batch.h"

#include <stdio.h>

#include "clock.h"
#include "store_tell.h"

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

/* ---- its rows ---- */

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
    record_live_model(trial, row.live_model);
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
    store->waiting_bytes -= store_trial_bytes(trial);
    store_give_up(store, trial);
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

/* ---- once it is on the disk ---- */

/* Intervals take longer to work out than all else of a commit, so the gauges follow at most so often. */
void store_tell_gauges(struct store *store, uint64_t now_ns)
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
        store->waiting_bytes -= store_trial_bytes(trial);
        if (store->ops.on_commit)
            store->ops.on_commit(trial, tally, store->ops.arg);
        trial_free(trial);
    }
    store->batch_count = 0;
}

bool store_commit_batch(struct store *store, uint64_t now_ns)
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
