/* relay: the live path. N loops, each with its listeners, client connections, upstream pools and exchanges.
 *
 * Bytes pass verbatim both ways; only the framing is ours. What observes (the tap) has limits, fails open and counts.
 */
#ifndef CANDOR_RELAY_H
#define CANDOR_RELAY_H

#include "conf.h"
#include "log.h"
#include "metrics.h"
#include "pipeline.h"
#include "sockets.h"

struct relay;

/* Opens the listeners (all in this thread, before any runs), or takes those that are inherited, and starts the loops.
 * pipeline NULL: no tap. */
MUST_USE struct relay *relay_start(struct conf *conf, struct sockets *inherited, struct pipeline *pipeline,
                                   struct log *log, struct metrics *metrics, struct err *err);
/* The data plane's address as bound, of listener `index` ("127.0.0.1:40123"); "" when there is none. */
const char *relay_address(const struct relay *relay, size_t index);
void relay_configure(struct relay *relay,
                     struct conf *conf);      /* SIGHUP: new exchanges use it, those in flight keep theirs */
void relay_drain(struct relay *relay);        /* stop accepting, let exchanges finish */
size_t relay_busy(const struct relay *relay); /* exchanges under way; when draining, also loops with clients left */
uint64_t relay_exchanges(const struct relay *relay); /* since the start */
/* The listening sockets, for a successor; before draining, which closes them. */
void relay_sockets(const struct relay *relay, struct sockets *out);
/* True when every loop has turned since the last call, which asks anew: a loop that stalls does not answer. */
bool relay_alive(struct relay *relay);
void relay_stop(struct relay *relay); /* breaks what is left, joins, frees */

#endif
