/* alert_watch: a thread that follows the store, keeps the alerts' gauges, logs what fires, and tells whom it concerns.
 *
 * It reads the store like any other reader, so neither the live path nor the writer ever waits for it, and what it
 * knows is what a replay gives. Without a store there is nothing to follow and it does nothing. Any thread may call
 * these.
 */
#ifndef CANDOR_ALERT_WATCH_H
#define CANDOR_ALERT_WATCH_H

#include "alert.h"
#include "conf.h"
#include "log.h"
#include "metrics.h"

struct alert_watch;

struct alert_watch_pace {
    uint64_t follow_ms; /* between looks at the store */
    uint64_t resend_ms; /* Alertmanager wants what is active again and again */
    uint64_t retry_ms;  /* before the second attempt of a delivery; doubles */
};
#define ALERT_WATCH_PACE ((struct alert_watch_pace){2000, 60000, 2000})

/* The alerts that fired before are known at the return, and are not told again to webhooks. */
MUST_USE struct alert_watch *alert_watch_start(struct conf *conf, struct alert_watch_pace pace, struct log *log,
                                               struct metrics *metrics, struct err *err);
void alert_watch_configure(struct alert_watch *watch, struct conf *conf); /* SIGHUP */
/* A pair of known verdict went through the judge: written to the store with the next look. */
void alert_watch_canary(struct alert_watch *watch, bool right);
/* How each alert that has seen a trial stands, and the health checks, as of the last look; returns how many. */
#define ALERT_WATCH_MAX ((size_t)ALERT_KIND_COUNT * CONDITION_COUNT)
size_t alert_watch_standing(struct alert_watch *watch, struct alert out[ALERT_WATCH_MAX], struct health *health);
/* Of several processes that have the store one after the other, one tells of an alert: who lets go of it looks a last
 * time, tells what is new, and looks no more until it is woken. True once that is so: ask again until then. */
bool alert_watch_rest(struct alert_watch *watch);
void alert_watch_wake(struct alert_watch *watch);
/* Deliveries that nobody has taken yet; also of one that rests. */
size_t alert_watch_under_way(const struct alert_watch *watch);
void alert_watch_stop(struct alert_watch *watch); /* accepts NULL; joins */

#endif
