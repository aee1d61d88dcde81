/* metrics: what the two expositions say of counters, amounts, gauges and histograms. */
#include "check.h"

#include "metrics.h"

static const unsigned char trace_id[] = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6,
                                         0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36};
static const struct metric_exchange exchange = {"01M85QT6EPA095A1R7RB2KE0E9", trace_id, 5000000000};

static void assert_says(struct metrics *metrics, enum metrics_format format, const char *line, bool wanted)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_write(metrics, format, &out);
    bool found = strstr(buf_text(&out), line) != NULL;
    if (found != wanted)
        fail_msg("%s \"%s\" in:\n%s", wanted ? "no" : "there is", line, buf_text(&out));
    buf_fini(&out);
}

static void a_counters_family_loses_its_ending_in_openmetrics(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    metric_add(METRIC(metrics, "candor_exchanges_total", "chat", "completed"), 2);
    metric_set(METRIC0(metrics, "candor_shadow_money_total"), .25);
    const char *sample = "\ncandor_exchanges_total{path=\"chat\",outcome=\"completed\"} 2\n";
    assert_says(metrics, METRICS_TEXT, "# TYPE candor_exchanges_total counter\n", true);
    assert_says(metrics, METRICS_TEXT, sample, true);
    assert_says(metrics, METRICS_TEXT, "# EOF", false);
    assert_says(metrics, METRICS_OPENMETRICS, "# TYPE candor_exchanges counter\n", true);
    assert_says(metrics, METRICS_OPENMETRICS, sample, true);
    assert_says(metrics, METRICS_OPENMETRICS, "# TYPE candor_shadow_money counter\n", true);
    assert_says(metrics, METRICS_OPENMETRICS, "\ncandor_shadow_money_total 0.25\n", true);
    assert_says(metrics, METRICS_OPENMETRICS, "\n# EOF\n", true);
    metrics_free(metrics);
}

static void a_family_without_a_series_is_named_all_the_same(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    assert_says(metrics, METRICS_TEXT, "# TYPE candor_alert_firing gauge\n", true);
    assert_says(metrics, METRICS_OPENMETRICS, "# TYPE candor_alert_firing gauge\n", true);
    metrics_free(metrics);
}

static void a_bucket_shows_the_last_exchange_that_fell_into_it(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    struct metric *overhead = METRIC0(metrics, "candor_exchange_overhead_seconds");
    const char *exemplar =
        " 2 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",exchange_id=\"01M85QT6EPA095A1R7RB2KE0E9\"} "
        "4e-05 ";
    metric_observe(overhead, 10e-6, NULL);
    metric_observe(overhead, 40e-6, &exchange);
    assert_says(metrics, METRICS_OPENMETRICS, exemplar, true);
    assert_says(metrics, METRICS_OPENMETRICS, "_bucket{le=\"2e-05\"} 1\n", true);
    assert_says(metrics, METRICS_OPENMETRICS, "_bucket{le=\"0.0001\"} 2\n", true);
    assert_says(metrics, METRICS_TEXT, " # {", false);
    struct metric_exchange next = {"01M85QT6EPA095A1R7RB2KE0EB", trace_id, exchange.now_ns + 999999999};
    metric_observe(overhead, 45e-6, &next); /* within the second: the first one stays */
    assert_says(metrics, METRICS_OPENMETRICS, "exchange_id=\"01M85QT6EPA095A1R7RB2KE0EB\"", false);
    next.now_ns++;
    metric_observe(overhead, 45e-6, &next);
    assert_says(metrics, METRICS_OPENMETRICS, "exchange_id=\"01M85QT6EPA095A1R7RB2KE0EB\"} 4.5e-05 ", true);
    metric_observe(overhead, 1000, &exchange); /* above every bound */
    assert_says(metrics, METRICS_OPENMETRICS, "_bucket{le=\"+Inf\"} 5 # {trace_id=", true);
    metrics_free(metrics);
}

static void bounds_are_the_same_text_in_both_formats(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    metric_observe(METRIC0(metrics, "candor_first_byte_seconds"), 1, NULL);
    for (int format = METRICS_TEXT; format <= METRICS_OPENMETRICS; format++) {
        assert_says(metrics, (enum metrics_format)format, "_bucket{le=\"1.0\"} 1\n", true);
        assert_says(metrics, (enum metrics_format)format, "_bucket{le=\"300.0\"} 1\n", true);
        assert_says(metrics, (enum metrics_format)format, "candor_first_byte_seconds_count 1\n", true);
    }
    metrics_free(metrics);
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    metric_set(METRIC(metrics, "candor_build_info", "a\\b\"c\nd"), 1);
    assert_says(metrics, METRICS_TEXT, "candor_build_info{version=\"a\\\\b\\\"c\\nd\"} 1\n", true);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counters_family_loses_its_ending_in_openmetrics),
        cmocka_unit_test(a_family_without_a_series_is_named_all_the_same),
        cmocka_unit_test(a_bucket_shows_the_last_exchange_that_fell_into_it),
        cmocka_unit_test(bounds_are_the_same_text_in_both_formats),
        cmocka_unit_test(label_values_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
