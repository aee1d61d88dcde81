/* trace: where an exchange stands in a distributed trace (W3C Trace Context, version 00). Pure.
 *
 * The client's traceparent is read, never rewritten: it passes to the model as it came, and what is told of the
 * exchange names the client's span as its parent. Without one the exchange's own id, whose 128 bits are as good as
 * random, is the trace's id. So every id of a trace can be found again from what the log and the record say, and none
 * is kept.
 */
#ifndef CANDOR_TRACE_H
#define CANDOR_TRACE_H

#include "str.h"

#define TRACE_ID_BYTES 16
#define SPAN_ID_BYTES  8

struct trace {
    unsigned char id[TRACE_ID_BYTES];
    unsigned char parent[SPAN_ID_BYTES]; /* the client's span */
    bool joined;                         /* the client sent a traceparent; else parent is unset */
    bool sampled;                        /* the client's flag; unset where not joined */
};

/* exchange_id: 26 characters, from id_new. A malformed traceparent is taken for none, as the standard asks. */
void trace_join(struct trace *trace, struct slice traceparent, const char *exchange_id);
/* The exchange's own span. */
void trace_span(const char *exchange_id, unsigned char span[SPAN_ID_BYTES]);
/* The n-th request made on its behalf, from 1. */
void trace_child(const char *exchange_id, size_t n, unsigned char span[SPAN_ID_BYTES]);
/* Is it told? The client's flag decides where there is one, else the share of trace ids that are kept. */
bool trace_kept(const struct trace *trace, double share);

#endif
