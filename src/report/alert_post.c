/* Deliveries of alerts. See alert_post.h. */
#include "alert_post.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "json.h"

#define ATTEMPTS      6
#define TIMEOUT_MS    10000
#define MAX_ANSWER    (64u << 10)
#define DIGEST_BYTES  (1u << 20)
#define MAX_UNDER_WAY 64          /* deliveries; further ones are dropped and logged */
#define ACTIVE_FOR_MS (5 * 60000) /* then Alertmanager takes an alert of a dead sender for resolved */

struct delivery {
    struct delivery *next, **link;
    struct alert_poster *poster;
    const char *to; /* a fixed word for the log */
    char *url, signature[72];
    struct buf body;
    unsigned attempt;
    bool may_retry;
    struct loop_timer timer;
};

struct alert_poster {
    struct loop *loop;
    struct fetcher *fetcher;
    struct log *log;
    uint64_t retry_ms;
    struct delivery *deliveries;
    atomic_size_t count;
    bool closing;
    struct buf objects, text; /* of the next digest */
    size_t collected;
};

struct alert_poster *alert_poster_new(struct loop *loop, uint64_t retry_ms, struct log *log, struct err *err)
{
    struct alert_poster *poster = calloc(1, sizeof *poster);
    if (!poster) {
        err_set(err, "out of memory");
        return NULL;
    }
    *poster = (struct alert_poster){.loop = loop, .log = log, .retry_ms = retry_ms};
    buf_init(&poster->objects, DIGEST_BYTES);
    buf_init(&poster->text, DIGEST_BYTES);
    poster->fetcher = fetcher_new(loop, err);
    if (!poster->fetcher) {
        free(poster);
        return NULL;
    }
    return poster;
}

static void delivery_free(struct delivery *delivery)
{
    loop_timer_cancel(delivery->poster->loop, &delivery->timer);
    *delivery->link = delivery->next;
    if (delivery->next)
        delivery->next->link = delivery->link;
    delivery->poster->count--;
    buf_fini(&delivery->body);
    free(delivery->url);
    free(delivery);
}

void alert_poster_free(struct alert_poster *poster)
{
    if (!poster)
        return;
    poster->closing = true;
    fetcher_free(poster->fetcher);
    while (poster->deliveries)
        delivery_free(poster->deliveries);
    buf_fini(&poster->objects);
    buf_fini(&poster->text);
    free(poster);
}

size_t alert_poster_under_way(const struct alert_poster *poster)
{
    return poster->count;
}

/* ---- attempts ---- */

static void delivery_try(void *arg);

static void on_answer(const struct fetch_answer *answer, void *arg)
{
    struct delivery *delivery = arg;
    struct alert_poster *poster = delivery->poster;
    bool taken = answer->outcome == FETCH_DONE && answer->status >= 200 && answer->status < 300;
    if (poster->closing)
        return; /* alert_poster_free frees it */
    if (taken || !delivery->may_retry || delivery->attempt >= ATTEMPTS) {
        if (!taken)
            log_warn(poster->log, "alert_undelivered", LOG_Z("to", delivery->to),
                     LOG_Z("outcome", fetch_outcome_name(answer->outcome)), LOG_I("status", answer->status),
                     LOG_I("attempts", delivery->attempt));
        delivery_free(delivery);
        return;
    }
    uint64_t pause = poster->retry_ms << (delivery->attempt - 1);
    loop_timer_arm(poster->loop, &delivery->timer, answer->retry_after_ms > pause ? answer->retry_after_ms : pause,
                   delivery_try, delivery);
}

static void delivery_try(void *arg)
{
    struct delivery *delivery = arg;
    char signature[96];
    const char *headers[2] = {"content-type: application/json", signature};
    snprintf(signature, sizeof signature, "x-candor-signature: %s", delivery->signature);
    struct fetch_request request = {.url = delivery->url,
                                    .method = "POST",
                                    .body = buf_slice(&delivery->body),
                                    .headers = headers,
                                    .header_count = delivery->signature[0] ? 2 : 1,
                                    .timeout_ms = TIMEOUT_MS,
                                    .max_bytes = MAX_ANSWER};
    delivery->attempt++;
    if (!fetch_start(delivery->poster->fetcher, &request, on_answer, delivery))
        delivery_free(delivery);
}

/* Takes the body over. Whatever is sent anew by itself need not be tried again. */
static void deliver(struct alert_poster *poster, const char *to, const char *url, const char *secret, struct buf *body,
                    bool may_retry)
{
    struct delivery *delivery = poster->count < MAX_UNDER_WAY && !body->failed ? calloc(1, sizeof *delivery) : NULL;
    char *copy = delivery ? strdup(url) : NULL;
    if (!copy) {
        log_warn(poster->log, "alert_undelivered", LOG_Z("to", to), LOG_Z("outcome", "no_room"));
        buf_fini(body);
        free(delivery);
        return;
    }
    *delivery = (struct delivery){.next = poster->deliveries,
                                  .link = &poster->deliveries,
                                  .poster = poster,
                                  .to = to,
                                  .url = copy,
                                  .body = *body,
                                  .may_retry = may_retry};
    if (delivery->next)
        delivery->next->link = &delivery->next;
    poster->deliveries = delivery;
    poster->count++;
    if (secret)
        alert_sign(secret, buf_slice(&delivery->body), delivery->signature);
    delivery_try(delivery);
}

void alert_sign(const char *secret, struct slice body, char signature[72])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    signature[0] = '\0';
    if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body.data, body.len, digest, &len))
        return;
    size_t at = (size_t)snprintf(signature, 72, "sha256=");
    for (unsigned i = 0; i < len; i++)
        at += (size_t)snprintf(signature + at, 72 - at, "%02x", digest[i]);
}

/* ---- what is said ---- */

static void collect_next(struct alert_poster *poster)
{
    if (poster->collected++ == 0)
        return;
    buf_add_char(&poster->objects, ',');
    buf_add_char(&poster->text, '\n');
}

void alert_poster_add(struct alert_poster *poster, const struct conf *conf, const struct alert *alert,
                      const struct alert_settings *settings)
{
    collect_next(poster);
    alert_write_json(alert, settings, conf->path, &poster->objects);
    alert_write_text(alert, settings, conf->path, &poster->text);
}

void alert_poster_add_health(struct alert_poster *poster, const struct health *health, enum health_check check)
{
    collect_next(poster);
    alert_write_health_json(health, check, &poster->objects);
    alert_write_health(health, check, &poster->text);
}

static void send_webhook(struct alert_poster *poster, const struct conf *conf)
{
    struct buf body;
    buf_init(&body, DIGEST_BYTES + 64);
    buf_add_text(&body, "{\"alerts\":[");
    buf_add_slice(&body, buf_slice(&poster->objects));
    buf_add_text(&body, "]}");
    body.failed = body.failed || poster->objects.failed;
    deliver(poster, "webhook", conf->alerts.webhook_url, conf->alerts.webhook_secret, &body, true);
}

static void send_slack(struct alert_poster *poster, const struct conf *conf)
{
    struct json_writer w;
    struct buf body;
    buf_init(&body, 2 * DIGEST_BYTES);
    json_start(&w, &body);
    json_open_object(&w, NULL);
    json_put_slice(&w, "text", buf_slice(&poster->text));
    json_close_object(&w);
    deliver(poster, "slack", conf->alerts.slack_url, NULL, &body, true);
}

void alert_poster_flush(struct alert_poster *poster, const struct conf *conf)
{
    if (poster->collected > 0 && conf->alerts.webhook_url)
        send_webhook(poster, conf);
    if (poster->collected > 0 && conf->alerts.slack_url)
        send_slack(poster, conf);
    poster->collected = 0;
    buf_clear(&poster->objects);
    buf_clear(&poster->text);
}

static void put_alertmanager(struct json_writer *w, const struct alert *alert, const struct alert_settings *settings,
                             const char *config, int64_t since_ms, int64_t until_ms)
{
    char name[CONDITION_NAME_SIZE], time[CLOCK_TEXT_SIZE];
    json_open_array(w, NULL);
    json_open_object(w, NULL);
    json_open_object(w, "labels"); /* they are what Alertmanager knows an alert by: never a number that moves */
    json_put_text(w, "alertname", alert_kind_name(alert->kind));
    json_put_text(w, "severity", alert_severity(alert));
    json_put_text(w, "condition", condition_name(alert->condition, name));
    json_put_text(w, "epoch", alert->epoch);
    json_close_object(w);
    json_open_object(w, "annotations");
    alert_put_words(alert, settings, config, w);
    json_close_object(w);
    clock_format(since_ms, time);
    json_put_text(w, "startsAt", time);
    clock_format(until_ms, time);
    json_put_text(w, "endsAt", time);
    json_close_object(w);
    json_close_array(w);
}

void alert_poster_report(struct alert_poster *poster, const struct conf *conf, const struct alert *alert,
                         const struct alert_settings *settings, int64_t since_ms, bool active)
{
    struct json_writer w;
    struct buf body;
    char url[1024];
    int64_t now = clock_wall_ms();
    if (!conf->alerts.alertmanager_url)
        return;
    const char *slash = slice_ends(slice_from(conf->alerts.alertmanager_url), SLICE("/")) ? "" : "/";
    snprintf(url, sizeof url, "%s%sapi/v2/alerts", conf->alerts.alertmanager_url, slash);
    buf_init(&body, 64u << 10);
    json_start(&w, &body);
    put_alertmanager(&w, alert, settings, conf->path, since_ms, active ? now + ACTIVE_FOR_MS : now);
    deliver(poster, "alertmanager", url, NULL, &body, !active);
}
