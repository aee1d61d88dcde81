/* auth: who may ask the admin plane what: the bearer token, and the checks that keep other sites' pages out.
 */
#ifndef CANDOR_ADMIN_AUTH_H
#define CANDOR_ADMIN_AUTH_H

#include "http1.h"

struct auth {
    unsigned char key[32];   /* of this process, for comparing tokens */
    unsigned char token[32]; /* HMAC of the token */
    bool has_token;
    char hosts[2][256]; /* names that are ours beside localhost and plain addresses: as bound, as configured */
};

/* token NULL: none is needed. -1 when no randomness is to be had. */
MUST_USE int auth_init(struct auth *auth, const char *token, const char *bound, const char *configured,
                       struct err *err);
void auth_fini(struct auth *auth);

/* True when a token is set and the request bears it; constant time in what was sent. */
bool auth_has_token(const struct auth *auth, const struct http_head *head);
/* A page of another name that was made to resolve to us (DNS rebinding) still sends its own name as Host. Names and
 * all plain addresses of ours pass: a plain address cannot be rebound. */
bool auth_host_allowed(const struct auth *auth, const struct http_head *head);
/* A request that another site's page makes is refused; following a link to page, the dashboard, is allowed. */
bool auth_origin_allowed(const struct auth *auth, const struct http_head *head, bool page);

#endif
