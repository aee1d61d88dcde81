/* pipeline: the conveyor. It moves a trial from station to station: observe, ask, compare, judge, tell.
 *
 * The stages stand on threads of their own and know only this header: they finish their step and call
 * pipeline_next. Every queue is bounded; a full one drops the trial with a counted reason. The number of trials in
 * flight is bounded too, so the store, the last station, never refuses.
 */
#ifndef CANDOR_PIPELINE_H
#define CANDOR_PIPELINE_H

#include "log.h"
#include "metrics.h"
#include "trial.h"

struct pipeline;

/* What the stations above the conveyor do; wired by the daemon. Each takes the trial over. */
struct pipeline_ops {
    void (*ask)(struct trial *trial, void *arg);   /* any thread: hands it to the shadow loop */
    void (*judge)(struct trial *trial, void *arg); /* any thread: hands it to the shadow loop */
    void (*tell)(struct trial *trial, void *arg);  /* any thread: hands it to the store */
    void *arg;
    /* The pool: a traced exchange was looked at; DROP_NONE: it goes on as a trial. Leaves it where it is. May be NULL.
     */
    void (*seen)(const struct trial *trial, enum drop_reason reason, void *arg);
};

struct pipeline_settings {
    unsigned threads;     /* of the pool, at least 1 */
    size_t max_queued;    /* exchanges waiting to be observed */
    size_t max_in_flight; /* sampled trials between sampling and the store */
    uint64_t last_seq;
};

MUST_USE struct pipeline *pipeline_new(const struct pipeline_settings *settings, struct rules *rules, const char *epoch,
                                       struct pipeline_ops ops, struct log *log, struct metrics *metrics,
                                       struct err *err);
/* Finishes the pool's jobs and joins it; ask, judge and tell must still work. After it nothing may be taken in. */
void pipeline_stop(struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline); /* stops it when that was not done; last of all, for pipeline_done */

/* From the relay: a finished exchange's copy. Never blocks. Takes the trial over in every case. */
void pipeline_take(struct pipeline *pipeline, struct trial *trial);
/* The arms have answered (or are missing): compare. */
void pipeline_answered(struct pipeline *pipeline, struct trial *trial);
/* The judge has spoken of every open pair (or not): derive the verdicts and tell. */
void pipeline_judged(struct pipeline *pipeline, struct trial *trial);
/* The one way out without a comparison: counted, and recorded as missing when it had been sampled. */
void pipeline_drop(struct pipeline *pipeline, struct trial *trial, enum drop_reason reason);
/* The store has committed it: it is no longer in flight. */
void pipeline_done(struct pipeline *pipeline);

/* How loaded the stations behind the sampling are, 0..1: from one half on fewer exchanges are sampled. Any thread. */
void pipeline_press(struct pipeline *pipeline, double load);
/* Takes nothing in any more (it is dropped and counted), or takes in again: the store is about to be another's. */
void pipeline_close(struct pipeline *pipeline, bool closed);
/* New rules for exchanges from now on (SIGHUP). */
void pipeline_configure(struct pipeline *pipeline, struct rules *rules, const char *epoch);
/* Exchanges waiting to be observed and trials under way; 0: all that was taken is told or dropped. */
size_t pipeline_in_flight(struct pipeline *pipeline);

#endif
