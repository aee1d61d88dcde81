/* Where requests go when a name stands for one address, then for another, and while nobody knows yet. Looking names up
 * and the clock are ours here (-Wl,--wrap): the rest is the real upstream, on a loop of its own, before real sockets.
 */
#include "check.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "conf.h"
#include "upstream.h"

#define PATIENCE_S 20

/* ---- names and time ---- */

static const char *const *_Atomic known; /* the addresses of every name that ends in ".test", up to a NULL */
static atomic_bool gated;                /* who looks such a name up waits at the gate */
static atomic_int looked_up;
static sem_t gate, at_gate;
static atomic_ullong skipped_ns;

int __real_getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **found);
int __wrap_getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **found);
uint64_t __real_clock_monotonic_ns(void);
uint64_t __wrap_clock_monotonic_ns(void);

int __wrap_getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **found)
{
    struct addrinfo **next = found;
    if (!slice_ends(slice_from(name), SLICE(".test")) || hints->ai_flags & AI_NUMERICHOST)
        return __real_getaddrinfo(name, port, hints, found);
    atomic_fetch_add(&looked_up, 1);
    if (atomic_load(&gated)) {
        sem_post(&at_gate);
        sem_wait(&gate);
    }
    const char *const *each = atomic_load(&known);
    *found = NULL;
    for (; *each; each++, next = &(*next)->ai_next)
        if (__real_getaddrinfo(*each, port, hints, next) != 0)
            return EAI_FAIL;
    return *found ? 0 : EAI_NONAME;
}

uint64_t __wrap_clock_monotonic_ns(void)
{
    return __real_clock_monotonic_ns() + atomic_load(&skipped_ns);
}

static void wait_for(sem_t *semaphore)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    if (sem_timedwait(semaphore, &until) != 0)
        fail_msg("nothing came within %d s", PATIENCE_S);
}

/* ---- a model at two addresses, which says at which it was asked ---- */

static const char *const addresses[] = {"127.0.0.1", "127.0.0.2"};
#define NOWHERE "127.0.0.3"

struct bench {
    int listeners[2], bell[2];
    pthread_t model, thread;
    struct conf *conf;
    struct loop *loop;
    struct upstream *upstream;
    sem_t over;
    char answer[64];
};

static void *be_the_model(void *arg)
{
    struct bench *bench = arg;
    struct pollfd all[] = {
        {bench->listeners[0], POLLIN, 0}, {bench->listeners[1], POLLIN, 0}, {bench->bell[0], POLLIN, 0}};
    while (poll(all, 3, -1) > 0 && !all[2].revents)
        for (size_t i = 0; i < 2; i++) {
            char bytes[4096], answer[128];
            int fd = all[i].revents ? accept(bench->listeners[i], NULL, NULL) : -1;
            if (fd < 0)
                continue;
            int len = snprintf(answer, sizeof answer,
                               "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n%s", addresses[i]);
            if (read(fd, bytes, sizeof bytes) > 0)
                assert_int_equal(write(fd, answer, (size_t)len), len);
            close(fd);
        }
    return NULL;
}

/* One port at both addresses, as a name's addresses have it. */
static unsigned open_listeners(struct bench *bench)
{
    for (;;) {
        struct sockaddr_in at = {.sin_family = AF_INET};
        socklen_t size = sizeof at;
        for (size_t i = 0; i < 2; i++) {
            bench->listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            inet_pton(AF_INET, addresses[i], &at.sin_addr);
            if (bind(bench->listeners[i], (struct sockaddr *)&at, sizeof at) != 0)
                break;
            assert_int_equal(listen(bench->listeners[i], 16), 0);
            assert_int_equal(getsockname(bench->listeners[i], (struct sockaddr *)&at, &size), 0);
            if (i == 1)
                return ntohs(at.sin_port);
        }
        close(bench->listeners[0]); /* somebody has the port at the second address: another one */
        close(bench->listeners[1]);
    }
}

/* ---- the upstream ---- */

static void on_head(struct transfer *transfer, const struct http_head *head, void *arg)
{
    (void)transfer, (void)head, (void)arg;
}

static void on_body(struct transfer *transfer, struct slice bytes, void *arg)
{
    struct bench *bench = arg;
    size_t len = strlen(bench->answer);
    (void)transfer;
    snprintf(bench->answer + len, sizeof bench->answer - len, "%.*s", SLICE_ARGS(bytes));
}

static void on_end(struct transfer *transfer, void *arg)
{
    struct bench *bench = arg;
    (void)transfer;
    sem_post(&bench->over);
}

static void on_failure(struct transfer *transfer, enum upstream_failure failure, const char *sentence, void *arg)
{
    struct bench *bench = arg;
    (void)transfer, (void)sentence;
    snprintf(bench->answer, sizeof bench->answer, "failure %d", (int)failure);
    sem_post(&bench->over);
}

static void ask_now(void *arg)
{
    static const struct upstream_ops ops = {
        .on_head = on_head, .on_body = on_body, .on_end = on_end, .on_failure = on_failure};
    struct bench *bench = arg;
    const struct upstream_request request = {SLICE("GET"), SLICE("/x"), SLICE(""), NULL, 0, UPSTREAM_NO_BODY};
    bench->answer[0] = '\0';
    transfer_send_end(transfer_start(bench->upstream, &request, &ops, bench));
}

static void start_asking(struct bench *bench)
{
    assert_int_equal(loop_post(bench->loop, ask_now, bench), 0);
}

static const char *answer_of(struct bench *bench)
{
    wait_for(&bench->over);
    return bench->answer;
}

static const char *ask(struct bench *bench)
{
    start_asking(bench);
    return answer_of(bench);
}

static void say_over(void *arg)
{
    sem_post(&((struct bench *)arg)->over);
}

static void start_now(void *arg)
{
    struct bench *bench = arg;
    struct err err;
    bench->upstream = upstream_new(bench->loop, bench->conf, &bench->conf->warm, &err);
    say_over(bench);
}

static void end_now(void *arg)
{
    struct bench *bench = arg;
    upstream_free(bench->upstream);
    bench->upstream = NULL;
    say_over(bench);
}

static void do_now(struct bench *bench, loop_fn *fn)
{
    assert_int_equal(loop_post(bench->loop, fn, bench), 0);
    wait_for(&bench->over);
}

static void *run_loop(void *arg)
{
    loop_run(arg);
    return NULL;
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err = {""};
    char yaml[512];
    if (!bench || pipe(bench->bell) < 0 || !(bench->loop = loop_new(&err)))
        return -1;
    snprintf(yaml, sizeof yaml,
             "listen: [{address: \"127.0.0.1:0\"}]\nrules: [/dev/null]\nstore: {url: \"sqlite:/nowhere/x.db\"}\n"
             "models: {warm: {url: \"http://model.test:%u/v1\"}, original: {url: \"http://o:2/v1\", model: base}}\n",
             open_listeners(bench));
    bench->conf = conf_parse(slice_from(yaml), "test.yaml", &err);
    if (!bench->conf)
        fail_msg("%s", err.text);
    sem_init(&bench->over, 0, 0);
    sem_init(&gate, 0, 0);
    sem_init(&at_gate, 0, 0);
    atomic_store(&gated, false);
    atomic_store(&looked_up, 0);
    if (pthread_create(&bench->model, NULL, be_the_model, bench) != 0 ||
        pthread_create(&bench->thread, NULL, run_loop, bench->loop) != 0)
        return -1;
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    if (bench->upstream)
        do_now(bench, end_now);
    loop_stop(bench->loop);
    pthread_join(bench->thread, NULL);
    loop_free(bench->loop);
    conf_drop(bench->conf);
    assert_int_equal(write(bench->bell[1], "", 1), 1);
    pthread_join(bench->model, NULL);
    for (size_t i = 0; i < 2; i++) {
        close(bench->listeners[i]);
        close(bench->bell[i]);
    }
    free(bench);
    return 0;
}

/* ---- the tests ---- */

static const char *const first[] = {"127.0.0.1", NULL}, *const second[] = {"127.0.0.2", NULL}, *const none[] = {NULL};

/* As if so much time had passed, on the loop too. */
static void let_pass(struct bench *bench, uint64_t seconds)
{
    atomic_fetch_add(&skipped_ns, seconds * NS_PER_S);
    do_now(bench, say_over);
}

static void a_request_waits_for_the_name_and_the_loop_does_not(void **state)
{
    struct bench *bench = *state;
    known = first;
    atomic_store(&gated, true);
    do_now(bench, start_now);
    wait_for(&at_gate);
    start_asking(bench);
    do_now(bench, say_over); /* the loop turns */
    assert_string_equal(bench->answer, "");
    sem_post(&gate);
    assert_string_equal(answer_of(bench), "127.0.0.1");
}

static void a_name_is_looked_up_again_while_the_old_addresses_serve(void **state)
{
    struct bench *bench = *state;
    known = first;
    do_now(bench, start_now);
    for (int i = 0; i < 3; i++)
        assert_string_equal(ask(bench), "127.0.0.1");
    assert_int_equal(atomic_load(&looked_up), 1);
    known = second;
    atomic_store(&gated, true);
    let_pass(bench, 31);
    for (int i = 0; i < 3; i++)
        assert_string_equal(ask(bench), "127.0.0.1"); /* a lookup takes its time */
    wait_for(&at_gate);
    assert_int_equal(atomic_load(&looked_up), 2);
    sem_post(&gate);
    while (strcmp(ask(bench), "127.0.0.1") == 0)
        ;
    assert_string_equal(bench->answer, "127.0.0.2");
}

static void a_name_that_is_lost_keeps_its_addresses(void **state)
{
    struct bench *bench = *state;
    known = first;
    do_now(bench, start_now);
    assert_string_equal(ask(bench), "127.0.0.1");
    known = none;
    let_pass(bench, 31);
    for (int i = 0; i < 3; i++)
        assert_string_equal(ask(bench), "127.0.0.1");
    while (atomic_load(&looked_up) < 2)
        assert_string_equal(ask(bench), "127.0.0.1");
    known = second;
    let_pass(bench, 31);
    while (strcmp(ask(bench), "127.0.0.1") == 0)
        ;
    assert_string_equal(bench->answer, "127.0.0.2");
}

static void a_name_that_nobody_knows_is_unreachable_until_it_is_known(void **state)
{
    struct bench *bench = *state;
    char unreachable[64];
    known = none;
    do_now(bench, start_now);
    snprintf(unreachable, sizeof unreachable, "failure %d", (int)UPSTREAM_UNREACHABLE);
    for (int i = 0; i < 3; i++)
        assert_string_equal(ask(bench), unreachable);
    assert_int_equal(atomic_load(&looked_up), 1); /* it is not asked for again and again */
    known = first;
    let_pass(bench, 2);
    assert_string_equal(ask(bench), "127.0.0.1");
    assert_int_equal(atomic_load(&looked_up), 2);
}

/* Three addresses of one name: nobody listens at one, and each request is answered all the same, by both others. */
static void an_address_that_refuses_is_left_alone_for_a_while(void **state)
{
    static const char *const three[] = {NOWHERE, "127.0.0.1", "127.0.0.2", NULL};
    struct bench *bench = *state;
    size_t seen[2] = {0, 0};
    known = three;
    do_now(bench, start_now);
    for (int round = 0; round < 2; round++) { /* and is tried again after it */
        for (int i = 0; i < 12; i++) {
            const char *at = ask(bench);
            assert_true(strcmp(at, addresses[0]) == 0 || strcmp(at, addresses[1]) == 0);
            seen[strcmp(at, addresses[1]) == 0]++;
        }
        let_pass(bench, 6);
    }
    assert_true(seen[0] >= 8 && seen[1] >= 8);
}

static void an_upstream_may_end_before_its_name_is_known(void **state)
{
    struct bench *bench = *state;
    known = first;
    atomic_store(&gated, true);
    do_now(bench, start_now);
    wait_for(&at_gate);
    do_now(bench, end_now);
    sem_post(&gate);
}

int main(void)
{
#define UPSTREAM_CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        UPSTREAM_CASE(a_request_waits_for_the_name_and_the_loop_does_not),
        UPSTREAM_CASE(a_name_is_looked_up_again_while_the_old_addresses_serve),
        UPSTREAM_CASE(a_name_that_is_lost_keeps_its_addresses),
        UPSTREAM_CASE(a_name_that_nobody_knows_is_unreachable_until_it_is_known),
        UPSTREAM_CASE(an_address_that_refuses_is_left_alone_for_a_while),
        UPSTREAM_CASE(an_upstream_may_end_before_its_name_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
