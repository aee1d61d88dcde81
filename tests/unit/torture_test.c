/* Torture: every allocation that the program makes in a scenario fails once, the first, the second, and so on until one
 * run needs none to fail. Whatever fails, nothing crashes or hangs, what is answered is whole, and all memory is given
 * back.
 *
 * The linker sends malloc and its like here (-Wl,--wrap), for our own code alone: libraries have their own tests.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "conf.h"
#include "relay.h"
#include "serve.h"

#define PATIENCE_S 10

/* ---- allocations ---- */

static atomic_long made, to_fail, live;

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

static bool fails(void)
{
    return atomic_fetch_add(&made, 1) + 1 == atomic_load(&to_fail);
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

/* ---- configuration ---- */

static const char config[] =
    "listen: [{address: 127.0.0.1:0, paths: [/v1/, /x/]}]\n"
    "workers: 1\n"
    "rules: [/dev/null]\n"
    "models:\n"
    "  warm: {url: [\"http://127.0.0.1:%d/v1\", \"http://127.0.0.1:%d/v1\"]}\n"
    "  original: {url: \"http://127.0.0.1:1/v1\", model: base, system_prompt: {replace: \"Be brief.\"}}\n"
    "shadow: {sample: {default: 0.5, \"emotion:sad\": 1.0}}\n"
    "store: {url: \"sqlite:/nowhere/x.db\"}\n";

static void write_config(char path[], int port)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, config, port, port) > 0);
    close(fd);
}

static void load(bool may_fail, void *arg)
{
    struct err err = {""};
    struct conf *conf = conf_load(arg, &err);
    if (!conf && !(may_fail && err.text[0]))
        fail_msg("the configuration is refused: %s", err.text);
    conf_drop(conf);
}

static void a_configuration_is_read_or_refused(void **state)
{
    char path[] = "/tmp/torture-XXXXXX";
    (void)state;
    write_config(path, 1);
    torture(load, path);
    unlink(path);
}

/* ---- the live path ---- */

static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
                             "5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n";

/* A model that answers whatever ends a head, one connection at a time, without any memory of its own. */
static void *be_a_model(void *arg)
{
    int listener = *(const int *)arg, fd;
    char bytes[4096];
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        size_t len = 0;
        ssize_t got;
        while ((got = read(fd, bytes + len, sizeof bytes - 1 - len)) > 0) {
            len += (size_t)got;
            bytes[len] = '\0';
            if (!strstr(bytes, "0\r\n\r\n"))
                continue;
            if (write(fd, answer, sizeof answer - 1) < 0)
                break;
            len = 0;
        }
        close(fd);
    }
    return NULL;
}

static int connect_to(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Two requests on a connection, in pieces. What comes back ends, in time, and says 200 when nothing failed. */
static void ask(const char *address, bool may_fail)
{
    static const char *const pieces[] = {
        "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n", "\r\n3\r\nabc\r\n", "0\r\n\r\n",
        "POST /v1/y HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"};
    char bytes[8192];
    size_t len = 0;
    ssize_t got = 0;
    int fd = connect_to(address);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        if (send(fd, pieces[i], strlen(pieces[i]), MSG_NOSIGNAL) < 0)
            break;
    while (len < sizeof bytes - 1 && (got = read(fd, bytes + len, sizeof bytes - 1 - len)) > 0)
        len += (size_t)got;
    bytes[len] = '\0';
    if (got < 0 && errno == EAGAIN)
        fail_msg("the proxy hangs");
    if (!may_fail)
        assert_true(strncmp(bytes, "HTTP/1.1 200 ", 13) == 0 && strstr(bytes + 13, "HTTP/1.1 200 "));
    close(fd);
}

static void relay_two(bool may_fail, void *arg)
{
    struct err err = {""};
    struct sockets none = {.count = 0};
    struct conf *conf = conf_load(arg, &err);
    struct log *log = conf ? log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_DEBUG, LOG_FORMAT_JSON) : NULL;
    struct metrics *metrics = log ? metrics_new() : NULL;
    struct relay *relay = metrics ? relay_start(conf, &none, NULL, log, metrics, &err) : NULL;
    if (!relay && !may_fail)
        fail_msg("the live path does not start: %s", err.text);
    if (relay)
        ask(relay_address(relay, 0), may_fail);
    relay_stop(relay);
    metrics_free(metrics);
    log_free(log);
    conf_drop(conf);
}

static void the_live_path_answers_or_ends(void **state)
{
    char path[] = "/tmp/torture-XXXXXX", bound[64];
    struct err err;
    pthread_t model;
    (void)state;
    int listener = serve_open("127.0.0.1:0", false, &err);
    assert_true(listener >= 0 && serve_bound(listener, bound, sizeof bound) == 0);
    fcntl(listener, F_SETFL, 0);
    assert_int_equal(pthread_create(&model, NULL, be_a_model, &listener), 0);
    write_config(path, (int)strtol(strrchr(bound, ':') + 1, NULL, 10));
    torture(relay_two, path);
    shutdown(listener, SHUT_RDWR);
    pthread_join(model, NULL);
    close(listener);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration_is_read_or_refused),
        cmocka_unit_test(the_live_path_answers_or_ends),
    };
    return cmocka_run_group_tests_name("torture", tests, NULL, NULL);
}
