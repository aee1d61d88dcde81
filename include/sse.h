/* sse: server-sent events, read incrementally for observers; what is relayed never passes through here.
 *
 * Follows the WHATWG event stream grammar: LF, CR or CRLF line ends (and nothing else), a leading BOM, comments,
 * multi-line data. The events are the same wherever the bytes are torn. Pure; an event past max_bytes is dropped and
 * counted.
 */
#ifndef CANDOR_SSE_H
#define CANDOR_SSE_H

#include "buf.h"

struct sse_event {
    struct slice type; /* "" unless an event: line named it */
    struct slice data; /* the data lines joined by LF; good during the call */
};
typedef void sse_event_fn(const struct sse_event *event, void *arg);

struct sse {
    struct buf line, data, type;
    sse_event_fn *fn;
    void *arg;
    uint64_t dropped; /* events that were too large */
    bool started, after_cr, has_data, oversized;
};

void sse_init(struct sse *sse, size_t max_bytes, sse_event_fn *fn, void *arg);
void sse_feed(struct sse *sse, struct slice bytes);
void sse_fini(struct sse *sse); /* an unfinished event is dropped, as the standard says */

#endif
