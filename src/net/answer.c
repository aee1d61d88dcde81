/* answer: writes the answer to a request. The framing is ours: a length where the handler knows one, else chunks, else
 * (for HTTP/1.0) the end of the connection. An answer that cannot be completed breaks the connection, so that no client
 * takes a torn one for whole.
 */
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "connection.h"
#include "json.h"

#define PRESSURE_BYTES (64u << 10)

/* "Tue, 24 Nov 2026 01:02:03 GMT", made once a second. */
struct slice server_date(struct server *server)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t second = clock_wall_ms() / 1000;
    if (second != server->date_second) {
        time_t at = (time_t)second;
        struct tm tm;
        gmtime_r(&at, &tm);
        snprintf(server->date, sizeof server->date, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday % 7],
                 tm.tm_mday % 100, months[tm.tm_mon % 12], (tm.tm_year + 1900) % 10000, tm.tm_hour % 100,
                 tm.tm_min % 100, tm.tm_sec % 100);
        server->date_second = second;
    }
    return slice_from(server->date);
}

static void put_length(struct buf *out, uint64_t length)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + length % 10);
    while ((length /= 10));
    http_put_field(out, SLICE("content-length"), slice_of(digits + at, sizeof digits - at));
}

/* How the body of this answer is framed; and the fields that say so. */
static void put_framing(struct request *request, const struct answer_head *head, struct buf *out)
{
    bool bodiless = request->to_head || head->status == 204 || head->status == 304;
    if (head->has_length && head->status != 204)
        put_length(out, head->length);
    if (bodiless) {
        request->answer_framing = HTTP_BODY_NONE;
    } else if (head->has_length) {
        request->answer_framing = HTTP_BODY_LENGTH;
        request->answer_left = head->length;
    } else if (request->minor >= 1) {
        request->answer_framing = HTTP_BODY_CHUNKED;
        buf_add_slice(out, SLICE("transfer-encoding: chunked\r\n"));
    } else {
        request->answer_framing = HTTP_BODY_UNTIL_CLOSE;
        request->keep_alive = false;
    }
}

void request_answer(struct request *request, const struct answer_head *head)
{
    struct connection *connection = connection_of(request);
    struct buf *out = wire_out(&connection->wire);
    bool has_date = false;
    request->answered = true;
    http_put_status_line(out, head->status, head->reason);
    for (size_t i = 0; i < head->field_count; i++) {
        http_put_field(out, head->fields[i].name, head->fields[i].value);
        has_date |= head->fields[i].name.len == 4 && slice_equal_nocase(head->fields[i].name, SLICE("date"));
    }
    if (!has_date)
        http_put_field(out, SLICE("date"), server_date(connection->server));
    if (connection->server->draining || connection->phase == PHASE_BODY ||
        (connection->read_ended && connection->in.len == 0))
        request->keep_alive = false;
    put_framing(request, head, out);
    if (!request->keep_alive)
        buf_add_slice(out, SLICE("connection: close\r\n"));
    else if (request->minor == 0)
        buf_add_slice(out, SLICE("connection: keep-alive\r\n"));
    http_put_end(out);
    wire_flush_later(&connection->wire);
    if (out->failed)
        wire_fail(&connection->wire); /* and then the handler hears that the client is gone */
}

void request_interim(struct request *request, unsigned status, const struct http_field *fields, size_t field_count)
{
    struct connection *connection = connection_of(request);
    if (request->minor == 0 || request->answered)
        return;
    struct buf *out = wire_out(&connection->wire);
    http_put_status_line(out, status, NULL);
    for (size_t i = 0; i < field_count; i++)
        http_put_field(out, fields[i].name, fields[i].value);
    http_put_end(out);
    wire_flush_later(&connection->wire);
}

bool request_send(struct request *request, struct slice bytes)
{
    struct connection *connection = connection_of(request);
    struct wire *wire = &connection->wire;
    if (bytes.len == 0 || !wire_is_open(wire))
        return request->pressed;
    switch (request->answer_framing) {
    case HTTP_BODY_NONE:
        return false;
    case HTTP_BODY_LENGTH:
        if (bytes.len > request->answer_left)
            bytes.len = (size_t)request->answer_left; /* the handler's mistake must not become a second answer */
        request->answer_left -= bytes.len;
        wire_send(wire, bytes, SLICE_NONE);
        break;
    case HTTP_BODY_CHUNKED: {
        char line[HTTP_CHUNK_LINE_SIZE];
        wire_put(wire, slice_of(line, http_chunk_line(line, bytes.len)));
        wire_send(wire, bytes, SLICE("\r\n"));
        break;
    }
    case HTTP_BODY_UNTIL_CLOSE:
        wire_send(wire, bytes, SLICE_NONE);
        break;
    }
    request->pressed = wire_pending(wire) >= PRESSURE_BYTES;
    return request->pressed;
}

void request_flush(struct request *request)
{
    wire_flush(&connection_of(request)->wire);
}

void request_end(struct request *request)
{
    struct connection *connection = connection_of(request);
    if (request->ended || !wire_is_open(&connection->wire))
        return;
    if (request->answer_framing == HTTP_BODY_LENGTH && request->answer_left) {
        request_break(request);
        return;
    }
    request->ended = true;
    if (request->answer_framing == HTTP_BODY_CHUNKED)
        wire_put(&connection->wire, SLICE("0\r\n\r\n"));
    wire_flush(&connection->wire);
    if (wire_pending(&connection->wire) == 0)
        connection_answered(connection);
}

void request_break(struct request *request)
{
    struct connection *connection = connection_of(request);
    request->live = false;
    if (!connection->closed)
        connection->server->busy_count--;
    wire_flush(&connection->wire); /* what came before the break belongs to the client */
    connection_close(connection);
}

void answer_on_drained(struct connection *connection)
{
    struct request *request = &connection->request;
    if (request->ended) {
        connection_answered(connection);
    } else if (request->pressed) {
        request->pressed = false;
        if (request->live && connection->server->ops->on_drained)
            connection->server->ops->on_drained(request);
    }
}

void request_reply(struct request *request, unsigned status, const char *content_type, struct slice body)
{
    const struct http_field fields[] = {{SLICE("content-type"), slice_from(content_type)}};
    struct answer_head head = {.status = status, .has_length = true, .length = body.len};
    if (content_type) {
        head.fields = fields;
        head.field_count = 1;
    }
    request_answer(request, &head);
    request_send(request, body);
    request_end(request);
}

void serve_error_body(struct buf *out, const char *type, const char *code, const char *message)
{
    struct json_writer w;
    json_start(&w, out);
    json_open_object(&w, NULL);
    json_open_object(&w, "error");
    json_put_text(&w, "message", message);
    json_put_text(&w, "type", type);
    json_put_null(&w, "param");
    json_put_text(&w, "code", code);
    json_close_object(&w);
    json_close_object(&w);
}

void request_fail(struct request *request, unsigned status, const char *code, const char *message)
{
    struct buf body;
    buf_init(&body, 4096);
    serve_error_body(&body, connection_of(request)->server->settings.error_type, code, message);
    request_reply(request, status, "application/json", buf_slice(&body));
    buf_fini(&body);
}
