/* export_otlp: see export_otlp.h. Each signal has a buffer that fills on other threads and one that is being sent by
 * the loop; they change places when a batch leaves. While one is under way, or waits to be tried again, the other fills
 * up to its bound.
 */
#include "export_otlp.h"

#include <stdlib.h>

#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "otlp_json.h"
#include "thread.h"

#define BATCH_ITEMS   512u  /* leave at once */
#define BATCH_MS      1000u /* and fewer after so long */
#define WAITING_ITEMS 8192u
#define WAITING_BYTES (8u << 20)
#define ATTEMPTS      5
#define RETRY_MS      500u /* before the second attempt; doubles */
#define TIMEOUT_MS    10000u
#define ANSWER_BYTES  (64u << 10)
#define CLOSE_MS      2000u
#define MAX_HEADERS   20

struct signal {
    struct otlp *otlp;
    enum otlp_signal kind;
    struct buf waiting; /* under the mutex, as is the count and whether the loop knows of it */
    size_t waiting_count;
    bool told;
    struct buf sending; /* the loop's, from here on */
    size_t sending_count;
    unsigned attempts;
    struct loop_timer timer; /* the next batch, or the next attempt */
    bool failing;            /* said once */
};

struct otlp {
    struct log *log;
    struct metrics *metrics;
    struct loop *loop;
    struct fetcher *fetcher;
    pthread_t thread;
    bool started, closing;
    struct loop_timer close_timer;
    pthread_mutex_t mutex; /* over conf and what waits */
    struct conf *conf;
    struct signal signals[OTLP_SIGNAL_COUNT];
};

static const struct {
    const char *name, *path, *rejected;
} kinds[OTLP_SIGNAL_COUNT] = {
    [OTLP_SPANS] = {"traces", "/v1/traces", "rejectedSpans"},
    [OTLP_LOGS] = {"logs", "/v1/logs", "rejectedLogRecords"},
};

static void count_dropped(struct signal *signal, const char *reason, size_t count)
{
    if (count)
        metric_add(METRIC(signal->otlp->metrics, "candor_telemetry_dropped_total", kinds[signal->kind].name, reason),
                   count);
}

/* ---- sending: the loop ---- */

static void batch_send(struct signal *signal);
static void batch_next(struct signal *signal);

static void on_timer(void *arg)
{
    struct signal *signal = arg;
    if (signal->sending_count)
        batch_send(signal);
    else
        batch_next(signal);
}

static bool idle(const struct otlp *otlp)
{
    for (size_t i = 0; i < OTLP_SIGNAL_COUNT; i++)
        if (otlp->signals[i].sending_count)
            return false;
    return true;
}

static void batch_end(struct signal *signal)
{
    struct otlp *otlp = signal->otlp;
    buf_clear(&signal->sending);
    signal->sending_count = 0;
    batch_next(signal);
    if (otlp->closing && idle(otlp))
        loop_stop(otlp->loop);
}

static void say_undelivered(struct signal *signal, const struct fetch_answer *answer)
{
    if (!signal->failing)
        log_warn(signal->otlp->log, "telemetry_undelivered", LOG_Z("signal", kinds[signal->kind].name),
                 LOG_Z("outcome", fetch_outcome_name(answer->outcome)), LOG_I("status", answer->status));
    signal->failing = true;
}

/* Of a batch that was taken, some may have been rejected: {"partialSuccess":{"rejectedSpans":"3"}}. */
static size_t rejected_of(const struct signal *signal, struct slice body)
{
    cJSON *tree = json_parse(body, (struct json_limits){ANSWER_BYTES, 16}, NULL);
    const cJSON *partial = json_get(tree, "partialSuccess");
    struct slice text = json_get_slice(partial, kinds[signal->kind].rejected);
    uint64_t count = 0;
    int64_t number = 0;
    if (json_get_int(partial, kinds[signal->kind].rejected, &number) && number > 0)
        count = (uint64_t)number;
    else if (text.data && slice_to_u64(text, &count) != 0)
        count = 0;
    cJSON_Delete(tree);
    return count < signal->sending_count ? (size_t)count : signal->sending_count;
}

static void on_answer(const struct fetch_answer *answer, void *arg)
{
    struct signal *signal = arg;
    struct otlp *otlp = signal->otlp;
    bool taken = answer->outcome == FETCH_DONE && answer->status >= 200 && answer->status < 300;
    bool later = answer->outcome != FETCH_DONE || answer->status == 429 || answer->status == 502 ||
                 answer->status == 503 || answer->status == 504; /* what the protocol calls retryable */
    if (taken) {
        size_t rejected = rejected_of(signal, answer->body);
        signal->failing = false;
        count_dropped(signal, "rejected", rejected);
        metric_add(METRIC(otlp->metrics, "candor_telemetry_sent_total", kinds[signal->kind].name),
                   signal->sending_count - rejected);
    } else if (later && signal->attempts < ATTEMPTS && !otlp->closing) {
        uint64_t pause = RETRY_MS << (signal->attempts - 1);
        say_undelivered(signal, answer);
        loop_timer_arm(otlp->loop, &signal->timer, answer->retry_after_ms > pause ? answer->retry_after_ms : pause,
                       on_timer, signal);
        return;
    } else {
        say_undelivered(signal, answer);
        count_dropped(signal, later ? "unreachable" : "refused", signal->sending_count);
    }
    if (answer->outcome != FETCH_CANCELLED)
        batch_end(signal);
}

static struct fetch *delivery_start(struct signal *signal, const struct conf *conf)
{
    const char *headers[MAX_HEADERS] = {"content-type: application/json", "user-agent: candor/" PACKAGE_VERSION};
    size_t count = 2;
    struct slice base = slice_from(conf->telemetry.otlp.text);
    while (slice_ends(base, SLICE("/")))
        base.len--;
    struct buf url, body;
    buf_init(&url, 16384);
    buf_init(&body, 2 * WAITING_BYTES);
    buf_add_slice(&url, base);
    buf_add_text(&url, kinds[signal->kind].path);
    otlp_put_request(signal->kind, buf_slice(&signal->sending), &body);
    for (size_t i = 0; i < conf->telemetry.header_count && count < MAX_HEADERS; i++)
        headers[count++] = conf->telemetry.headers[i];
    struct fetch_request request = {.url = buf_text(&url),
                                    .method = "POST",
                                    .body = buf_slice(&body),
                                    .headers = headers,
                                    .header_count = count,
                                    .timeout_ms = TIMEOUT_MS,
                                    .max_bytes = ANSWER_BYTES};
    struct fetch *fetch =
        url.failed || body.failed ? NULL : fetch_start(signal->otlp->fetcher, &request, on_answer, signal);
    buf_fini(&url);
    buf_fini(&body);
    return fetch;
}

static void batch_send(struct signal *signal)
{
    struct otlp *otlp = signal->otlp;
    pthread_mutex_lock(&otlp->mutex);
    struct conf *conf = conf_hold(otlp->conf);
    pthread_mutex_unlock(&otlp->mutex);
    signal->attempts++;
    if (!conf->telemetry.otlp.text || !delivery_start(signal, conf)) {
        count_dropped(signal, conf->telemetry.otlp.text ? "memory" : "switched_off", signal->sending_count);
        buf_clear(&signal->sending);
        signal->sending_count = 0;
    }
    conf_drop(conf);
}

/* Takes what waits and sends it. */
static void batch_next(struct signal *signal)
{
    struct otlp *otlp = signal->otlp;
    pthread_mutex_lock(&otlp->mutex);
    struct buf empty = signal->sending;
    signal->sending = signal->waiting;
    signal->sending_count = signal->waiting_count;
    signal->waiting = empty;
    signal->waiting_count = 0;
    signal->told = false;
    pthread_mutex_unlock(&otlp->mutex);
    signal->attempts = 0;
    loop_timer_cancel(otlp->loop, &signal->timer); /* a full batch leaves before its time */
    if (signal->sending_count)
        batch_send(signal);
}

/* ---- letters ---- */

/* The first of a batch has come: it leaves a little later, with those that follow. */
static void on_first(void *arg)
{
    struct signal *signal = arg;
    if (!signal->sending_count)
        loop_timer_arm(signal->otlp->loop, &signal->timer, signal->otlp->closing ? 0 : BATCH_MS, on_timer, signal);
}

static void on_full(void *arg)
{
    struct signal *signal = arg;
    if (!signal->sending_count)
        batch_next(signal);
}

/* Any thread. Takes one item, or counts it as dropped. */
static void put(struct otlp *otlp, enum otlp_signal kind, const struct buf *item)
{
    struct signal *signal = &otlp->signals[kind];
    pthread_mutex_lock(&otlp->mutex);
    bool room = !item->failed && signal->waiting_count < WAITING_ITEMS &&
                item->len + 1 <= signal->waiting.max - signal->waiting.len;
    if (room) {
        if (signal->waiting_count++)
            buf_add_char(&signal->waiting, ',');
        buf_add_slice(&signal->waiting, buf_slice(item));
        if (!signal->told)
            signal->told = loop_post(otlp->loop, on_first, signal) == 0;
        if (signal->waiting_count == BATCH_ITEMS && loop_post(otlp->loop, on_full, signal) != 0)
            signal->told = false; /* the next one tells it again */
    }
    pthread_mutex_unlock(&otlp->mutex);
    if (!room)
        count_dropped(signal, "queue_full", 1);
}

void otlp_exchange(struct otlp *otlp, const struct trial *trial, enum drop_reason reason)
{
    struct buf item;
    if (!trial->traced)
        return;
    buf_init(&item, 65536);
    otlp_put_exchange(trial, reason, &item);
    put(otlp, OTLP_SPANS, &item);
    buf_fini(&item);
}

void otlp_trial(struct otlp *otlp, const struct trial *trial)
{
    struct buf item;
    size_t n = 0;
    if (!trial->traced)
        return;
    buf_init(&item, 65536);
    for (const struct ask_note *note = trial->asks; note; note = note->next) {
        buf_clear(&item);
        otlp_put_ask(trial, note, ++n, &item);
        put(otlp, OTLP_SPANS, &item);
    }
    for (size_t i = 0; i < trial->pair_count || i == 0; i++) {
        buf_clear(&item);
        otlp_put_verdict(trial, i < trial->pair_count ? &trial->pairs[i] : NULL, clock_wall_ms(), &item);
        put(otlp, OTLP_LOGS, &item);
    }
    buf_fini(&item);
}

/* ---- life ---- */

static void *run(void *arg)
{
    loop_run(((struct otlp *)arg)->loop);
    return NULL;
}

struct otlp *otlp_start(struct conf *conf, struct log *log, struct metrics *metrics, struct err *err)
{
    struct otlp *otlp = calloc(1, sizeof *otlp);
    if (!otlp) {
        err_set(err, "no memory for telemetry");
        return NULL;
    }
    otlp->log = log;
    otlp->metrics = metrics;
    otlp->conf = conf_hold(conf);
    pthread_mutex_init(&otlp->mutex, NULL);
    for (int i = 0; i < OTLP_SIGNAL_COUNT; i++) {
        otlp->signals[i].otlp = otlp;
        otlp->signals[i].kind = (enum otlp_signal)i;
        buf_init(&otlp->signals[i].waiting, WAITING_BYTES);
        buf_init(&otlp->signals[i].sending, WAITING_BYTES);
    }
    otlp->loop = loop_new(err);
    otlp->fetcher = otlp->loop ? fetcher_new(otlp->loop, err) : NULL;
    otlp->started = otlp->fetcher && thread_start(&otlp->thread, "telemetry", run, otlp, err) == 0;
    if (otlp->started)
        return otlp;
    otlp_stop(otlp);
    return NULL;
}

void otlp_configure(struct otlp *otlp, struct conf *conf)
{
    pthread_mutex_lock(&otlp->mutex);
    struct conf *old = otlp->conf;
    otlp->conf = conf_hold(conf);
    pthread_mutex_unlock(&otlp->mutex);
    conf_drop(old);
}

static void on_close_timer(void *arg)
{
    loop_stop(((struct otlp *)arg)->loop);
}

static void on_close(void *arg)
{
    struct otlp *otlp = arg;
    otlp->closing = true;
    for (size_t i = 0; i < OTLP_SIGNAL_COUNT; i++) {
        if (!otlp->signals[i].sending_count)
            batch_next(&otlp->signals[i]);
    }
    if (idle(otlp))
        loop_stop(otlp->loop);
    else
        loop_timer_arm(otlp->loop, &otlp->close_timer, CLOSE_MS, on_close_timer, otlp);
}

static void signal_fini(struct signal *signal)
{
    count_dropped(signal, "shutdown", signal->waiting_count);
    loop_timer_cancel(signal->otlp->loop, &signal->timer);
    buf_fini(&signal->waiting);
    buf_fini(&signal->sending);
}

void otlp_stop(struct otlp *otlp)
{
    if (!otlp)
        return;
    if (otlp->started) {
        if (loop_post(otlp->loop, on_close, otlp) != 0)
            loop_stop(otlp->loop);
        pthread_join(otlp->thread, NULL);
    }
    otlp->closing = true;
    fetcher_free(otlp->fetcher); /* what is under way ends as unreachable */
    if (otlp->loop)
        loop_timer_cancel(otlp->loop, &otlp->close_timer);
    for (size_t i = 0; i < OTLP_SIGNAL_COUNT && otlp->loop; i++)
        signal_fini(&otlp->signals[i]);
    loop_free(otlp->loop);
    pthread_mutex_destroy(&otlp->mutex);
    conf_drop(otlp->conf);
    free(otlp);
}
