/* sse: see sse.h. Bytes gather into a line, lines into an event; a blank line sends it. */
#include "sse.h"

void sse_init(struct sse *sse, size_t max_bytes, sse_event_fn *fn, void *arg)
{
    *sse = (struct sse){.fn = fn, .arg = arg};
    buf_init(&sse->line, max_bytes);
    buf_init(&sse->data, max_bytes);
    buf_init(&sse->type, 256);
}

void sse_fini(struct sse *sse)
{
    buf_fini(&sse->line);
    buf_fini(&sse->data);
    buf_fini(&sse->type);
}

static void event_send(struct sse *sse)
{
    if (sse->oversized || sse->data.failed)
        sse->dropped++;
    else if (sse->has_data)
        sse->fn(&(struct sse_event){buf_slice(&sse->type), buf_slice(&sse->data)}, sse->arg);
    buf_clear(&sse->data);
    buf_clear(&sse->type);
    sse->has_data = sse->oversized = false;
}

static void line_end(struct sse *sse)
{
    struct slice line = buf_slice(&sse->line), name;
    bool oversized = sse->line.failed;
    if (line.len == 0 && !oversized) {
        event_send(sse);
        return;
    }
    sse->oversized = sse->oversized || oversized;
    struct slice value = line;
    if (!oversized && slice_cut(&value, ':', &name)) { /* a comment has an empty name and falls through */
        if (value.len && value.data[0] == ' ')
            value = slice_part(value, 1, value.len);
        if (slice_is(name, "data")) {
            if (sse->has_data)
                buf_add_char(&sse->data, '\n');
            buf_add_slice(&sse->data, value);
            sse->has_data = true;
        } else if (slice_is(name, "event")) {
            buf_clear(&sse->type);
            buf_add_slice(&sse->type, value);
        }
    }
    buf_clear(&sse->line);
}

void sse_feed(struct sse *sse, struct slice bytes)
{
    size_t plain = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.data[i];
        if (c != '\r' && c != '\n') {
            sse->after_cr = false;
            continue;
        }
        buf_add(&sse->line, bytes.data + plain, i - plain);
        plain = i + 1;
        if (c == '\n' && sse->after_cr) { /* the second half of CRLF */
            sse->after_cr = false;
            continue;
        }
        sse->after_cr = c == '\r';
        if (!sse->started && slice_starts(buf_slice(&sse->line), SLICE("\xEF\xBB\xBF")))
            buf_drop_front(&sse->line, 3);
        sse->started = true;
        line_end(sse);
    }
    if (bytes.len)
        buf_add(&sse->line, bytes.data + plain, bytes.len - plain);
}
