/* Follows the store on a loop of its own. See alert_watch.h.
 *
 * Looking is a timer: read what is new, set the gauges, tell what has begun to fire and what has ended. The loop may
 * block on the file for the moment a read takes; nothing else runs on it but deliveries.
 */
#include "alert_watch.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "alert_post.h"
#include "alert_store.h"
#include "clock.h"
#include "thread.h"

struct told { /* what was last said of an alert */
    bool firing;
    int64_t since_ms;
    uint64_t sent_ms; /* to Alertmanager, monotonic */
    struct alert alert;
};

struct alert_watch {
    struct conf *conf; /* held; the watch's thread's */
    struct alert_watch_pace pace;
    struct log *log;
    struct metrics *metrics;
    struct loop *loop;
    struct alert_poster *poster;
    struct loop_timer timer;
    pthread_t thread;
    bool started;
    atomic_bool asked_to_rest, rests;
    struct alert_settings settings;
    struct alerts *alerts;
    struct alert_notes notes;
    atomic_uint canaries_right, canaries_wrong; /* since the last look; any thread counts them up */
    bool failing;                               /* the last look at the store failed: said once */
    struct told told[ALERT_KIND_COUNT][CONDITION_COUNT];

    pthread_mutex_t mutex; /* over what other threads may see */
    struct alert standing[ALERT_WATCH_MAX];
    size_t standing_count;
    struct health health; /* as it was told */
};

/* ---- telling ---- */

static void set_gauges(struct alert_watch *watch, const struct alert *alert, const char *condition)
{
    const char *kind = alert_kind_name(alert->kind);
    metric_set(METRIC(watch->metrics, "candor_alert_firing", kind, condition), alert->firing);
    metric_set(METRIC(watch->metrics, "candor_evidence_log", kind, condition), alert->log_evidence);
    metric_set(METRIC(watch->metrics, "candor_evidence_threshold_log", kind, condition), alert->threshold_log);
}

static void say_fired(struct alert_watch *watch, const struct alert *alert, const char *condition)
{
    log_warn(watch->log, "alert", LOG_Z("alert", alert_kind_name(alert->kind)), LOG_Z("condition", condition),
             LOG_Z("severity", alert_severity(alert)), LOG_Z("epoch", alert->epoch), LOG_I("seq", alert->fired_seq),
             LOG_D("log_evidence", alert->log_evidence), LOG_D("threshold_log", alert->threshold_log));
    alert_poster_add(watch->poster, watch->conf, alert, &watch->settings);
}

/* Compares how an alert stands with what was said of it. known: what fires already is no news (at the start). */
static void tell(struct alert_watch *watch, const struct alert *alert, struct told *told, bool known)
{
    char condition[CONDITION_NAME_SIZE];
    condition_name(alert->condition, condition);
    set_gauges(watch, alert, condition);
    bool began = alert->firing && (!told->firing || told->alert.fired_seq != alert->fired_seq);
    if (began) {
        *told = (struct told){.firing = true, .since_ms = clock_wall_ms(), .alert = *alert};
        alert_store_name(watch->conf->store_path, &told->alert);
        if (!known)
            say_fired(watch, &told->alert, condition);
    }
    uint64_t now_ms = clock_monotonic_ns() / NS_PER_MS;
    if (told->firing && !alert->firing) {
        told->firing = false;
        log_info(watch->log, "alert_acknowledged", LOG_Z("alert", alert_kind_name(alert->kind)),
                 LOG_Z("condition", condition));
        alert_poster_report(watch->poster, watch->conf, &told->alert, &watch->settings, told->since_ms, false);
    } else if (told->firing && (told->sent_ms == 0 || now_ms - told->sent_ms >= watch->pace.resend_ms)) {
        told->sent_ms = now_ms;
        alert_poster_report(watch->poster, watch->conf, &told->alert, &watch->settings, told->since_ms, true);
    }
}

static void tell_health(struct alert_watch *watch, const struct health *health, bool known)
{
    for (int i = 0; i < HEALTH_COUNT; i++) {
        enum health_check check = (enum health_check)i;
        bool fails = health->failing[check], news = fails != watch->health.failing[check];
        metric_set(METRIC(watch->metrics, "candor_alert_firing", health_name(check), "all"), fails);
        if (!news || known)
            continue;
        log_warn(watch->log, "health", LOG_Z("alert", health_name(check)), LOG_I("firing", fails),
                 LOG_I("seq", health->since_seq[check]));
        alert_poster_add_health(watch->poster, health, check);
    }
}

static void publish(struct alert_watch *watch, const struct alert *standing, size_t count, const struct health *health)
{
    pthread_mutex_lock(&watch->mutex);
    watch->health = *health;
    memcpy(watch->standing, standing, count * sizeof(*standing));
    watch->standing_count = count;
    pthread_mutex_unlock(&watch->mutex);
}

static void tell_all(struct alert_watch *watch, bool known)
{
    struct alert standing[ALERT_WATCH_MAX];
    struct health health;
    size_t count = 0;
    for (int kind = 0; kind < ALERT_KIND_COUNT; kind++)
        for (size_t i = 0; i < CONDITION_COUNT; i++) {
            struct alert alert;
            alerts_standing(watch->alerts, (enum alert_kind)kind, condition_at(i), &alert);
            if (alert.firing || watch->told[kind][i].firing ||
                alert.counts.plus + alert.counts.zero + alert.counts.minus > 0) {
                tell(watch, &alert, &watch->told[kind][i], known);
                memcpy(alert.telling_ids, watch->told[kind][i].alert.telling_ids, sizeof alert.telling_ids);
                standing[count++] = alert;
            }
        }
    bool calibrated = watch->settings.style_controlled || watch->settings.style_measured;
    for (int kind = ALERT_LEVEL; kind <= ALERT_DRIFT; kind++)
        metric_set(METRIC(watch->metrics, "candor_alert_calibrated", alert_kind_name((enum alert_kind)kind)),
                   calibrated);
    alerts_health(watch->alerts, &health);
    tell_health(watch, &health, known);
    alert_poster_flush(watch->poster, watch->conf);
    publish(watch, standing, count, &health);
}

/* ---- following ---- */

static void look(struct alert_watch *watch, bool known)
{
    struct err err = {""};
    if (!watch->conf->store_path || !watch->alerts)
        return;
    unsigned right = atomic_exchange(&watch->canaries_right, 0), wrong = atomic_exchange(&watch->canaries_wrong, 0);
    bool failed =
        (right + wrong > 0 && alert_store_canaries(watch->conf->store_path, watch->alerts, right, wrong, &err) != 0) ||
        alert_store_sync(watch->conf->store_path, watch->alerts, &watch->notes, &err) != 0;
    if (failed && !watch->failing)
        log_warn(watch->log, "alerts_not_followed", LOG_Z("why", err.text));
    watch->failing = failed;
    if (!failed)
        tell_all(watch, known);
}

static void on_time(void *arg)
{
    struct alert_watch *watch = arg;
    look(watch, false);
    loop_timer_arm(watch->loop, &watch->timer, watch->pace.follow_ms, on_time, watch);
}

static void *run(void *arg)
{
    struct alert_watch *watch = arg;
    loop_timer_arm(watch->loop, &watch->timer, watch->pace.follow_ms, on_time, watch);
    loop_run(watch->loop);
    return NULL;
}

/* ---- resting ---- */

static void on_rest(void *arg)
{
    struct alert_watch *watch = arg;
    loop_timer_cancel(watch->loop, &watch->timer);
    look(watch, false);
    atomic_store(&watch->rests, true);
}

static void on_wake(void *arg)
{
    struct alert_watch *watch = arg;
    atomic_store(&watch->rests, false);
    on_time(watch);
}

bool alert_watch_rest(struct alert_watch *watch)
{
    if (!atomic_exchange(&watch->asked_to_rest, true) && loop_post(watch->loop, on_rest, watch) != 0)
        atomic_store(&watch->asked_to_rest, false); /* a full mailbox: asked again next time */
    return atomic_load(&watch->rests);
}

void alert_watch_wake(struct alert_watch *watch)
{
    if (atomic_exchange(&watch->asked_to_rest, false) && loop_post(watch->loop, on_wake, watch) != 0)
        log_error(watch->log, "alerts_not_followed", LOG_Z("why", "out of memory"));
}

size_t alert_watch_under_way(const struct alert_watch *watch)
{
    return alert_poster_under_way(watch->poster);
}

/* ---- life ---- */

struct alert_watch *alert_watch_start(struct conf *conf, struct alert_watch_pace pace, struct log *log,
                                      struct metrics *metrics, struct err *err)
{
    struct alert_watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        err_set(err, "out of memory");
        return NULL;
    }
    *watch = (struct alert_watch){
        .conf = conf_hold(conf), .pace = pace, .log = log, .metrics = metrics, .settings = alert_settings_of(conf)};
    pthread_mutex_init(&watch->mutex, NULL);
    watch->loop = loop_new(err);
    watch->poster = watch->loop ? alert_poster_new(watch->loop, pace.retry_ms, log, err) : NULL;
    watch->alerts = watch->poster ? alerts_new(&watch->settings, NULL, NULL) : NULL;
    if (!watch->alerts) {
        alert_watch_stop(watch);
        return NULL;
    }
    look(watch, true);
    watch->started = thread_start(&watch->thread, "alerts", run, watch, err) == 0;
    if (!watch->started) {
        alert_watch_stop(watch);
        return NULL;
    }
    return watch;
}

struct reconfiguration {
    struct alert_watch *watch;
    struct conf *conf;
};

static bool same_settings(const struct alert_settings *a, const struct alert_settings *b)
{
    return a->tally.alpha == b->tally.alpha && a->tally.tolerance == b->tally.tolerance &&
           a->drift_alpha == b->drift_alpha && a->drift_horizon == b->drift_horizon && a->style_bias == b->style_bias &&
           a->style_controlled == b->style_controlled && a->style_measured == b->style_measured &&
           a->neutral_pairs == b->neutral_pairs && a->judged == b->judged;
}

/* Other settings are other alerts: everything is replayed with them, and what then fires anew is told. */
static void reconfigure(void *arg)
{
    struct reconfiguration *letter = arg;
    struct alert_watch *watch = letter->watch;
    struct alert_settings settings = alert_settings_of(letter->conf);
    bool changed = !same_settings(&settings, &watch->settings);
    struct alerts *fresh = changed ? alerts_new(&settings, NULL, NULL) : NULL;
    conf_drop(watch->conf);
    watch->conf = letter->conf;
    if (fresh) {
        alerts_free(watch->alerts);
        watch->alerts = fresh;
        watch->settings = settings;
        watch->notes = (struct alert_notes){0};
    }
    free(letter);
}

void alert_watch_configure(struct alert_watch *watch, struct conf *conf)
{
    struct reconfiguration *letter = calloc(1, sizeof *letter);
    if (!letter)
        return; /* the old settings stay in force */
    *letter = (struct reconfiguration){watch, conf_hold(conf)};
    if (loop_post(watch->loop, reconfigure, letter)) {
        conf_drop(letter->conf);
        free(letter);
    }
}

void alert_watch_canary(struct alert_watch *watch, bool right)
{
    atomic_fetch_add(right ? &watch->canaries_right : &watch->canaries_wrong, 1);
}

size_t alert_watch_standing(struct alert_watch *watch, struct alert out[ALERT_WATCH_MAX], struct health *health)
{
    pthread_mutex_lock(&watch->mutex);
    *health = watch->health;
    size_t count = watch->standing_count;
    memcpy(out, watch->standing, count * sizeof(*out));
    pthread_mutex_unlock(&watch->mutex);
    return count;
}

void alert_watch_stop(struct alert_watch *watch)
{
    if (!watch)
        return;
    if (watch->started) {
        loop_stop(watch->loop);
        pthread_join(watch->thread, NULL);
    }
    if (watch->loop)
        loop_timer_cancel(watch->loop, &watch->timer);
    alert_poster_free(watch->poster);
    if (watch->loop)
        loop_free(watch->loop);
    alerts_free(watch->alerts);
    pthread_mutex_destroy(&watch->mutex);
    conf_drop(watch->conf);
    free(watch);
}
