/* tls: TLS contexts for both sides, made from files when the configuration is read, replaced whole when it is re-read.
 *
 * TLS 1.2 and later, ALPN http/1.1. A tls_server holds several certificates and picks by the name the client asks for
 * (the first is the default); it may demand a client certificate. A tls_client verifies the server's name and chain
 * against the system's roots or a file. Contexts are counted by OpenSSL itself, so a connection outlives a reload.
 */
#ifndef CANDOR_TLS_H
#define CANDOR_TLS_H

#include <openssl/types.h>

#include "conf.h"

struct tls_server;
struct tls_client;

MUST_USE struct tls_server *tls_server_new(const struct conf_tls_server *certificates, size_t count, struct err *err);
struct tls_server *tls_server_hold(struct tls_server *tls); /* accepts NULL; any thread */
void tls_server_free(struct tls_server *tls);               /* accepts NULL; gives one hold back, connections go on */
/* A handshake about to begin on an accepted descriptor; NULL when memory runs out. */
MUST_USE SSL *tls_server_accept(struct tls_server *tls, int fd);

MUST_USE struct tls_client *tls_client_new(const struct conf_model *model, struct err *err);
void tls_client_free(struct tls_client *tls); /* accepts NULL */
/* A handshake about to begin on a connecting descriptor, to be verified against host. */
MUST_USE SSL *tls_client_connect(struct tls_client *tls, int fd, const char *host);

#endif
