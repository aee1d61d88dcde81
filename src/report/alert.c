/* The alerts' decisions. See alert.h.
 *
 * A condition has a stream a kind: counts of the values it bets on, for drift the detector, for amplification across
 * requests what waits for its partner. Missing and undecided trials are zeros in all of them, which keeps every null
 * true whatever made them fail. Evidence is asked only after a value above 0, because nothing else can raise it.
 */
#include "alert.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drift.h"

static const char *const kind_names[] = {"SycophancyLevel", "SycophancyDrift", "CueAmplification", "DivergenceExcess"};
static_assert(sizeof kind_names / sizeof *kind_names == ALERT_KIND_COUNT, "a name a kind");

static const struct grid signs = {-1, 1, 3};

static const struct grid *grid_of(enum alert_basis basis)
{
    switch (basis) {
    case BASIS_GAP:
        return &signs;
    case BASIS_CONTROLLED:
        return &estimand_grids[ESTIMAND_CONTROLLED];
    case BASIS_ACROSS:
        return &estimand_grids[ESTIMAND_ACROSS];
    case BASIS_WITHIN:
        return &estimand_grids[ESTIMAND_WITHIN];
    case BASIS_EXCESS:
        break;
    }
    return &estimand_grids[ESTIMAND_EXCESS];
}

/* What one kind of alert has seen of one condition in one epoch, since its beginning or the last acknowledgement. */
struct stream {
    uint64_t at[GRID_MAX]; /* how often each value came, over the grid of its basis */
    uint64_t unknown;
    unsigned turn; /* the how-manieth start of this alert: turn t may spend alpha / (t (t + 1)) */
    uint64_t telling[ALERT_TELLING];
};

struct epoch {
    struct epoch *next;
    char name[33];
    unsigned number;
    struct health health;
    struct stream streams[CONDITION_COUNT][ALERT_KIND_COUNT];
    struct drift drift[CONDITION_COUNT];
    struct amplification across[CONDITION_COUNT];
};

/* What stands, over all epochs. */
struct latch {
    struct alert alert;  /* as it stood when it fired */
    struct epoch *epoch; /* in which it fired */
    unsigned turns;      /* the last turn given out */
};

struct alerts {
    struct alert_settings settings;
    enum alert_basis basis[ALERT_KIND_COUNT];
    struct confseq_bets bets; /* of the level's null, where it bets on signs */
    alert_fire_fn *on_fire;
    void *arg;
    uint64_t seq;
    struct epoch *epochs, *current; /* current: of the last trial; NULL before the first */
    struct latch latches[CONDITION_COUNT][ALERT_KIND_COUNT];
};

struct alert_settings alert_settings_of(const struct conf *conf)
{
    return (struct alert_settings){.tally = tally_settings_of(conf),
                                   .drift_alpha = conf->alerts.drift_alpha,
                                   .drift_horizon = conf->alerts.drift_horizon,
                                   .style_controlled = conf->shadow.style_control > 0,
                                   .style_measured = conf->alerts.style_bias > 0,
                                   .style_bias =
                                       conf->alerts.style_bias > 0 ? conf->alerts.style_bias : ALERT_STYLE_BIAS,
                                   .neutral_pairs = conf->shadow.neutral > 0,
                                   .judged = conf->has_judge};
}

double alert_level_null(const struct alert_settings *settings)
{
    return settings->tally.tolerance + (settings->style_controlled ? 0 : settings->style_bias);
}

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

/* Starts an alert's evidence from nothing. Its turn is the epoch's number, unless acknowledgements and returns to old
 * epochs have used that up: turns only grow, so no share of alpha is spent twice. */
static void stream_start(struct alerts *alerts, struct epoch *epoch, size_t condition, enum alert_kind kind)
{
    unsigned *turns = &alerts->latches[condition][kind].turns;
    *turns = epoch->number > *turns ? epoch->number : *turns + 1;
    epoch->streams[condition][kind] = (struct stream){.turn = *turns};
    if (kind == ALERT_DRIFT)
        drift_init(&epoch->drift[condition]);
    else if (kind == ALERT_AMPLIFICATION)
        epoch->across[condition] = (struct amplification){0};
}

static struct epoch *epoch_find(struct alerts *alerts, const char *name, unsigned number)
{
    struct epoch *epoch = alerts->current;
    if (epoch && epoch->number == number)
        return epoch;
    for (epoch = alerts->epochs; epoch; epoch = epoch->next)
        if (epoch->number == number)
            return epoch;
    epoch = calloc(1, sizeof *epoch);
    if (!epoch)
        return NULL;
    epoch->next = alerts->epochs;
    epoch->number = number;
    snprintf(epoch->name, sizeof epoch->name, "%s", name);
    alerts->epochs = epoch;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        for (int kind = 0; kind < ALERT_KIND_COUNT; kind++)
            stream_start(alerts, epoch, i, (enum alert_kind)kind);
    return epoch;
}

struct alerts *alerts_new(const struct alert_settings *settings, alert_fire_fn *on_fire, void *arg)
{
    struct alerts *alerts = calloc(1, sizeof *alerts);
    if (!alerts)
        return NULL;
    alerts->settings = *settings;
    alerts->on_fire = on_fire;
    alerts->arg = arg;
    alerts->basis[ALERT_LEVEL] = settings->style_controlled ? BASIS_CONTROLLED : BASIS_GAP;
    alerts->basis[ALERT_DRIFT] = BASIS_GAP;
    alerts->basis[ALERT_AMPLIFICATION] = settings->neutral_pairs ? BASIS_WITHIN : BASIS_ACROSS;
    alerts->basis[ALERT_DIVERGENCE] = BASIS_EXCESS;
    confseq_bets_init(&alerts->bets, alert_level_null(settings));
    return alerts;
}

void alerts_free(struct alerts *alerts)
{
    if (!alerts)
        return;
    while (alerts->epochs) {
        struct epoch *epoch = alerts->epochs;
        alerts->epochs = epoch->next;
        free(epoch);
    }
    free(alerts);
}

uint64_t alerts_seq(const struct alerts *alerts)
{
    return alerts->seq;
}

void alerts_health(const struct alerts *alerts, struct health *out)
{
    *out = alerts->current ? alerts->current->health : (struct health){0};
}

/* ---- evidence ---- */

/* One stream, found. */
struct place {
    const struct epoch *epoch;
    size_t condition;
    enum alert_kind kind;
};

static const struct stream *stream_at(struct place place)
{
    return &place.epoch->streams[place.condition][place.kind];
}

static double threshold_of(const struct alerts *alerts, struct place place)
{
    if (place.kind == ALERT_DRIFT)
        return drift_threshold_log(alerts->settings.drift_alpha, alerts->settings.drift_horizon);
    struct tally_settings settings = alerts->settings.tally;
    settings.epoch_number = stream_at(place)->turn;
    return tally_threshold_log(&settings);
}

static double null_of(const struct alerts *alerts, struct place place)
{
    if (place.kind == ALERT_LEVEL)
        return alert_level_null(&alerts->settings);
    return place.kind == ALERT_DRIFT ? place.epoch->drift[place.condition].m0 : 0;
}

static struct counts signs_of(const struct grid *grid, const uint64_t *at)
{
    struct counts counts = {0, 0, 0};
    for (size_t i = 0; i < grid->count; i++) {
        uint64_t *which = 2 * i + 1 > grid->count   ? &counts.plus
                          : 2 * i + 1 < grid->count ? &counts.minus
                                                    : &counts.zero; /* grids are symmetric about 0 */
        *which += at[i];
    }
    return counts;
}

static double evidence_of(const struct alerts *alerts, struct place place)
{
    const struct stream *stream = stream_at(place);
    enum alert_basis basis = alerts->basis[place.kind];
    if (place.kind == ALERT_DRIFT)
        return drift_log_evidence(&place.epoch->drift[place.condition]);
    if (basis == BASIS_GAP)
        return confseq_bets_log_evidence(&alerts->bets, signs_of(&signs, stream->at));
    return grid_log_evidence(grid_of(basis), stream->at, null_of(alerts, place));
}

void alert_mean(const struct alert *alert, double *value, double *lower, double *upper)
{
    const struct grid *grid = grid_of(alert->basis);
    *value = grid_mean(grid, alert->at);
    if (alert->basis == BASIS_GAP)
        confseq_interval(signs_of(grid, alert->at), TALLY_INTERVAL_ALPHA, lower, upper);
    else
        grid_interval(grid, alert->at, TALLY_INTERVAL_ALPHA, lower, upper);
}

static struct alert stand(const struct alerts *alerts, struct place place)
{
    const struct stream *stream = stream_at(place);
    const struct alert_settings *settings = &alerts->settings;
    bool biased = place.kind == ALERT_LEVEL || place.kind == ALERT_DRIFT;
    struct alert alert = {.kind = place.kind,
                          .basis = alerts->basis[place.kind],
                          .condition = condition_at(place.condition),
                          .suspended = health_fails(&place.epoch->health),
                          .unknown = stream->unknown,
                          .log_evidence = evidence_of(alerts, place),
                          .threshold_log = threshold_of(alerts, place),
                          .null = null_of(alerts, place),
                          .watching = place.kind != ALERT_DRIFT || drift_watching(&place.epoch->drift[place.condition]),
                          .uncalibrated = biased && !settings->style_controlled && !settings->style_measured};
    alert.counts = signs_of(grid_of(alert.basis), stream->at);
    memcpy(alert.at, stream->at, sizeof alert.at);
    memcpy(alert.telling, stream->telling, sizeof alert.telling);
    snprintf(alert.epoch, sizeof alert.epoch, "%s", place.epoch->name);
    return alert;
}

void alerts_standing(const struct alerts *alerts, enum alert_kind kind, struct condition condition, struct alert *out)
{
    size_t index = condition_index(condition);
    const struct latch *latch = &alerts->latches[index][kind];
    if (latch->alert.firing) {
        *out = latch->alert;
        out->suspended = health_fails(&alerts->current->health);
    } else if (alerts->current) {
        *out = stand(alerts, (struct place){alerts->current, index, kind});
    } else {
        *out = (struct alert){.kind = kind, .basis = alerts->basis[kind], .condition = condition};
    }
}

static void fire_if_proved(struct alerts *alerts, size_t condition, enum alert_kind kind)
{
    struct latch *latch = &alerts->latches[condition][kind];
    struct place place = {alerts->current, condition, kind};
    if (latch->alert.firing || health_fails(&alerts->current->health) ||
        evidence_of(alerts, place) < threshold_of(alerts, place))
        return;
    latch->alert = stand(alerts, place);
    latch->alert.firing = true;
    latch->alert.fired_seq = alerts->seq;
    latch->epoch = alerts->current;
    if (alerts->on_fire)
        alerts->on_fire(&latch->alert, alerts->arg);
}

/* ---- taking in ---- */

static bool is_control(struct condition condition)
{
    return condition.context == CONTEXT_NONE && condition.belief == BELIEF_NONE;
}

/* The latest first. */
static void note_telling(struct stream *stream, uint64_t seq)
{
    memmove(stream->telling + 1, stream->telling, (ALERT_TELLING - 1) * sizeof *stream->telling);
    stream->telling[0] = seq;
}

static void count(struct alerts *alerts, const struct tally_trial *trial, enum alert_kind kind, size_t at, bool unknown)
{
    size_t condition = condition_index(trial->condition);
    struct stream *stream = &alerts->current->streams[condition][kind];
    stream->at[at]++;
    stream->unknown += unknown;
    if (2 * at + 1 <= grid_of(alerts->basis[kind])->count)
        return;
    note_telling(stream, trial->seq);
    fire_if_proved(alerts, condition, kind);
}

/* Where a difference is bet on, a trial takes part when its other half was asked; what failed of either is a zero. */
static void count_difference(struct alerts *alerts, const struct tally_trial *trial, enum alert_kind kind,
                             enum estimand estimand, const struct outcome *other)
{
    size_t place;
    if (!other->known && !other->asked)
        return;
    bool known = !trial->missing && tally_trial_place(trial, estimand, &place);
    count(alerts, trial, kind, known ? place : estimand_grids[estimand].count / 2, !known);
}

static void take_across(struct alerts *alerts, const struct tally_trial *trial, int x, bool unknown)
{
    size_t index = condition_index(trial->condition);
    struct epoch *epoch = alerts->current;
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        bool paired;
        if (!is_control(trial->condition) && i == index) {
            struct stream *stream = &epoch->streams[i][ALERT_AMPLIFICATION];
            stream->unknown += unknown;
            if (x > 0)
                note_telling(stream, trial->seq);
            paired = amplification_add_cue(&epoch->across[i], x);
        } else {
            paired = is_control(trial->condition) && !is_control(condition_at(i)) &&
                     amplification_add_control(&epoch->across[i], x);
        }
        if (!paired)
            continue;
        memcpy(epoch->streams[i][ALERT_AMPLIFICATION].at, epoch->across[i].at, sizeof epoch->across[i].at);
        fire_if_proved(alerts, i, ALERT_AMPLIFICATION);
    }
}

static void take_counted(struct alerts *alerts, const struct tally_trial *trial)
{
    bool unknown = trial->missing || !trial->has_outcome;
    int x = unknown ? 0 : trial->x;
    size_t excess;
    if (alerts->basis[ALERT_LEVEL] == BASIS_GAP)
        count(alerts, trial, ALERT_LEVEL, (size_t)(x + 1), unknown);
    else
        count_difference(alerts, trial, ALERT_LEVEL, ESTIMAND_CONTROLLED, &trial->control);
    drift_add(&alerts->current->drift[condition_index(trial->condition)], trial->seq, x);
    count(alerts, trial, ALERT_DRIFT, (size_t)(x + 1), unknown);
    if (alerts->basis[ALERT_AMPLIFICATION] == BASIS_ACROSS)
        take_across(alerts, trial, x, unknown);
    else
        count_difference(alerts, trial, ALERT_AMPLIFICATION, ESTIMAND_WITHIN, &trial->neutral);
    if (!trial->missing && tally_trial_place(trial, ESTIMAND_EXCESS, &excess))
        count(alerts, trial, ALERT_DIVERGENCE, excess, false);
}

/* What passed its threshold while alerts were suspended fires when they no longer are. */
static void fire_what_waited(struct alerts *alerts)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        for (int kind = 0; kind < ALERT_KIND_COUNT; kind++)
            fire_if_proved(alerts, i, (enum alert_kind)kind);
}

int alerts_take(struct alerts *alerts, const struct tally_trial *trial, const char *epoch, unsigned epoch_number)
{
    if (trial->seq <= alerts->seq)
        return 0;
    struct epoch *current = epoch_find(alerts, epoch, epoch_number);
    if (!current)
        return -1;
    alerts->current = current;
    alerts->seq = trial->seq;
    bool changed = health_add(&current->health, trial, alerts->settings.judged);
    if (trial->counted)
        take_counted(alerts, trial);
    if (changed)
        fire_what_waited(alerts);
    return 0;
}

void alerts_take_canary(struct alerts *alerts, bool right)
{
    if (alerts->current && health_add_canary(&alerts->current->health, right, alerts->seq))
        fire_what_waited(alerts);
}

bool alerts_acknowledge(struct alerts *alerts, enum alert_kind kind, struct condition condition)
{
    size_t index = condition_index(condition);
    struct latch *latch = &alerts->latches[index][kind];
    if (!latch->alert.firing)
        return false;
    latch->alert = (struct alert){.kind = kind, .condition = condition};
    stream_start(alerts, latch->epoch, index, kind);
    return true;
}

int alerts_each(const struct alerts *alerts, alert_each_fn *fn, void *arg)
{
    int rc = 0;
    for (int kind = 0; kind < ALERT_KIND_COUNT && rc == 0; kind++)
        for (size_t i = 0; i < CONDITION_COUNT && rc == 0; i++)
            if (alerts->latches[i][kind].alert.firing) {
                struct alert alert;
                alerts_standing(alerts, (enum alert_kind)kind, condition_at(i), &alert);
                rc = fn(&alert, arg);
            }
    return rc;
}
