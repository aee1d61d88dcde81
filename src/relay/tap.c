/* tap: see tap.h. Only POSTs to the three endpoints that carry conversations are copied; of other exchanges a trial
 * without bodies is made where their trace is told.
 */
#include "tap.h"

#include "clock.h"

static bool is_retry(const struct http_head *head)
{
    uint64_t count;
    return slice_to_u64(http_get(head, "x-stainless-retry-count"), &count) == 0 && count > 0;
}

static void copy_encoding(char to[16], const struct http_head *head)
{
    struct slice encoding = http_get(head, "content-encoding");
    if (encoding.len >= 16)
        encoding = SLICE("unknown");
    if (encoding.len)
        memcpy(to, encoding.data, encoding.len);
    to[encoding.len] = '\0';
}

/* A body whose length is known is copied without growing step by step. */
static void make_room(const struct tap_copy *tap, struct tap *to, const struct http_head *head)
{
    if (head->framing == HTTP_BODY_LENGTH && !tap->skip_bodies && head->content_length <= to->body.max)
        to->truncated = !buf_reserve(&to->body, (size_t)head->content_length);
}

static struct slice copy_target(struct arena *arena, const struct http_head *head)
{
    size_t skipped = slice_starts(head->path, SLICE("/v1/")) ? 3 : 0;
    struct slice path = slice_part(head->path, skipped, head->path.len);
    char *text = arena_alloc(arena, path.len + head->query.len);
    if (!text)
        return SLICE_NONE;
    memcpy(text, path.data, path.len);
    memcpy(text + path.len, head->query.data, head->query.len);
    return slice_of(text, path.len + head->query.len);
}

void tap_begin(struct tap_copy *tap, struct exchange_context *context, enum endpoint endpoint,
               const struct http_head *head, const char *id, const struct trace *trace, struct slice client)
{
    const struct conf *conf = context->conf;
    bool spoken = endpoint != ENDPOINT_OTHER && slice_is(head->method, "POST");
    bool traced = conf->telemetry.otlp.text && trace_kept(trace, conf->telemetry.sample);
    *tap = (struct tap_copy){.context = context};
    if (!context->pipeline || !(traced || (spoken && conf->shadow.largest_share > 0)))
        return;
    struct trial *trial = tap->trial = trial_new(context->conf);
    if (!trial)
        return;
    memcpy(trial->exchange_id, id, sizeof trial->exchange_id);
    trial->wall_ms = clock_wall_ms();
    trial->endpoint = spoken ? endpoint : ENDPOINT_OTHER;
    trial->trace = *trace;
    trial->traced = traced;
    trial->target = copy_target(trial->arena, head);
    trial->authorization = arena_copy(trial->arena, http_get(head, "authorization"));
    trial->client = arena_copy(trial->arena, client);
    struct slice tag = http_get(head, "x-candor-tag");
    if (tag_valid(tag))
        trial->tag = arena_copy(trial->arena, tag);
    trial->opted_out = slice_equal_nocase(http_get(head, "x-candor-shadow"), SLICE("off"));
    trial->shadow_loop = http_get(head, "x-candor-shadow-of").data != NULL;
    trial->retried = is_retry(head);
    copy_encoding(trial->request_tap.encoding, head);
    tap->skip_bodies = !spoken || trial->opted_out || trial->shadow_loop;
    make_room(tap, &trial->request_tap, head);
}

static void tap_bytes(struct tap_copy *tap, struct tap *to, struct slice bytes)
{
    atomic_size_t *total = &tap->context->totals->tap_bytes;
    if (to->truncated || tap->skip_bodies)
        return;
    size_t limit = tap->trial->conf->limits.tap_total_bytes;
    if (bytes.len > to->body.max - to->body.len ||
        atomic_load_explicit(total, memory_order_relaxed) + bytes.len > limit) {
        to->truncated = true;
        return;
    }
    buf_add_slice(&to->body, bytes);
    to->truncated = to->body.failed;
    tap->counted += bytes.len;
    atomic_fetch_add_explicit(total, bytes.len, memory_order_relaxed);
}

void tap_request(struct tap_copy *tap, struct slice bytes)
{
    if (tap->trial)
        tap_bytes(tap, &tap->trial->request_tap, bytes);
}

void tap_answer_head(struct tap_copy *tap, const struct http_head *head)
{
    if (!tap->trial)
        return;
    struct slice type = http_get(head, "content-type");
    copy_encoding(tap->trial->reply_tap.encoding, head);
    tap->trial->reply_tap.event_stream =
        type.len >= 17 && slice_equal_nocase(slice_of(type.data, 17), SLICE("text/event-stream"));
    make_room(tap, &tap->trial->reply_tap, head);
}

void tap_answer(struct tap_copy *tap, struct slice bytes)
{
    if (tap->trial)
        tap_bytes(tap, &tap->trial->reply_tap, bytes);
}

void tap_end(struct tap_copy *tap, struct tap_result result)
{
    struct trial *trial = tap->trial;
    if (!trial)
        return;
    tap->trial = NULL;
    atomic_fetch_sub_explicit(&tap->context->totals->tap_bytes, tap->counted, memory_order_relaxed);
    trial->live_status = result.status;
    trial->live_address = result.address;
    trial->live_first_byte_ms = result.first_byte_ms;
    trial->live_total_ms = result.total_ms;
    trial->client_gone = result.client_gone;
    trial->live_broken = result.broken;
    pipeline_take(tap->context->pipeline, trial);
}
