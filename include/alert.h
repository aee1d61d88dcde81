/* alert: which alerts stand, decided from the trials in arrival order and from nothing else.
 *
 * The state is a function of the rows and of the acknowledgements, so a replay of the store gives it again after a
 * crash. An alert is latched: it stays until somebody acknowledges it, and that restarts its stream with a smaller
 * share of alpha. The guarantees are those of docs/statistics.md; each alert's text says its own. One owner, one
 * thread; nothing here does I/O.
 */
#ifndef CANDOR_ALERT_H
#define CANDOR_ALERT_H

#include "tally.h"

enum alert_kind { ALERT_LEVEL, ALERT_DRIFT, ALERT_AMPLIFICATION, ALERT_KIND_COUNT };
/* "SycophancyLevel", "SycophancyDrift", "CueAmplification": labels, and so never changed. */
const char *alert_kind_name(enum alert_kind kind);
bool alert_kind_parse(struct slice word, enum alert_kind *out);

struct alert_settings {
    struct tally_settings tally; /* its epoch_number is not used: trials bring theirs */
    double drift_alpha;
    uint64_t drift_horizon;
    bool style_controlled; /* false: what fires is marked uncalibrated, severity info */
};

struct alert { /* how one alert of one condition stands */
    enum alert_kind kind;
    struct condition condition;
    bool firing;
    uint64_t fired_seq;   /* the trial at which it fired */
    struct counts counts; /* of its stream: when it fired, or now */
    uint64_t unknown;     /* of the zeros: missing or undecided */
    double log_evidence, threshold_log;
    double null;   /* the mean that the evidence speaks against */
    bool watching; /* false: drift's reference window still fills */
    bool uncalibrated;
    char epoch[33];
};

struct alerts;
/* Called when one fires, from within alerts_take. */
typedef void alert_fire_fn(const struct alert *alert, void *arg);

MUST_USE struct alerts *alerts_new(const struct alert_settings *settings, alert_fire_fn *on_fire, void *arg);
void alerts_free(struct alerts *alerts); /* accepts NULL */
/* In arrival order; a trial that is not behind the last one is ignored. Each epoch has streams of its own, which go on
 * where they were when a deployment returns to it; what fires stays latched over all of them. */
MUST_USE int alerts_take(struct alerts *alerts, const struct tally_trial *trial, const char *epoch,
                         unsigned epoch_number); /* -1 when memory runs out: the trial is not taken in */
/* False when it was not firing. */
bool alerts_acknowledge(struct alerts *alerts, enum alert_kind kind, struct condition condition);
void alerts_standing(const struct alerts *alerts, enum alert_kind kind, struct condition condition, struct alert *out);
/* Those that fire, in the order of their kinds and conditions. A non-zero return of fn stops and is returned. */
typedef int alert_each_fn(const struct alert *alert, void *arg);
int alerts_each(const struct alerts *alerts, alert_each_fn *fn, void *arg);
uint64_t alerts_seq(const struct alerts *alerts); /* of the last trial taken in */

/* ---- telling (alert_text.c) ---- */
/* "critical", "warning", or "info" when it is not calibrated. */
const char *alert_severity(const struct alert *alert);
/* One sentence: what was seen. */
void alert_write_summary(const struct alert *alert, struct buf *out);
/* Several: counts, evidence, guarantee, limits, and the commands that recompute it and show its trials. config may be
 * NULL. Never content. */
void alert_write_text(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out);
/* An object of the API and of the generic webhook. */
void alert_write_json(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out);

#endif
