/* connection: reads requests from one client, one at a time, and hands them to the handler.
 *
 * Bytes are read into the loop's scratch and consumed from there; only the beginning of a head, or what a client
 * pipelines while its request is being answered, is kept. Each phase has one absolute deadline, and a body, which may
 * be of any length, a least rate. What breaks the rules is answered here, and the connection then lingers: closing at
 * once would reset it, and the client would never see the status.
 */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "guard.h"

#define READ_MORE_BYTES 16384
#define PIPELINE_BYTES  65536 /* kept of what comes before its turn */
#define LINGER_BYTES    (1u << 20)
#define LINGER_MS       1000
#define BODY_WINDOW_MS  10000 /* in which a body has to come at its least rate */
/* A client that shuts its side may have hung up, or may only have said all it has to say (nc, HTTP/1.0 scripts): on the
 * wire the two look the same until something is written. See client_ended. */
#define HALF_CLOSE_NS  (50 * NS_PER_MS)
#define SAME_BREATH_NS (150 * NS_PER_MS / 1000)
#define PROBE_MS       30

static void on_deadline(void *arg);

static void set_deadline(struct connection *connection, uint64_t after_ms)
{
    struct loop *loop = connection->server->loop;
    if (after_ms)
        loop_timer_arm(loop, &connection->deadline, after_ms, on_deadline, connection);
    else
        loop_timer_cancel(loop, &connection->deadline);
}

/* ---- refusing and ending ---- */

static void linger(struct connection *connection)
{
    connection->phase = PHASE_LINGER;
    wire_shutdown(&connection->wire);
    if (connection->read_ended) {
        connection_close(connection);
        return;
    }
    set_deadline(connection, LINGER_MS);
    wire_resume(&connection->wire);
}

static const char *refusal_code(unsigned status)
{
    switch (status) {
    case 408:
        return "request_timeout";
    case 413:
    case 414:
    case 431:
        return "request_too_large";
    case 503:
        return "overloaded";
    default:
        return "invalid_request";
    }
}

void connection_refuse(struct connection *connection, unsigned status, const char *message)
{
    struct server *server = connection->server;
    struct request *request = &connection->request;
    bool answered = request->answered;
    if (request->live) {
        request->live = false;
        server->busy_count--;
        server->ops->on_gone(request);
    }
    if (answered) { /* too late for a status: the answer under way is cut */
        connection_close(connection);
        return;
    }
    const struct http_field fields[] = {
        {SLICE("content-type"), SLICE("application/json")},
        {SLICE("allow"), SLICE(SERVE_ALLOW)},
    };
    struct buf body;
    buf_init(&body, 4096);
    serve_error_body(&body, server->settings.error_type, refusal_code(status), message);
    struct answer_head head = {.status = status,
                               .fields = fields,
                               .field_count = status == 405 ? 2 : 1,
                               .has_length = true,
                               .length = body.len};
    request->keep_alive = false;
    request->to_head = false;
    request->minor = 1;
    request_answer(request, &head);
    request_send(request, buf_slice(&body));
    buf_fini(&body);
    request->ended = true;
    wire_flush(&connection->wire);
    if (!wire_pending(&connection->wire))
        linger(connection);
}

static void free_head(struct request *request)
{
    if (request->head_bytes.data) {
        free(request->head);
        buf_fini(&request->head_bytes);
    }
    request->head = NULL;
}

void connection_answered(struct connection *connection)
{
    struct server *server = connection->server;
    struct request *request = &connection->request;
    if (request->live) {
        request->live = false;
        server->busy_count--;
        if (server->ops->on_done)
            server->ops->on_done(request);
    }
    free_head(request);
    if (!request->keep_alive || server->draining) {
        linger(connection);
        return;
    }
    connection->phase = PHASE_IDLE;
    connection->scanned = 0;
    wire_trim(&connection->wire);
    set_deadline(connection, server->settings.keep_alive_ms);
    if (connection->in.len || connection->read_ended)
        loop_defer(server->loop, &connection->task);
    else
        wire_resume(&connection->wire);
}

void connection_close(struct connection *connection)
{
    if (connection->closed)
        return;
    connection->closed = true;
    loop_timer_cancel(connection->server->loop, &connection->deadline);
    wire_close(&connection->wire);
    free_head(&connection->request);
    buf_fini(&connection->in);
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    server_connection_closed(connection->server, connection);
    loop_defer(connection->server->loop, &connection->task);
}

void connection_break(struct connection *connection)
{
    struct request *request = &connection->request;
    if (request->live) {
        request->live = false;
        connection->server->busy_count--;
        connection->server->ops->on_gone(request);
    }
    connection_close(connection);
}

/* Whatever comes first: the end of the body's time, or of a window in which some of it has to come. */
static void watch_body(struct connection *connection)
{
    const struct serve_settings *settings = &connection->server->settings;
    struct request *request = &connection->request;
    uint64_t now_ns = loop_now_ns(connection->server->loop), after_ms = settings->body_rate ? BODY_WINDOW_MS : 0;
    request->body_seen_before = request->body_seen;
    if (request->body_until_ns) {
        uint64_t left_ms = request->body_until_ns > now_ns ? (request->body_until_ns - now_ns) / NS_PER_MS + 1 : 1;
        after_ms = after_ms && after_ms < left_ms ? after_ms : left_ms;
    }
    set_deadline(connection, after_ms);
}

/* A client is not to blame for what it does not send while we do not read. */
static void body_overdue(struct connection *connection)
{
    struct request *request = &connection->request;
    uint64_t least = (uint64_t)connection->server->settings.body_rate * (BODY_WINDOW_MS / 1000);
    if (request->body_until_ns && loop_now_ns(connection->server->loop) >= request->body_until_ns)
        connection_refuse(connection, 408, "The request body took too long.");
    else if (!request->body_paused && request->body_seen - request->body_seen_before < least)
        connection_refuse(connection, 408, "The request body comes too slowly.");
    else
        watch_body(connection);
}

static void on_deadline(void *arg)
{
    struct connection *connection = arg;
    switch (connection->phase) {
    case PHASE_IDLE:
    case PHASE_LINGER:
        connection_break(connection);
        return;
    case PHASE_ANSWER: /* see client_ended: who is gone resets the connection now */
        request_interim(&connection->request, 100, NULL, 0);
        return;
    case PHASE_HEAD:
        connection_refuse(connection, 408, "The request head took too long.");
        return;
    case PHASE_BODY:
        body_overdue(connection);
        return;
    }
}

/* ---- taking requests in ---- */

/* What lies in the bytes `from` moves with them to `to`; constants of the codec stay where they are. */
static void move_slice(struct slice *slice, struct slice from, const char *to)
{
    if (slice->data >= from.data && slice->data <= from.data + from.len)
        slice->data = to + (slice->data - from.data);
}

/* raw: the bytes the head was parsed from. */
static bool copy_head(struct request *request, const struct http_head *head, struct slice raw)
{
    struct http_head *copy = malloc(sizeof *copy);
    buf_init(&request->head_bytes, raw.len);
    buf_add_slice(&request->head_bytes, raw);
    if (!copy || request->head_bytes.failed) {
        free(copy);
        buf_fini(&request->head_bytes);
        return false;
    }
    *copy = *head;
    const char *to = request->head_bytes.data;
    move_slice(&copy->method, raw, to);
    move_slice(&copy->path, raw, to);
    move_slice(&copy->query, raw, to);
    for (size_t i = 0; i < head->field_count; i++) {
        move_slice(&copy->fields[i].name, raw, to);
        move_slice(&copy->fields[i].value, raw, to);
    }
    request->head = copy;
    return true;
}

static void body_ended(struct connection *connection)
{
    struct request *request = &connection->request;
    connection->phase = PHASE_ANSWER;
    set_deadline(connection, 0);
    if (request->live)
        connection->server->ops->on_body_end(request);
    request->complete_ns = clock_monotonic_ns();
}

/* with_body: the client has not waited to be told to go on. */
static void begin_request(struct connection *connection, struct http_head *head, struct slice raw, bool with_body)
{
    struct server *server = connection->server;
    struct request *request = &connection->request;
    uint64_t started_ns = request->started_ns;
    *request = (struct request){.started_ns = started_ns,
                                .framing = head->framing,
                                .body_left = head->content_length,
                                .minor = head->minor,
                                .keep_alive = head->keep_alive,
                                .to_head = slice_is(head->method, "HEAD"),
                                .head = head};
    connection->phase = PHASE_BODY;
    connection->scanned = 0;
    if (head->framing == HTTP_BODY_LENGTH && head->content_length > server->settings.body_bytes) {
        connection_refuse(connection, 413, "The request body is larger than this server takes.");
        return;
    }
    if (!server->settings.brief_head && !copy_head(request, head, raw)) {
        connection_refuse(connection, 503, "The server is out of memory.");
        return;
    }
    http_chunked_init(&request->chunked);
    if (server->settings.body_ms)
        request->body_until_ns = loop_now_ns(server->loop) + server->settings.body_ms * NS_PER_MS;
    if (head->framing == HTTP_BODY_NONE)
        set_deadline(connection, 0);
    else
        watch_body(connection);
    request->live = true;
    server->busy_count++;
    if (head->framing == HTTP_BODY_NONE)
        connection->phase = PHASE_ANSWER; /* the handler may answer at once and keep the connection */
    server->ops->on_head(request, server->arg);
    if (connection->closed || !request->live)
        return;
    if (server->settings.brief_head)
        request->head = NULL;
    if (head->framing == HTTP_BODY_NONE)
        body_ended(connection);
    else if (head->expect_continue && !request->answered && !with_body)
        wire_put(&connection->wire, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* True when a head was complete and the connection goes on with what follows it. */
static bool feed_head(struct connection *connection, struct slice *input)
{
    struct server *server = connection->server;
    struct http_head head;
    struct http_error error;
    if (connection->phase == PHASE_IDLE) {
        connection->phase = PHASE_HEAD;
        connection->request.answered = false;
        connection->request.started_ns = loop_now_ns(server->loop);
        set_deadline(connection, server->settings.head_ms);
    }
    switch (http_parse_request(*input, &connection->scanned, server->settings.head, &head, &error)) {
    case HTTP_PARTIAL:
        return false;
    case HTTP_INVALID:
        connection_refuse(connection, error.status, error.reason);
        *input = SLICE_NONE;
        return false;
    case HTTP_COMPLETE:
        break;
    }
    struct slice raw = slice_part(*input, 0, head.head_bytes);
    *input = slice_part(*input, head.head_bytes, input->len);
    begin_request(connection, &head, raw, input->len > 0);
    return true;
}

static void deliver(struct connection *connection, struct slice bytes)
{
    struct request *request = &connection->request;
    request->body_seen += bytes.len;
    if (request->body_seen > connection->server->settings.body_bytes)
        connection_refuse(connection, 413, "The request body is larger than this server takes.");
    else if (request->live && bytes.len)
        connection->server->ops->on_body(request, bytes);
}

/* True when the body has ended and the connection goes on. */
static bool feed_body(struct connection *connection, struct slice *input)
{
    struct request *request = &connection->request;
    if (request->framing == HTTP_BODY_LENGTH) {
        size_t len = request->body_left < input->len ? (size_t)request->body_left : input->len;
        struct slice bytes = slice_part(*input, 0, len);
        *input = slice_part(*input, len, input->len);
        request->body_left -= len;
        deliver(connection, bytes);
        if (request->body_left || connection->closed || connection->phase != PHASE_BODY)
            return false;
        body_ended(connection);
        return true;
    }
    while (connection->phase == PHASE_BODY && !connection->closed) {
        struct slice bytes;
        struct http_error error;
        switch (http_chunked_next(&request->chunked, input, &bytes, &error)) {
        case HTTP_INVALID:
            connection_refuse(connection, error.status, error.reason);
            return false;
        case HTTP_COMPLETE:
            body_ended(connection);
            return true;
        case HTTP_PARTIAL:
            deliver(connection, bytes);
            if (bytes.len == 0)
                return false;
            break;
        }
    }
    return false;
}

/* Consumes what it can; what is left stands in *input. */
static void feed(struct connection *connection, struct slice *input)
{
    bool go_on = true;
    while (go_on && !connection->closed) {
        switch (connection->phase) {
        case PHASE_IDLE:
        case PHASE_HEAD:
            go_on = input->len && feed_head(connection, input);
            break;
        case PHASE_BODY:
            go_on = input->len && feed_body(connection, input);
            break;
        case PHASE_ANSWER:
            go_on = false;
            break;
        case PHASE_LINGER:
            *input = SLICE_NONE;
            go_on = false;
            break;
        }
    }
}

/* Takes what was read (in the loop's scratch, or behind what is kept) and keeps what is not consumed. */
static void take_input(struct connection *connection, struct slice input)
{
    bool kept = connection->in.data && input.data == connection->in.data;
    size_t all = input.len;
    feed(connection, &input);
    if (connection->closed)
        return;
    if (kept)
        buf_drop_front(&connection->in, all - input.len);
    else
        buf_add_slice(&connection->in, input);
    if (connection->in.failed) {
        connection_break(connection);
        return;
    }
    if (connection->in.len == 0)
        buf_fini(&connection->in);
    if (connection->phase == PHASE_ANSWER && connection->in.len >= PIPELINE_BYTES)
        wire_pause(&connection->wire);
    /* An answer given from inside has put the connection back to idle while its input was in our hands. */
    if (connection->phase == PHASE_IDLE && connection->in.len)
        loop_defer(connection->server->loop, &connection->task);
}

/* The client has shut its side: gone, or waiting for what it asked for? Long after its request, or once it has had some
 * of the answer, it is gone. Right behind its request it may be waiting: then it gets a moment, and if the answer has
 * not begun by then a "100 Continue", which every HTTP/1.1 client skips and which a closed socket answers with a reset.
 */
static void client_ended(struct connection *connection)
{
    struct request *request = &connection->request;
    uint64_t since = clock_monotonic_ns() - request->complete_ns;
    connection->read_ended = true;
    if (connection->phase == PHASE_IDLE && connection->in.len) { /* a pipelined request whose turn comes next */
        wire_watch_reset(&connection->wire);
        return;
    }
    bool waits = connection->phase == PHASE_ANSWER &&
                 (since < SAME_BREATH_NS || connection->in.len || (!request->answered && since < HALF_CLOSE_NS));
    if (!waits) {
        connection_break(connection);
        return;
    }
    wire_watch_reset(&connection->wire);
    if (!request->answered)
        set_deadline(connection, PROBE_MS);
}

static void on_readable(struct wire *wire)
{
    struct connection *connection = (struct connection *)wire; /* its first member */
    char *at = loop_scratch(wire->loop);
    size_t kept = connection->in.len, size = LOOP_SCRATCH_SIZE;
    if (connection->phase == PHASE_LINGER)
        kept = 0;
    if (kept) {
        at = buf_reserve(&connection->in, READ_MORE_BYTES);
        size = READ_MORE_BYTES;
        if (!at) {
            connection_break(connection);
            return;
        }
    }
    ssize_t got = wire_read(wire, at, size);
    if (got == WIRE_AGAIN)
        return;
    if (got == WIRE_FAILED) {
        connection_break(connection);
    } else if (got == 0) {
        if (!connection->read_ended)
            client_ended(connection);
        else if (wire_has_error(wire)) /* after its end, a reset reads as one more end */
            connection_break(connection);
    } else if (connection->phase == PHASE_LINGER) {
        connection->lingered += (size_t)got;
        if (connection->lingered > LINGER_BYTES)
            connection_close(connection);
    } else if (kept) {
        buf_commit(&connection->in, (size_t)got);
        take_input(connection, buf_slice(&connection->in));
    } else {
        take_input(connection, slice_of(at, (size_t)got));
    }
}

static void on_drained(struct wire *wire)
{
    struct connection *connection = (struct connection *)wire;
    if (connection->phase == PHASE_LINGER)
        return;
    if (connection->request.ended && !connection->request.live && !connection->request.keep_alive)
        linger(connection); /* a refusal */
    else
        answer_on_drained(connection);
}

static void on_failed(struct wire *wire)
{
    connection_break((struct connection *)wire);
}

/* TLS is agreed: from here on it waits like any other. */
static void on_ready(struct wire *wire)
{
    struct connection *connection = (struct connection *)wire;
    if (connection->phase == PHASE_IDLE)
        set_deadline(connection, connection->server->settings.keep_alive_ms);
}

void connection_drain(struct connection *connection)
{
    if (connection->phase != PHASE_IDLE || connection->in.len)
        return;
    bool fresh = connection->request.started_ns == 0; /* it has connected to ask something */
    if (!connection->wire.shaking)
        on_readable(&connection->wire);
    if (connection->closed || connection->phase != PHASE_IDLE)
        return;
    if (fresh)
        set_deadline(connection, LINGER_MS);
    else
        connection_close(connection);
}

static void run_task(void *arg)
{
    struct connection *connection = arg;
    if (connection->closed) {
        if (connection->wire.task.queued) /* it looks at us once more: after it, then */
            loop_defer(connection->wire.loop, &connection->task);
        else
            free(connection);
        return;
    }
    if (connection->phase != PHASE_IDLE)
        return;
    if (connection->in.len)
        take_input(connection, buf_slice(&connection->in));
    if (!connection->closed && connection->phase <= PHASE_HEAD && connection->read_ended)
        connection_close(connection);
    else if (!connection->closed && connection->phase != PHASE_LINGER && !connection->request.body_paused)
        wire_resume(&connection->wire);
}

void connection_open(struct server *server, int fd, SSL *ssl, void *tag, const char *peer, uint64_t guard_key)
{
    static const struct wire_ops wire_ops = {on_readable, on_drained, on_failed, on_ready};
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        struct wire unwanted;
        wire_open(&unwanted, server->loop, fd, ssl, false, &wire_ops);
        wire_close(&unwanted);
        guard_leave(server->guard, guard_key);
        return;
    }
    connection->server = server;
    connection->tag = tag;
    connection->guard_key = guard_key;
    connection->task = (struct loop_task){.fn = run_task, .arg = connection};
    memcpy(connection->peer, peer, sizeof connection->peer);
    buf_init(&connection->in, server->settings.head.head_bytes + PIPELINE_BYTES + READ_MORE_BYTES);
    connection->next = server->connections;
    connection->link = &server->connections;
    if (connection->next)
        connection->next->link = &connection->next;
    server->connections = connection;
    server->connection_count++;
    wire_open(&connection->wire, server->loop, fd, ssl, false, &wire_ops);
    set_deadline(connection, ssl ? server->settings.head_ms : server->settings.keep_alive_ms);
}

/* ---- the handler's view ---- */

const struct http_head *request_head(const struct request *request)
{
    return request->head;
}

void *request_listener(const struct request *request)
{
    return connection_of(request)->tag;
}

void request_set_arg(struct request *request, void *arg)
{
    request->arg = arg;
}

void *request_arg(const struct request *request)
{
    return request->arg;
}

struct slice request_peer(const struct request *request)
{
    return slice_from(connection_of(request)->peer);
}

void request_pause(struct request *request)
{
    request->body_paused = true;
    wire_pause(&connection_of(request)->wire);
}

void request_resume(struct request *request)
{
    struct connection *connection = connection_of(request);
    request->body_paused = false;
    if (connection->phase == PHASE_BODY)
        watch_body(connection);
    wire_resume(&connection->wire);
}
