/* exchange: the way of one request, one function a step, in the order of its life.
 *
 *   client                              upstream
 *   on_request_head -> route -> transfer_start
 *   on_request_body ----------> transfer_send        (pressure: request_pause, on_upstream_drained resumes)
 *   on_request_end  ----------> transfer_send_end
 *   request_answer <----------- on_answer_head
 *   request_send   <----------- on_answer_body       (pressure: transfer_pause, on_client_drained resumes)
 *   request_end    <----------- on_answer_end
 *   on_request_done -> exchange_end
 *
 * Bytes are handed over as they come and looked at by nobody; the tap keeps a bounded copy on the way.
 */
#include "exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

#include "clock.h"
#include "headers.h"
#include "tap.h"
#include "trace.h"

#define LOG_WAIT_MS 100 /* at most, for a line to leave */

struct exchange {
    struct exchange_context *context;
    struct conf *conf; /* held */
    struct request *request;
    struct transfer *transfer; /* NULL before it starts and once it is over */
    struct tap_copy tap;
    uint64_t started_ns, first_byte_ns;
    uint64_t our_ns; /* time the request spent in our hands before the first byte of its answer */
    unsigned status;
    size_t address; /* of the live model, that was asked last */
    enum endpoint endpoint;
    bool answered;
    char id[ID_SIZE];
    struct trace trace;
};

const char *exchange_outcome_name(enum exchange_outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_COMPLETED] = "completed",      [OUTCOME_REFUSED] = "refused",
        [OUTCOME_CLIENT_GONE] = "client_gone",  [OUTCOME_UNREACHABLE] = "upstream_unreachable",
        [OUTCOME_TIMEOUT] = "upstream_timeout", [OUTCOME_BROKEN] = "upstream_broken",
        [OUTCOME_INVALID] = "upstream_invalid",
    };
    return names[outcome];
}

/* ---- the one way out ---- */

static void on_log_timer(void *arg)
{
    struct exchange_context *context = arg;
    log_flush(context->log, &context->log_lines);
}

static void log_exchange(const struct exchange *exchange, enum exchange_outcome outcome, uint64_t total_us)
{
    struct exchange_context *context = exchange->context;
    enum log_level level = outcome == OUTCOME_COMPLETED || outcome == OUTCOME_CLIENT_GONE || outcome == OUTCOME_REFUSED
                               ? LOG_LEVEL_INFO
                               : LOG_LEVEL_WARN;
    if (!log_enabled(context->log, level))
        return;
    const struct log_field fields[] = {
        LOG_Z("exchange", exchange->id),
        LOG_Z("path", endpoint_name(exchange->endpoint)),
        LOG_I("status", exchange->status),
        LOG_Z("outcome", exchange_outcome_name(outcome)),
        LOG_I("us", total_us),
    };
    bool first = context->log_lines.len == 0;
    log_batch(context->log, &context->log_lines, level, "exchange", fields, sizeof fields / sizeof fields[0]);
    if (first)
        loop_timer_arm(context->loop, &context->log_timer, LOG_WAIT_MS, on_log_timer, context);
}

/* The transfer is over, or is about to be: what it knows is kept. */
static struct transfer *take_transfer(struct exchange *exchange)
{
    struct transfer *transfer = exchange->transfer;
    if (transfer)
        exchange->address = transfer_address(transfer);
    exchange->transfer = NULL;
    return transfer;
}

static void exchange_end(struct exchange *exchange, enum exchange_outcome outcome)
{
    struct exchange_context *context = exchange->context;
    uint64_t total_ns = loop_now_ns(context->loop) - exchange->started_ns;
    uint64_t first_byte_ns = exchange->first_byte_ns ? exchange->first_byte_ns - exchange->started_ns : 0;
    if (total_ns < first_byte_ns) /* the loop's clock stands still within a turn, the first byte's does not */
        total_ns = first_byte_ns;
    struct transfer *transfer = take_transfer(exchange);
    if (transfer)
        transfer_cancel(transfer);
    metric_add(context->outcomes[exchange->endpoint][outcome], 1);
    if (exchange->first_byte_ns) {
        const struct metric_exchange exemplar = {exchange->id, exchange->trace.id, loop_now_ns(context->loop)};
        metric_observe(context->first_byte, (double)first_byte_ns / (double)NS_PER_S, &exemplar);
        metric_observe(context->overhead, (double)exchange->our_ns / (double)NS_PER_S, &exemplar);
    }
    log_exchange(exchange, outcome, total_ns / 1000);
    tap_end(&exchange->tap, (struct tap_result){
                                .status = (int)exchange->status,
                                .address = exchange->address,
                                .total_ms = (double)total_ns / (double)NS_PER_MS,
                                .first_byte_ms = (double)first_byte_ns / (double)NS_PER_MS,
                                .client_gone = outcome == OUTCOME_CLIENT_GONE,
                                .broken = outcome != OUTCOME_COMPLETED && outcome != OUTCOME_CLIENT_GONE,
                            });
    atomic_fetch_sub_explicit(&context->totals->busy, 1, memory_order_relaxed);
    conf_drop(exchange->conf);
    free(exchange);
}

/* An answer of our own. The exchange ends here: what serve reports of the request afterwards finds no exchange. */
static void refuse(struct exchange *exchange, enum exchange_outcome outcome, unsigned status, const char *code,
                   const char *message)
{
    struct request *request = exchange->request;
    const struct http_field fields[] = {
        {SLICE("content-type"), SLICE("application/json")},
        {SLICE("x-candor-id"), slice_of(exchange->id, ID_SIZE - 1)},
        {SLICE("retry-after"), SLICE("1")},
    };
    struct buf body;
    buf_init(&body, 4096);
    serve_error_body(&body, "candor_error", code, message);
    struct answer_head head = {.status = status,
                               .fields = fields,
                               .field_count = status == 502 || status == 503 ? 3 : 2,
                               .has_length = true,
                               .length = body.len};
    exchange->status = status;
    request_set_arg(request, NULL);
    request_answer(request, &head);
    request_send(request, buf_slice(&body));
    request_end(request);
    buf_fini(&body);
    exchange_end(exchange, outcome);
}

/* ---- the answer ---- */

static void note_first_byte(struct exchange *exchange)
{
    if (exchange->first_byte_ns)
        return;
    exchange->first_byte_ns = clock_monotonic_ns();
    exchange->our_ns += exchange->first_byte_ns - loop_now_ns(exchange->context->loop);
}

static void on_interim(struct transfer *transfer, const struct http_head *head, void *arg)
{
    struct exchange *exchange = arg;
    struct headers headers;
    (void)transfer;
    headers_to_client(head, slice_of(exchange->id, ID_SIZE - 1), false, &headers);
    request_interim(exchange->request, head->status, headers.fields, headers.count);
}

/* An answer without a body may still say how long it would be: to HEAD, and with 304. */
static bool announced_length(const struct http_head *head, uint64_t *length)
{
    struct slice value = http_get(head, "content-length");
    return value.data && slice_to_u64(value, length) == 0;
}

static void on_answer_head(struct transfer *transfer, const struct http_head *head, void *arg)
{
    struct exchange *exchange = arg;
    struct headers headers;
    char reason[64];
    (void)transfer;
    headers_to_client(head, slice_of(exchange->id, ID_SIZE - 1), exchange->conf->via, &headers);
    struct answer_head answer = {.status = head->status, .fields = headers.fields, .field_count = headers.count};
    if (head->reason.len && head->reason.len < sizeof reason) {
        memcpy(reason, head->reason.data, head->reason.len);
        reason[head->reason.len] = '\0';
        answer.reason = reason;
    }
    if (head->framing == HTTP_BODY_LENGTH || (head->framing == HTTP_BODY_NONE && head->status != 204))
        answer.has_length = announced_length(head, &answer.length);
    exchange->status = head->status;
    exchange->answered = true;
    tap_answer_head(&exchange->tap, head);
    request_answer(exchange->request, &answer);
}

static void on_answer_body(struct transfer *transfer, struct slice bytes, void *arg)
{
    struct exchange *exchange = arg;
    tap_answer(&exchange->tap, bytes);
    if (request_send(exchange->request, bytes))
        transfer_pause(transfer);
    note_first_byte(exchange);
}

/* All that one read brought is handed over: now it leaves, in one packet where it fits. */
static void on_answer_flush(struct transfer *transfer, void *arg)
{
    struct exchange *exchange = arg;
    (void)transfer;
    request_flush(exchange->request);
}

static void on_answer_end(struct transfer *transfer, void *arg)
{
    struct exchange *exchange = arg;
    (void)transfer;
    (void)take_transfer(exchange);
    note_first_byte(exchange);
    request_end(exchange->request);
}

static void on_answer_failure(struct transfer *transfer, enum upstream_failure failure, const char *sentence, void *arg)
{
    static const struct {
        unsigned status;
        const char *code;
        enum exchange_outcome outcome;
    } table[] = {
        [UPSTREAM_UNREACHABLE] = {502, "upstream_unreachable", OUTCOME_UNREACHABLE},
        [UPSTREAM_TIMEOUT] = {504, "upstream_timeout", OUTCOME_TIMEOUT},
        [UPSTREAM_BROKEN] = {502, "upstream_broken", OUTCOME_BROKEN},
        [UPSTREAM_INVALID] = {502, "upstream_invalid", OUTCOME_INVALID},
    };
    struct exchange *exchange = arg;
    exchange->address = transfer_address(transfer);
    exchange->transfer = NULL;
    if (!exchange->answered) {
        refuse(exchange, table[failure].outcome, table[failure].status, table[failure].code, sentence);
        return;
    }
    struct request *request = exchange->request;
    request_set_arg(request, NULL);
    request_break(request);
    exchange_end(exchange, table[failure].outcome);
}

static void on_upstream_drained(struct transfer *transfer, void *arg)
{
    struct exchange *exchange = arg;
    (void)transfer;
    request_resume(exchange->request);
}

static const struct upstream_ops upstream_ops = {
    .on_interim = on_interim,
    .on_head = on_answer_head,
    .on_body = on_answer_body,
    .on_end = on_answer_end,
    .on_failure = on_answer_failure,
    .on_drained = on_upstream_drained,
    .on_flush = on_answer_flush,
};

/* ---- the request ---- */

/* A reload may have named fewer listeners than are open; those it forgot go on by the rules of the first. */
static const struct conf_listen *listener_of(const struct exchange *exchange)
{
    size_t index = (size_t)(uintptr_t)request_listener(exchange->request);
    return &exchange->conf->listen[index < exchange->conf->listen_count ? index : 0];
}

static bool in_paths(const struct conf_listen *listen, struct slice path)
{
    for (size_t i = 0; i < listen->path_count; i++)
        if (slice_starts(path, slice_from(listen->paths[i])))
            return true;
    return false;
}

/* "/v1/../admin" begins like a path that is let in and means another one; so does its escaped form. */
static bool has_dot_segment(struct slice path)
{
    size_t at = 0;
    while (at < path.len) {
        size_t dots = 0, i = at + 1;
        while (i < path.len && path.data[i] != '/') {
            if (path.data[i] == '.') {
                i++;
            } else if (i + 2 < path.len && path.data[i] == '%' && path.data[i + 1] == '2' &&
                       ascii_lower(path.data[i + 2]) == 'e') {
                i += 3;
            } else {
                dots = SLICE_NOT_FOUND;
                break;
            }
            dots++;
        }
        if (dots == 1 || dots == 2)
            return true;
        while (i < path.len && path.data[i] != '/')
            i++;
        at = i;
    }
    return false;
}

/* "/v1/x" becomes the model's prefix and "/x"; other paths go unchanged to the same origin. */
static struct slice upstream_path(const struct exchange *exchange, struct slice path, struct buf *joined)
{
    struct slice prefix = slice_from(exchange->context->model->urls[0].prefix);
    if (!slice_starts(path, SLICE("/v1/")) || slice_is(prefix, "/v1"))
        return path;
    buf_add_slice(joined, prefix);
    buf_add_slice(joined, slice_part(path, 3, path.len));
    return buf_slice(joined);
}

static uint64_t request_length(const struct http_head *head)
{
    if (head->framing == HTTP_BODY_CHUNKED)
        return UPSTREAM_CHUNKED;
    if (head->framing == HTTP_BODY_LENGTH)
        return head->content_length;
    return http_get(head, "content-length").data ? 0 : UPSTREAM_NO_BODY;
}

static void start_transfer(struct exchange *exchange, const struct http_head *head)
{
    struct exchange_context *context = exchange->context;
    struct headers headers;
    struct buf joined;
    char forwarded[FORWARDED_SIZE];
    buf_init(&joined, 2 * HTTP_MAX_TARGET);
    headers_to_upstream(head, context->model, context->bearer, exchange->conf->via, &headers);
    if (exchange->conf->forwarded)
        headers_add_forwarded(&headers, request_peer(exchange->request), listener_of(exchange)->tls_count > 0,
                              forwarded);
    const struct upstream_request request = {
        .method = head->method,
        .path = upstream_path(exchange, head->path, &joined),
        .query = head->query,
        .fields = headers.fields,
        .field_count = headers.count,
        .length = request_length(head),
    };
    exchange->transfer = transfer_start(context->upstream, &request, &upstream_ops, exchange);
    buf_fini(&joined);
    if (!exchange->transfer)
        refuse(exchange, OUTCOME_REFUSED, 503, "overloaded", "The proxy is out of memory.");
}

static void route(struct exchange *exchange, const struct http_head *head)
{
    if (has_dot_segment(head->path))
        refuse(exchange, OUTCOME_REFUSED, 400, "invalid_request", "The path holds a dot segment.");
    else if (!in_paths(listener_of(exchange), head->path))
        refuse(exchange, OUTCOME_REFUSED, 404, "not_found", "This path is not relayed.");
    else
        start_transfer(exchange, head);
}

/* One system call gives the random bytes of many ids. */
static void give_id(struct exchange *exchange)
{
    struct exchange_context *context = exchange->context;
    if (context->random_left == 0) {
        ssize_t got = getrandom(context->random, sizeof context->random, 0);
        assert(got == sizeof context->random);
        context->random_left = sizeof context->random;
    }
    context->random_left -= ID_RANDOM_BYTES;
    id_make(exchange->id, context->random + context->random_left);
}

/* OPTIONS *: asks the server, not the model. */
static void answer_for_all(struct request *request)
{
    const struct http_field allow = {SLICE("allow"), SLICE(SERVE_ALLOW)};
    request_answer(request, &(struct answer_head){.status = 204, .fields = &allow, .field_count = 1});
    request_end(request);
}

static void on_request_head(struct request *request, void *arg)
{
    struct exchange_context *context = arg;
    const struct http_head *head = request_head(request);
    if (slice_is(head->path, "*")) {
        answer_for_all(request);
        return;
    }
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        request_fail(request, 503, "overloaded", "The proxy is out of memory.");
        return;
    }
    exchange->context = context;
    exchange->conf = conf_hold(context->conf);
    exchange->request = request;
    exchange->started_ns = loop_now_ns(context->loop);
    exchange->endpoint = request_endpoint(head->path);
    give_id(exchange);
    trace_join(&exchange->trace, http_get(head, "traceparent"), exchange->id);
    request_set_arg(request, exchange);
    atomic_fetch_add_explicit(&context->totals->exchanges, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&context->totals->busy, 1, memory_order_relaxed);
    tap_begin(&exchange->tap, context, exchange->endpoint, head, exchange->id, &exchange->trace, request_peer(request));
    route(exchange, head);
}

static void on_request_body(struct request *request, struct slice bytes)
{
    struct exchange *exchange = request_arg(request);
    if (!exchange || !exchange->transfer)
        return;
    tap_request(&exchange->tap, bytes);
    if (transfer_send(exchange->transfer, bytes))
        request_pause(request);
}

static void on_request_end(struct request *request)
{
    struct exchange *exchange = request_arg(request);
    if (!exchange || !exchange->transfer)
        return;
    transfer_send_end(exchange->transfer);
    exchange->our_ns = clock_monotonic_ns() - loop_now_ns(exchange->context->loop);
}

static void on_client_drained(struct request *request)
{
    struct exchange *exchange = request_arg(request);
    if (exchange && exchange->transfer)
        transfer_resume(exchange->transfer);
}

static void on_request_gone(struct request *request)
{
    struct exchange *exchange = request_arg(request);
    if (exchange)
        exchange_end(exchange, OUTCOME_CLIENT_GONE);
}

static void on_request_done(struct request *request)
{
    struct exchange *exchange = request_arg(request);
    if (exchange)
        exchange_end(exchange, OUTCOME_COMPLETED);
}

const struct serve_ops exchange_serve_ops = {
    .on_head = on_request_head,
    .on_body = on_request_body,
    .on_body_end = on_request_end,
    .on_drained = on_client_drained,
    .on_gone = on_request_gone,
    .on_done = on_request_done,
};
