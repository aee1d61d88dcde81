/* evidence: several conditions taken together, and differences between them. Pure; formulas of docs/statistics.md. */
#ifndef CANDOR_EVIDENCE_H
#define CANDOR_EVIDENCE_H

#include "confseq.h"

/* e-BH (Wang and Ramdas): which of these e-values may be called discoveries at this false discovery rate, whatever
 * their dependence. For the snapshot of a report only: it says nothing of running maxima, so it must never latch.
 * Returns how many. */
size_t evidence_discover(const double *log_evidence, size_t count, double rate, bool *discovered);
/* log of the mean of the e-values: evidence against "no condition at all is worse". */
double evidence_log_mean(const double *log_evidence, size_t count);

/* The gap over the traffic: each condition's share of all requests is known, because every request is classified. */
struct stratum {
    double share; /* they sum to 1 */
    struct counts counts;
};
void evidence_population(const struct stratum *strata, size_t count, double alpha, double *gap, double *lower,
                         double *upper);

/* Cue amplification across requests: the k-th outcome of a condition less the mean of the k-th four controls, both in
 * arrival order, bet on by (3). Confounded by what people with such cues ask. What waits for its partner is kept in
 * order; past the bound an outcome is left out, whatever its sign. */
#define AMPLIFICATION_CONTROLS 4
#define AMPLIFICATION_WAITING  256
struct amplification {
    uint64_t at[GRID_MAX];                                               /* differences, from -2 by quarters to 2 */
    int8_t cues[AMPLIFICATION_WAITING], controls[AMPLIFICATION_WAITING]; /* rings; a control entry is a sum of four */
    unsigned cue_first, cue_count, control_first, control_count;
    int control_sum;
    unsigned control_part; /* of the next four */
};
/* Zeroed memory is one that has seen nothing. True: a pair was completed. */
bool amplification_add_cue(struct amplification *amplification, int x);
bool amplification_add_control(struct amplification *amplification, int x);

/* (10) Trials that a fixed-size McNemar test needs for this gap, discordance psi, two-sided alpha and power. */
uint64_t evidence_mcnemar_size(double gap, double psi, double alpha, double power);

#endif
