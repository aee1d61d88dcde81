/* The codec: the verdict on a head and on a chunked body must not depend on how the bytes come, every slice lies in the
 * bytes it was parsed from, and what is accepted and written again is read as the same.
 */
#include "fuzz.h"
#include "http1.h"

static const struct http_limits limits = {65536};

static bool inside(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static enum http_result parse(struct slice bytes, bool response, size_t *scanned, struct http_head *head)
{
    struct http_error error;
    return response ? http_parse_response(bytes, scanned, limits, false, head, &error)
                    : http_parse_request(bytes, scanned, limits, head, &error);
}

static void check_rewritten(const struct http_head *head)
{
    struct http_head again;
    struct buf out;
    size_t scanned = 0;
    buf_init(&out, 1u << 20);
    http_put_request_line(&out, head->method, head->path, head->query);
    for (size_t i = 0; i < head->field_count; i++)
        http_put_field(&out, head->fields[i].name, head->fields[i].value);
    http_put_end(&out);
    MUST_HOLD(!out.failed);
    if (head->minor == 1 && head->head_bytes < limits.head_bytes / 2) {
        MUST_HOLD(parse(buf_slice(&out), false, &scanned, &again) == HTTP_COMPLETE);
        MUST_HOLD(again.head_bytes == out.len && again.field_count == head->field_count);
        MUST_HOLD(again.framing == head->framing && again.content_length == head->content_length);
        MUST_HOLD(slice_equal(again.path, head->path) && slice_equal(again.query, head->query));
    }
    buf_fini(&out);
}

static void parse_heads(struct slice bytes, bool response, size_t step)
{
    struct http_head whole, torn;
    size_t scanned = 0;
    enum http_result result = parse(bytes, response, &scanned, &whole), piecewise = HTTP_PARTIAL;
    if (result == HTTP_COMPLETE) {
        MUST_HOLD(whole.head_bytes <= bytes.len && whole.field_count <= HTTP_MAX_FIELDS);
        for (size_t i = 0; i < whole.field_count; i++)
            MUST_HOLD(inside(whole.fields[i].name, bytes) && inside(whole.fields[i].value, bytes));
        if (!response)
            check_rewritten(&whole);
    }
    scanned = 0;
    for (size_t end = 0; end < bytes.len && piecewise == HTTP_PARTIAL;) {
        end = end + step < bytes.len ? end + step : bytes.len;
        piecewise = parse(slice_part(bytes, 0, end), response, &scanned, &torn);
    }
    if (bytes.len)
        MUST_HOLD(piecewise == result);
    if (bytes.len && result == HTTP_COMPLETE)
        MUST_HOLD(torn.head_bytes == whole.head_bytes && torn.framing == whole.framing);
}

static enum http_result decode(struct slice bytes, size_t step, struct buf *out)
{
    struct http_chunked chunked;
    struct http_error error;
    enum http_result result = HTTP_PARTIAL;
    http_chunked_init(&chunked);
    for (size_t at = 0; at < bytes.len && result == HTTP_PARTIAL; at += step) {
        struct slice input = slice_part(bytes, at, at + step), body;
        do {
            result = http_chunked_next(&chunked, &input, &body, &error);
            MUST_HOLD(inside(body, bytes));
            buf_add_slice(out, body);
        } while (result == HTTP_PARTIAL && input.len);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 65536)
        return 0;
    size_t step = 1 + data[0] % 17;
    struct slice bytes = fuzz_slice(data + 1, size - 1);
    struct buf whole, torn;
    parse_heads(bytes, false, step);
    parse_heads(bytes, true, step);
    buf_init(&whole, size);
    buf_init(&torn, size);
    MUST_HOLD(decode(bytes, bytes.len, &whole) == decode(bytes, step, &torn));
    MUST_HOLD(slice_equal(buf_slice(&whole), buf_slice(&torn)));
    buf_fini(&whole);
    buf_fini(&torn);
    return 0;
}
