/* reply: what a model's answer says: JSON or event stream, chat completions, Responses or legacy completions.
 *
 * Reasoning (reasoning, reasoning_content, reasoning items, <think>...</think>) is kept apart from the answer. Choice
 * 0 only. Tolerant: unknown events are passed over. Pure, off the loops.
 */
#ifndef CANDOR_REPLY_H
#define CANDOR_REPLY_H

#include "arena.h"
#include "terms.h"

struct reply {
    bool complete;              /* a finish reason or terminal event was seen, and the bytes were well-formed */
    bool unparsed;              /* not what the endpoint promises */
    bool is_error;              /* an error object */
    struct slice text;          /* the answer without reasoning */
    struct slice refusal;       /* the API's own refusal field */
    struct slice finish_reason; /* "stop", "length", "tool_calls", "content_filter"; Responses: "stop" for completed */
    struct slice model;         /* as the upstream says */
    struct slice fingerprint;   /* system_fingerprint */
    struct slice tool_calls;    /* "name(arguments)\n" each, in order, arguments with members sorted; empty when none */
    bool has_reasoning;
    bool server_acted; /* the provider searched, ran code, ...: another model asked without that is asked another thing
                        */
    int64_t tokens_in, tokens_out; /* -1: unknown */
};

/* The answer of a model that thinks aloud in front of it, in <think> tags: an unclosed one has not come to its answer,
 * and some prompts end with the opening tag, so that only the closing one is in the text. A part of text; *thinking is
 * set where there was any. */
struct slice reply_cut_thinking(struct slice text, bool *thinking);
/* Strings are copied into the arena. */
void reply_read(enum endpoint endpoint, bool event_stream, struct slice body, struct arena *arena, struct reply *out);

#endif
