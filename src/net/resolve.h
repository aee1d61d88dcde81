/* resolve: names to addresses, on a thread of its own, because getaddrinfo blocks. Internal to upstream.
 *
 * The answer comes as a letter to the loop. Cancelling forgets it; the thread ends by itself.
 */
#ifndef CANDOR_NET_RESOLVE_H
#define CANDOR_NET_RESOLVE_H

#include <sys/socket.h>

#include "loop.h"

#define RESOLVE_MAX_ADDRESSES 16

struct resolved {
    struct sockaddr_storage address;
    socklen_t size;
};

struct lookup;
/* count 0: not found, and sentence says why. Good during the call; the lookup is over after it. */
typedef void resolve_fn(const struct resolved *found, size_t count, const char *sentence, void *arg);

/* NULL when no thread can be started. */
MUST_USE struct lookup *resolve_start(struct loop *loop, const char *host, uint16_t port, resolve_fn *fn, void *arg);
void resolve_cancel(struct lookup *lookup); /* on the loop's thread; fn is not called */
/* A literal address, at once; -1 when host is a name. */
MUST_USE int resolve_literal(const char *host, uint16_t port, struct resolved *out);

#endif
