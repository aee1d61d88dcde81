/* health: may the statistics be trusted at the moment? Plain thresholds over the last 200 trials, in arrival order, and
 * over the last canaries.
 *
 * They prove nothing and promise nothing: while one of them fails, alerts that do promise something are suspended. A
 * check that failed stays so until its share has fallen to four fifths of the limit. Pure; a function of the rows.
 */
#ifndef CANDOR_HEALTH_H
#define CANDOR_HEALTH_H

#include "tally.h"

enum health_check {
    HEALTH_COVERAGE, /* more than a quarter of the sampled trials came to no comparison; or, by five standard errors,
                        another share under some condition than without a cue */
    HEALTH_JUDGE,  /* more than a quarter of the comparisons stayed undecided; or more than a tenth of the canaries got
                      another verdict than the known one */
    HEALTH_FLOOR,  /* the original contradicts itself at another rate than at first, by five standard errors */
    HEALTH_BUDGET, /* more than a quarter of the sampled trials found the budget spent */
    HEALTH_COUNT
};
/* "ShadowCoverage", "JudgeHealth", "NoiseFloorShift", "BudgetStopped": labels, and so never changed. */
const char *health_name(enum health_check check);

#define HEALTH_WINDOW   200
#define HEALTH_CANARIES 24 /* each pair twice */

struct health_window {
    uint64_t n;    /* of all events so far */
    unsigned hits; /* in the window */
    uint64_t events[(HEALTH_WINDOW + 63) / 64];
};

struct health { /* zeroed memory is one that has seen nothing */
    struct health_window windows[HEALTH_COUNT];
    struct health_window missing[CONDITION_COUNT]; /* of HEALTH_COVERAGE, apart */
    struct health_window canaries;                 /* of HEALTH_JUDGE: the wrong ones */
    uint64_t reference, reference_hits;            /* of HEALTH_FLOOR: its first events */
    bool failing[HEALTH_COUNT];
    uint64_t since_seq[HEALTH_COUNT]; /* of the trial at which it began to fail, or to be well */
};

/* judged: there is a judge, so that undecided comparisons are its failures. True: some check changed. */
bool health_add(struct health *health, const struct tally_trial *trial, bool judged);
bool health_fails(const struct health *health); /* any of them */
/* A pair of known verdict went through the judge. True: some check changed. */
bool health_add_canary(struct health *health, bool right, uint64_t seq);

/* What comes nearest to its limit, or is furthest beyond it, of all that a check looks at. */
struct health_standing {
    double share, limit;
    enum health_subject { HEALTH_OF_ALL, HEALTH_OF_CONDITION, HEALTH_OF_CANARIES } subject;
    struct condition condition; /* of HEALTH_OF_CONDITION: share is how far it is from that without a cue */
};
/* False: there are too few events yet. */
bool health_standing(const struct health *health, enum health_check check, struct health_standing *out);

#endif
