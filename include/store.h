/* store: the trials on disk (SQLite, WAL, one writer thread), and reading them back.
 *
 * The writer thread alone writes and owns the tally. It commits in batches (50 rows or 200 ms, synchronous=FULL), in
 * seq order: a trial that comes early waits for its elders, which the pipeline always delivers or declares missing;
 * one that has not come by its deadline and a margin is passed over, so that nothing can wedge the rest.
 * A full disk or a locked file never reaches the live path: rows wait in memory up to a bound, then are dropped and
 * counted. Readers open their own connection, read-only, on any thread.
 *
 * Two tables: `trials` holds the records, which retention and erasure delete; `outcomes` holds one line of counts a
 * trial (when, by which model, what came of it), without any id or text, and is never deleted: the tally is its replay,
 * before and after an erasure. `candidate_outcomes` holds the like for each candidate.
 */
#ifndef CANDOR_STORE_H
#define CANDOR_STORE_H

#include "log.h"
#include "metrics.h"
#include "record.h"

struct store; /* the writer */

struct store_ops {
    void (*on_commit)(const struct trial *trial, const struct tally *tally,
                      void *arg); /* store thread, in seq order, before it is freed */
    void *arg;
    /* Given up: the store could not keep it. Store thread or the one of store_put; may be NULL. */
    void (*on_drop)(const struct trial *trial, void *arg);
};

/* path NULL: nothing is kept, the tally alone lives. Creates and migrates the file; replays it into the tally. */
MUST_USE struct store *store_open(const char *path, struct conf *conf, const char *epoch, struct store_ops ops,
                                  struct log *log, struct metrics *metrics, struct err *err);
/* Any thread; the store owns the trial from here. Never refuses: the number of trials in flight is bounded upstream. */
void store_put(struct store *store, struct trial *trial);
uint64_t store_last_seq(const struct store *store);           /* at open: the pipeline numbers on from here */
bool store_healthy(const struct store *store);                /* any thread: the last write went well */
void store_tally(struct store *store, struct tally *copy);    /* any thread: the latest */
void store_configure(struct store *store, struct conf *conf); /* SIGHUP: retention and alert settings */
/* Lets another process write, while nothing is put here; or takes the right back: false when another has it now. */
MUST_USE bool store_lend(struct store *store, bool lent);
void store_close(struct store *store); /* commits what is there, joins; accepts NULL */
/* What the gauges are computed with: the alert settings and the number of the current epoch. Any thread. */
struct tally_settings store_tally_settings(struct store *store);

/* ---- reading ---- */
struct store_filter {
    const char *verdict, *condition, *epoch; /* NULL: any */
    const char *model;                       /* that answered live, as it names itself; NULL: any */
    const char *tag;                         /* NULL: any */
    int flagged;                             /* -1: any */
    int64_t since_ms, until_ms;              /* 0: open */
    uint64_t before_seq;                     /* 0: from the newest */
    size_t limit;                            /* 0: all */
    bool oldest_first;
};
typedef int store_row_fn(struct slice record, void *arg); /* one JSON record; non-zero stops */
MUST_USE int store_read(const char *path, const struct store_filter *filter, store_row_fn *fn, void *arg,
                        struct err *err);
/* One trial by id (or exchange id). 0, 1 when there is none, -1. */
MUST_USE int store_find(const char *path, const char *id, struct buf *out, struct err *err);
/* The name and the number of an epoch, NULL: of the latest trial's. 1 when there is none. */
MUST_USE int store_epoch(const char *path, const char *epoch, char name[33], unsigned *number, struct err *err);
/* The tally of an epoch (NULL: the latest) and a candidate (NULL: the deployed warm model) as a replay of the file
 * gives it, and the epoch's number. 1 when there is none yet. */
MUST_USE int store_replay(const char *path, const char *epoch, const char *candidate, struct tally *out,
                          unsigned *epoch_number, struct err *err);
/* The outcomes behind that tally with a higher seq than after, in arrival order; they outlive the records. A non-zero
 * return of fn stops. */
typedef int store_trial_fn(const struct tally_trial *trial, void *arg);
MUST_USE int store_outcomes(const char *path, const char *epoch, const char *candidate, uint64_t after,
                            store_trial_fn *fn, void *arg, struct err *err);
/* All of them, with time, model and epoch and without id, in arrival order: for reports over a part. */
typedef int store_summary_fn(const struct record_summary *summary, void *arg);
MUST_USE int store_summaries(const char *path, const char *candidate, store_summary_fn *fn, void *arg, struct err *err);
/* Erases by trial id, conversation hash or age; returns the number of rows, or -1. */
MUST_USE int64_t store_erase(const char *path, const char *id, const char *conversation, int64_t before_ms,
                             struct err *err);

#endif
