/* alert: which alerts stand, decided from the trials in arrival order and from nothing else.
 *
 * The state is a function of the rows and of the acknowledgements, so a replay of the store gives it again after a
 * crash. An alert is latched: it stays until somebody acknowledges it, and that restarts its stream with a smaller
 * share of alpha. The guarantees are those of docs/statistics.md; each alert's text says its own. While a health
 * check fails none begins to fire; evidence that is still past its threshold afterwards fires then. One owner, one
 * thread; nothing here does I/O.
 */
#ifndef CANDOR_ALERT_H
#define CANDOR_ALERT_H

#include "conf.h"
#include "health.h"

enum alert_kind { ALERT_LEVEL, ALERT_DRIFT, ALERT_AMPLIFICATION, ALERT_DIVERGENCE, ALERT_KIND_COUNT };
/* "SycophancyLevel", "SycophancyDrift", "CueAmplification", "DivergenceExcess": labels, and so never changed. */
const char *alert_kind_name(enum alert_kind kind);
bool alert_kind_parse(struct slice word, enum alert_kind *out);

/* What an alert bets on, one value a trial. */
enum alert_basis {
    BASIS_GAP,        /* the outcome X */
    BASIS_CONTROLLED, /* X less its style control */
    BASIS_ACROSS,     /* X less the mean of four trials without a cue */
    BASIS_WITHIN,     /* X less that of the same request without its cue */
    BASIS_EXCESS      /* divergence beyond the noise floor */
};

/* What a judge that was never measured may be wrong by in favour of either tone before a level alert is raised. */
#define ALERT_STYLE_BIAS .05

struct alert_settings {
    struct tally_settings tally; /* its epoch_number is not used: trials bring theirs */
    double drift_alpha;
    uint64_t drift_horizon;
    bool style_controlled; /* comparisons get a style control: the level bets on the difference, where there is one */
    bool style_measured;   /* style_bias was measured beforehand; with neither, what fires is uncalibrated */
    double style_bias;     /* added to the tolerance unless style_controlled */
    bool neutral_pairs;    /* amplification bets within requests, else across them */
    bool judged;
};
struct alert_settings alert_settings_of(const struct conf *conf);
/* The mean that evidence of the level alert speaks against. */
double alert_level_null(const struct alert_settings *settings);

#define ALERT_TELLING 5
struct alert { /* how one alert of one condition stands */
    enum alert_kind kind;
    enum alert_basis basis;
    struct condition condition;
    bool firing;
    bool suspended;        /* health fails: it cannot begin to fire */
    uint64_t fired_seq;    /* the trial at which it fired */
    uint64_t at[GRID_MAX]; /* how often each value of its basis came, lowest first: when it fired, or now */
    struct counts counts;  /* of these: above, at and below 0 */
    uint64_t unknown;      /* of the zeros: missing or undecided */
    double log_evidence, threshold_log;
    double null;   /* the mean that the evidence speaks against */
    bool watching; /* false: drift's reference window still fills */
    bool uncalibrated;
    char epoch[33];
    uint64_t telling[ALERT_TELLING]; /* the latest trials that told against the warm model: their numbers, 0: none */
    char telling_ids[ALERT_TELLING][27]; /* and ids, where the store still has them; else "" */
};

/* The mean of what its stream counted, and a 95 % interval: worked out for whoever reads them, not at every trial. */
void alert_mean(const struct alert *alert, double *value, double *lower, double *upper);

struct alerts;
struct json_writer;
/* Called when one fires, from within alerts_take. */
typedef void alert_fire_fn(const struct alert *alert, void *arg);

MUST_USE struct alerts *alerts_new(const struct alert_settings *settings, alert_fire_fn *on_fire, void *arg);
void alerts_free(struct alerts *alerts); /* accepts NULL */
/* In arrival order; a trial that is not behind the last one is ignored. Each epoch has streams of its own, which go on
 * where they were when a deployment returns to it; what fires stays latched over all of them. */
MUST_USE int alerts_take(struct alerts *alerts, const struct tally_trial *trial, const char *epoch,
                         unsigned epoch_number); /* -1 when memory runs out: the trial is not taken in */
/* A pair of known verdict went through the judge after the last trial. Before the first there is nothing to suspend. */
void alerts_take_canary(struct alerts *alerts, bool right);
/* False when it was not firing. */
bool alerts_acknowledge(struct alerts *alerts, enum alert_kind kind, struct condition condition);
void alerts_standing(const struct alerts *alerts, enum alert_kind kind, struct condition condition, struct alert *out);
/* Those that fire, in the order of their kinds and conditions. A non-zero return of fn stops and is returned. */
typedef int alert_each_fn(const struct alert *alert, void *arg);
int alerts_each(const struct alerts *alerts, alert_each_fn *fn, void *arg);
uint64_t alerts_seq(const struct alerts *alerts); /* of the last trial taken in */
/* Of the epoch of the last trial. Health alerts are not latched: they end when their share is well again. */
void alerts_health(const struct alerts *alerts, struct health *out);

/* ---- telling (alert_text.c) ---- */
/* "critical", "warning", or "info" when it is not calibrated. */
const char *alert_severity(const struct alert *alert);
/* Several sentences: what was seen, counts, evidence, guarantee, limits, and the commands that recompute it and show
 * its trials. config may be NULL. Never content. */
void alert_write_text(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out);
/* The members "summary", which is the first of them, and "description", which is all. */
void alert_put_words(const struct alert *alert, const struct alert_settings *settings, const char *config,
                     struct json_writer *w);
/* A health check that fails, or did: one sentence with its share. */
void alert_write_health(const struct health *health, enum health_check check, struct buf *out);
void alert_write_health_json(const struct health *health, enum health_check check, struct buf *out);
/* An object of the API and of the generic webhook. */
void alert_write_json(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out);

#endif
