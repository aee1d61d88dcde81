/* alert_store: alerts beside the store: its outcomes taken in from where they left off, acknowledgements, and how the
 * judge did on pairs of known verdict.
 *
 * Such a note is a row that says after which trial it was made, so that a replay applies it at the same place.
 * Readers and the acknowledging command open their own connections; any thread.
 */
#ifndef CANDOR_ALERT_STORE_H
#define CANDOR_ALERT_STORE_H

#include "alert.h"

struct alert_notes { /* the last rows taken in; zeroed at first */
    int64_t acknowledgement, canary;
};
/* Takes in what the store has got since last time. Called again and again it gives what one replay of everything
 * gives. */
MUST_USE int alert_store_sync(const char *path, struct alerts *alerts, struct alert_notes *notes, struct err *err);
/* Writes down how the judge did, behind the last trial that alerts have taken in. */
MUST_USE int alert_store_canaries(const char *path, const struct alerts *alerts, unsigned right, unsigned wrong,
                                  struct err *err);
/* Fills in the ids of the trials that tell, where the store still holds them; else they stay empty. */
void alert_store_name(const char *path, struct alert *alert);
/* Writes an acknowledgement. 0, 1 when that alert is not firing, -1. */
MUST_USE int alert_store_acknowledge(const char *path, const struct alert_settings *settings, enum alert_kind kind,
                                     struct condition condition, struct err *err);

#endif
