/* health: may the statistics be trusted at the moment? Plain thresholds over the last 200 trials, in arrival order.
 *
 * They prove nothing and promise nothing: while one of them fails, alerts that do promise something are suspended. A
 * check that failed stays so until its share has fallen to four fifths of the limit. Pure; a function of the rows.
 */
#ifndef CANDOR_HEALTH_H
#define CANDOR_HEALTH_H

#include "tally.h"

enum health_check {
    HEALTH_COVERAGE, /* more than a quarter of the sampled trials came to no comparison */
    HEALTH_JUDGE,    /* more than a quarter of the comparisons stayed undecided */
    HEALTH_FLOOR,    /* the original contradicts itself at another rate than at first, by five standard errors */
    HEALTH_BUDGET,   /* more than a quarter of the sampled trials found the budget spent */
    HEALTH_COUNT
};
/* "ShadowCoverage", "JudgeHealth", "NoiseFloorShift", "BudgetStopped": labels, and so never changed. */
const char *health_name(enum health_check check);

#define HEALTH_WINDOW 200

struct health_window {
    uint64_t n;    /* of all events so far */
    unsigned hits; /* in the window */
    uint8_t events[HEALTH_WINDOW];
};

struct health { /* zeroed memory is one that has seen nothing */
    struct health_window windows[HEALTH_COUNT];
    uint64_t reference, reference_hits; /* of HEALTH_FLOOR: its first events */
    bool failing[HEALTH_COUNT];
    uint64_t since_seq[HEALTH_COUNT]; /* of the trial at which it began to fail, or to be well */
};

/* judged: there is a judge, so that undecided comparisons are its failures. True: some check changed. */
bool health_add(struct health *health, const struct tally_trial *trial, bool judged);
bool health_fails(const struct health *health); /* any of them */
/* The share over the window, and what it is held against; false: fewer than HEALTH_WINDOW events yet. */
bool health_share(const struct health *health, enum health_check check, double *share, double *limit);

#endif
