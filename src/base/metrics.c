/* metrics: see metrics.h. A family is a row of the table; its series hang on it in a list that only grows. */
#include "metrics.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

#define MAX_SERIES  1000
#define MAX_LABELS  3
#define MAX_BUCKETS 24
#define ID_CHARS    26
#define TRACE_BYTES 16

enum kind { COUNTER, AMOUNT, GAUGE, HISTOGRAM }; /* AMOUNT: a counter of fractions, set by the one who adds up */

static const double latency_buckets[] = {20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3,
                                         .1,    .2,    .5,     1,      2,      5,    10,   30,   60,    120,   300};
#define LATENCY_BUCKETS (sizeof latency_buckets / sizeof *latency_buckets)
static_assert(LATENCY_BUCKETS <= MAX_BUCKETS, "a series has room for every bucket");

struct family_row {
    const char *name;
    enum kind kind;
    const char *labels[MAX_LABELS];
    const char *help;
};

static const struct family_row family_rows[] = {
    {"candor_exchanges_total", COUNTER, {"path", "outcome"}, "Exchanges relayed, by kind of path and how they ended."},
    {"candor_exchange_overhead_seconds", HISTOGRAM, {NULL}, "Time the proxy added before the first byte of an answer."},
    {"candor_first_byte_seconds", HISTOGRAM, {NULL}, "From the request's first byte to the answer's."},
    {"candor_trials_total", COUNTER, {"condition", "verdict"}, "Trials committed, by condition and verdict."},
    {"candor_trials_dropped_total", COUNTER, {"reason"}, "Exchanges and trials that came to no comparison, by reason."},
    {"candor_not_compared_total", COUNTER, {"condition", "reason"}, "The same by condition; unknown: not looked into."},
    {"candor_pairs_total", COUNTER, {"pair", "verdict"}, "Pairs beside the main one, by verdict; missing is one."},
    {"candor_pairs_missing_total", COUNTER, {"pair", "condition", "reason"}, "Those of them that came to nothing."},
    {"candor_neutral_refused_total", COUNTER, {"reason"}, "Trials that could not be asked without their cue."},
    {"candor_sample_shed", GAUGE, {NULL}, "Share of the sample that is let go at random, for load; 0: none."},
    {"candor_trials_in_flight", GAUGE, {NULL}, "Trials between sampling and the store."},
    {"candor_flags_total", COUNTER, {"condition", "verdict"}, "Flagged trials."},
    {"candor_detected_total", COUNTER, {"condition"}, "Exchanges looked into, by condition: the traffic mix."},
    {"candor_detect_errors_total", COUNTER, {NULL}, "Messages on which a rule ran into its match limit."},
    {"candor_detect_rule_errors_total", COUNTER, {"rule"}, "The same by rule; budget is the message's own."},
    {"candor_detect_languages_total", COUNTER, {"language"}, "Exchanges looked into, by language; und: unknown."},
    {"candor_shadow_requests_total", COUNTER, {"arm", "outcome"}, "Requests of the side path."},
    {"candor_shadow_tokens_total", COUNTER, {"arm"}, "Tokens used by the side path, in and out."},
    {"candor_shadow_money_total", AMOUNT, {NULL}, "Money spent by the side path since the start."},
    {"candor_shadow_rate", GAUGE, {"model"}, "Requests a minute a model is asked at most, after back-off."},
    {"candor_shadow_stopped", GAUGE, {NULL}, "1 once the day's budget has refused a request, until the next day."},
    {"candor_judge_invalid_total", COUNTER, {NULL}, "Judge answers that did not parse."},
    {"candor_classifier_total", COUNTER, {"outcome"}, "Pairs put to the classifier, by what came of it."},
    {"candor_classifier_canaries_total", COUNTER, {"outcome"}, "Pairs of known verdict put to the classifier."},
    {"candor_judge_canaries_total", COUNTER, {"outcome"}, "Pairs of known verdict put to the judge."},
    {"candor_judge_health", GAUGE, {NULL}, "Share of the last pairs of known verdict that the judge got right."},
    {"candor_gap", GAUGE, {"condition"}, "Gap of a condition, a share: warm worse is positive."},
    {"candor_gap_lower", GAUGE, {"condition"}, "Lower end of the 95 % confidence sequence of the gap."},
    {"candor_gap_upper", GAUGE, {"condition"}, "Upper end of the 95 % confidence sequence of the gap."},
    {"candor_candidate_gap", GAUGE, {"candidate", "condition"}, "The same of a candidate against the original."},
    {"candor_candidate_gap_lower", GAUGE, {"candidate", "condition"}, "Its lower end at 95 %."},
    {"candor_candidate_gap_upper", GAUGE, {"candidate", "condition"}, "Its upper end at 95 %."},
    {"candor_evidence_log", GAUGE, {"alert", "condition"}, "Log e-value against the alert's null hypothesis."},
    {"candor_evidence_threshold_log", GAUGE, {"alert", "condition"}, "Log e-value at which the alert fires."},
    {"candor_alert_firing", GAUGE, {"alert", "condition"}, "1 while latched, or while a health check fails."},
    {"candor_alert_calibrated", GAUGE, {"alert"}, "1 when the bias of the judge is controlled or was measured."},
    {"candor_store_rows_total", COUNTER, {NULL}, "Trials written."},
    {"candor_store_dropped_total", COUNTER, {NULL}, "Trials that could not be written."},
    {"candor_store_skipped_total", COUNTER, {NULL}, "Trials that never came and were passed over."},
    {"candor_store_healthy", GAUGE, {NULL}, "1 while the store takes what it is given."},
    {"candor_telemetry_sent_total", COUNTER, {"signal"}, "Spans and events that the OpenTelemetry receiver took."},
    {"candor_telemetry_dropped_total", COUNTER, {"signal", "reason"}, "Spans and events that it did not get."},
    {"candor_reloads_total", COUNTER, {"outcome"}, "Configuration reloads."},
    {"candor_build_info", GAUGE, {"version"}, "Always 1."},
};
#define FAMILY_COUNT (sizeof family_rows / sizeof *family_rows)

/* Whoever finds it busy goes on without it. */
struct exemplar {
    atomic_flag busy;
    atomic_uint_least64_t at_ns; /* monotonic; 0: none yet */
    int64_t wall_ms;
    double seconds;
    char exchange_id[ID_CHARS + 1];
    unsigned char trace_id[TRACE_BYTES];
};

struct metric {
    struct metric *next;
    struct exemplar *exemplars; /* of a histogram, one a bucket and one for what lies above; NULL for all else */
    char *labels;               /* `path="chat",outcome="done"`, "" when there are none */
    atomic_uint_least64_t count;
    _Atomic double value; /* gauges; the sum of a histogram */
    atomic_bool withdrawn;
    atomic_uint_least64_t buckets[MAX_BUCKETS];
};

struct family {
    struct metric *series, **tail;
    size_t count;
};

struct metrics {
    pthread_mutex_t lock;
    struct family families[FAMILY_COUNT];
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return NULL;
    pthread_mutex_init(&metrics->lock, NULL);
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        metrics->families[i].tail = &metrics->families[i].series;
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        for (struct metric *metric = metrics->families[i].series, *next; metric; metric = next) {
            next = metric->next;
            free(metric->exemplars);
            free(metric->labels);
            free(metric);
        }
    }
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static size_t family_find(const char *name)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        if (strcmp(family_rows[i].name, name) == 0)
            return i;
    assert(false && "a family that is not in the table");
    return 0;
}

static void labels_format(const struct family_row *row, const char *const *values, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        assert(i < MAX_LABELS && row->labels[i]);
        buf_add_format(out, "%s%s=\"", i ? "," : "", row->labels[i]);
        for (const char *p = values[i]; *p; p++) {
            if (*p == '\\' || *p == '"')
                buf_add_char(out, '\\');
            if (*p == '\n')
                buf_add_text(out, "\\n");
            else
                buf_add_char(out, *p);
        }
        buf_add_char(out, '"');
    }
}

static struct metric *family_series(struct family *family, enum kind kind, const char *labels)
{
    for (struct metric *metric = family->series; metric; metric = metric->next)
        if (strcmp(metric->labels, labels) == 0)
            return metric;
    struct metric *metric = calloc(1, sizeof *metric);
    char *copy = metric ? strdup(labels) : NULL;
    struct exemplar *exemplars =
        metric && kind == HISTOGRAM ? calloc(LATENCY_BUCKETS + 1, sizeof *metric->exemplars) : NULL;
    if (!copy || (kind == HISTOGRAM && !exemplars)) {
        free(exemplars);
        free(copy);
        free(metric);
        return NULL;
    }
    metric->labels = copy;
    metric->exemplars = exemplars;
    for (size_t i = 0; exemplars && i <= LATENCY_BUCKETS; i++)
        atomic_flag_clear(&exemplars[i].busy);
    *family->tail = metric;
    family->tail = &metric->next;
    family->count++;
    return metric;
}

struct metric *metrics_get(struct metrics *metrics, const char *family_name, const char *const *values, size_t count)
{
    static const char *const other[MAX_LABELS] = {"other", "other", "other"};
    if (!metrics)
        return NULL;
    size_t index = family_find(family_name);
    struct family *family = &metrics->families[index];
    struct buf labels;
    buf_init(&labels, 4096);
    labels_format(&family_rows[index], values, count, &labels);
    pthread_mutex_lock(&metrics->lock);
    if (family->count >= MAX_SERIES) {
        buf_clear(&labels);
        labels_format(&family_rows[index], other, count, &labels);
    }
    struct metric *metric = family_series(family, family_rows[index].kind, buf_text(&labels));
    pthread_mutex_unlock(&metrics->lock);
    buf_fini(&labels);
    return metric;
}

void metrics_withdraw(struct metrics *metrics, const char *family_name, const char *first_value)
{
    if (!metrics)
        return;
    size_t index = family_find(family_name);
    struct buf label;
    buf_init(&label, 4096);
    labels_format(&family_rows[index], &first_value, 1, &label);
    struct slice first = buf_slice(&label);
    pthread_mutex_lock(&metrics->lock);
    for (struct metric *metric = metrics->families[index].series; metric; metric = metric->next) {
        struct slice labels = slice_from(metric->labels);
        if (slice_starts(labels, first) && (labels.len == first.len || labels.data[first.len] == ','))
            atomic_store_explicit(&metric->withdrawn, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&metrics->lock);
    buf_fini(&label);
}

void metric_add(struct metric *metric, uint64_t amount)
{
    if (metric)
        atomic_fetch_add_explicit(&metric->count, amount, memory_order_relaxed);
}

void metric_set(struct metric *metric, double value)
{
    if (!metric)
        return;
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
    atomic_store_explicit(&metric->withdrawn, false, memory_order_release);
}

static void exemplar_set(struct exemplar *exemplar, double seconds, const struct metric_exchange *exchange)
{
    uint64_t at_ns = atomic_load_explicit(&exemplar->at_ns, memory_order_relaxed);
    if (at_ns && exchange->now_ns - at_ns < NS_PER_S)
        return; /* a busy bucket costs one load */
    if (atomic_flag_test_and_set_explicit(&exemplar->busy, memory_order_acquire))
        return;
    atomic_store_explicit(&exemplar->at_ns, exchange->now_ns, memory_order_relaxed);
    exemplar->wall_ms = clock_wall_ms();
    exemplar->seconds = seconds;
    memcpy(exemplar->exchange_id, exchange->id, ID_CHARS);
    memcpy(exemplar->trace_id, exchange->trace_id, TRACE_BYTES);
    atomic_flag_clear_explicit(&exemplar->busy, memory_order_release);
}

void metric_observe(struct metric *metric, double seconds, const struct metric_exchange *exchange)
{
    if (!metric)
        return;
    size_t bucket = 0;
    while (bucket < LATENCY_BUCKETS && seconds > latency_buckets[bucket])
        bucket++;
    if (bucket < LATENCY_BUCKETS)
        atomic_fetch_add_explicit(&metric->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->count, 1, memory_order_relaxed);
    if (exchange)
        exemplar_set(&metric->exemplars[bucket], seconds, exchange);
    double sum = atomic_load_explicit(&metric->value, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&metric->value, &sum, sum + seconds, memory_order_relaxed,
                                                  memory_order_relaxed))
        ;
}

double metric_value(const struct metric *metric)
{
    if (!metric)
        return 0;
    uint64_t count = atomic_load_explicit(&metric->count, memory_order_relaxed);
    return count ? (double)count : atomic_load_explicit(&metric->value, memory_order_relaxed);
}

static void number_write(struct buf *out, double value)
{
    if (isnan(value))
        buf_add_text(out, "NaN\n");
    else if (isinf(value))
        buf_add_text(out, value > 0 ? "+Inf\n" : "-Inf\n");
    else
        buf_add_format(out, "%.17g\n", value);
}

/* ` # {trace_id="...",exchange_id="..."} 0.00012 1764028800.123`, where a bucket has one. */
static void exemplar_write(struct exemplar *exemplar, struct buf *out)
{
    if (atomic_flag_test_and_set_explicit(&exemplar->busy, memory_order_acquire))
        return;
    if (exemplar->wall_ms) {
        buf_add_text(out, " # {trace_id=\"");
        for (size_t i = 0; i < TRACE_BYTES; i++)
            buf_add_format(out, "%02x", exemplar->trace_id[i]);
        buf_add_format(out, "\",exchange_id=\"%s\"} %.9g %lld.%03lld", exemplar->exchange_id, exemplar->seconds,
                       (long long)(exemplar->wall_ms / 1000), (long long)(exemplar->wall_ms % 1000));
    }
    atomic_flag_clear_explicit(&exemplar->busy, memory_order_release);
}

static void bucket_write(const struct family_row *row, const struct metric *metric, size_t bucket,
                         unsigned long long total, enum metrics_format format, struct buf *out)
{
    char bound[32] = "+Inf";
    if (bucket < LATENCY_BUCKETS) /* "1.0", as OpenMetrics wants it, so that a series is one in both formats */
        snprintf(bound, sizeof bound, latency_buckets[bucket] < 1 ? "%g" : "%.1f", latency_buckets[bucket]);
    buf_add_format(out, "%s_bucket{%s%sle=\"%s\"} %llu", row->name, metric->labels, *metric->labels ? "," : "", bound,
                   total);
    if (format == METRICS_OPENMETRICS)
        exemplar_write(&metric->exemplars[bucket], out);
    buf_add_char(out, '\n');
}

static void histogram_write(const struct family_row *row, const struct metric *metric, enum metrics_format format,
                            struct buf *out)
{
    unsigned long long total = 0;
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        total += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        bucket_write(row, metric, i, total, format, out);
    }
    unsigned long long count = atomic_load_explicit(&metric->count, memory_order_relaxed);
    if (count < total) /* another thread is between its bucket and its count */
        count = total;
    bucket_write(row, metric, LATENCY_BUCKETS, count, format, out);
    const char *open = *metric->labels ? "{" : "", *close = *metric->labels ? "}" : "";
    buf_add_format(out, "%s_sum%s%s%s ", row->name, open, metric->labels, close);
    number_write(out, atomic_load_explicit(&metric->value, memory_order_relaxed));
    buf_add_format(out, "%s_count%s%s%s %llu\n", row->name, open, metric->labels, close, count);
}

static void series_write(const struct family_row *row, const struct metric *metric, enum metrics_format format,
                         struct buf *out)
{
    if (row->kind == HISTOGRAM) {
        histogram_write(row, metric, format, out);
        return;
    }
    buf_add_format(out, *metric->labels ? "%s{%s} " : "%s%s ", row->name, metric->labels);
    if (row->kind == COUNTER)
        buf_add_format(out, "%llu\n", (unsigned long long)atomic_load_explicit(&metric->count, memory_order_relaxed));
    else
        number_write(out, atomic_load_explicit(&metric->value, memory_order_relaxed));
}

/* OpenMetrics names a counter's family without the ending that its samples have. */
static void family_write(const struct family_row *row, enum metrics_format format, struct buf *out)
{
    static const char *const kind_names[] = {"counter", "counter", "gauge", "histogram"};
    bool counts = row->kind == COUNTER || row->kind == AMOUNT;
    size_t ending = format == METRICS_OPENMETRICS && counts ? strlen("_total") : 0;
    int len = (int)(strlen(row->name) - ending);
    buf_add_format(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, row->name, row->help, len, row->name,
                   kind_names[row->kind]);
}

void metrics_write(struct metrics *metrics, enum metrics_format format, struct buf *out)
{
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        family_write(&family_rows[i], format, out);
        for (const struct metric *metric = metrics->families[i].series; metric; metric = metric->next)
            if (!atomic_load_explicit(&metric->withdrawn, memory_order_acquire))
                series_write(&family_rows[i], metric, format, out);
    }
    pthread_mutex_unlock(&metrics->lock);
    if (format == METRICS_OPENMETRICS)
        buf_add_text(out, "# EOF\n");
}
