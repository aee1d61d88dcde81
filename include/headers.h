/* headers: which fields pass the proxy, in one table (headers.c): hop-by-hop fields and what Connection names are
 * dropped, the proxy's own x-candor-* are taken off, credentials pass or are replaced, everything else is left as it
 * is. Pure.
 */
#ifndef CANDOR_HEADERS_H
#define CANDOR_HEADERS_H

#include "conf.h"
#include "http1.h"

/* Room for every field of a head and the few we add. */
#define HEADERS_MAX (HTTP_MAX_FIELDS + 4)

struct headers {
    struct http_field fields[HEADERS_MAX];
    size_t count;
};

/* What goes upstream. bearer: "Bearer KEY" of the model itself, which then replaces the client's credentials; data
 * NULL: none. The slices point into head and bearer. */
void headers_to_upstream(const struct http_head *head, const struct conf_model *model, struct slice bearer, bool via,
                         struct headers *out);
/* "for=192.0.2.1;proto=https" (RFC 7239) for who sent the request, kept in value; behind what a client says of itself.
 */
#define FORWARDED_SIZE 96
void headers_add_forwarded(struct headers *out, struct slice peer, bool tls, char value[FORWARDED_SIZE]);
/* What goes to the client: the upstream's fields and x-candor-id. */
void headers_to_client(const struct http_head *head, struct slice exchange_id, bool via, struct headers *out);

#endif
