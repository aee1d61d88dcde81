/* auth: see auth.h. Tokens are compared as HMACs under a key of this process, so that neither their length nor a common
 * front shows in the time it takes.
 */
#include "auth.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>

static void digest(const struct auth *auth, struct slice text, unsigned char out[32])
{
    unsigned len = 32;
    memset(out, 0, 32);
    HMAC(EVP_sha256(), auth->key, sizeof(auth->key), (const unsigned char *)(text.len ? text.data : ""), text.len, out,
         &len);
}

/* "name:port", "[::1]:port", "name": without the port. */
static struct slice without_port(struct slice authority)
{
    size_t end = authority.len;
    if (end > 0 && authority.data[0] == '[') {
        size_t close = slice_find(authority, SLICE("]"), 0);
        return close == SLICE_NOT_FOUND ? SLICE_NONE : slice_part(authority, 0, close + 1);
    }
    size_t colon = slice_find(authority, SLICE(":"), 0);
    return slice_part(authority, 0, colon == SLICE_NOT_FOUND ? end : colon);
}

static void copy_host(char out[256], const char *address)
{
    struct slice host = without_port(slice_from(address ? address : ""));
    snprintf(out, 256, "%.*s", SLICE_ARGS(host));
}

int auth_init(struct auth *auth, const char *token, const char *bound, const char *configured, struct err *err)
{
    memset(auth, 0, sizeof(*auth));
    if (RAND_bytes(auth->key, sizeof(auth->key)) != 1)
        return err_set(err, "cannot start the admin plane: no randomness");
    auth->has_token = token != NULL;
    if (token)
        digest(auth, slice_from(token), auth->token);
    copy_host(auth->hosts[0], bound);
    copy_host(auth->hosts[1], configured);
    return 0;
}

void auth_fini(struct auth *auth)
{
    OPENSSL_cleanse(auth, sizeof(*auth));
}

bool auth_has_token(const struct auth *auth, const struct http_head *head)
{
    struct slice value = http_get(head, "authorization");
    unsigned char sent[32];
    bool bearer = value.len > 7 && slice_equal_nocase(slice_part(value, 0, 7), SLICE("bearer "));

    digest(auth, bearer ? slice_trim(slice_part(value, 7, value.len)) : SLICE_NONE, sent);
    bool same = CRYPTO_memcmp(sent, auth->token, sizeof(sent)) == 0;
    return auth->has_token && bearer && same;
}

static bool is_plain_address(struct slice host)
{
    unsigned char address[16];
    char text[64];
    bool bracketed = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    struct slice inner = bracketed ? slice_part(host, 1, host.len - 1) : host;

    if (inner.len == 0 || inner.len >= sizeof(text))
        return false;
    memcpy(text, inner.data, inner.len);
    text[inner.len] = '\0';
    return inet_pton(bracketed ? AF_INET6 : AF_INET, text, address) == 1;
}

static bool is_ours(const struct auth *auth, struct slice authority)
{
    struct slice host = without_port(authority);
    if (slice_equal_nocase(host, SLICE("localhost")) || is_plain_address(host))
        return true;
    for (size_t i = 0; i < 2; i++)
        if (host.len > 0 && slice_equal_nocase(host, slice_from(auth->hosts[i])))
            return true;
    return false;
}

bool auth_host_allowed(const struct auth *auth, const struct http_head *head)
{
    struct slice host = http_get(head, "host");
    return !host.data || is_ours(auth, host); /* no Host: HTTP/1.0, which no browser speaks */
}

bool auth_origin_allowed(const struct auth *auth, const struct http_head *head, bool page)
{
    struct slice site = http_get(head, "sec-fetch-site"), origin = http_get(head, "origin"),
                 host = http_get(head, "host");
    size_t scheme = slice_find(origin, SLICE("://"), 0);

    if (origin.data) {
        if (scheme == SLICE_NOT_FOUND)
            return false;
        struct slice authority = slice_part(origin, scheme + 3, origin.len);
        if (!is_ours(auth, authority) || !slice_equal_nocase(authority, host))
            return false;
    }
    if (!site.data || slice_is(site, "same-origin") || slice_is(site, "none"))
        return true;
    return page && slice_is(http_get(head, "sec-fetch-mode"), "navigate") &&
           slice_is(http_get(head, "sec-fetch-dest"), "document");
}
