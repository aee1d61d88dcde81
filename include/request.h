/* request: what a client's request body says, and the byte splices that make a shadow request of it.
 *
 * Reads chat completions, Responses and legacy completions. The turns are copied into the arena; the body is never
 * re-printed: request_splice copies it with single values replaced at their offsets. Pure, off the loops.
 */
#ifndef CANDOR_REQUEST_H
#define CANDOR_REQUEST_H

#include "arena.h"
#include "buf.h"
#include "terms.h"

/* What a request path means, query ignored: "/v1/chat/completions" -> ENDPOINT_CHAT; also Azure's
 * "/openai/deployments/x/chat/completions". */
enum endpoint request_endpoint(struct slice target);

enum role { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

struct turn {
    enum role role;
    struct slice text;  /* all text parts, joined by LF, unescaped UTF-8 */
    struct slice raw;   /* the raw content value in the body (string with quotes, or array) */
    bool raw_is_string; /* content is one JSON string, so neutralising may splice it */
    bool has_media;     /* images, audio or files beside the text */
    bool has_stored;    /* of these, some that lie at the provider and are named by an id alone */
    bool has_tool_calls;
};

struct chat_request {
    enum endpoint endpoint;
    struct turn *turns; /* in order */
    size_t turn_count;
    size_t last_user;   /* index of the last user turn; turn_count when there is none */
    struct slice model; /* unescaped */
    struct slice user;  /* safety_identifier or user: whom the client says it asks for; "" when it does not */
    bool stream;
    bool stored_state; /* previous_response_id, conversation, prompt, item_reference: some of it lies at the provider */
    bool background;
    bool server_tools; /* web search, code interpreter, ... : the provider would act */
    bool has_tools;
    bool structured;    /* a response_format / text.format with a schema or JSON mode */
    int64_t n;          /* choices asked for, 1 by default */
    int64_t max_tokens; /* -1: not named */
};

enum request_fault { REQUEST_FINE, REQUEST_NOT_JSON, REQUEST_NO_MESSAGES, REQUEST_TOO_LARGE };
/* Never fails on strange content: what it does not know it leaves out. */
enum request_fault request_read(enum endpoint endpoint, struct slice body, struct arena *arena,
                                struct chat_request *out);

/* The shadow edits. Members named here are replaced, added where `add` says so, or cut out; all other bytes, their
 * order and their spacing stay. */
struct request_edits {
    struct slice model;    /* data NULL: leave it */
    bool cut_stream;       /* ask for a whole answer: stream false, stream_options cut */
    bool store_false;      /* where the endpoint knows `store` */
    bool cut_identity;     /* user, metadata, safety_identifier, prompt_cache_key */
    bool single_choice;    /* n and best_of cut */
    bool cut_server_tools; /* server-side entries of `tools` (and `tools` when none is left), tool_choice with them */
    bool drop_system;      /* system and developer turns cut out; `instructions` too */
    struct slice replace_system; /* data NULL: no; else all system turns become one with this text (UTF-8) */
    struct slice
        last_user_text; /* data NULL: no; else the text of the last user turn becomes this (the neutralised one) */
    int64_t max_tokens; /* > 0: added where the request names none */
};
/* -1 when the body is no well-formed object or an edit cannot be made safely (the sentence says which). */
MUST_USE int request_splice(enum endpoint endpoint, struct slice body, const struct request_edits *edits,
                            struct buf *out, struct err *err);

#endif
