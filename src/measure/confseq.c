/* Evidence and intervals that hold however often one looks, from counts alone.
 *
 * Each e-value is the wealth of a gambler who bets against the null and starts with 1: under the null it is a
 * nonnegative supermartingale, and Ville's inequality bounds the chance that it ever reaches 1/alpha by alpha. The
 * interval is the set of means against which that gambler has not become rich. The bets are mixed over a fixed
 * quadrature, so nothing is tuned on the data and a recount gives the same bits.
 */
#include "confseq.h"

#include <assert.h>
#include <math.h>

#include "logspace.h"
#include "nodes.h"

#define EDGE_STEPS 100
#define EDGE_WIDTH 1e-13

void confseq_bets_init(struct confseq_bets *bets, double m)
{
    assert(m > -1 && m < 1);
    for (size_t j = 0; j < CONFSEQ_NODES; j++) {
        /* With lambda = x / (1 + m), 1 - lambda (1 + m) is 1 - x exactly; only the other two factors know m. */
        double x = measure_nodes[j].x, lambda = x / (1 + m);
        bets->log_plus[j] = log1p(lambda * (1 - m));
        bets->log_zero[j] = log1p(-lambda * m);
        bets->log_minus[j] = log1p(-x);
    }
}

double confseq_bets_log_evidence(const struct confseq_bets *bets, struct counts counts)
{
    double logs[CONFSEQ_NODES], plus = (double)counts.plus, zero = (double)counts.zero, minus = (double)counts.minus;
    if (counts.plus + counts.zero + counts.minus == 0)
        return 0; /* and not the rounding of the weights' sum */
    for (size_t j = 0; j < CONFSEQ_NODES; j++)
        logs[j] = measure_nodes[j].log_weight + plus * bets->log_plus[j] + zero * bets->log_zero[j] +
                  minus * bets->log_minus[j];
    return log_sum(logs, CONFSEQ_NODES);
}

double confseq_log_evidence(struct counts counts, double m)
{
    struct confseq_bets bets;
    confseq_bets_init(&bets, m);
    return confseq_bets_log_evidence(&bets, counts);
}

double confseq_gap(struct counts counts)
{
    double n = (double)counts.plus + (double)counts.zero + (double)counts.minus;
    return n > 0 ? ((double)counts.plus - (double)counts.minus) / n : 0;
}

/* ---- where evidence reaches a threshold ---- */

typedef double evidence_fn(const void *data, double m);

struct place { /* a mean, and the log evidence against it beyond the threshold */
    double m, excess;
};

static double midway(struct place a, struct place b)
{
    return a.m + (b.m - a.m) / 2;
}

/* The mean at which evidence reaches the threshold, between one that is kept and one that is refuted; returned is a
 * refuted one, so that the interval errs on the wide side. Secants with every third step a bisection: a dozen questions
 * where bisection alone takes fifty, and never many more. */
static double evidence_edge(evidence_fn *evidence, const void *data, double kept_m, double refuted_m,
                            double log_threshold)
{
    struct place kept = {kept_m, evidence(data, kept_m) - log_threshold};
    struct place refuted = {refuted_m, evidence(data, refuted_m) - log_threshold};
    int same_side = 0; /* how often in a row kept (-) or refuted (+) has moved */
    for (int step = 1; step <= EDGE_STEPS && fabs(kept.m - refuted.m) > EDGE_WIDTH; step++) {
        double m = midway(kept, refuted);
        if (step % 3 != 0 && isfinite(refuted.excess)) {
            double secant = kept.m - kept.excess * (refuted.m - kept.m) / (refuted.excess - kept.excess);
            if (secant > fmin(kept.m, refuted.m) && secant < fmax(kept.m, refuted.m))
                m = secant;
        }
        double excess = evidence(data, m) - log_threshold;
        if (excess < 0) {
            kept = (struct place){m, excess};
            same_side = same_side < 0 ? same_side - 1 : -1;
            if (same_side < -1)
                refuted.excess /= 2; /* or a secant would creep up to it from one side (the Illinois rule) */
        } else {
            refuted = (struct place){m, excess};
            same_side = same_side > 0 ? same_side + 1 : 1;
            if (same_side > 1)
                kept.excess /= 2;
        }
    }
    return refuted.m;
}

static double counts_evidence(const void *data, double m)
{
    return confseq_log_evidence(*(const struct counts *)data, m);
}

/* The smallest mean that the evidence has not refuted. Evidence falls as m rises to the observed mean. */
static double lower_bound(struct counts counts, double log_threshold)
{
    if (counts.plus + counts.zero + counts.minus == 0)
        return -1;
    double refuted = -1 + 1e-9, kept = fmin(confseq_gap(counts), 1 - 1e-9);
    if (kept <= refuted || confseq_log_evidence(counts, refuted) < log_threshold)
        return -1;
    return evidence_edge(counts_evidence, &counts, kept, refuted, log_threshold);
}

double confseq_upper(struct counts counts, double alpha)
{
    struct counts mirrored = {.plus = counts.minus, .zero = counts.zero, .minus = counts.plus};
    return -lower_bound(mirrored, -log(alpha));
}

void confseq_interval(struct counts counts, double alpha, double *lower, double *upper)
{
    double log_threshold = log(2 / alpha);
    struct counts mirrored = {.plus = counts.minus, .zero = counts.zero, .minus = counts.plus};
    *lower = lower_bound(counts, log_threshold);
    *upper = -lower_bound(mirrored, log_threshold);
}

double confseq_log_mcnemar(uint64_t plus, uint64_t minus)
{
    double k = (double)plus, n = (double)plus + (double)minus;
    /* The upper tail 1 - I(k+1, n-k+1) is computed directly as the lower tail of the mirrored beta. */
    return (n + 1) * log(2) + log_beta(k + 1, n - k + 1) + log_beta_incomplete(n - k + 1, k + 1, 0.5);
}

struct rate_question {
    double successes, failures, log_prior_mass; /* log B(a+S, b+n-S) - log B(a, b) */
};

static double rate_evidence(const void *data, double p)
{
    const struct rate_question *question = data;
    double log_likelihood = 0;
    if (question->successes > 0)
        log_likelihood += question->successes * log(p);
    if (question->failures > 0)
        log_likelihood += question->failures * log1p(-p);
    return question->log_prior_mass - log_likelihood;
}

void confseq_rate(uint64_t successes, uint64_t trials, double a, double b, double alpha, double *lower, double *upper)
{
    assert(successes <= trials && a > 0 && b > 0);
    *lower = 0;
    *upper = 1;
    if (trials == 0)
        return;
    double s = (double)successes, f = (double)(trials - successes), observed = s / (double)trials;
    struct rate_question question = {s, f, log_beta(a + s, b + f) - log_beta(a, b)};
    if (successes > 0)
        *lower = evidence_edge(rate_evidence, &question, observed, 0, -log(alpha));
    if (successes < trials)
        *upper = evidence_edge(rate_evidence, &question, observed, 1, -log(alpha));
}

/* ---- few values ---- */

/* Of the largest bet that cannot lose everything at once. */
static const double grid_shares[CONFSEQ_BETS] = {.02, .04, .07, .11, .16, .23, .32, .43, .56, .72, .9};

static double grid_value(const struct grid *grid, size_t index)
{
    return grid->low + (double)index * grid->step;
}

uint64_t grid_total(const struct grid *grid, const uint64_t *at)
{
    uint64_t total = 0;
    for (size_t i = 0; i < grid->count; i++)
        total += at[i];
    return total;
}

double grid_mean(const struct grid *grid, const uint64_t *at)
{
    uint64_t total = grid_total(grid, at);
    double sum = 0;
    for (size_t i = 0; i < grid->count; i++)
        sum += (double)at[i] * grid_value(grid, i);
    return total ? sum / (double)total : 0;
}

void grid_bets_init(struct grid_bets *bets, const struct grid *grid, double m)
{
    assert(grid->count <= GRID_MAX && m > grid->low);
    for (size_t j = 0; j < CONFSEQ_BETS; j++)
        for (size_t i = 0; i < grid->count; i++)
            bets->log_factor[j][i] = log1p(grid_shares[j] * ((grid_value(grid, i) - m) / (m - grid->low)));
}

double grid_bets_log_evidence(const struct grid_bets *bets, const struct grid *grid, const uint64_t *at)
{
    double logs[CONFSEQ_BETS];
    if (grid_total(grid, at) == 0)
        return 0;
    for (size_t j = 0; j < CONFSEQ_BETS; j++) {
        logs[j] = 0;
        for (size_t i = 0; i < grid->count; i++)
            logs[j] += (double)at[i] * bets->log_factor[j][i];
    }
    return log_sum(logs, CONFSEQ_BETS) - log(CONFSEQ_BETS);
}

double grid_log_evidence(const struct grid *grid, const uint64_t *at, double m)
{
    struct grid_bets bets;
    grid_bets_init(&bets, grid, m);
    return grid_bets_log_evidence(&bets, grid, at);
}

struct grid_question {
    const struct grid *grid;
    const uint64_t *at;
};

static double grid_evidence(const void *data, double m)
{
    const struct grid_question *question = data;
    return grid_log_evidence(question->grid, question->at, m);
}

/* Evidence falls as m rises, and is spent at the observed mean: there no bet has won. */
static double grid_lower(const struct grid *grid, const uint64_t *at, double log_threshold)
{
    double refuted = grid->low + 1e-9, kept = grid_mean(grid, at);
    if (grid_total(grid, at) == 0 || kept <= refuted || grid_log_evidence(grid, at, refuted) < log_threshold)
        return grid->low;
    return evidence_edge(grid_evidence, &(struct grid_question){grid, at}, kept, refuted, log_threshold);
}

void grid_interval(const struct grid *grid, const uint64_t *at, double alpha, double *lower, double *upper)
{
    struct grid mirrored = {-grid_value(grid, grid->count - 1), grid->step, grid->count};
    uint64_t turned[GRID_MAX];
    for (size_t i = 0; i < grid->count; i++)
        turned[i] = at[grid->count - 1 - i];
    *lower = grid_lower(grid, at, log(2 / alpha));
    *upper = -grid_lower(&mirrored, turned, log(2 / alpha));
}
