/* otlp_json: a trial as OTLP's spans and log records, in protobuf's JSON mapping. Private to src/report. Pure.
 *
 * The one place that decides what of an exchange leaves the house by telemetry: ids, times, numbers, words of ours, and
 * the names of models. The names come from clients and models, so they are cut short.
 */
#ifndef CANDOR_OTLP_JSON_H
#define CANDOR_OTLP_JSON_H

#include "buf.h"
#include "trial.h"

enum otlp_signal { OTLP_SPANS, OTLP_LOGS, OTLP_SIGNAL_COUNT };

/* The span of an exchange; reason: why it is no trial. */
void otlp_put_exchange(const struct trial *trial, enum drop_reason reason, struct buf *out);
/* The span of a request of the side path; n: its place, from 1. */
void otlp_put_ask(const struct trial *trial, const struct ask_note *note, size_t n, struct buf *out);
/* The event that tells a pair's verdict; NULL: the trial came to no pair. now_ms: wall time. */
void otlp_put_verdict(const struct trial *trial, const struct trial_pair *pair, int64_t now_ms, struct buf *out);
/* A whole export request around items that are joined by commas. */
void otlp_put_request(enum otlp_signal signal, struct slice items, struct buf *out);

#endif
