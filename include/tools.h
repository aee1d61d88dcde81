/* tools: the tool calls of an answer, put together from their deltas and written so that equal calls are equal bytes.
 * Pure.
 */
#ifndef CANDOR_TOOLS_H
#define CANDOR_TOOLS_H

#include "json.h"

#define TOOLS_MAX 128

struct tool_call {
    int64_t index; /* as the stream numbers it; -1: it does not */
    struct buf id, name, arguments;
};

struct tools {
    struct tool_call *calls;
    size_t count;
    bool overflow; /* more than TOOLS_MAX, or no memory */
};

void tools_init(struct tools *tools);
void tools_fini(struct tools *tools);
void tools_clear(struct tools *tools);
/* A call or a delta of one: {index?, id?, function:{name?, arguments?}} or, of Responses, {call_id, name, arguments}.
 * Keyed by index, else by id; with neither, a name begins a call and what has none goes on with the last. */
void tools_feed(struct tools *tools, const cJSON *call);
/* The deprecated single function_call: {name?, arguments?}. */
void tools_feed_function(struct tools *tools, const cJSON *function);
/* "name(arguments)\n" each, the arguments' members sorted where they are JSON. */
void tools_write(const struct tools *tools, struct buf *out);

#endif
