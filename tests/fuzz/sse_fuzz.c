/* Event streams: the events are the same whether the bytes come at once, one by one, or torn anywhere. */
#include "sse.h"

#include "fuzz.h"

#define EVENT_MAX 4096

static void on_event(const struct sse_event *event, void *arg)
{
    uint64_t *digest = arg;
    MUST_HOLD(event->data.len <= EVENT_MAX);
    *digest = hash_bytes(*digest + 1, event->type.data, event->type.len);
    *digest = hash_bytes(*digest + 1, event->data.data, event->data.len);
}

/* Feeds pieces of the given sizes in turn. */
static uint64_t digest_of(struct slice stream, size_t first, size_t then)
{
    struct sse sse;
    uint64_t digest = 1;
    sse_init(&sse, EVENT_MAX, on_event, &digest);
    for (size_t at = 0, step = first; at < stream.len; at += step, step = then)
        sse_feed(&sse, slice_part(stream, at, at + step));
    digest = hash_bytes(digest, &sse.dropped, sizeof sse.dropped);
    sse_fini(&sse);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice stream = fuzz_slice(data, size);
    if (size == 0)
        return 0;
    uint64_t whole = digest_of(stream, size, size);
    MUST_HOLD(digest_of(stream, 1, 1) == whole);
    MUST_HOLD(digest_of(stream, data[0] % size + 1, size) == whole);
    MUST_HOLD(digest_of(stream, 2, 3) == whole);
    return 0;
}
