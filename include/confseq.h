/* confseq: anytime-valid evidence and intervals for a mean in [-1, 1], and the rates beside it.
 *
 * Formula numbers are those of docs/statistics.md. Pure; doubles; results are bit-identical on replay
 * (-ffp-contract=off). Logs are natural.
 */
#ifndef CANDOR_CONFSEQ_H
#define CANDOR_CONFSEQ_H

#include "str.h"

struct counts { /* of the signed outcome X */
    uint64_t plus, zero, minus;
};

/* (1) Betting e-value for H0: E[X given past] <= m, mixture over 64 Gauss-Legendre nodes (Waudby-Smith & Ramdas,
 * arXiv:2010.09686; Ville's inequality). m in (-1, 1). */
double confseq_log_evidence(struct counts counts, double m);
/* The same with what depends on m worked out once, for whoever asks for the same m after every outcome. */
#define CONFSEQ_NODES 64
struct confseq_bets {
    double log_plus[CONFSEQ_NODES], log_zero[CONFSEQ_NODES], log_minus[CONFSEQ_NODES];
};
void confseq_bets_init(struct confseq_bets *bets, double m);
double confseq_bets_log_evidence(const struct confseq_bets *bets, struct counts counts); /* the same bits */
/* (2) Two-sided confidence sequence at level 1 - alpha; [-1, 1] without data. */
void confseq_interval(struct counts counts, double alpha, double *lower, double *upper);
double confseq_upper(struct counts counts, double alpha); /* one-sided */
/* Exact sequential McNemar, the closed form of (1) at m = 0. */
double confseq_log_mcnemar(uint64_t plus, uint64_t minus);
/* (4) Beta-binomial confidence sequence for a rate (Robbins 1970), prior Beta(a, b). */
void confseq_rate(uint64_t successes, uint64_t trials, double a, double b, double alpha, double *lower, double *upper);
double confseq_gap(struct counts counts); /* (plus - minus) / n; 0 without data */

/* (3) Bounded Y of few values, low, low + step, ..., with H0: E[Y given past] <= m, m above low: style-controlled and
 * paired differences. The state is how often each value came, so that a recount gives the same bits. */
#define CONFSEQ_BETS 11
#define GRID_MAX     17
struct grid {
    double low, step;
    size_t count; /* at most GRID_MAX; so many counts stand behind `at` below */
};
uint64_t grid_total(const struct grid *grid, const uint64_t *at);
double grid_mean(const struct grid *grid, const uint64_t *at);                   /* 0 without data */
double grid_log_evidence(const struct grid *grid, const uint64_t *at, double m); /* 0 without data */
/* The same bits with what depends on m worked out once. */
struct grid_bets {
    double log_factor[CONFSEQ_BETS][GRID_MAX];
};
void grid_bets_init(struct grid_bets *bets, const struct grid *grid, double m);
double grid_bets_log_evidence(const struct grid_bets *bets, const struct grid *grid, const uint64_t *at);
/* Two-sided at level 1 - alpha, by inverting (3) as (2) inverts (1); the whole grid without data. */
void grid_interval(const struct grid *grid, const uint64_t *at, double alpha, double *lower, double *upper);

#endif
