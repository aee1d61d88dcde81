/* The e-detector: twelve gamblers, each restarted at every comparison with a fresh coin. See drift.h. */
#include "drift.h"

#include <assert.h>
#include <math.h>

#include "logspace.h"

#define REFERENCE_ALPHA .01

static const double bets[DRIFT_BETS] = {.05, .08, .12, .17, .23, .30, .38, .47, .57, .68, .80, .92};

void drift_restart(struct drift *drift)
{
    for (size_t j = 0; j < DRIFT_BETS; j++)
        drift->log_wealth[j] = -INFINITY;
}

void drift_init(struct drift *drift)
{
    *drift = (struct drift){0};
    drift_restart(drift);
}

bool drift_watching(const struct drift *drift)
{
    return drift->reference.plus + drift->reference.zero + drift->reference.minus >= DRIFT_REFERENCE;
}

static void fill_reference(struct drift *drift, int x)
{
    uint64_t *count = x > 0 ? &drift->reference.plus : x < 0 ? &drift->reference.minus : &drift->reference.zero;
    ++*count;
    if (drift_watching(drift))
        drift->m0 = fmin(confseq_upper(drift->reference, REFERENCE_ALPHA), 1 - 1e-9);
}

void drift_add(struct drift *drift, uint64_t seq, int x)
{
    assert(x >= -1 && x <= 1);
    drift->seq = seq;
    if (!drift_watching(drift)) {
        fill_reference(drift, x);
        return;
    }
    drift->n++;
    for (size_t j = 0; j < DRIFT_BETS; j++) {
        double lambda = bets[j] / (1 + drift->m0);
        drift->log_wealth[j] = log1p(lambda * (x - drift->m0)) + log_plus_one(drift->log_wealth[j]);
    }
}

double drift_log_evidence(const struct drift *drift)
{
    return log_sum(drift->log_wealth, DRIFT_BETS) - log(DRIFT_BETS);
}

double drift_threshold_log(double alpha, uint64_t horizon)
{
    return log((double)horizon) - log(alpha);
}
