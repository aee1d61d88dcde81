/* store_tell: what the outside learns of committed trials: counters, gauges, and one log line for each flagged trial.
 * The store thread's own.
 */
#ifndef CANDOR_STORE_TELL_H
#define CANDOR_STORE_TELL_H

#include "log.h"
#include "metrics.h"
#include "tally.h"
#include "trial.h"

/* Ids, condition and verdict; never content. */
void store_tell_trial(struct log *log, struct metrics *metrics, const struct trial *trial);
/* The gauges of one condition. level_null: what the level alert speaks against; NAN: who follows the store tells it. */
void store_tell_condition(struct metrics *metrics, const struct tally *tally, struct condition condition,
                          const struct tally_settings *settings, double level_null);

#endif
