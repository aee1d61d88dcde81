/* metrics: counters, gauges and histograms in Prometheus text or OpenMetrics, families fixed by a table in metrics.c.
 *
 * Getting a series takes a lock and is done once where it matters; adding, setting and observing are relaxed atomics
 * and may be done on any thread. Label values come from configuration and our own enums, never from a message.
 */
#ifndef CANDOR_METRICS_H
#define CANDOR_METRICS_H

#include "buf.h"

struct metrics;
struct metric; /* one series; lives as long as its metrics */

MUST_USE struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* The series of a family with these label values, in the order of the family's label names; made when new. The
 * family must be in the table of metrics.c (asserted). Past 1,000 series a family, all further ones share "other". */
struct metric *metrics_get(struct metrics *metrics, const char *family, const char *const *label_values, size_t count);
#define METRIC(metrics, family, ...)                                                                                   \
    metrics_get((metrics), (family), (const char *const[]){__VA_ARGS__},                                               \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
/* A series without labels. */
#define METRIC0(metrics, family) metrics_get((metrics), (family), NULL, 0)

/* What belonged to somebody who is gone: the gauges of a family whose first label has this value are told no more,
 * until one is set again. */
void metrics_withdraw(struct metrics *metrics, const char *family, const char *first_value);

/* All accept NULL and do nothing then. */
void metric_add(struct metric *metric, uint64_t amount); /* counters */
void metric_set(struct metric *metric, double value);    /* gauges */
/* Histograms. Each bucket remembers, at most once a second, whose observation fell into it: an exemplar. exchange may
 * be NULL. Never waits: where two meet, one exemplar is lost. */
struct metric_exchange {
    const char *id; /* 26 characters */
    const unsigned char *trace_id;
    uint64_t now_ns; /* monotonic */
};
void metric_observe(struct metric *metric, double seconds, const struct metric_exchange *exchange);
double metric_value(const struct metric *metric); /* counter or gauge; a histogram's count */

/* Prometheus's text format 0.0.4, or OpenMetrics 1.0.0, which carries the exemplars. Every family is named, those
 * without a series too. */
enum metrics_format { METRICS_TEXT, METRICS_OPENMETRICS };
void metrics_write(struct metrics *metrics, enum metrics_format format, struct buf *out);

#endif
