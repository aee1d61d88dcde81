/* Conditions together: discoveries, the population's gap, amplification, sizes. See evidence.h. */
#include "evidence.h"

#include <assert.h>
#include <math.h>

#include "logspace.h"

/* The number of e-values that are at least as large as this one, itself included. */
static size_t rank_of(const double *log_evidence, size_t count, size_t index)
{
    size_t rank = 0;
    for (size_t i = 0; i < count; i++)
        rank += log_evidence[i] >= log_evidence[index];
    return rank;
}

size_t evidence_discover(const double *log_evidence, size_t count, double rate, bool *discovered)
{
    size_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = rank_of(log_evidence, count, i);
        if (k > largest && log((double)k) + log_evidence[i] - log((double)count) >= -log(rate))
            largest = k;
    }
    for (size_t i = 0; i < count; i++)
        discovered[i] = rank_of(log_evidence, count, i) <= largest;
    return largest;
}

double evidence_log_mean(const double *log_evidence, size_t count)
{
    assert(count > 0);
    return log_sum(log_evidence, count) - log((double)count);
}

void evidence_population(const struct stratum *strata, size_t count, double alpha, double *gap, double *lower,
                         double *upper)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += strata[i].share > 0;
    *gap = *lower = *upper = 0;
    for (size_t i = 0; i < count; i++) {
        double low, high;
        if (strata[i].share <= 0)
            continue;
        confseq_interval(strata[i].counts, alpha / (double)used, &low, &high);
        *gap += strata[i].share * confseq_gap(strata[i].counts);
        *lower += strata[i].share * low;
        *upper += strata[i].share * high;
    }
}

/* ---- amplification ---- */

static void ring_put(int8_t *ring, unsigned first, unsigned *count, int value)
{
    if (*count < AMPLIFICATION_WAITING)
        ring[(first + (*count)++) % AMPLIFICATION_WAITING] = (int8_t)value;
}

static int ring_take(const int8_t *ring, unsigned *first, unsigned *count)
{
    int value = ring[*first];
    *first = (*first + 1) % AMPLIFICATION_WAITING;
    --*count;
    return value;
}

static bool pair_waiting(struct amplification *a)
{
    bool paired = a->cue_count > 0 && a->control_count > 0;
    while (a->cue_count > 0 && a->control_count > 0) {
        int cue = ring_take(a->cues, &a->cue_first, &a->cue_count);
        int controls = ring_take(a->controls, &a->control_first, &a->control_count);
        a->at[AMPLIFICATION_CONTROLS * (2 + cue) - controls]++; /* (cue - controls / 4 + 2) / (1 / 4) */
    }
    return paired;
}

bool amplification_add_cue(struct amplification *amplification, int x)
{
    ring_put(amplification->cues, amplification->cue_first, &amplification->cue_count, x);
    return pair_waiting(amplification);
}

bool amplification_add_control(struct amplification *amplification, int x)
{
    amplification->control_sum += x;
    if (++amplification->control_part < AMPLIFICATION_CONTROLS)
        return false;
    ring_put(amplification->controls, amplification->control_first, &amplification->control_count,
             amplification->control_sum);
    amplification->control_sum = 0;
    amplification->control_part = 0;
    return pair_waiting(amplification);
}

/* ---- sizes ---- */

/* The upper quantile of the normal distribution, by bisection of its tail: exact to a double, and rarely asked. */
static double normal_upper(double tail)
{
    double low = -40, high = 40;
    for (int step = 0; step < 100; step++) {
        double middle = (low + high) / 2;
        if (erfc(middle / sqrt(2)) / 2 > tail)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

uint64_t evidence_mcnemar_size(double gap, double psi, double alpha, double power)
{
    assert(gap > 0 && psi >= gap && alpha > 0 && power < 1);
    double root = normal_upper(alpha / 2) * sqrt(psi) + normal_upper(1 - power) * sqrt(psi - gap * gap);
    return (uint64_t)ceil(root * root / (gap * gap));
}
