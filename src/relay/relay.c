/* relay: starts and stops the loops of the live path. Each loop is a thread with its own listeners (one socket a loop
 * on the same port, which the kernel spreads clients over), its own upstream connections, and the exchanges between.
 * The configuration reaches a loop as a letter; exchanges hold the snapshot they began with.
 */
#include "relay.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "exchange.h"
#include "thread.h"
#include "tls.h"

#define ADDRESS_SIZE  128
#define DRAIN_LOOK_MS 20

struct relay_loop {
    struct relay *relay;
    struct exchange_context context;
    struct server *server;
    struct buf bearer;
    pthread_t thread;
    struct loop_timer drain_timer;
    atomic_bool drained; /* told to drain, and no client is left */
    atomic_bool turned;  /* since relay_alive has asked */
    bool running;
};

struct relay {
    struct relay_loop *loops;
    size_t loop_count;
    char (*addresses)[ADDRESS_SIZE];
    size_t address_count;
    struct sockets sockets;  /* one each; the loops own them */
    struct tls_server **tls; /* one a listener, or NULL */
    struct exchange_totals totals;
    struct log *log;
    bool draining; /* set and read by who started the relay */
};

static const struct conf_model *live_model(const struct conf *conf)
{
    return conf->live_is_original ? &conf->original : &conf->warm;
}

/* Without a limit of its own, half of the descriptors are for clients: each exchange needs one more to its model, and
 * the store, the shadow side and the admin plane need some. */
static unsigned connections_of(const struct conf *conf)
{
    struct rlimit limit;
    if (conf->limits.connections)
        return conf->limits.connections;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > UINT_MAX)
        return 0;
    return limit.rlim_cur > 256 ? (unsigned)(limit.rlim_cur - 128) / 2 : (unsigned)limit.rlim_cur / 4 + 1;
}

static struct serve_settings settings_of(const struct conf *conf)
{
    unsigned connections = connections_of(conf);
    return (struct serve_settings){
        .head_ms = conf->timeouts.head_ms,
        .body_ms = conf->timeouts.body_ms,
        .keep_alive_ms = conf->timeouts.keep_alive_ms,
        .head = {conf->limits.head_bytes},
        .body_bytes = conf->limits.body_bytes,
        .body_rate = conf->limits.body_rate,
        .connections = connections ? (connections + conf->workers - 1) / conf->workers : 0,
        .connections_per_address = conf->limits.connections_per_address,
        .error_type = "candor_error",
        .brief_head = true,
    };
}

/* ---- on a loop ---- */

/* Takes a snapshot's upstream and key into use; the old ones end with the exchanges that use them. */
static int use_conf(struct relay_loop *loop, struct conf *conf, struct err *err)
{
    struct exchange_context *context = &loop->context;
    const struct conf_model *model = live_model(conf);
    struct upstream *upstream = upstream_new(context->loop, conf, model, err);
    if (!upstream)
        return -1;
    upstream_free(context->upstream);
    conf_drop(context->conf);
    context->upstream = upstream;
    context->conf = conf_hold(conf);
    context->model = model;
    buf_clear(&loop->bearer);
    if (model->api_key)
        buf_add_format(&loop->bearer, "Bearer %s", model->api_key);
    context->bearer = model->api_key ? buf_slice(&loop->bearer) : SLICE_NONE;
    return 0;
}

struct conf_letter {
    struct relay_loop *loop;
    struct conf *conf;       /* held */
    struct tls_server **tls; /* one a listener, or NULL; each held */
    size_t tls_count;
};

static void letter_free(struct conf_letter *letter)
{
    if (!letter)
        return;
    for (size_t i = 0; letter->tls && i < letter->tls_count; i++)
        tls_server_free(letter->tls[i]);
    free(letter->tls);
    conf_drop(letter->conf);
    free(letter);
}

static struct conf_letter *letter_new(struct relay_loop *loop, struct conf *conf, struct tls_server *const *tls)
{
    struct conf_letter *letter = calloc(1, sizeof *letter);
    if (!letter)
        return NULL;
    letter->loop = loop;
    letter->conf = conf_hold(conf);
    letter->tls_count = loop->relay->address_count;
    letter->tls = calloc(letter->tls_count + 1, sizeof *letter->tls);
    for (size_t i = 0; letter->tls && i < letter->tls_count; i++)
        letter->tls[i] = tls_server_hold(tls[i]);
    if (letter->tls)
        return letter;
    letter_free(letter);
    return NULL;
}

static void on_conf_letter(void *arg)
{
    struct conf_letter *letter = arg;
    struct relay_loop *loop = letter->loop;
    struct serve_settings settings = settings_of(letter->conf);
    struct err err;
    if (use_conf(loop, letter->conf, &err) == 0) {
        server_configure(loop->server, &settings);
        for (size_t i = 0; i < letter->tls_count; i++)
            server_set_tls(loop->server, (void *)(uintptr_t)i, letter->tls[i]);
    } else {
        log_error(loop->relay->log, "the live path keeps its old configuration", LOG_Z("reason", err.text));
    }
    letter_free(letter);
}

static void look_drained(void *arg)
{
    struct relay_loop *loop = arg;
    if (server_connections(loop->server) == 0)
        atomic_store_explicit(&loop->drained, true, memory_order_release);
    else
        loop_timer_arm(loop->context.loop, &loop->drain_timer, DRAIN_LOOK_MS, look_drained, loop);
}

static void on_drain_letter(void *arg)
{
    struct relay_loop *loop = arg;
    server_drain(loop->server);
    look_drained(loop);
}

static void *run_loop(void *arg)
{
    struct relay_loop *loop = arg;
    loop_run(loop->context.loop);
    return NULL;
}

/* ---- starting ---- */

static void get_metrics(struct exchange_context *context, struct metrics *metrics)
{
    for (int endpoint = 0; endpoint < ENDPOINT_COUNT; endpoint++)
        for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
            context->outcomes[endpoint][outcome] =
                METRIC(metrics, "candor_exchanges_total", endpoint_name((enum endpoint)endpoint),
                       exchange_outcome_name((enum exchange_outcome)outcome));
    context->overhead = METRIC0(metrics, "candor_exchange_overhead_seconds");
    context->first_byte = METRIC0(metrics, "candor_first_byte_seconds");
}

static int make_loop(struct relay *relay, struct relay_loop *loop, struct conf *conf, struct pipeline *pipeline,
                     struct metrics *metrics, struct err *err)
{
    struct serve_settings settings = settings_of(conf);
    loop->relay = relay;
    buf_init(&loop->bearer, 65536);
    buf_init(&loop->context.log_lines, LOG_BATCH_MAX);
    loop->context.pipeline = pipeline;
    loop->context.log = relay->log;
    loop->context.totals = &relay->totals;
    get_metrics(&loop->context, metrics);
    if (!(loop->context.loop = loop_new(err)))
        return -1;
    if (!(loop->server = server_new(loop->context.loop, &exchange_serve_ops, &loop->context, &settings, err)))
        return -1;
    return use_conf(loop, conf, err);
}

static int listen_on(struct relay *relay, size_t loop, size_t index, int fd, struct err *err)
{
    void *tag = (void *)(uintptr_t)index;
    if (server_listen(relay->loops[loop].server, fd, relay->tls[index], tag, err) == 0)
        return 0;
    close(fd);
    return -1;
}

/* A socket that exists cannot be shared by SO_REUSEPORT: what loops lack, they accept from duplicates of one. The first
 * fds are distinct, and all of them are listened on: each has a queue of its own. */
static int share_sockets(struct relay *relay, size_t index, const int *fds, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        sockets_add(&relay->sockets, fds[i], "data");
        if (listen_on(relay, i % relay->loop_count, index, fds[i], err) < 0)
            return -1;
    }
    for (size_t i = count; i < relay->loop_count; i++) {
        int fd = fcntl(fds[i % count], F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
            return err_set(err, "cannot listen on %s: no descriptors left", relay->addresses[index]);
        if (listen_on(relay, i, index, fd, err) < 0)
            return -1;
    }
    return 0;
}

/* Every loop's socket of one listener: those that are inherited; or one each on the same port, which the kernel spreads
 * clients over. Port 0 is asked for once: the others join the port the kernel gave. */
static int open_listener(struct relay *relay, size_t index, const char *address, struct sockets *inherited,
                         struct err *err)
{
    int fds[SOCKETS_MAX];
    char *bound = relay->addresses[index];
    bool is_unix = strncmp(address, "unix:", 5) == 0;
    size_t count = sockets_take(inherited, address, "data", fds);
    size_t wanted = count || is_unix ? 1 : relay->loop_count;
    for (; count < wanted && count < SOCKETS_MAX; count++) {
        enum serve_share share = count ? SERVE_JOIN : wanted > 1 ? SERVE_FIRST : SERVE_ALONE;
        fds[count] = serve_open(count ? bound : address, share, err);
        if (fds[count] < 0 || (count == 0 && serve_bound(fds[count], bound, ADDRESS_SIZE) < 0))
            return fds[count] < 0 ? -1 : err_set(err, "cannot listen on %s: its address is unknown", address);
    }
    if (serve_bound(fds[0], bound, ADDRESS_SIZE) < 0)
        return err_set(err, "cannot listen on %s: its address is unknown", address);
    return share_sockets(relay, index, fds, count, err);
}

static int open_listeners(struct relay *relay, const struct conf *conf, struct sockets *inherited, struct err *err)
{
    relay->addresses = calloc(conf->listen_count ? conf->listen_count : 1, ADDRESS_SIZE);
    relay->tls = calloc(conf->listen_count ? conf->listen_count : 1, sizeof *relay->tls);
    if (!relay->addresses || !relay->tls)
        return err_set(err, "cannot start the live path: out of memory");
    relay->address_count = conf->listen_count;
    for (size_t i = 0; i < conf->listen_count; i++) {
        const struct conf_listen *listen = &conf->listen[i];
        if (listen->tls_count && !(relay->tls[i] = tls_server_new(listen->tls, listen->tls_count, err)))
            return -1;
        if (open_listener(relay, i, listen->address, inherited, err) < 0)
            return -1;
    }
    return 0;
}

static int start_thread(struct relay_loop *loop, struct err *err)
{
    char name[16];
    snprintf(name, sizeof name, "relay-%zu", (size_t)(loop - loop->relay->loops));
    if (thread_start(&loop->thread, name, run_loop, loop, err))
        return -1;
    atomic_store_explicit(&loop->turned, true, memory_order_relaxed);
    loop->running = true;
    return 0;
}

struct relay *relay_start(struct conf *conf, struct sockets *inherited, struct pipeline *pipeline, struct log *log,
                          struct metrics *metrics, struct err *err)
{
    struct relay *relay = calloc(1, sizeof *relay);
    if (!relay || !(relay->loops = calloc(conf->workers, sizeof *relay->loops))) {
        free(relay);
        err_set(err, "cannot start the live path: out of memory");
        return NULL;
    }
    relay->log = log;
    int result = 0;
    for (unsigned i = 0; result == 0 && i < conf->workers; i++) {
        relay->loop_count++;
        result = make_loop(relay, &relay->loops[i], conf, pipeline, metrics, err);
    }
    if (result == 0)
        result = open_listeners(relay, conf, inherited, err);
    for (unsigned i = 0; result == 0 && i < conf->workers; i++)
        result = start_thread(&relay->loops[i], err);
    if (result < 0) {
        relay_stop(relay);
        return NULL;
    }
    return relay;
}

/* ---- running ---- */

const char *relay_address(const struct relay *relay, size_t index)
{
    return index < relay->address_count ? relay->addresses[index] : "";
}

/* Reads the certificates again, here and not on the loops: files block. One that fails keeps the old. */
static void renew_tls(struct relay *relay, const struct conf *conf)
{
    struct err err;
    for (size_t i = 0; i < relay->address_count && i < conf->listen_count; i++) {
        const struct conf_listen *listen = &conf->listen[i];
        struct tls_server *fresh = NULL;
        if (!relay->tls[i] || !listen->tls_count)
            continue;
        if (!(fresh = tls_server_new(listen->tls, listen->tls_count, &err))) {
            log_error(relay->log, "a listener keeps its old certificates", LOG_Z("reason", err.text));
            continue;
        }
        tls_server_free(relay->tls[i]);
        relay->tls[i] = fresh;
    }
}

void relay_configure(struct relay *relay, struct conf *conf)
{
    renew_tls(relay, conf);
    for (size_t i = 0; i < relay->loop_count; i++) {
        struct conf_letter *letter = letter_new(&relay->loops[i], conf, relay->tls);
        if (!letter || loop_post(relay->loops[i].context.loop, on_conf_letter, letter) < 0) {
            log_error(relay->log, "a relay loop keeps its old configuration", LOG_I("loop", i));
            letter_free(letter);
        }
    }
}

void relay_drain(struct relay *relay)
{
    relay->draining = true;
    for (size_t i = 0; i < relay->loop_count; i++)
        if (loop_post(relay->loops[i].context.loop, on_drain_letter, &relay->loops[i]) < 0)
            log_warn(relay->log, "a relay loop is too busy to be told to drain", LOG_I("loop", i));
}

size_t relay_busy(const struct relay *relay)
{
    size_t busy = atomic_load_explicit(&relay->totals.busy, memory_order_relaxed);
    for (size_t i = 0; relay->draining && i < relay->loop_count; i++)
        busy += !atomic_load_explicit(&relay->loops[i].drained, memory_order_acquire);
    return busy;
}

uint64_t relay_exchanges(const struct relay *relay)
{
    return atomic_load_explicit(&relay->totals.exchanges, memory_order_relaxed);
}

void relay_sockets(const struct relay *relay, struct sockets *out)
{
    for (size_t i = 0; i < relay->sockets.count; i++)
        sockets_add(out, relay->sockets.each[i].fd, relay->sockets.each[i].name);
}

static void on_turn_letter(void *arg)
{
    atomic_store_explicit(&((struct relay_loop *)arg)->turned, true, memory_order_relaxed);
}

bool relay_alive(struct relay *relay)
{
    bool alive = true;
    for (size_t i = 0; i < relay->loop_count; i++) {
        struct relay_loop *loop = &relay->loops[i];
        if (!atomic_exchange_explicit(&loop->turned, false, memory_order_relaxed))
            alive = false;
        else if (loop_post(loop->context.loop, on_turn_letter, loop) < 0)
            atomic_store_explicit(&loop->turned, true,
                                  memory_order_relaxed); /* a full mailbox: asked again next time */
    }
    return alive;
}

static void free_loop(struct relay_loop *loop)
{
    if (loop->running) {
        loop_stop(loop->context.loop);
        pthread_join(loop->thread, NULL);
    }
    server_free(loop->server);
    upstream_free(loop->context.upstream);
    log_flush(loop->relay->log, &loop->context.log_lines);
    buf_fini(&loop->context.log_lines);
    if (loop->context.loop) {
        loop_timer_cancel(loop->context.loop, &loop->context.log_timer);
        loop_timer_cancel(loop->context.loop, &loop->drain_timer);
    }
    loop_free(loop->context.loop);
    conf_drop(loop->context.conf);
    if (loop->bearer.data)
        explicit_bzero(loop->bearer.data, loop->bearer.size);
    buf_fini(&loop->bearer);
}

void relay_stop(struct relay *relay)
{
    if (!relay)
        return;
    for (size_t i = 0; i < relay->loop_count; i++)
        free_loop(&relay->loops[i]);
    for (size_t i = 0; relay->tls && i < relay->address_count; i++)
        tls_server_free(relay->tls[i]);
    free(relay->tls);
    free(relay->addresses);
    free(relay->loops);
    free(relay);
}
