/* daemon: the whole proxy in one object: the store, the conveyor, the shadow loop, the relay and the admin plane,
 * started and stopped in the right order. `candor serve` runs one; `candor demo` runs one beside its simulators.
 */
#ifndef CANDOR_DAEMON_H
#define CANDOR_DAEMON_H

#include "conf.h"
#include "log.h"
#include "tally.h"
#include "trial.h"

struct daemon;

struct daemon_watch {                                        /* what an embedding program wants to see; may be zero */
    void (*on_commit)(const struct trial *trial, void *arg); /* store thread */
    void *arg;
};

/* Starts everything but the control loop. Takes no reference of conf from the caller; holds its own. */
MUST_USE struct daemon *daemon_start(struct conf *conf, struct log *log, struct daemon_watch watch, struct err *err);
/* Runs the control loop on this thread until SIGTERM, SIGINT or daemon_stop, then drains: streams finish, trials in
 * flight come home, up to the configured drain time. A second signal ends it at once. */
void daemon_run(struct daemon *daemon);
void daemon_stop(struct daemon *daemon); /* any thread */
void daemon_free(struct daemon *daemon); /* after daemon_run has returned, or without it; accepts NULL */

const char *daemon_data_address(const struct daemon *daemon);  /* "127.0.0.1:40123", the first listener's */
const char *daemon_admin_address(const struct daemon *daemon); /* "" without an admin plane */
void daemon_tally(struct daemon *daemon, struct tally *copy);  /* any thread */

#endif
