/* Torture: every allocation that the program makes in a scenario fails once, the first, the second, and so on until one
 * run needs none to fail. Whatever fails, nothing crashes or hangs, what is answered is whole, and all memory is given
 * back. The live path runs with TLS on both sides and with everything behind the tap: pool, comparison and store. Where
 * it is only these that get no memory, no client may notice.
 *
 * The linker sends malloc and its like here (-Wl,--wrap), for our own code alone: libraries have their own tests.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "conf.h"
#include "pipeline.h"
#include "relay.h"
#include "rules.h"
#include "serve.h"
#include "steps.h"
#include "store.h"

#define PATIENCE_S 10

/* ---- allocations ---- */

static atomic_long made, to_fail, live;
static atomic_bool loop_lacked; /* what failed was asked for by a relay loop, and not by the pool, the store or main */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);

static bool on_loop(void)
{
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    return strncmp(name, "relay-", 6) == 0;
}

static bool fails(void)
{
    if (atomic_fetch_add(&made, 1) + 1 != atomic_load(&to_fail))
        return false;
    atomic_store(&loop_lacked, on_loop());
    return true;
}

static void *counted(void *memory)
{
    if (memory)
        atomic_fetch_add(&live, 1);
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    return old ? __real_realloc(old, size) : counted(__real_realloc(NULL, size));
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : counted(__real_strdup(text));
}

void __wrap_free(void *memory)
{
    if (memory)
        atomic_fetch_sub(&live, 1);
    __real_free(memory);
}

/* Runs the scenario until it has got all that it asked for; the first run, with nothing failing, warms caches. */
static void torture(void (*scenario)(bool may_fail, void *arg), void *arg)
{
    long first_balance = 0;
    for (long failing = -1;; failing++) {
        long before = atomic_load(&live);
        atomic_store(&made, 0);
        atomic_store(&loop_lacked, false);
        atomic_store(&to_fail, failing);
        scenario(failing > 0, arg);
        atomic_store(&to_fail, 0);
        long balance = atomic_load(&live) - before;
        if (failing == 0)
            first_balance = balance;
        if (failing > 0 && balance != first_balance)
            fail_msg("allocation %ld failed, and %ld were not given back", failing, balance - first_balance);
        if (failing > atomic_load(&made))
            return;
    }
}

/* ---- the place: a configuration, a certificate, a store, and a model that speaks TLS ---- */

static const char config[] =
    "listen: [{address: 127.0.0.1:0, paths: [/v1/, /x/], tls: {certificate: %s, key: %s}}]\n"
    "workers: 1\n"
    "rules: [%s]\n"
    "models:\n"
    "  warm: {url: [\"https://127.0.0.1:%u/v1\", \"https://127.0.0.1:%u/v1\"], tls: {ca: %s}}\n"
    "  original: {url: \"http://127.0.0.1:1/v1\", model: base, system_prompt: {replace: \"Be brief.\"}}\n"
    "shadow: {sample: {default: 1.0, \"emotion:sad\": 1.0}}\n"
    "store: {url: \"sqlite:%s\"}\n";

static const char pack[] =
    "pack: small\nversion: 1\nengine: 1\nlang: en\nrules:\n"
    "  - {id: sad, match: \"so sad\", label: \"emotion:sad\", score: 85, description: Says so.}\n";

struct place {
    char folder[32], conf[64], rules[64], certificate[64], key[64], store[64];
    int listener;
    SSL_CTX *server, *client;
    pthread_t model;
};

static void write_certificate(const struct place *place)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE *file = fopen(place->certificate, "w"), *key_file = fopen(place->key, "w");
    assert_true(file && PEM_write_X509(file, certificate));
    assert_true(key_file && PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL));
    fclose(file);
    fclose(key_file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
                             "b\r\n{\"choices\":\r\n"
                             "39\r\n[{\"message\":{\"role\":\"assistant\",\"content\":\"Canberra.\"}}]}\r\n0\r\n\r\n";
static const char other_answer[] =
    "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"It is Sydney.\"}}]}";

static void serve_client(SSL *ssl)
{
    char bytes[4096];
    size_t len = 0;
    int got;
    while ((got = SSL_read(ssl, bytes + len, (int)(sizeof bytes - 1 - len))) > 0) {
        len += (size_t)got;
        bytes[len] = '\0';
        if (!strstr(bytes, "0\r\n\r\n"))
            continue;
        if (SSL_write(ssl, answer, sizeof answer - 1) <= 0)
            return;
        len = 0;
    }
}

/* Answers whatever ends a body, one connection at a time, without any memory of its own. */
static void *be_a_model(void *arg)
{
    const struct place *place = arg;
    int fd;
    while ((fd = accept(place->listener, NULL, NULL)) >= 0) {
        SSL *ssl = SSL_new(place->server);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1)
            serve_client(ssl);
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

static int place_open(void **state)
{
    static struct place place;
    struct err err;
    char bound[64];
    signal(SIGPIPE, SIG_IGN); /* as in the daemon: a peer that left is an error of its write */
    snprintf(place.folder, sizeof place.folder, "/tmp/torture-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.conf, sizeof place.conf, "%s/candor.yaml", place.folder);
    snprintf(place.rules, sizeof place.rules, "%s/rules.yaml", place.folder);
    snprintf(place.certificate, sizeof place.certificate, "%s/cert.pem", place.folder);
    snprintf(place.key, sizeof place.key, "%s/key.pem", place.folder);
    snprintf(place.store, sizeof place.store, "%s/candor.db", place.folder);
    write_certificate(&place);
    place.server = SSL_CTX_new(TLS_server_method());
    place.client = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_use_certificate_file(place.server, place.certificate, SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(place.server, place.key, SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_load_verify_file(place.client, place.certificate), 1);
    place.listener = serve_open("127.0.0.1:0", SERVE_ALONE, &err);
    assert_true(place.listener >= 0 && serve_bound(place.listener, bound, sizeof bound) == 0);
    fcntl(place.listener, F_SETFL, 0);
    unsigned port = (unsigned)strtoul(strrchr(bound, ':') + 1, NULL, 10);
    FILE *file = fopen(place.rules, "w");
    assert_true(file && fputs(pack, file) > 0);
    fclose(file);
    file = fopen(place.conf, "w");
    assert_non_null(file);
    fprintf(file, config, place.certificate, place.key, place.rules, port, port, place.certificate, place.store);
    fclose(file);
    assert_int_equal(pthread_create(&place.model, NULL, be_a_model, &place), 0);
    *state = &place;
    return 0;
}

static int place_close(void **state)
{
    struct place *place = *state;
    shutdown(place->listener, SHUT_RDWR);
    pthread_join(place->model, NULL);
    close(place->listener);
    SSL_CTX_free(place->server);
    SSL_CTX_free(place->client);
    static const char *const files[] = {"candor.yaml", "rules.yaml",    "cert.pem",      "key.pem",
                                        "candor.db",   "candor.db-wal", "candor.db-shm", "candor.db.lock"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", place->folder, files[i]);
        unlink(path);
    }
    return rmdir(place->folder);
}

/* ---- configuration ---- */

static void load(bool may_fail, void *arg)
{
    const struct place *place = arg;
    struct err err = {""};
    struct conf *conf = conf_load(place->conf, &err);
    if (!conf && !(may_fail && err.text[0]))
        fail_msg("the configuration is refused: %s", err.text);
    conf_drop(conf);
}

static void a_configuration_is_read_or_refused(void **state)
{
    torture(load, *state);
}

static void load_rules(bool may_fail, void *arg)
{
    const char *const paths[] = {((const struct place *)arg)->rules};
    struct err err = {""};
    struct rules *rules = rules_load(paths, 1, &err);
    if (!rules && !(may_fail && err.text[0]))
        fail_msg("the rules are refused: %s", err.text);
    rules_drop(rules);
}

static void rules_are_read_or_refused(void **state)
{
    torture(load_rules, *state);
}

/* ---- a client ---- */

static SSL *connect_to(const struct place *place, const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    SSL *ssl = SSL_new(place->client);
    SSL_set_fd(ssl, fd);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    return ssl;
}

/* Two requests on a connection, in pieces. What comes back ends, in time, and says 200 unless a loop lacked memory. */
static void ask(const struct place *place, const char *address)
{
    static const char *const pieces[] = {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
        "\r\n34\r\n{\"messages\":[{\"role\":\"user\",\"content\":\"Which is the \r\n",
        "19\r\ncapital of Australia?\"}]}\r\n0\r\n\r\n",
        "POST /v1/y HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"};
    char bytes[8192];
    size_t len = 0;
    int got = -1;
    SSL *ssl = connect_to(place, address);
    if (SSL_connect(ssl) == 1) {
        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
            if (SSL_write(ssl, pieces[i], (int)strlen(pieces[i])) <= 0)
                break;
        while (len < sizeof bytes - 1 && (got = SSL_read(ssl, bytes + len, (int)(sizeof bytes - 1 - len))) > 0)
            len += (size_t)got;
    }
    bytes[len] = '\0';
    if (got < 0 && errno == EAGAIN)
        fail_msg("the proxy hangs");
    if (!atomic_load(&loop_lacked) &&
        !(strncmp(bytes, "HTTP/1.1 200 ", 13) == 0 && strstr(bytes + 13, "HTTP/1.1 200 ")))
        fail_msg("not answered twice: %s", bytes);
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
}

/* ---- everything behind the tap, as the daemon connects it ---- */

struct side {
    struct pipeline *pipeline;
    struct store *store;
    atomic_int committed;
};

static void on_ask(struct trial *trial, void *arg)
{
    struct side *side = arg;
    struct arm_answer *original = trial_arm(trial, ARM_ORIGINAL);
    original->status = 200;
    step_read_answer(trial, original, false, SLICE(other_answer));
    pipeline_answered(side->pipeline, trial);
}

static void on_judge(struct trial *trial, void *arg)
{
    pipeline_judged(((struct side *)arg)->pipeline, trial);
}

static void on_tell(struct trial *trial, void *arg)
{
    store_put(((struct side *)arg)->store, trial);
}

static void on_commit(const struct trial *trial, const struct tally *tally, void *arg)
{
    struct side *side = arg;
    (void)trial, (void)tally;
    atomic_fetch_add(&side->committed, 1);
    pipeline_done(side->pipeline);
}

static void on_drop(const struct trial *trial, void *arg)
{
    (void)trial;
    pipeline_done(((struct side *)arg)->pipeline);
}

static struct pipeline *start_side(struct side *side, struct conf *conf, struct rules *rules, struct log *log,
                                   struct metrics *metrics, struct err *err)
{
    const struct store_ops store_ops = {on_commit, side, on_drop};
    side->store = store_open(conf->store_path, conf, "e", store_ops, log, metrics, err);
    if (!side->store)
        return NULL;
    const struct pipeline_settings settings = {
        .threads = 1, .max_queued = 16, .max_in_flight = 16, .last_seq = store_last_seq(side->store)};
    const struct pipeline_ops ops = {on_ask, on_judge, on_tell, side, NULL};
    return side->pipeline = pipeline_new(&settings, rules, "e", ops, log, metrics, err);
}

struct scene {
    const struct place *place;
    struct conf *conf;
    struct log *log;
    struct rules *rules;
};

static void relay_two(bool may_fail, void *arg)
{
    const struct scene *scene = arg;
    struct err err = {""};
    struct sockets none = {.count = 0};
    struct side side = {.store = NULL};
    struct metrics *metrics = metrics_new();
    struct pipeline *pipeline =
        metrics ? start_side(&side, scene->conf, scene->rules, scene->log, metrics, &err) : NULL;
    struct relay *relay = pipeline ? relay_start(scene->conf, &none, pipeline, scene->log, metrics, &err) : NULL;
    if (!relay && !may_fail)
        fail_msg("it does not start: %s", err.text);
    if (relay)
        ask(scene->place, relay_address(relay, 0));
    relay_stop(relay);
    if (pipeline)
        pipeline_stop(pipeline);
    store_close(side.store);
    pipeline_free(pipeline);
    metrics_free(metrics);
    if (!may_fail && atomic_load(&side.committed) != 1)
        fail_msg("%d trials were recorded", atomic_load(&side.committed));
}

static void the_live_path_answers_or_ends_and_answers_where_only_the_side_path_lacks(void **state)
{
    const struct place *place = *state;
    struct err err;
    struct scene scene = {.place = place, .conf = conf_load(place->conf, &err)};
    assert_non_null(scene.conf);
    scene.rules = rules_load((const char *const *)scene.conf->rules, scene.conf->rule_count, &err);
    scene.log = log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    torture(relay_two, &scene);
    log_free(scene.log);
    rules_drop(scene.rules);
    conf_drop(scene.conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration_is_read_or_refused),
        cmocka_unit_test(rules_are_read_or_refused),
        cmocka_unit_test(the_live_path_answers_or_ends_and_answers_where_only_the_side_path_lacks),
    };
    return cmocka_run_group_tests_name("torture", tests, place_open, place_close);
}
