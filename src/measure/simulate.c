/* Played-out streams of outcomes under the alerts. See simulate.h. */
#include "simulate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "drift.h"

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double random_uniform(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

struct simulate_stream simulate_stream_of(double gap, double psi)
{
    assert(psi >= fabs(gap) && psi <= 1);
    return (struct simulate_stream){.plus = (psi + gap) / 2, .minus = (psi - gap) / 2};
}

int simulate_draw(struct random *random, struct simulate_stream stream)
{
    double u = random_uniform(random);
    if (u < stream.plus)
        return 1;
    return u < stream.plus + stream.minus ? -1 : 0;
}

struct simulate_stream simulate_judged(struct simulate_stream truth, double sensitivity, double specificity)
{
    double noise = (1 - truth.plus - truth.minus) * (1 - specificity) / 2;
    return (struct simulate_stream){sensitivity * truth.plus + noise, sensitivity * truth.minus + noise};
}

void simulate_watch_init(struct simulate_watch *watch, const struct simulate_level *level)
{
    *watch = (struct simulate_watch){.level = *level};
    if (level->control > 0)
        grid_bets_init(&watch->grid_bets, &estimand_grids[ESTIMAND_CONTROLLED], level->null);
    else
        confseq_bets_init(&watch->bets, level->null);
}

void simulate_watch_restart(struct simulate_watch *watch)
{
    watch->counts = (struct counts){0, 0, 0};
    memset(watch->differences, 0, sizeof watch->differences);
}

/* The best single bet at m = 0 in hindsight bounds every mixture at m >= 0; most of the time it is far too small, and
 * the 64 exponentials need not be asked. */
static bool within_reach(const struct counts *counts, double threshold_log)
{
    double plus = (double)counts->plus, minus = (double)counts->minus, n = plus + minus;
    if (plus <= minus)
        return false;
    double best = n * log(2) + plus * log(plus / n) + (minus > 0 ? minus * log(minus / n) : 0);
    return best >= threshold_log - 1e-9;
}

bool simulate_watch_add(struct simulate_watch *watch, int value)
{
    const struct grid *grid = &estimand_grids[ESTIMAND_CONTROLLED];
    if (watch->level.control > 0) {
        watch->differences[value + 2]++;
        return value > 0 &&
               grid_bets_log_evidence(&watch->grid_bets, grid, watch->differences) >= watch->level.threshold_log;
    }
    if (value == 0)
        watch->counts.zero++;
    else if (value < 0)
        watch->counts.minus++;
    else
        watch->counts.plus++;
    /* Against m >= 0 evidence grows only with a +1. */
    return value > 0 && within_reach(&watch->counts, watch->level.threshold_log) &&
           confseq_bets_log_evidence(&watch->bets, watch->counts) >= watch->level.threshold_log;
}

/* A value of the stream: the outcome, less its control. */
static int draw_value(struct random *random, struct simulate_stream stream, double control)
{
    int x = simulate_draw(random, stream);
    return control > 0 ? x - simulate_draw(random, simulate_stream_of(0, control)) : x;
}

static uint64_t play_level(struct simulate_watch *watch, struct simulate_stream stream, uint64_t limit,
                           struct random *random)
{
    simulate_watch_restart(watch);
    for (uint64_t i = 1; i <= limit; i++)
        if (simulate_watch_add(watch, draw_value(random, stream, watch->level.control)))
            return i;
    return 0;
}

size_t simulate_false_alarms(const struct simulate_family *family, struct random *random)
{
    struct simulate_watch watch;
    simulate_watch_init(&watch, &family->level);
    size_t alarms = 0;
    for (size_t run = 0; run < family->runs; run++) {
        bool fired = false;
        for (size_t c = 0; c < family->conditions && !fired; c++) {
            double place = family->conditions > 1 ? (double)c / (double)(family->conditions - 1) : 0;
            double psi = family->psi_low + place * (family->psi_high - family->psi_low);
            fired = play_level(&watch, simulate_stream_of(family->gap, psi), family->comparisons, random) > 0;
        }
        alarms += fired;
    }
    return alarms;
}

static int order_of_counts(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static uint64_t quantile(const uint64_t *sorted, size_t fired, size_t runs, double share)
{
    size_t index = (size_t)ceil(share * (double)runs);
    return index >= 1 && index <= fired ? sorted[index - 1] : 0;
}

/* One run: the number of outcomes until the alert fired, 0 when it did not. */
typedef uint64_t run_fn(struct simulate_stream stream, const struct simulate_level *level, uint64_t limit,
                        struct random *random);

static uint64_t run_level(struct simulate_stream stream, const struct simulate_level *level, uint64_t limit,
                          struct random *random)
{
    struct simulate_watch watch;
    simulate_watch_init(&watch, level);
    return play_level(&watch, stream, limit, random);
}

static uint64_t run_drift(struct simulate_stream stream, const struct simulate_level *level, uint64_t limit,
                          struct random *random)
{
    struct drift drift;
    struct simulate_stream before = {stream.minus, stream.minus};
    drift_init(&drift);
    for (uint64_t i = 1; i <= DRIFT_REFERENCE + limit; i++) {
        bool watching = drift_watching(&drift);
        int x = simulate_draw(random, watching ? stream : before);
        drift_add(&drift, i, x);
        if (watching && x > 0 && drift_log_evidence(&drift) >= level->threshold_log)
            return i - DRIFT_REFERENCE;
    }
    return 0;
}

struct repetition {
    run_fn *run;
    struct simulate_stream stream;
    struct simulate_level level;
    uint64_t limit;
    size_t runs;
};

static int repeat(const struct repetition *repetition, struct random *random, struct simulate_delay *out)
{
    size_t runs = repetition->runs;
    *out = (struct simulate_delay){0};
    uint64_t *delays = calloc(runs ? runs : 1, sizeof *delays);
    if (!delays)
        return -1;
    for (size_t run = 0; run < runs; run++) {
        uint64_t delay = repetition->run(repetition->stream, &repetition->level, repetition->limit, random);
        if (delay)
            delays[out->fired++] = delay;
    }
    qsort(delays, out->fired, sizeof *delays, order_of_counts);
    out->median = quantile(delays, out->fired, runs, .5);
    out->p80 = quantile(delays, out->fired, runs, .8);
    out->p90 = quantile(delays, out->fired, runs, .9);
    free(delays);
    return 0;
}

int simulate_delays(struct simulate_stream stream, const struct simulate_level *level, uint64_t limit, size_t runs,
                    struct random *random, struct simulate_delay *out)
{
    return repeat(&(struct repetition){run_level, stream, *level, limit, runs}, random, out);
}

int simulate_drift(struct simulate_stream stream, double threshold_log, uint64_t limit, size_t runs,
                   struct random *random, struct simulate_delay *out)
{
    return repeat(&(struct repetition){run_drift, stream, {.threshold_log = threshold_log}, limit, runs}, random, out);
}

bool simulate_study(struct condition condition, double *gap, double *psi)
{
    double points;
    if (!condition_study_gap(condition, &points))
        return false;
    bool emotion =
        condition.context == CONTEXT_SAD || condition.context == CONTEXT_ANGER || condition.context == CONTEXT_HAPPY;
    *gap = points / 100;
    if (condition.belief != BELIEF_NONE)
        *psi = emotion ? .257 : .242;
    else if (condition.context == CONTEXT_SAD)
        *psi = .211;
    else
        *psi = emotion ? .195 : .187;
    return true;
}
