/* daemon: see daemon.h. Wiring only: every line here starts, stops, reloads or connects a module. */
#include "daemon.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "admin.h"
#include "alert_watch.h"
#include "booster.h"
#include "clock.h"
#include "epoch.h"
#include "export_otlp.h"
#include "loop.h"
#include "metrics.h"
#include "pipeline.h"
#include "relay.h"
#include "shadow.h"
#include "sockets.h"
#include "store.h"

#define TICK_MS       50   /* how often a drain looks whether all is done */
#define SIDE_GRACE_MS 5000 /* for trials under way when the last client has gone */
#define MAX_QUEUED    8192
#define MAX_IN_FLIGHT 4096
#define POOL_THREADS  2

struct daemon {
    struct conf *conf;
    struct log *log;
    struct metrics *metrics;
    struct daemon_watch watch;
    struct rules *rules;
    struct store *store;
    struct pipeline *pipeline;
    struct shadow *shadow;
    struct relay *relay;
    struct admin *admin;
    struct alert_watch *alerts;
    struct otlp *otlp;
    struct loop *loop; /* the control thread's */
    struct event *signals[4], *watchdog;
    struct loop_timer tick, handover_tick;
    struct event *successor_ready; /* while one starts */
    pid_t successor;
    uint64_t started_ns, drain_until_ns, handover_until_ns;
    bool draining, clients_gone, handing_over;
    atomic_bool relay_started, store_left; /* the latter: to the successor */
    char program[PATH_MAX]; /* as it was called; what lies there when a successor is started may be new */
    char epoch[33];
};

/* ---- what the stations are told ---- */

static void on_ask(struct trial *trial, void *arg)
{
    shadow_ask(((struct daemon *)arg)->shadow, trial);
}

static void on_judge(struct trial *trial, void *arg)
{
    shadow_judge(((struct daemon *)arg)->shadow, trial);
}

/* What is still under way when a successor has the store would take numbers that are the successor's to give. */
static void on_tell(struct trial *trial, void *arg)
{
    struct daemon *daemon = arg;
    if (atomic_load(&daemon->store_left)) {
        trial_free(trial);
        pipeline_done(daemon->pipeline);
        return;
    }
    store_put(daemon->store, trial);
}

static void on_canary(bool right, void *arg)
{
    alert_watch_canary(arg, right);
}

static void on_commit(const struct trial *trial, const struct tally *tally, void *arg)
{
    struct daemon *daemon = arg;
    (void)tally;
    if (daemon->watch.on_commit)
        daemon->watch.on_commit(trial, daemon->watch.arg);
    otlp_trial(daemon->otlp, trial);
    pipeline_done(daemon->pipeline);
}

static void on_store_drop(const struct trial *trial, void *arg)
{
    (void)trial;
    pipeline_done(((struct daemon *)arg)->pipeline);
}

static void on_seen(const struct trial *trial, enum drop_reason reason, void *arg)
{
    otlp_exchange(((struct daemon *)arg)->otlp, trial, reason);
}

static bool is_ready(const char **why, void *arg)
{
    const struct daemon *daemon = arg;
    *why = daemon->draining                       ? "draining"
           : !store_healthy(daemon->store)        ? "store"
           : !atomic_load(&daemon->relay_started) ? "starting"
                                                  : NULL;
    return *why == NULL;
}

static void tally_copy(struct tally *copy, void *arg)
{
    store_tally(((struct daemon *)arg)->store, copy);
}

static void settings_copy(struct tally_settings *out, void *arg)
{
    *out = store_tally_settings(((struct daemon *)arg)->store);
}

static size_t alerts_copy(struct alert out[ALERT_WATCH_MAX], struct health *health, void *arg)
{
    return alert_watch_standing(((struct daemon *)arg)->alerts, out, health);
}

static void model_status(struct json_writer *w, const char *key, const struct conf_model *model)
{
    json_open_object(w, key);
    json_put_text(w, "url", model->url_count ? model->urls[0].text : NULL); /* for who knows of one address only */
    json_open_array(w, "urls");
    for (size_t i = 0; i < model->url_count; i++)
        json_put_text(w, NULL, model->urls[i].text);
    json_close_array(w);
    json_put_text(w, "model", model->model);
    json_close_object(w);
}

static void budget_write(struct json_writer *w, struct shadow *shadow, const struct conf *conf)
{
    struct shadow_spending today;
    shadow_spending(shadow, &today);
    json_open_object(w, "budget");
    json_put_bool(w, "spent", today.stopped);
    json_put_int(w, "tokens_today", (int64_t)today.tokens);
    json_put_int(w, "tokens_per_day", (int64_t)conf->shadow.tokens_per_day);
    json_put_double(w, "money_today", today.money);
    json_put_double(w, "money_per_day", conf->shadow.money_per_day);
    json_close_object(w);
}

static void judge_health_write(struct json_writer *w, struct shadow *shadow)
{
    struct canary_health health;
    shadow_judge_health(shadow, &health);
    json_open_object(w, "judge_health");
    json_put_int(w, "right", (int64_t)health.right);
    json_put_int(w, "wrong", (int64_t)health.wrong);
    json_put_int(w, "missing", (int64_t)health.missing);
    json_put_int(w, "recent", health.recent);
    json_put_int(w, "recent_right", health.recent_right);
    json_close_object(w);
}

static void status_write(struct json_writer *w, void *arg)
{
    struct daemon *daemon = arg;
    const struct conf *conf = daemon->conf;
    json_put_text(w, "version", PACKAGE_VERSION);
    json_put_double(w, "uptime_seconds", (double)(clock_monotonic_ns() - daemon->started_ns) / 1e9);
    json_put_text(w, "state", daemon->draining ? "draining" : "running");
    json_put_text(w, "data_address", daemon_data_address(daemon));
    json_put_text(w, "admin_address", daemon_admin_address(daemon));
    json_put_text(w, "live", conf->live_is_original ? "original" : "warm");
    json_open_object(w, "models");
    model_status(w, "warm", &conf->warm);
    model_status(w, "original", &conf->original);
    if (conf->has_judge)
        model_status(w, "judge", &conf->judge);
    if (conf->has_classifier)
        model_status(w, "classifier", &conf->classifier);
    if (conf->has_rewriter)
        model_status(w, "rewriter", &conf->rewriter);
    json_close_object(w);
    json_open_object(w, "candidates");
    for (size_t i = 0; i < conf->candidate_count; i++)
        model_status(w, conf->candidates[i].name, &conf->candidates[i]);
    json_close_object(w);
    json_put_text(w, "epoch", daemon->epoch);
    json_put_text(w, "detector_version", rules_version(daemon->rules));
    json_put_int(w, "rules", (int64_t)rules_count(daemon->rules));
    json_put_bool(w, "jit", rules_jit(daemon->rules));
    json_put_int(w, "exchanges", (int64_t)relay_exchanges(daemon->relay));
    json_put_int(w, "exchanges_in_flight", (int64_t)relay_busy(daemon->relay));
    json_put_int(w, "trials_in_flight", (int64_t)pipeline_in_flight(daemon->pipeline));
    json_put_bool(w, "store_healthy", store_healthy(daemon->store));
    budget_write(w, daemon->shadow, conf);
    judge_health_write(w, daemon->shadow);
}

/* ---- signals ---- */

static void notify(const char *state)
{
#ifdef HAVE_SYSTEMD
    sd_notify(0, state);
#else
    (void)state;
#endif
}

/* Of an alert that the last trials raised nobody would hear: the next to follow the store takes it for known. */
static bool alerts_are_told(struct daemon *daemon)
{
    return alert_watch_rest(daemon->alerts) && alert_watch_under_way(daemon->alerts) == 0;
}

/* Clients may take the whole drain time; once they have gone, nobody waits long for the side path. */
static void on_tick(void *arg)
{
    struct daemon *daemon = arg;
    uint64_t now_ns = loop_now_ns(daemon->loop), side_until_ns = now_ns + SIDE_GRACE_MS * NS_PER_MS;
    bool clients = relay_busy(daemon->relay) > 0;
    if (!clients && !daemon->clients_gone) {
        daemon->clients_gone = true;
        if (side_until_ns < daemon->drain_until_ns)
            daemon->drain_until_ns = side_until_ns;
    }
    bool done = !clients && pipeline_in_flight(daemon->pipeline) == 0 && alerts_are_told(daemon);
    if (done || now_ns >= daemon->drain_until_ns)
        loop_stop(daemon->loop);
    else
        loop_timer_arm(daemon->loop, &daemon->tick, TICK_MS, on_tick, daemon);
}

static void drain_start(void *arg)
{
    struct daemon *daemon = arg;
    if (daemon->draining) { /* asked twice: now */
        loop_stop(daemon->loop);
        return;
    }
    daemon->draining = true;
    daemon->drain_until_ns = clock_monotonic_ns() + daemon->conf->drain_ms * NS_PER_MS;
    notify("STOPPING=1");
    log_info(daemon->log, "draining", LOG_I("exchanges", relay_busy(daemon->relay)),
             LOG_I("trials", pipeline_in_flight(daemon->pipeline)));
    relay_drain(daemon->relay);
    loop_timer_arm(daemon->loop, &daemon->tick, TICK_MS, on_tick, daemon);
}

static void on_stop_signal(evutil_socket_t signal_number, short events, void *arg)
{
    (void)signal_number, (void)events;
    drain_start(arg);
}

/* A bad file is refused whole and the old snapshot stays. */
static void reload(struct daemon *daemon)
{
    struct err err = {""};
    struct conf *conf = conf_load(daemon->conf->path, &err);
    struct rules *rules = conf ? rules_load((const char *const *)conf->rules, conf->rule_count, &err) : NULL;
    rules = rules_boost(rules, conf ? conf->shadow.booster_file : NULL, &err);
    if (!rules) {
        log_error(daemon->log, "reload refused", LOG_Z("reason", err.text));
        metric_add(METRIC(daemon->metrics, "candor_reloads_total", "refused"), 1);
        conf_drop(conf);
        return;
    }
    epoch_of(conf, rules_version(rules), daemon->epoch);
    log_configure(daemon->log, conf->log_level, conf->log_format);
    pipeline_configure(daemon->pipeline, rules, daemon->epoch);
    shadow_configure(daemon->shadow, conf);
    store_configure(daemon->store, conf);
    alert_watch_configure(daemon->alerts, conf);
    otlp_configure(daemon->otlp, conf);
    relay_configure(daemon->relay, conf);
    if (daemon->admin)
        admin_configure(daemon->admin, conf);
    rules_drop(daemon->rules);
    conf_drop(daemon->conf);
    daemon->rules = rules;
    daemon->conf = conf;
    log_info(daemon->log, "reloaded", LOG_Z("epoch", daemon->epoch));
    metric_add(METRIC(daemon->metrics, "candor_reloads_total", "done"), 1);
}

static void on_reload_signal(evutil_socket_t signal_number, short events, void *arg)
{
    (void)signal_number, (void)events;
    notify("RELOADING=1");
    reload(arg);
    notify("READY=1");
}

/* ---- handing over (SIGUSR2) ----
 *
 * The side path is emptied first, for the store has one writer, and the alerts are told a last time; the live path goes
 * on all the time. Then a successor is started with our listening sockets, and once it serves, we drain. One that fails
 * leaves everything as it was. */

static void handover_end(struct daemon *daemon)
{
    if (daemon->successor_ready) {
        close(event_get_fd(daemon->successor_ready));
        event_free(daemon->successor_ready);
    }
    daemon->successor_ready = NULL;
    daemon->handing_over = false;
}

/* There is no successor after all. */
static void handover_failed(struct daemon *daemon)
{
    handover_end(daemon);
    if (!store_lend(daemon->store, false)) {
        log_error(daemon->log, "another candor has the store, nothing is recorded any more",
                  LOG_Z("store", daemon->conf->store_path));
        return;
    }
    atomic_store(&daemon->store_left, false);
    pipeline_close(daemon->pipeline, false);
    alert_watch_wake(daemon->alerts);
}

static void on_successor(evutil_socket_t fd, short events, void *arg)
{
    struct daemon *daemon = arg;
    char byte;
    (void)events;
    bool serves = read(fd, &byte, 1) == 1;
    if (!serves) {
        waitpid(daemon->successor, NULL, 0);
        handover_failed(daemon);
        log_error(daemon->log, "the successor did not start, going on", LOG_I("pid", daemon->successor));
        return;
    }
    handover_end(daemon);
    char state[64];
    snprintf(state, sizeof state, "MAINPID=%ld", (long)daemon->successor);
    notify(state);
    log_info(daemon->log, "handed over", LOG_I("pid", daemon->successor));
    if (daemon->admin)
        admin_drain(daemon->admin);
    if (!daemon->draining)
        drain_start(daemon);
}

static void start_successor(struct daemon *daemon)
{
    struct err err = {""};
    struct sockets sockets = {.count = 0};
    char serve[] = "serve", option[] = "-c", *path = strdup(daemon->conf->path);
    char *const argv[] = {daemon->program, serve, option, path, NULL};
    int ready = -1;
    relay_sockets(daemon->relay, &sockets);
    if (daemon->admin)
        sockets_add(&sockets, admin_socket(daemon->admin), "admin");
    bool lent = store_lend(daemon->store, true);
    daemon->successor = path && lent ? sockets_pass(&sockets, argv, &ready, &err) : -1;
    free(path);
    if (daemon->successor >= 0) {
        log_info(daemon->log, "handing over", LOG_I("pid", daemon->successor), LOG_I("sockets", sockets.count));
        daemon->successor_ready = event_new(loop_base(daemon->loop), ready, EV_READ, on_successor, daemon);
        if (daemon->successor_ready && event_add(daemon->successor_ready, NULL) == 0)
            return;
    }
    log_error(daemon->log, "no successor can be started", LOG_Z("reason", err.text));
    handover_failed(daemon);
}

static void on_handover_tick(void *arg)
{
    struct daemon *daemon = arg;
    bool empty = pipeline_in_flight(daemon->pipeline) == 0;
    if (daemon->draining) {
        handover_end(daemon);
    } else if (atomic_load(&daemon->store_left) && alert_watch_rest(daemon->alerts)) {
        start_successor(daemon); /* what was told before the mark has had a tick to be committed */
    } else {
        if (empty || loop_now_ns(daemon->loop) >= daemon->handover_until_ns)
            atomic_store(&daemon->store_left, true);
        loop_timer_arm(daemon->loop, &daemon->handover_tick, TICK_MS, on_handover_tick, daemon);
    }
}

static void on_handover_signal(evutil_socket_t signal_number, short events, void *arg)
{
    struct daemon *daemon = arg;
    (void)signal_number, (void)events;
    if (daemon->draining || daemon->handing_over)
        return;
    daemon->handing_over = true;
    daemon->handover_until_ns = clock_monotonic_ns() + SIDE_GRACE_MS * NS_PER_MS;
    pipeline_close(daemon->pipeline, true);
    on_handover_tick(daemon);
}

/* ---- the watchdog ---- */

#ifdef HAVE_SYSTEMD
/* Fed only when every loop of the live path has turned since the last time, as this one has. */
static void on_watchdog(evutil_socket_t fd, short events, void *arg)
{
    struct daemon *daemon = arg;
    (void)fd, (void)events;
    if (relay_alive(daemon->relay))
        notify("WATCHDOG=1");
}
#endif

static void watchdog_start(struct daemon *daemon)
{
#ifdef HAVE_SYSTEMD
    uint64_t every_us = 0;
    if (sd_watchdog_enabled(0, &every_us) <= 0)
        return;
    daemon->watchdog = event_new(loop_base(daemon->loop), -1, EV_PERSIST, on_watchdog, daemon);
    struct timeval period = {.tv_sec = (time_t)(every_us / 4 / 1000000),
                             .tv_usec = (suseconds_t)(every_us / 4 % 1000000)};
    if (daemon->watchdog)
        event_add(daemon->watchdog, &period);
#else
    (void)daemon;
#endif
}

static int signals_start(struct daemon *daemon, struct err *err)
{
    const struct {
        int number;
        event_callback_fn fn;
    } wanted[] = {
        {SIGTERM, on_stop_signal}, {SIGINT, on_stop_signal}, {SIGHUP, on_reload_signal}, {SIGUSR2, on_handover_signal}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        daemon->signals[i] = evsignal_new(loop_base(daemon->loop), wanted[i].number, wanted[i].fn, daemon);
        if (!daemon->signals[i] || evsignal_add(daemon->signals[i], NULL) != 0)
            return err_set(err, "cannot watch for signals");
    }
    /* One turn, so that the first wait is not still to come when listeners are announced: ThreadSanitizer (of GCC 12)
     * makes what it keeps of a thread's signals in its first wait, and loses one that comes while it does. */
    (void)event_base_loop(loop_base(daemon->loop), EVLOOP_NONBLOCK);
    return 0;
}

/* ---- life ---- */

static int side_path_start(struct daemon *daemon, struct err *err)
{
    struct conf *conf = daemon->conf;
    daemon->rules = rules_load((const char *const *)conf->rules, conf->rule_count, err);
    daemon->rules = rules_boost(daemon->rules, conf->shadow.booster_file, err);
    if (!daemon->rules)
        return -1;
    if (!rules_jit(daemon->rules))
        log_warn(daemon->log, "rules are interpreted", LOG_Z("reason", "this host forbids executable memory"));
    epoch_of(conf, rules_version(daemon->rules), daemon->epoch);
    daemon->otlp = otlp_start(conf, daemon->log, daemon->metrics, err);
    if (!daemon->otlp)
        return -1;
    struct store_ops store_ops = {on_commit, daemon, on_store_drop};
    daemon->store = store_open(conf->store_path, conf, daemon->epoch, store_ops, daemon->log, daemon->metrics, err);
    if (!daemon->store)
        return -1;
    daemon->alerts = alert_watch_start(conf, ALERT_WATCH_PACE, daemon->log, daemon->metrics, err);
    if (!daemon->alerts)
        return -1;
    daemon->shadow = shadow_start(conf, daemon->log, daemon->metrics, on_canary, daemon->alerts, err);
    if (!daemon->shadow)
        return -1;
    struct pipeline_settings settings = {
        .threads = POOL_THREADS,
        .max_queued = MAX_QUEUED,
        .max_in_flight = MAX_IN_FLIGHT,
        .last_seq = store_last_seq(daemon->store),
    };
    struct pipeline_ops ops = {on_ask, on_judge, on_tell, daemon, on_seen};
    daemon->pipeline = pipeline_new(&settings, daemon->rules, daemon->epoch, ops, daemon->log, daemon->metrics, err);
    if (!daemon->pipeline)
        return -1;
    shadow_connect(daemon->shadow, daemon->pipeline);
    return 0;
}

static int open_front(struct daemon *daemon, struct sockets *inherited, struct err *err)
{
    struct conf *conf = daemon->conf;
    if (conf->admin_address) {
        struct admin_ops ops = {is_ready, tally_copy, status_write, daemon, settings_copy, alerts_copy};
        daemon->admin = admin_start(daemon->loop, conf, inherited, daemon->metrics, ops, err);
        if (!daemon->admin)
            return -1;
        log_info(daemon->log, "listening", LOG_Z("plane", "admin"), LOG_Z("address", admin_address(daemon->admin)));
    }
    daemon->relay = relay_start(conf, inherited, daemon->pipeline, daemon->log, daemon->metrics, err);
    if (!daemon->relay)
        return -1;
    atomic_store(&daemon->relay_started, true);
    for (size_t i = 0; i < conf->listen_count; i++)
        log_info(daemon->log, "listening", LOG_Z("plane", "data"), LOG_Z("address", relay_address(daemon->relay, i)));
    return 0;
}

static int front_start(struct daemon *daemon, struct err *err)
{
    struct sockets inherited;
    if (sockets_inherit(&inherited, err) < 0)
        return -1;
    int result = open_front(daemon, &inherited, err);
    for (size_t i = 0; i < inherited.count; i++)
        if (inherited.each[i].fd >= 0)
            log_warn(daemon->log, "an inherited socket is nobody's listener", LOG_Z("name", inherited.each[i].name));
    sockets_close(&inherited);
    return result;
}

struct daemon *daemon_start(struct conf *conf, struct log *log, struct daemon_watch watch, struct err *err)
{
    struct daemon *daemon = calloc(1, sizeof *daemon);
    if (!daemon) {
        err_set(err, "no memory");
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN); /* a peer that left is an error of its write */
    daemon->conf = conf_hold(conf);
    daemon->log = log;
    daemon->watch = watch;
    daemon->started_ns = clock_monotonic_ns();
    if (readlink("/proc/self/exe", daemon->program, sizeof daemon->program - 1) < 0)
        daemon->program[0] = '\0';
    daemon->metrics = metrics_new();
    daemon->loop = loop_new(err);
    if (!daemon->metrics || !daemon->loop || signals_start(daemon, err) != 0 || side_path_start(daemon, err) != 0 ||
        front_start(daemon, err) != 0) {
        daemon_free(daemon);
        return NULL;
    }
    metric_set(METRIC(daemon->metrics, "candor_build_info", PACKAGE_VERSION), 1);
    watchdog_start(daemon);
    return daemon;
}

void daemon_run(struct daemon *daemon)
{
    notify("READY=1");
    sockets_tell_ready();
    loop_run(daemon->loop);
    log_info(daemon->log, "stopped", LOG_I("exchanges", relay_exchanges(daemon->relay)));
}

void daemon_stop(struct daemon *daemon)
{
    while (loop_post(daemon->loop, drain_start, daemon) != 0)
        sched_yield();
}

/* Against the stream: nobody may be handed anything after it is gone. The conveyor goes last but for the clocks,
 * because the store still reports to it. */
void daemon_free(struct daemon *daemon)
{
    if (!daemon)
        return;
    relay_stop(daemon->relay);
    if (daemon->shadow)
        shadow_stop(daemon->shadow);
    if (daemon->pipeline)
        pipeline_stop(daemon->pipeline);
    shadow_free(daemon->shadow);
    admin_stop(daemon->admin);
    alert_watch_stop(daemon->alerts);
    store_close(daemon->store);
    otlp_stop(daemon->otlp);
    pipeline_free(daemon->pipeline);
    for (size_t i = 0; i < sizeof daemon->signals / sizeof *daemon->signals; i++)
        if (daemon->signals[i])
            event_free(daemon->signals[i]);
    if (daemon->watchdog)
        event_free(daemon->watchdog);
    handover_end(daemon);
    loop_free(daemon->loop);
    rules_drop(daemon->rules);
    metrics_free(daemon->metrics);
    conf_drop(daemon->conf);
    free(daemon);
}

const char *daemon_data_address(const struct daemon *daemon)
{
    return daemon->relay ? relay_address(daemon->relay, 0) : "";
}

const char *daemon_admin_address(const struct daemon *daemon)
{
    return daemon->admin ? admin_address(daemon->admin) : "";
}

void daemon_tally(struct daemon *daemon, struct tally *copy)
{
    store_tally(daemon->store, copy);
}
