/* simulate: what the alerts guarantee, played out: false alarms, power and delay. Seeded, so every run is the same.
 *
 * The candor simulate command prints these and the tests hold the program to them; both play the formulas that run in
 * production. Pure.
 */
#ifndef CANDOR_SIMULATE_H
#define CANDOR_SIMULATE_H

#include "tally.h"

struct random { /* splitmix64 */
    uint64_t state;
};
uint64_t random_next(struct random *random);
double random_uniform(struct random *random); /* [0, 1) */

/* A stream of signed outcomes: P(+1) and P(-1). */
struct simulate_stream {
    double plus, minus;
};
struct simulate_stream simulate_stream_of(double gap, double psi); /* psi: the share of outcomes that are not 0 */
int simulate_draw(struct random *random, struct simulate_stream stream);
/* What a judge makes of it: it sees a difference with sensitivity, and where there is none it reports one of either
 * sign with 1 - specificity. */
struct simulate_stream simulate_judged(struct simulate_stream truth, double sensitivity, double specificity);

/* The level alert that is played: its null, its threshold, and its style controls. */
struct simulate_level {
    double null, threshold_log;
    double control; /* discordance of an answer with its own warm rewriting, as judged; 0: there are no controls */
};

/* Watches a condition's outcomes, each less its control where there are any, for the level alert. */
struct simulate_watch {
    struct simulate_level level;
    struct counts counts;
    uint64_t differences[5];
    struct confseq_bets bets;
    struct grid_bets grid_bets;
};
void simulate_watch_init(struct simulate_watch *watch, const struct simulate_level *level);
void simulate_watch_restart(struct simulate_watch *watch);
bool simulate_watch_add(struct simulate_watch *watch, int value); /* true: it fires at this outcome */

struct simulate_family {
    size_t conditions;
    uint64_t comparisons; /* of each */
    size_t runs;
    double gap;               /* of every condition; a null as long as it is no more than the level's */
    double psi_low, psi_high; /* discordance, spread over the conditions */
    struct simulate_level level;
};
/* In how many runs any condition fired at any time. */
size_t simulate_false_alarms(const struct simulate_family *family, struct random *random);

struct simulate_delay {
    size_t fired;              /* of the runs, within the limit */
    uint64_t median, p80, p90; /* comparisons until it fired; 0: fewer runs than that share fired */
};
MUST_USE int simulate_delays(struct simulate_stream stream, const struct simulate_level *level, uint64_t limit,
                             size_t runs, struct random *random, struct simulate_delay *out);

/* Outcomes behind a full reference window, whose gap is 0, until a gap that sets in then is called drift. */
MUST_USE int simulate_drift(struct simulate_stream stream, double threshold_log, uint64_t limit, size_t runs,
                            struct random *random, struct simulate_delay *out);

/* The study's gap of a condition and the discordance fitted to the study's cells; false: not studied. */
bool simulate_study(struct condition condition, double *gap, double *psi);

#endif
