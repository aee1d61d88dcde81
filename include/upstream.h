/* upstream: the HTTP/1.1 client side of a loop: pooled connections to one model's addresses, one transfer on each.
 *
 * A request goes out exactly once: it is retried only on a connection taken from the pool, when nothing came back and
 * the whole request is provably unprocessed (no byte was written). Cancelling closes the connection at once. All on
 * the loop's thread.
 */
#ifndef CANDOR_UPSTREAM_H
#define CANDOR_UPSTREAM_H

#include "conf.h"
#include "http1.h"
#include "loop.h"

struct upstream; /* the pool of one model on one loop */
struct transfer; /* one request and its response */

enum upstream_failure {
    UPSTREAM_UNREACHABLE, /* refused, no route, name not found, TLS failed, connect timeout */
    UPSTREAM_TIMEOUT,     /* first byte, idle or total */
    UPSTREAM_BROKEN,      /* closed or reset before the response had ended */
    UPSTREAM_INVALID      /* not HTTP/1.x as we accept it */
};

struct upstream_ops {
    void (*on_interim)(struct transfer *transfer, const struct http_head *head,
                       void *arg); /* 1xx but 100; may be NULL */
    void (*on_head)(struct transfer *transfer, const struct http_head *head, void *arg);
    void (*on_body)(struct transfer *transfer, struct slice bytes, void *arg); /* unframed */
    void (*on_end)(struct transfer *transfer, void *arg);                      /* complete; the transfer is dead */
    void (*on_failure)(struct transfer *transfer, enum upstream_failure failure, const char *sentence,
                       void *arg);                            /* dead */
    void (*on_drained)(struct transfer *transfer, void *arg); /* all request bytes kept are written; may be NULL */
    void (*on_flush)(struct transfer *transfer, void *arg);   /* what one read brought is handed over; may be NULL */
};

/* Holds the snapshot. */
MUST_USE struct upstream *upstream_new(struct loop *loop, struct conf *conf, const struct conf_model *model,
                                       struct err *err);
void upstream_free(struct upstream *upstream); /* no new transfers; those under way go on, and the last one frees it */

#define UPSTREAM_CHUNKED UINT64_MAX
#define UPSTREAM_NO_BODY (UINT64_MAX - 1)

struct upstream_request {
    struct slice method, path, query; /* as in struct http_head */
    const struct http_field *fields;  /* without Host, framing and Connection: these are ours */
    size_t field_count;
    uint64_t length; /* the body's, or UPSTREAM_CHUNKED, or UPSTREAM_NO_BODY */
};

/* The request is the caller's and only read here. No callback comes from inside. NULL only when memory runs out. */
MUST_USE struct transfer *transfer_start(struct upstream *upstream, const struct upstream_request *request,
                                         const struct upstream_ops *ops, void *arg);
/* At which of the model's addresses it is, or was at last. */
size_t transfer_address(const struct transfer *transfer);
bool transfer_send(struct transfer *transfer, struct slice bytes); /* true: wait for on_drained */
void transfer_send_end(struct transfer *transfer);
void transfer_pause(struct transfer *transfer); /* stop reading the response */
void transfer_resume(struct transfer *transfer);
void transfer_cancel(struct transfer *transfer); /* closes; no callback follows */

#endif
