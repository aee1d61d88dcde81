/* store_batch: what the files of the store's writer share: its state, and the batch at hand. All on the writer's
 * thread, but for what the mutex guards.
 */
#ifndef CANDOR_STORE_BATCH_H
#define CANDOR_STORE_BATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "store_candidates.h"
#include "store_db.h"
#include "store_private.h"
#include "store_window.h"

#define BATCH_MAX 50u

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

/* What a trial weighs while it waits. */
size_t store_trial_bytes(const struct trial *trial);
/* Counts it as lost, tells, and frees it. */
void store_give_up(struct store *store, struct trial *trial);
/* Writes the batch, moves the tally, tells and frees its trials. False: it stays, to be tried again. */
bool store_commit_batch(struct store *store, uint64_t now_ns);
/* Brings the gauges of what was counted since up to date. */
void store_tell_gauges(struct store *store, uint64_t now_ns);

#endif
