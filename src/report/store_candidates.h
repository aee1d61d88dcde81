/* store_candidates: the tallies of the candidates, for their gauges. The store thread's own.
 *
 * Each is the replay of what the file holds of a candidate in the current epoch, made when the first trial of an epoch
 * has been committed, and added to from then on: so it is right after a restart too.
 */
#ifndef CANDOR_STORE_CANDIDATES_H
#define CANDOR_STORE_CANDIDATES_H

#include <sqlite3.h>

#include "conf.h"
#include "metrics.h"
#include "tally.h"
#include "trial.h"

struct store_candidates;

MUST_USE struct store_candidates *store_candidates_new(void); /* NULL when memory runs out */
void store_candidates_free(struct store_candidates *candidates);
/* A trial of the current epoch has been committed. -1: the file could not be read, and its next trial tries again. */
MUST_USE int store_candidates_add(struct store_candidates *candidates, sqlite3 *sqlite, const struct trial *trial,
                                  struct err *err);
/* Sets the gauges of what has changed since, of those that are configured. */
void store_candidates_tell(struct store_candidates *candidates, const struct conf *conf, struct metrics *metrics,
                           const struct tally_settings *settings);
/* Withdraws the gauges of those that a reload has taken away. Any thread. */
void store_candidates_withdraw(const struct conf *old, const struct conf *fresh, struct metrics *metrics);

#endif
