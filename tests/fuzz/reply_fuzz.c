/* Answers: whatever an upstream sends, what is read of it is UTF-8, and neither memory nor the arena is passed. */
#include "reply.h"

#include "fuzz.h"

static void read_as(enum endpoint endpoint, bool stream, struct slice body)
{
    struct arena *arena = arena_new(1u << 20);
    struct reply reply;
    MUST_HOLD(arena);
    reply_read(endpoint, stream, body, arena, &reply);
    const struct slice texts[] = {reply.text,  reply.refusal,     reply.finish_reason,
                                  reply.model, reply.fingerprint, reply.tool_calls};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        MUST_HOLD(utf8_valid(texts[i]));
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (enum endpoint endpoint = ENDPOINT_CHAT; endpoint < ENDPOINT_OTHER; endpoint++) {
        read_as(endpoint, true, fuzz_slice(data, size));
        read_as(endpoint, false, fuzz_slice(data, size));
    }
    return 0;
}
