/* otlp: what a span says of an exchange, and that a receiver which does not answer costs a bounded room and a count. */
#include "check.h"

#include <stdio.h>

#include "export_otlp.h"
#include "fake_server.h"
#include "json.h"
#include "otlp_json.h"

#define CONFIG                                                                                                         \
    "listen: [{address: \"127.0.0.1:0\"}]\n"                                                                           \
    "models: {warm: {url: \"http://warm.example:81/v1\"}, original: {url: \"http://b.example/v1\", model: base}}\n"    \
    "rules: [/dev/null]\n"

static struct trial *trial_made(const char *endpoint)
{
    char text[1024];
    struct err err = {""};
    snprintf(text, sizeof text, CONFIG "telemetry: {otlp: {endpoint: \"%s\"}}\n", endpoint);
    struct conf *conf = conf_parse(slice_from(text), "test", &err);
    if (!conf)
        fail_msg("%s", err.text);
    struct trial *trial = trial_new(conf);
    conf_drop(conf);
    id_new(trial->exchange_id);
    trace_join(&trial->trace, SLICE_NONE, trial->exchange_id);
    trial->traced = true;
    trial->wall_ms = 1764000000123;
    trial->live_total_ms = 20.6;
    trial->live_status = 200;
    return trial;
}

static void assert_span_holds(const struct trial *trial, const char *part, bool wanted)
{
    struct buf out;
    struct err err = {""};
    buf_init(&out, 1 << 20);
    otlp_put_exchange(trial, DROP_NOT_SAMPLED, &out);
    if (json_check(buf_slice(&out), JSON_LIMITS_DEFAULT, &err) != 0)
        fail_msg("%s: %s", err.text, buf_text(&out));
    if ((strstr(buf_text(&out), part) != NULL) != wanted)
        fail_msg("%s %s in %s", wanted ? "no" : "there is", part, buf_text(&out));
    buf_fini(&out);
}

static void a_span_tells_times_model_and_server(void **state)
{
    (void)state;
    struct trial *trial = trial_made("http://127.0.0.1:1");
    trial->request.model = SLICE("m");
    assert_span_holds(
        trial, "\"startTimeUnixNano\":\"1764000000123000000\",\"endTimeUnixNano\":\"1764000000144000000\"", true);
    assert_span_holds(trial, "\"name\":\"chat m\"", true);
    assert_span_holds(trial, "{\"key\":\"server.address\",\"value\":{\"stringValue\":\"warm.example\"}}", true);
    assert_span_holds(trial, "{\"key\":\"server.port\",\"value\":{\"intValue\":\"81\"}}", true);
    assert_span_holds(trial, "{\"key\":\"candor.not_compared\",\"value\":{\"stringValue\":\"not_sampled\"}}", true);
    assert_span_holds(trial, "status\"", false);
    trial->client_gone = true;
    assert_span_holds(trial, "\"status\":{\"code\":2}", true);
    trial_free(trial);
}

static void names_from_outside_are_cut_at_a_character(void **state)
{
    (void)state;
    struct trial *trial = trial_made("http://127.0.0.1:1");
    char name[400];
    memset(name, 'x', sizeof name);
    memcpy(name + 127, "\xc3\xa9", 2); /* a letter of two bytes over the cut */
    trial->request.model = slice_of(name, sizeof name);
    name[126] = 'y';
    assert_span_holds(trial, "xy\"", true);
    assert_span_holds(trial, "\xc3", false);
    trial_free(trial);
}

static void a_receiver_that_says_nothing_costs_a_bounded_room(void **state)
{
    (void)state;
    static const struct fake_step mute[] = {{.answer = {NULL, 0}}};
    enum { TOLD = 20000, ROOM = 8192, BATCH = 8192 };
    struct fake_server *server = fake_server_start(mute, 1);
    struct trial *trial = trial_made(fake_server_url(server));
    struct metrics *metrics = metrics_new();
    struct err err = {""};
    struct otlp *otlp = otlp_start(trial->conf, NULL, metrics, &err);
    assert_non_null(otlp);
    for (int i = 0; i < TOLD; i++)
        otlp_exchange(otlp, trial, DROP_NONE);
    struct metric *full = METRIC(metrics, "candor_telemetry_dropped_total", "traces", "queue_full");
    assert_in_range((uintmax_t)metric_value(full), TOLD - ROOM - BATCH, TOLD - ROOM);
    otlp_stop(otlp); /* gives up after its two seconds, and counts all that was never taken */
    double lost = metric_value(full) +
                  metric_value(METRIC(metrics, "candor_telemetry_dropped_total", "traces", "unreachable")) +
                  metric_value(METRIC(metrics, "candor_telemetry_dropped_total", "traces", "shutdown"));
    assert_int_equal((int)lost, TOLD);
    fake_server_stop(server);
    fake_server_free(server);
    metrics_free(metrics);
    trial_free(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_tells_times_model_and_server),
        cmocka_unit_test(names_from_outside_are_cut_at_a_character),
        cmocka_unit_test(a_receiver_that_says_nothing_costs_a_bounded_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
