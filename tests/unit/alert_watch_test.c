/* Whom an alert is told, how often, and with which signature; by a receiver of our own on loopback. */
#include "outcomes.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "alert_post.h"
#include "alert_store.h"
#include "alert_watch.h"
#include "clock.h"
#include "json.h"

#define PATIENCE_MS 20000
#define SECRET      "correct horse"

static const struct alert_watch_pace quick = {.follow_ms = 20, .resend_ms = 50, .retry_ms = 20};

struct receiver {
    int fd;
    unsigned port;
};

static struct receiver receiver_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    struct receiver receiver = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    assert_true(receiver.fd >= 0 && bind(receiver.fd, (struct sockaddr *)&address, len) == 0 &&
                listen(receiver.fd, 16) == 0);
    assert_int_equal(getsockname(receiver.fd, (struct sockaddr *)&address, &len), 0);
    receiver.port = ntohs(address.sin_port);
    return receiver;
}

static void wait_for(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    if (poll(&wanted, 1, PATIENCE_MS) != 1)
        fail_msg("nothing came within %d s", PATIENCE_MS / 1000);
}

/* The next request, whole; answered with this status. */
static struct slice receive(struct receiver *receiver, unsigned status, struct buf *request)
{
    wait_for(receiver->fd);
    int fd = accept(receiver->fd, NULL, NULL);
    assert_true(fd >= 0);
    size_t body_at = SLICE_NOT_FOUND;
    uint64_t length = 0;
    buf_clear(request);
    while (body_at == SLICE_NOT_FOUND || request->len < body_at + length) {
        char bytes[4096];
        wait_for(fd);
        ssize_t got = read(fd, bytes, sizeof bytes);
        assert_true(got > 0);
        buf_add(request, bytes, (size_t)got);
        size_t blank = slice_find(buf_slice(request), SLICE("\r\n\r\n"), 0);
        if (blank == SLICE_NOT_FOUND || body_at != SLICE_NOT_FOUND)
            continue;
        body_at = blank + 4;
        const char *field = strcasestr(buf_text(request), "content-length:");
        assert_non_null(field);
        length = strtoull(field + 15, NULL, 10);
    }
    char answer[128];
    int size =
        snprintf(answer, sizeof answer, "HTTP/1.1 %u X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", status);
    assert_int_equal(write(fd, answer, (size_t)size), size);
    close(fd);
    return slice_part(buf_slice(request), body_at, request->len);
}

static struct conf *conf_with(const struct place *place, const char *alerts)
{
    struct buf yaml;
    struct err err = {""};
    buf_init(&yaml, 8192);
    buf_add_format(&yaml,
                   "listen: [{address: \"127.0.0.1:8080\"}]\nmodels: {warm: {url: \"http://w:1/v1\"}, original: {url: "
                   "\"http://o:2/v1\", model: base}}\nrules: [/dev/null]\nstore: {url: \"sqlite:%s\"}\nalerts: {%s}\n",
                   place->path, alerts);
    struct conf *conf = conf_parse(buf_slice(&yaml), "test.yaml", &err);
    if (!conf)
        fail_msg("%s", err.text);
    buf_fini(&yaml);
    return conf;
}

static struct alert_watch *watch_start(struct conf *conf, struct metrics *metrics)
{
    struct err err = {""};
    struct alert_watch *watch = alert_watch_start(conf, quick, NULL, metrics, &err);
    if (!watch)
        fail_msg("%s", err.text);
    return watch;
}

/* A configuration whose alerts go to a receiver of its own, and what a test of it needs. */
struct watching {
    struct place *place;
    struct receiver receiver;
    struct metrics *metrics;
    struct conf *conf;
    struct buf request; /* the last received */
};

/* more: further keys of the receiver, after its address */
static struct watching watching_start(void **state, const char *kind, const char *path, const char *more)
{
    struct watching watching = {.place = *state, .receiver = receiver_open(), .metrics = metrics_new()};
    char alerts[256];
    snprintf(alerts, sizeof alerts, "%s: {url: \"http://127.0.0.1:%u%s\"%s}", kind, watching.receiver.port, path, more);
    watching.conf = conf_with(watching.place, alerts);
    buf_init(&watching.request, 1u << 20);
    return watching;
}

static void watching_end(struct watching *watching)
{
    conf_drop(watching->conf);
    metrics_free(watching->metrics);
    buf_fini(&watching->request);
    close(watching->receiver.fd);
}

static void a_webhook_is_told_once_signed_and_tried_again_until_it_takes_it(void **state)
{
    setenv("CANDOR_TEST_SECRET", SECRET, 1);
    struct watching on = watching_start(state, "webhook", "/hook", ", secret_env: CANDOR_TEST_SECRET");
    struct err err = {""};
    char signature[72];
    write_trials(on.place, "e1", 10, (struct simulate_stream){0, 0});
    struct alert_watch *watch = watch_start(on.conf, on.metrics);
    write_trials(on.place, "e1", 200, (struct simulate_stream){.4, .02});

    (void)receive(&on.receiver, 503, &on.request);
    struct slice body = receive(&on.receiver, 200, &on.request);
    alert_sign(SECRET, body, signature);
    assert_non_null(strstr(buf_text(&on.request), signature));
    assert_true(slice_starts(buf_slice(&on.request), SLICE("POST /hook HTTP/1.1")));
    cJSON *tree = json_parse(body, JSON_LIMITS_DEFAULT, &err);
    assert_non_null(tree);
    const cJSON *alert = cJSON_GetArrayItem(json_get(tree, "alerts"), 0);
    assert_slice(json_get_slice(alert, "alert"), "SycophancyLevel");
    assert_slice(json_get_slice(alert, "condition"), "emotion:sad+asserted");
    assert_int_equal(json_get_slice(cJSON_GetArrayItem(json_get(alert, "telling"), 4), "trial_id").len, 26);
    cJSON_Delete(tree);
    assert_true(metric_value(METRIC(on.metrics, "candor_alert_firing", "SycophancyLevel", "emotion:sad+asserted")) ==
                1);
    alert_watch_stop(watch);
    watching_end(&on);
}

/* Two conditions that fire between two looks are one message, not two. */
static void what_fires_together_is_told_together(void **state)
{
    struct watching on = watching_start(state, "webhook", "/hook", "");
    struct err err = {""};
    write_trials(on.place, "e1", 1, (struct simulate_stream){0, 0});
    struct alert_watch *watch = watch_start(on.conf, on.metrics);
    write_trials(on.place, "e1", 2000, (struct simulate_stream){0, 0}); /* a reference window without a gap */
    write_trials(on.place, "e1", 2000, (struct simulate_stream){.9, 0});
    cJSON *tree = json_parse(receive(&on.receiver, 200, &on.request), JSON_LIMITS_DEFAULT, &err);
    assert_non_null(tree);
    assert_int_equal(cJSON_GetArraySize(json_get(tree, "alerts")), 2); /* level and drift */
    cJSON_Delete(tree);
    alert_watch_stop(watch);
    watching_end(&on);
}

/* Reads what Alertmanager gets; returns whether it says that the alert has ended. */
static bool read_alertmanager(struct watching *on)
{
    struct err err = {""};
    char now[CLOCK_TEXT_SIZE];
    cJSON *tree = json_parse(receive(&on->receiver, 200, &on->request), JSON_LIMITS_DEFAULT, &err);
    assert_non_null(tree);
    assert_true(slice_starts(buf_slice(&on->request), SLICE("POST /am/api/v2/alerts HTTP/1.1")));
    const cJSON *alert = cJSON_GetArrayItem(tree, 0);
    assert_slice(json_get_slice(json_get(alert, "labels"), "alertname"), "SycophancyLevel");
    assert_slice(json_get_slice(json_get(alert, "labels"), "condition"), "emotion:sad+asserted");
    assert_true(json_get_slice(json_get(alert, "annotations"), "description").len > 100);
    clock_format(clock_wall_ms() + 1000, now);
    struct slice ends = json_get_slice(alert, "endsAt");
    bool ended = ends.len == strlen(now) && memcmp(ends.data, now, ends.len) < 0;
    cJSON_Delete(tree);
    return ended;
}

static void alertmanager_hears_of_an_alert_again_and_again_until_it_is_acknowledged(void **state)
{
    struct watching on = watching_start(state, "alertmanager", "/am", "");
    struct err err = {""};
    write_trials(on.place, "e1", 200, (struct simulate_stream){.4, .02});
    struct alert_watch *watch = watch_start(on.conf, on.metrics); /* what fired before is sent as well */
    for (int i = 0; i < 3; i++)
        assert_false(read_alertmanager(&on));
    struct alert_settings settings = alert_settings_of(on.conf);
    assert_int_equal(alert_store_acknowledge(on.place->path, &settings, ALERT_LEVEL, sad, &err), 0);
    int more = 0;
    while (!read_alertmanager(&on))
        assert_true(++more < 100);
    alert_watch_stop(watch);
    assert_true(metric_value(METRIC(on.metrics, "candor_alert_firing", "SycophancyLevel", "emotion:sad+asserted")) ==
                0);
    watching_end(&on);
}

static void a_watch_without_a_store_or_with_deliveries_under_way_stops_cleanly(void **state)
{
    struct watching on = watching_start(state, "alertmanager", "", ""); /* takes connections and never answers */
    struct alert_watch *watch = watch_start(on.conf, on.metrics);       /* there is no file yet */
    write_trials(on.place, "e1", 200, (struct simulate_stream){.4, .02});
    alert_watch_configure(watch, on.conf);
    wait_for(on.receiver.fd);
    alert_watch_configure(watch, on.conf);
    alert_watch_stop(watch);
    alert_watch_stop(NULL);
    watching_end(&on);
}

static void wait_until_it_rests(struct alert_watch *watch)
{
    for (int i = 0; !alert_watch_rest(watch); i++) {
        assert_true(i < PATIENCE_MS);
        poll(NULL, 0, 1);
    }
}

static void who_lets_go_of_the_store_tells_a_last_time_and_then_leaves_it_to_the_next(void **state)
{
    static const struct alert_watch_pace seldom = {.follow_ms = 3600000, .resend_ms = 3600000, .retry_ms = 20};
    struct watching on = watching_start(state, "webhook", "/hook", "");
    struct pollfd more = {.fd = on.receiver.fd, .events = POLLIN};
    struct err err = {""};
    write_trials(on.place, "e1", 10, (struct simulate_stream){0, 0});
    struct alert_watch *leaving = alert_watch_start(on.conf, seldom, NULL, on.metrics, &err);
    assert_non_null(leaving);
    write_trials(on.place, "e1", 200, (struct simulate_stream){.4, .02}); /* which it would see in an hour */
    wait_until_it_rests(leaving);
    assert_int_equal(alert_watch_under_way(leaving), 1);
    (void)receive(&on.receiver, 200, &on.request);
    for (int i = 0; alert_watch_under_way(leaving); i++) {
        assert_true(i < PATIENCE_MS);
        poll(NULL, 0, 1);
    }
    struct alert_watch *next = alert_watch_start(on.conf, quick, NULL, on.metrics, &err);
    assert_non_null(next);
    struct alert_settings settings = alert_settings_of(on.conf);
    assert_int_equal(alert_store_acknowledge(on.place->path, &settings, ALERT_LEVEL, sad, &err), 0);
    write_trials(on.place, "e1", 400, (struct simulate_stream){.4, .02}); /* it fires anew */
    (void)receive(&on.receiver, 200, &on.request);
    wait_until_it_rests(next);
    assert_int_equal(poll(&more, 1, 0), 0);
    alert_watch_wake(leaving); /* had it not rested, it would know by now */
    (void)receive(&on.receiver, 200, &on.request);
    alert_watch_stop(next);
    alert_watch_stop(leaving);
    watching_end(&on);
}

static void a_signature_is_the_hmac_of_the_body(void **state)
{
    (void)state;
    char signature[72];
    /* RFC 4231, test case 2. */
    alert_sign("Jefe", SLICE("what do ya want for nothing?"), signature);
    assert_string_equal(signature, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
#define WATCH_CASE(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)
    const struct CMUnitTest tests[] = {
        WATCH_CASE(a_webhook_is_told_once_signed_and_tried_again_until_it_takes_it),
        WATCH_CASE(what_fires_together_is_told_together),
        WATCH_CASE(alertmanager_hears_of_an_alert_again_and_again_until_it_is_acknowledged),
        WATCH_CASE(who_lets_go_of_the_store_tells_a_last_time_and_then_leaves_it_to_the_next),
        WATCH_CASE(a_watch_without_a_store_or_with_deliveries_under_way_stops_cleanly),
        cmocka_unit_test(a_signature_is_the_hmac_of_the_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
