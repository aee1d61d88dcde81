/* export_otlp: tells an OpenTelemetry receiver of exchanges and verdicts, OTLP over HTTP, on a loop of its own.
 *
 * A span an exchange, a child span for each request of the side path, an event gen_ai.evaluation.result a verdict, by
 * the semantic conventions 1.38.0. Never content, never a key. What is handed in is written down at once and waits in a
 * bounded buffer; nobody ever waits for the receiver, and what finds no room, or no receiver, is dropped and counted.
 */
#ifndef CANDOR_EXPORT_OTLP_H
#define CANDOR_EXPORT_OTLP_H

#include "conf.h"
#include "metrics.h"
#include "trial.h"

struct otlp;

MUST_USE struct otlp *otlp_start(struct conf *conf, struct log *log, struct metrics *metrics, struct err *err);
void otlp_configure(struct otlp *otlp, struct conf *conf); /* SIGHUP */
/* Any thread; both leave the trial as it is, and do nothing unless it is traced. The exchange, once it has been looked
 * at; reason: why it is no trial. */
void otlp_exchange(struct otlp *otlp, const struct trial *trial, enum drop_reason reason);
/* What was asked on its behalf and what came of it, when the trial is committed. */
void otlp_trial(struct otlp *otlp, const struct trial *trial);
/* Sends what waits, for two seconds at most; accepts NULL. */
void otlp_stop(struct otlp *otlp);

#endif
