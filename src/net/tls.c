/* tls: see tls.h. */
#include "tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

static const unsigned char alpn_http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/* A tls_server is OpenSSL's context of the first certificate, counted by OpenSSL; the contexts of the others hang on it
 * as extra data and go with it, so that a handshake under way outlives a reload. */
struct siblings {
    SSL_CTX **contexts;
    size_t count;
};

struct tls_client {
    SSL_CTX *context;
    bool verify;
};

static int ssl_failure(struct err *err, const char *what, const char *path)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return err_set(err, "%s %s: %s", what, path ? path : "", reason ? reason : "not usable");
}

/* What every context of ours has in common: idle connections give their buffers back, and what could not be written is
 * kept in memory that may move. */
static SSL_CTX *context_new(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (!context)
        return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    return context;
}

static int use_certificate(SSL_CTX *context, const char *certificate, const char *key, struct err *err)
{
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return ssl_failure(err, "cannot use the certificate", certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return ssl_failure(err, "cannot use the key", key);
    if (SSL_CTX_check_private_key(context) != 1)
        return err_set(err, "the key %s does not belong to the certificate %s", key, certificate);
    return 0;
}

/* ---- server ---- */

static int siblings_slot = -1;

static void free_siblings(void *parent, void *data, CRYPTO_EX_DATA *all, int index, long argl, void *argp)
{
    struct siblings *siblings = data;
    (void)parent;
    (void)all;
    (void)index;
    (void)argl;
    (void)argp;
    if (!siblings)
        return;
    for (size_t i = 0; i < siblings->count; i++)
        SSL_CTX_free(siblings->contexts[i]);
    free(siblings->contexts);
    free(siblings);
}

static void make_siblings_index(void)
{
    siblings_slot = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_siblings);
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                           unsigned in_len, void *arg)
{
    unsigned char *chosen;
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, alpn_http11, sizeof alpn_http11, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; /* RFC 7301: nothing in common */
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int siblings_index(void)
{
    /* The slot's number is given once a process, whoever asks first. */
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_siblings_index);
    return siblings_slot;
}

/* Takes the context whose certificate is valid for the name the client asks for. What the first certificate demands of
 * clients holds for all of them: a name is no way around it. */
static int choose_certificate(SSL *ssl, int *alert, void *arg)
{
    const struct siblings *siblings = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), siblings_index());
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    (void)arg;
    if (!name || !siblings || X509_check_host(SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)), name, 0, 0, NULL) == 1)
        return SSL_TLSEXT_ERR_OK;
    for (size_t i = 0; i < siblings->count; i++) {
        SSL_CTX *other = siblings->contexts[i];
        if (X509_check_host(SSL_CTX_get0_certificate(other), name, 0, 0, NULL) == 1) {
            SSL_set_SSL_CTX(ssl, other);
            SSL_set_verify(ssl, SSL_get_verify_mode(ssl) | SSL_CTX_get_verify_mode(other), NULL);
            break;
        }
    }
    return SSL_TLSEXT_ERR_OK;
}

static int ask_client(SSL_CTX *context, const char *client_ca, struct err *err)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(client_ca);
    if (!names || SSL_CTX_load_verify_locations(context, client_ca, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return ssl_failure(err, "cannot use the client authorities", client_ca);
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return 0;
}

static SSL_CTX *server_context(const struct conf_tls_server *certificate, struct err *err)
{
    static const unsigned char session_id[] = "candor";
    SSL_CTX *context = context_new(TLS_server_method());
    if (!context) {
        err_set(err, "cannot set TLS up: out of memory");
        return NULL;
    }
    if (use_certificate(context, certificate->certificate, certificate->key, err) < 0 ||
        (certificate->client_ca && ask_client(context, certificate->client_ca, err) < 0)) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_session_id_context(context, session_id, sizeof session_id - 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return context;
}

struct tls_server *tls_server_new(const struct conf_tls_server *certificates, size_t count, struct err *err)
{
    SSL_CTX *first = server_context(&certificates[0], err);
    if (!first || count == 1)
        return (struct tls_server *)first;
    struct siblings *siblings = calloc(1, sizeof *siblings);
    if (!siblings || !(siblings->contexts = calloc(count - 1, sizeof(SSL_CTX *))) ||
        SSL_CTX_set_ex_data(first, siblings_index(), siblings) != 1) {
        err_set(err, "cannot set TLS up: out of memory");
        free_siblings(NULL, siblings, NULL, 0, 0, NULL);
        SSL_CTX_free(first);
        return NULL;
    }
    for (size_t i = 1; i < count; i++) {
        SSL_CTX *context = server_context(&certificates[i], err);
        if (!context) {
            SSL_CTX_free(first);
            return NULL;
        }
        siblings->contexts[siblings->count++] = context;
    }
    SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
    return (struct tls_server *)first;
}

struct tls_server *tls_server_hold(struct tls_server *tls)
{
    if (tls)
        SSL_CTX_up_ref((SSL_CTX *)tls);
    return tls;
}

void tls_server_free(struct tls_server *tls)
{
    SSL_CTX_free((SSL_CTX *)tls);
}

SSL *tls_server_accept(struct tls_server *tls, int fd)
{
    SSL *ssl = SSL_new((SSL_CTX *)tls);
    if (!ssl)
        return NULL;
    if (SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}

/* ---- client ---- */

struct tls_client *tls_client_new(const struct conf_model *model, struct err *err)
{
    struct tls_client *tls = calloc(1, sizeof *tls);
    if (!tls || !(tls->context = context_new(TLS_client_method()))) {
        err_set(err, "cannot set TLS up: out of memory");
        tls_client_free(tls);
        return NULL;
    }
    tls->verify = model->tls_verify;
    SSL_CTX_set_verify(tls->context, tls->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_alpn_protos(tls->context, alpn_http11, sizeof alpn_http11);
    int result = 0;
    if (model->tls_ca ? SSL_CTX_load_verify_locations(tls->context, model->tls_ca, NULL) != 1
                      : SSL_CTX_set_default_verify_paths(tls->context) != 1)
        result = ssl_failure(err, "cannot use the authorities", model->tls_ca ? model->tls_ca : "of the system");
    if (result == 0 && model->tls_certificate)
        result = use_certificate(tls->context, model->tls_certificate,
                                 model->tls_key ? model->tls_key : model->tls_certificate, err);
    if (result < 0) {
        tls_client_free(tls);
        return NULL;
    }
    return tls;
}

void tls_client_free(struct tls_client *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

static bool is_address(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

SSL *tls_client_connect(struct tls_client *tls, int fd, const char *host)
{
    SSL *ssl = SSL_new(tls->context);
    if (!ssl)
        return NULL;
    bool address = is_address(host);
    bool fine = SSL_set_fd(ssl, fd) == 1;
    if (address)
        fine = fine && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    else
        fine = fine && SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
    if (!fine) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}
