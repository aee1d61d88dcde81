/* exchange: one client request and its answer on the live path, as a state machine between serve and upstream.
 *
 * Everything happens on the relay loop that owns the client's connection. An exchange begins with the request's head
 * and ends once, in exchange_end, with an outcome; its copy (the tap) then leaves for the conveyor.
 */
#ifndef CANDOR_EXCHANGE_H
#define CANDOR_EXCHANGE_H

#include <stdatomic.h>

#include "conf.h"
#include "log.h"
#include "metrics.h"
#include "pipeline.h"
#include "serve.h"
#include "upstream.h"

enum exchange_outcome {
    OUTCOME_COMPLETED,
    OUTCOME_REFUSED,     /* by us, before upstream was asked */
    OUTCOME_CLIENT_GONE, /* hung up before the answer had ended */
    OUTCOME_UNREACHABLE,
    OUTCOME_TIMEOUT,
    OUTCOME_BROKEN,
    OUTCOME_INVALID,
    OUTCOME_COUNT
};
const char *exchange_outcome_name(enum exchange_outcome outcome);

/* What all exchanges of a relay share; counters are relaxed. */
struct exchange_totals {
    atomic_uint_fast64_t exchanges;
    atomic_size_t busy, tap_bytes;
};

/* What the exchanges of one loop share; owned by the relay, changed only on the loop. */
struct exchange_context {
    struct loop *loop;
    struct conf *conf;         /* of new exchanges */
    struct upstream *upstream; /* of the live model */
    const struct conf_model *model;
    struct slice bearer; /* "Bearer KEY" of the live model, data NULL when it has none */
    struct pipeline *pipeline;
    struct log *log;
    struct buf log_lines; /* waiting for company: one write for many exchanges */
    struct loop_timer log_timer;
    unsigned char random[ID_RANDOM_BYTES * 25]; /* for the ids of the next exchanges; getrandom is whole up to 256 */
    size_t random_left;
    struct exchange_totals *totals;
    struct metric *outcomes[ENDPOINT_COUNT][OUTCOME_COUNT];
    struct metric *overhead, *first_byte;
};

/* The callbacks for server_new, whose arg is the context. */
extern const struct serve_ops exchange_serve_ops;

#endif
