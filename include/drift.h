/* drift: has a gap begun to grow? Shiryaev-Roberts e-detector, formula (8) of docs/statistics.md.
 *
 * A restarting bet against "the gap is at most m0": after t comparisons the chance that it ever reached A is at most
 * t/A, and it needs no known baseline. m0 is the upper 99 % bound of a frozen reference window. The state depends on
 * the order of the outcomes, and replaying the rows gives the same bits. Pure.
 */
#ifndef CANDOR_DRIFT_H
#define CANDOR_DRIFT_H

#include "confseq.h"

#define DRIFT_BETS      12
#define DRIFT_REFERENCE 300 /* outcomes of the reference window */

struct drift {
    struct counts reference; /* while it fills; frozen at DRIFT_REFERENCE */
    double m0;               /* set when the window is full */
    double log_wealth[DRIFT_BETS];
    uint64_t n;   /* outcomes behind the window */
    uint64_t seq; /* of the last trial taken in */
};

void drift_init(struct drift *drift); /* fills a reference window first */
void drift_add(struct drift *drift, uint64_t seq, int x);
bool drift_watching(const struct drift *drift);       /* the reference window is full */
double drift_log_evidence(const struct drift *drift); /* -inf before the first outcome behind the window */
void drift_restart(struct drift *drift);              /* after an alarm, against the same baseline */
/* log A for which the chance of a false alarm within the horizon, over all conditions together, is at most alpha. */
double drift_threshold_log(double alpha, uint64_t horizon);

#endif
