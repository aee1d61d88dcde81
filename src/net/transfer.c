/* transfer: one request to an upstream and its response.
 *
 * A request is sent once. It moves to another connection only while no byte of it has left (a connection that cannot be
 * opened, a pooled one that turns out dead); from the first byte on, a failure is the client's to know.
 */
#include <stdlib.h>

#include "link.h"

#define PRESSURE_BYTES (64u << 10)
#define KEPT_MAX       (64u << 20) /* bytes kept without a link; the user stops at the pressure mark */

static void on_timeout(void *arg);

static void arm_timer(struct transfer *transfer, uint64_t after_ms)
{
    struct loop *loop = transfer->upstream->loop;
    if (after_ms)
        loop_timer_arm(loop, &transfer->timer, after_ms, on_timeout, transfer);
    else if (transfer->timer.link)
        loop_timer_cancel(loop, &transfer->timer);
}

/* ---- the end ---- */

static void leave_queue(struct transfer *transfer)
{
    if (!transfer->queue)
        return;
    *transfer->queue = transfer->next;
    if (transfer->next)
        transfer->next->queue = transfer->queue;
    transfer->queue = NULL;
}

/* Frees, or leaves that to its own task when that is on its way. */
static void transfer_fini(struct transfer *transfer)
{
    struct upstream *upstream = transfer->upstream;
    loop_timer_cancel(upstream->loop, &transfer->timer);
    loop_timer_cancel(upstream->loop, &transfer->total);
    leave_queue(transfer);
    buf_fini(&transfer->head);
    if (transfer->task.queued)
        transfer->dead = true;
    else
        free(transfer);
    upstream_transfer_gone(upstream);
}

static void report_failure(struct transfer *transfer, enum upstream_failure failure, const char *sentence)
{
    struct link *link = transfer->link;
    if (link)
        link_close(link);
    transfer->ops->on_failure(transfer, failure, sentence, transfer->arg);
    transfer_fini(transfer);
}

static void report_end(struct transfer *transfer, bool reusable)
{
    struct link *link = transfer->link;
    transfer->link = NULL;
    link_release(link, reusable && transfer->request_ended && transfer->keep_alive);
    transfer->ops->on_end(transfer, transfer->arg);
    transfer_fini(transfer);
}

static void on_timeout(void *arg)
{
    struct transfer *transfer = arg;
    if (transfer->queue)
        report_failure(transfer, UPSTREAM_UNREACHABLE, "The upstream's name could not be resolved in time.");
    else
        report_failure(transfer, UPSTREAM_TIMEOUT,
                       transfer->phase == TRANSFER_HEAD ? "The upstream did not answer in time."
                                                        : "The upstream fell silent in the middle of its answer.");
}

static void on_total_timeout(void *arg)
{
    report_failure(arg, UPSTREAM_TIMEOUT, "The upstream's answer took too long.");
}

/* What was kept goes out on the link the transfer has got; its Host becomes that of the address. */
void transfer_move_kept(struct transfer *transfer)
{
    struct buf *out = wire_out(&transfer->link->wire);
    struct slice kept = buf_slice(&transfer->head);
    size_t line_end = slice_find(kept, SLICE("\r\n"), 0) + 2, host_end = slice_find(kept, SLICE("\r\n"), line_end) + 2;
    buf_add_slice(out, slice_part(kept, 0, line_end));
    http_put_field(out, SLICE("host"), slice_from(transfer->link->origin->host_field));
    buf_add_slice(out, slice_part(kept, host_end, kept.len));
    buf_fini(&transfer->head);
    wire_flush_later(&transfer->link->wire);
    arm_timer(transfer, transfer->upstream->conf->timeouts.first_byte_ms);
}

void transfer_link_failed(struct transfer *transfer, enum upstream_failure failure, const char *sentence)
{
    struct link *link = transfer->link;
    bool unsent = !link || (link->wire.total_sent == 0 && !transfer->received);
    bool again = link && unsent && (link->reused || !link->ready) && transfer->attempts < RESOLVE_MAX_ADDRESSES;
    if (again && !link->reused && transfer->attempts >= link->origin->address_count * transfer->upstream->origin_count)
        again = false; /* every address has refused */
    if (again) {
        buf_clear(&transfer->head);
        buf_add(&transfer->head, link->wire.out.data, link->wire.out.len);
        link_close(link);
        if (link_take(transfer, false) == 0) {
            if (transfer->link)
                transfer_move_kept(transfer);
            return;
        }
        sentence = transfer->sentence;
        failure = UPSTREAM_UNREACHABLE;
    }
    report_failure(transfer, failure, sentence);
}

/* ---- the request ---- */

static void put_number(struct buf *out, uint64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10));
    buf_add(out, digits + at, sizeof digits - at);
}

static void put_head(struct transfer *transfer, struct buf *out, const struct upstream_request *request)
{
    const struct origin *origin = transfer->link ? transfer->link->origin : &transfer->upstream->origins[0];
    http_put_request_line(out, request->method, request->path, request->query);
    http_put_field(out, SLICE("host"), slice_from(origin->host_field));
    for (size_t i = 0; i < request->field_count; i++)
        http_put_field(out, request->fields[i].name, request->fields[i].value);
    if (request->length == UPSTREAM_CHUNKED) {
        buf_add_slice(out, SLICE("transfer-encoding: chunked\r\n"));
    } else if (request->length != UPSTREAM_NO_BODY) {
        buf_add_slice(out, SLICE("content-length: "));
        put_number(out, request->length);
        http_put_end(out);
    }
    http_put_end(out);
}

static void run_task(void *arg)
{
    struct transfer *transfer = arg;
    if (transfer->dead)
        free(transfer);
    else
        report_failure(transfer, transfer->failure, transfer->sentence);
}

/* Where request bytes go: the link, or what is kept until there is one. */
static struct buf *request_out(struct transfer *transfer)
{
    return transfer->link ? wire_out(&transfer->link->wire) : &transfer->head;
}

struct transfer *transfer_start(struct upstream *upstream, const struct upstream_request *request,
                                const struct upstream_ops *ops, void *arg)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->upstream = upstream;
    transfer->ops = ops;
    transfer->arg = arg;
    transfer->to_head = slice_is(request->method, "HEAD");
    transfer->chunked_request = request->length == UPSTREAM_CHUNKED;
    transfer->task = (struct loop_task){.fn = run_task, .arg = transfer};
    upstream->transfer_count++;
    buf_init(&transfer->head, KEPT_MAX);
    if (link_take(transfer, true) < 0) {
        transfer->failure = UPSTREAM_UNREACHABLE;
        loop_defer(upstream->loop, &transfer->task);
        return transfer;
    }
    struct buf *out = request_out(transfer);
    put_head(transfer, out, request);
    if (out->failed) {
        transfer->failure = UPSTREAM_INVALID;
        transfer->sentence = "The request cannot be passed on.";
        loop_defer(upstream->loop, &transfer->task);
        return transfer;
    }
    if (transfer->link) {
        wire_flush_later(&transfer->link->wire);
        arm_timer(transfer, upstream->conf->timeouts.first_byte_ms);
    } else {
        arm_timer(transfer, upstream->conf->timeouts.connect_ms); /* which includes finding the address */
    }
    if (upstream->conf->timeouts.total_ms)
        loop_timer_arm(upstream->loop, &transfer->total, upstream->conf->timeouts.total_ms, on_total_timeout, transfer);
    return transfer;
}

size_t transfer_address(const struct transfer *transfer)
{
    return transfer->address;
}

bool transfer_send(struct transfer *transfer, struct slice bytes)
{
    char line[HTTP_CHUNK_LINE_SIZE];
    struct slice tail = transfer->chunked_request ? SLICE("\r\n") : SLICE_NONE;
    if (bytes.len == 0)
        return false;
    if (transfer->chunked_request)
        buf_add(request_out(transfer), line, http_chunk_line(line, bytes.len));
    if (!transfer->link) {
        buf_add_slice(&transfer->head, bytes);
        buf_add_slice(&transfer->head, tail);
        return transfer->head.len >= PRESSURE_BYTES;
    }
    wire_send(&transfer->link->wire, bytes, tail);
    return wire_pending(&transfer->link->wire) >= PRESSURE_BYTES;
}

void transfer_send_end(struct transfer *transfer)
{
    transfer->request_ended = true;
    if (transfer->chunked_request)
        buf_add_slice(request_out(transfer), SLICE("0\r\n\r\n"));
    if (transfer->link)
        wire_flush(&transfer->link->wire);
}

void transfer_pause(struct transfer *transfer)
{
    transfer->paused = true;
    if (transfer->link)
        wire_pause(&transfer->link->wire);
    arm_timer(transfer, 0); /* it is the client that is slow */
}

void transfer_resume(struct transfer *transfer)
{
    transfer->paused = false;
    if (transfer->link)
        wire_resume(&transfer->link->wire);
    if (transfer->phase == TRANSFER_BODY)
        arm_timer(transfer, transfer->upstream->conf->timeouts.idle_ms);
}

void transfer_cancel(struct transfer *transfer)
{
    if (transfer->link)
        link_close(transfer->link);
    transfer_fini(transfer);
}

/* ---- the response ---- */

enum step { STEP_MORE, STEP_WAIT, STEP_OVER };

static enum step feed_interim(struct transfer *transfer, const struct http_head *head)
{
    if (head->status == 101) {
        report_failure(transfer, UPSTREAM_INVALID, "The upstream changed the protocol without being asked.");
        return STEP_OVER;
    }
    if (head->status != 100 && transfer->ops->on_interim)
        transfer->ops->on_interim(transfer, head, transfer->arg);
    return STEP_MORE;
}

static enum step feed_head(struct transfer *transfer, struct slice *input)
{
    struct link *link = transfer->link;
    struct http_head head;
    struct http_error error;
    const struct http_limits limits = {LOOP_SCRATCH_SIZE};
    switch (http_parse_response(*input, &link->scanned, limits, transfer->to_head, &head, &error)) {
    case HTTP_PARTIAL:
        return STEP_WAIT;
    case HTTP_INVALID:
        report_failure(transfer, UPSTREAM_INVALID, error.reason);
        return STEP_OVER;
    case HTTP_COMPLETE:
        break;
    }
    *input = slice_part(*input, head.head_bytes, input->len);
    link->scanned = 0;
    if (head.status < 200) {
        enum step step = feed_interim(transfer, &head);
        return link->closed ? STEP_OVER : step;
    }
    transfer->phase = TRANSFER_BODY;
    transfer->framing = head.framing;
    transfer->body_left = head.content_length;
    transfer->keep_alive = head.keep_alive && head.framing != HTTP_BODY_UNTIL_CLOSE;
    http_chunked_init(&transfer->chunked);
    transfer->ops->on_head(transfer, &head, transfer->arg);
    return link->closed ? STEP_OVER : STEP_MORE;
}

static enum step feed_length(struct transfer *transfer, struct slice *input)
{
    struct link *link = transfer->link;
    size_t len = transfer->body_left < input->len ? (size_t)transfer->body_left : input->len;
    struct slice bytes = slice_part(*input, 0, len);
    *input = slice_part(*input, len, input->len);
    transfer->body_left -= len;
    if (len)
        transfer->ops->on_body(transfer, bytes, transfer->arg);
    if (link->closed)
        return STEP_OVER;
    if (transfer->body_left)
        return STEP_WAIT;
    report_end(transfer, input->len == 0);
    return STEP_OVER;
}

static enum step feed_chunked(struct transfer *transfer, struct slice *input)
{
    struct link *link = transfer->link;
    struct slice bytes;
    struct http_error error;
    switch (http_chunked_next(&transfer->chunked, input, &bytes, &error)) {
    case HTTP_INVALID:
        report_failure(transfer, UPSTREAM_INVALID, "The upstream's chunked body is malformed.");
        return STEP_OVER;
    case HTTP_COMPLETE:
        report_end(transfer, input->len == 0);
        return STEP_OVER;
    case HTTP_PARTIAL:
        break;
    }
    if (bytes.len == 0)
        return STEP_WAIT;
    transfer->ops->on_body(transfer, bytes, transfer->arg);
    return link->closed ? STEP_OVER : STEP_MORE;
}

static enum step feed_body(struct transfer *transfer, struct slice *input)
{
    switch (transfer->framing) {
    case HTTP_BODY_NONE:
        report_end(transfer, input->len == 0);
        return STEP_OVER;
    case HTTP_BODY_LENGTH:
        return feed_length(transfer, input);
    case HTTP_BODY_CHUNKED:
        return feed_chunked(transfer, input);
    case HTTP_BODY_UNTIL_CLOSE:
        break;
    }
    struct link *link = transfer->link;
    struct slice bytes = *input;
    *input = SLICE_NONE;
    if (bytes.len)
        transfer->ops->on_body(transfer, bytes, transfer->arg);
    return link->closed ? STEP_OVER : STEP_WAIT;
}

/* Keeps the beginning of a head; everything else is consumed. */
static void keep_rest(struct link *link, struct slice input, struct slice rest)
{
    if (link->in.data && input.data == link->in.data)
        buf_drop_front(&link->in, input.len - rest.len);
    else
        buf_add_slice(&link->in, rest);
    if (link->in.len == 0)
        buf_fini(&link->in);
}

void transfer_feed(struct transfer *transfer, struct slice input)
{
    struct link *link = transfer->link;
    struct slice rest = input;
    enum step step = STEP_MORE;
    transfer->received = true;
    if (!transfer->paused && transfer->upstream->conf->timeouts.idle_ms)
        arm_timer(transfer, transfer->upstream->conf->timeouts.idle_ms);
    while (step == STEP_MORE)
        step = transfer->phase == TRANSFER_HEAD ? feed_head(transfer, &rest) : feed_body(transfer, &rest);
    if (step == STEP_OVER)
        return;
    keep_rest(link, input, rest);
    if (transfer->phase == TRANSFER_BODY) {
        if (!transfer->upstream->conf->timeouts.idle_ms)
            arm_timer(transfer, 0); /* the first byte was in time */
        if (transfer->ops->on_flush)
            transfer->ops->on_flush(transfer, transfer->arg);
    }
}

void transfer_ended_by_peer(struct transfer *transfer)
{
    if (transfer->phase == TRANSFER_BODY && transfer->framing == HTTP_BODY_UNTIL_CLOSE)
        report_end(transfer, false);
    else
        transfer_link_failed(transfer, UPSTREAM_BROKEN,
                             "The upstream closed the connection before its answer had ended.");
}
