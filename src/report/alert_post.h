/* alert_post: telling webhooks and an Alertmanager, on the alert watch's loop. Private to src/report.
 *
 * A delivery is tried six times with doubling pauses, then dropped and logged. Secrets and URLs are never logged.
 */
#ifndef CANDOR_ALERT_POST_H
#define CANDOR_ALERT_POST_H

#include "alert.h"
#include "conf.h"
#include "fetch.h"

struct alert_poster;

MUST_USE struct alert_poster *alert_poster_new(struct loop *loop, uint64_t retry_ms, struct log *log, struct err *err);
void alert_poster_free(struct alert_poster *poster); /* drops what is under way; accepts NULL */

/* Deliveries that nobody has taken yet; any thread may ask. */
size_t alert_poster_under_way(const struct alert_poster *poster);

/* What the configured webhooks are to be told: collected, and sent as one digest by flush. */
void alert_poster_add(struct alert_poster *poster, const struct conf *conf, const struct alert *alert,
                      const struct alert_settings *settings);
void alert_poster_add_health(struct alert_poster *poster, const struct health *health, enum health_check check);
void alert_poster_flush(struct alert_poster *poster, const struct conf *conf); /* nothing collected: does nothing */
/* Sends the configured Alertmanager what fires (active) or fired until now. since_ms: when it was first seen. */
void alert_poster_report(struct alert_poster *poster, const struct conf *conf, const struct alert *alert,
                         const struct alert_settings *settings, int64_t since_ms, bool active);

/* "sha256=" and the HMAC of the body in hex, for the header x-candor-signature. */
void alert_sign(const char *secret, struct slice body, char signature[72]);

#endif
