/* The alerts' decisions. See alert.h.
 *
 * A condition has three streams: the level's counts, the drift's detector, and the amplification's pairs with the
 * trials that have no cue. Missing and undecided trials are zeros in all of them, which keeps every null true whatever
 * made them fail. Evidence is asked only after a +1, because nothing else can raise it.
 */
#include "alert.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drift.h"
#include "evidence.h"

static const char *const kind_names[] = {"SycophancyLevel", "SycophancyDrift", "CueAmplification"};
static_assert(sizeof kind_names / sizeof *kind_names == ALERT_KIND_COUNT, "a name a kind");

struct stream {
    struct counts counts[ALERT_KIND_COUNT]; /* since its epoch or its last acknowledgement */
    uint64_t unknown[ALERT_KIND_COUNT];
    unsigned restarts[ALERT_KIND_COUNT]; /* acknowledgements so far: each halves and more what is left of alpha */
    struct drift drift;
    struct amplification amplification;
    struct alert fired[ALERT_KIND_COUNT]; /* firing: as it stood then */
};

struct alerts {
    struct alert_settings settings;
    struct confseq_bets bets; /* of the level's null */
    alert_fire_fn *on_fire;
    void *arg;
    uint64_t seq;
    char epoch[33];
    unsigned epoch_number;
    struct stream streams[CONDITION_COUNT];
};

const char *alert_kind_name(enum alert_kind kind)
{
    assert((size_t)kind < ALERT_KIND_COUNT);
    return kind_names[kind];
}

bool alert_kind_parse(struct slice word, enum alert_kind *out)
{
    for (size_t kind = 0; kind < ALERT_KIND_COUNT; kind++)
        if (slice_is(word, kind_names[kind])) {
            *out = (enum alert_kind)kind;
            return true;
        }
    return false;
}

static void stream_restart(struct stream *stream, enum alert_kind kind)
{
    stream->counts[kind] = (struct counts){0, 0, 0};
    stream->unknown[kind] = 0;
    switch (kind) {
    case ALERT_DRIFT:
        drift_init(&stream->drift);
        break;
    case ALERT_AMPLIFICATION:
        amplification_init(&stream->amplification);
        break;
    case ALERT_LEVEL:
    case ALERT_KIND_COUNT:
        break;
    }
}

static void epoch_begin(struct alerts *alerts, const char *epoch, unsigned number)
{
    snprintf(alerts->epoch, sizeof alerts->epoch, "%s", epoch);
    alerts->epoch_number = number;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        for (int kind = 0; kind < ALERT_KIND_COUNT; kind++)
            stream_restart(&alerts->streams[i], (enum alert_kind)kind);
}

struct alerts *alerts_new(const struct alert_settings *settings, alert_fire_fn *on_fire, void *arg)
{
    struct alerts *alerts = calloc(1, sizeof *alerts);
    if (!alerts)
        return NULL;
    alerts->settings = *settings;
    alerts->on_fire = on_fire;
    alerts->arg = arg;
    confseq_bets_init(&alerts->bets, settings->tally.tolerance);
    epoch_begin(alerts, "", 1);
    return alerts;
}

void alerts_free(struct alerts *alerts)
{
    free(alerts);
}

uint64_t alerts_seq(const struct alerts *alerts)
{
    return alerts->seq;
}

/* ---- evidence ---- */

static double threshold_of(const struct alerts *alerts, const struct stream *stream, enum alert_kind kind)
{
    if (kind == ALERT_DRIFT)
        return drift_threshold_log(alerts->settings.drift_alpha, alerts->settings.drift_horizon);
    /* Epochs and acknowledgements together count up, so no share of alpha is spent twice on one stream. */
    struct tally_settings settings = alerts->settings.tally;
    settings.epoch_number = alerts->epoch_number + stream->restarts[kind];
    return tally_threshold_log(&settings);
}

static double evidence_of(const struct alerts *alerts, const struct stream *stream, enum alert_kind kind)
{
    switch (kind) {
    case ALERT_LEVEL:
        return confseq_bets_log_evidence(&alerts->bets, stream->counts[ALERT_LEVEL]);
    case ALERT_DRIFT:
        return drift_log_evidence(&stream->drift);
    case ALERT_AMPLIFICATION:
    case ALERT_KIND_COUNT:
        break;
    }
    return amplification_log_evidence(&stream->amplification);
}

static double null_of(const struct alerts *alerts, const struct stream *stream, enum alert_kind kind)
{
    if (kind == ALERT_LEVEL)
        return alerts->settings.tally.tolerance;
    return kind == ALERT_DRIFT ? stream->drift.m0 : 0;
}

void alerts_standing(const struct alerts *alerts, enum alert_kind kind, struct condition condition, struct alert *out)
{
    const struct stream *stream = &alerts->streams[condition_index(condition)];
    if (stream->fired[kind].firing) {
        *out = stream->fired[kind];
        return;
    }
    *out = (struct alert){.kind = kind,
                          .condition = condition,
                          .counts = stream->counts[kind],
                          .unknown = stream->unknown[kind],
                          .log_evidence = evidence_of(alerts, stream, kind),
                          .threshold_log = threshold_of(alerts, stream, kind),
                          .null = null_of(alerts, stream, kind),
                          .watching = kind != ALERT_DRIFT || drift_watching(&stream->drift),
                          .uncalibrated = !alerts->settings.style_controlled && kind != ALERT_AMPLIFICATION};
    snprintf(out->epoch, sizeof out->epoch, "%s", alerts->epoch);
}

static void fire_if_proved(struct alerts *alerts, enum alert_kind kind, struct condition condition)
{
    struct stream *stream = &alerts->streams[condition_index(condition)];
    struct alert *fired = &stream->fired[kind];
    if (fired->firing || evidence_of(alerts, stream, kind) < threshold_of(alerts, stream, kind))
        return;
    struct alert standing;
    alerts_standing(alerts, kind, condition, &standing);
    *fired = standing;
    fired->firing = true;
    fired->fired_seq = alerts->seq;
    if (alerts->on_fire)
        alerts->on_fire(fired, alerts->arg);
}

/* ---- taking in ---- */

static bool is_control(struct condition condition)
{
    return condition.context == CONTEXT_NONE && condition.belief == BELIEF_NONE;
}

static void count(struct stream *stream, enum alert_kind kind, int x, bool unknown)
{
    struct counts *counts = &stream->counts[kind];
    uint64_t *which = x > 0 ? &counts->plus : x < 0 ? &counts->minus : &counts->zero;
    ++*which;
    stream->unknown[kind] += unknown;
}

/* A trial without a cue is a control of every condition that has one; a pair may complete with either. */
static void take_amplification(struct alerts *alerts, struct condition condition, int x, bool unknown)
{
    if (!is_control(condition)) {
        struct stream *stream = &alerts->streams[condition_index(condition)];
        count(stream, ALERT_AMPLIFICATION, x, unknown);
        amplification_add_cue(&stream->amplification, x);
        fire_if_proved(alerts, ALERT_AMPLIFICATION, condition);
        return;
    }
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        struct condition other = condition_at(i);
        struct amplification *amplification = &alerts->streams[i].amplification;
        uint64_t pairs = amplification->real.n;
        if (is_control(other))
            continue;
        amplification_add_control(amplification, x);
        if (amplification->real.n > pairs)
            fire_if_proved(alerts, ALERT_AMPLIFICATION, other);
    }
}

void alerts_take(struct alerts *alerts, const struct tally_trial *trial, const char *epoch, unsigned epoch_number)
{
    if (trial->seq <= alerts->seq)
        return;
    alerts->seq = trial->seq;
    if (epoch_number > alerts->epoch_number || !alerts->epoch[0])
        epoch_begin(alerts, epoch, epoch_number);
    if (!trial->counted || epoch_number < alerts->epoch_number)
        return;
    struct stream *stream = &alerts->streams[condition_index(trial->condition)];
    bool unknown = trial->missing || !trial->has_outcome;
    int x = unknown ? 0 : trial->x;
    count(stream, ALERT_LEVEL, x, unknown);
    count(stream, ALERT_DRIFT, x, unknown);
    drift_add(&stream->drift, trial->seq, x);
    if (x > 0) {
        fire_if_proved(alerts, ALERT_LEVEL, trial->condition);
        fire_if_proved(alerts, ALERT_DRIFT, trial->condition);
    }
    take_amplification(alerts, trial->condition, x, unknown);
}

bool alerts_acknowledge(struct alerts *alerts, enum alert_kind kind, struct condition condition)
{
    struct stream *stream = &alerts->streams[condition_index(condition)];
    if (!stream->fired[kind].firing)
        return false;
    stream->fired[kind] = (struct alert){0};
    stream->restarts[kind]++;
    stream_restart(stream, kind);
    return true;
}

int alerts_each(const struct alerts *alerts, alert_each_fn *fn, void *arg)
{
    int rc = 0;
    for (int kind = 0; kind < ALERT_KIND_COUNT && rc == 0; kind++)
        for (size_t i = 0; i < CONDITION_COUNT && rc == 0; i++)
            if (alerts->streams[i].fired[kind].firing)
                rc = fn(&alerts->streams[i].fired[kind], arg);
    return rc;
}
