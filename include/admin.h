/* admin: health, metrics, the JSON API and the dashboard, on a listener of its own, on the control thread's loop.
 *
 * Everything but /healthz and /readyz needs the bearer token when one is set (compared in constant time); without it,
 * `/` answers 401 with the page that asks for it, and the page's own script and style, which hold no data, are given to
 * anybody. Host and Origin are checked against DNS rebinding. Answers are nosniff, no-store and under a strict CSP.
 */
#ifndef CANDOR_ADMIN_H
#define CANDOR_ADMIN_H

#include "alert_watch.h"
#include "conf.h"
#include "json.h"
#include "loop.h"
#include "metrics.h"
#include "sockets.h"
#include "tally.h"

struct admin;

struct admin_ops {                              /* on the control thread */
    bool (*ready)(const char **why, void *arg); /* false: why not, a fixed word */
    void (*tally)(struct tally *copy, void *arg);
    void (*status)(struct json_writer *w, void *arg); /* members of /api/status */
    void *arg;
    void (*settings)(struct tally_settings *out, void *arg); /* what the evidence is judged by */
    /* How the alerts stand; 0 while nothing follows a store: then the tally alone says it. May be NULL. */
    size_t (*alerts)(struct alert out[ALERT_WATCH_MAX], struct health *health, void *arg);
};

MUST_USE struct admin *admin_start(struct loop *loop, struct conf *conf, struct sockets *inherited,
                                   struct metrics *metrics, struct admin_ops ops, struct err *err);
const char *admin_address(const struct admin *admin);
int admin_socket(const struct admin *admin); /* that listens */
void admin_drain(struct admin *admin);       /* a successor answers from now on */
void admin_configure(struct admin *admin, struct conf *conf);
void admin_stop(struct admin *admin);

#endif
