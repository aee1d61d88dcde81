/* reply: see reply.h. JSON and event streams feed one assembly; at the end it becomes the reply. */
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "sse.h"
#include "tools.h"

#define TEXT_MAX_BYTES  (8u << 20)
#define EVENT_MAX_BYTES (4u << 20)

static const struct json_limits limits = {TEXT_MAX_BYTES, 64};

struct assembly {
    enum endpoint endpoint;
    struct reply *reply;
    struct arena *arena;
    struct buf text, refusal;
    size_t text_told, refusal_told; /* Responses: what was there at the end of the last part */
    struct tools tools;
    bool done; /* [DONE] was seen */
    size_t events;
};

static struct slice keep(struct assembly *a, struct slice text)
{
    return text.data ? arena_copy(a->arena, text) : SLICE_NONE;
}

static void keep_new(struct assembly *a, struct slice *field, struct slice text)
{
    if (text.len)
        *field = keep(a, text);
}

/* ---- what the three endpoints have in common ---- */

static void usage_read(struct assembly *a, const cJSON *usage)
{
    static const char *const in_names[] = {"prompt_tokens", "input_tokens"}, *const out_names[] = {"completion_tokens",
                                                                                                   "output_tokens"};
    for (int i = 0; i < 2; i++) {
        json_get_int(usage, in_names[i], &a->reply->tokens_in);
        json_get_int(usage, out_names[i], &a->reply->tokens_out);
    }
}

/* A string, or a list of parts with text in them (Mistral streams such; reasoning parts are none of the answer). */
static void content_read(struct assembly *a, const cJSON *content)
{
    if (cJSON_IsString(content)) {
        buf_add_text(&a->text, content->valuestring);
        return;
    }
    if (!cJSON_IsArray(content))
        return;
    for (const cJSON *part = content->child; part; part = part->next) {
        struct slice type = json_get_slice(part, "type");
        if (slice_is(type, "text") || slice_is(type, "output_text"))
            buf_add_slice(&a->text, json_get_slice(part, "text"));
        else if (slice_is(type, "refusal"))
            buf_add_slice(&a->refusal, json_get_slice(part, "refusal"));
        else if (slice_is(type, "thinking") || slice_is(type, "reasoning"))
            a->reply->has_reasoning = true;
    }
}

static bool error_read(struct assembly *a, const cJSON *tree)
{
    const cJSON *error = json_get(tree, "error");
    if (!error || cJSON_IsNull(error))
        return false;
    a->reply->is_error = true;
    return true;
}

/* ---- chat and completions ---- */

/* A message of a whole answer, or the delta of a streamed one: they differ in nothing that matters here. */
static void message_read(struct assembly *a, const cJSON *message)
{
    static const char *const reasoning[] = {"reasoning", "reasoning_content", "reasoning_details", "thinking"};
    content_read(a, json_get(message, "content"));
    buf_add_slice(&a->refusal, json_get_slice(message, "refusal"));
    for (size_t i = 0; i < sizeof reasoning / sizeof *reasoning; i++) {
        const cJSON *item = json_get(message, reasoning[i]);
        a->reply->has_reasoning = a->reply->has_reasoning || (item && !cJSON_IsNull(item));
    }
    const cJSON *annotations = json_get(message, "annotations"); /* of a search: where it was read */
    a->reply->server_acted = a->reply->server_acted || (cJSON_IsArray(annotations) && annotations->child);
    const cJSON *calls = json_get(message, "tool_calls");
    for (const cJSON *call = cJSON_IsArray(calls) ? calls->child : NULL; call; call = call->next)
        tools_feed(&a->tools, call);
    const cJSON *old = json_get(message, "function_call");
    if (cJSON_IsObject(old))
        tools_feed_function(&a->tools, old);
}

static const cJSON *choice_first(const cJSON *tree)
{
    const cJSON *choices = json_get(tree, "choices");
    for (const cJSON *choice = cJSON_IsArray(choices) ? choices->child : NULL; choice; choice = choice->next) {
        int64_t index = 0;
        json_get_int(choice, "index", &index);
        if (index == 0)
            return choice;
    }
    return NULL;
}

static void chat_read(struct assembly *a, const cJSON *tree)
{
    keep_new(a, &a->reply->model, json_get_slice(tree, "model"));
    keep_new(a, &a->reply->fingerprint, json_get_slice(tree, "system_fingerprint"));
    usage_read(a, json_get(tree, "usage"));
    const cJSON *choice = choice_first(tree);
    const cJSON *message = json_get(choice, "message");
    message_read(a, message ? message : json_get(choice, "delta"));
    if (a->endpoint == ENDPOINT_COMPLETIONS)
        buf_add_slice(&a->text, json_get_slice(choice, "text"));
    struct slice finish = json_get_slice(choice, "finish_reason");
    if (finish.len) {
        a->reply->finish_reason = keep(a, finish);
        a->reply->complete = true;
    }
}

/* ---- Responses ---- */

/* An item that is neither said nor left for the client to do was done by the provider. */
static bool item_acted(struct slice type)
{
    static const char *const harmless[] = {"message", "reasoning", "function_call", "custom_tool_call"};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (slice_is(type, harmless[i]))
            return false;
    return type.len > 0;
}

static void response_read(struct assembly *a, const cJSON *tree)
{
    keep_new(a, &a->reply->model, json_get_slice(tree, "model"));
    usage_read(a, json_get(tree, "usage"));
    struct slice status = json_get_slice(tree, "status");
    if (slice_is(status, "completed") || slice_is(status, "incomplete")) {
        struct slice why = json_get_slice(json_get(tree, "incomplete_details"), "reason");
        a->reply->finish_reason = slice_is(status, "completed")     ? SLICE("stop")
                                  : slice_is(why, "content_filter") ? SLICE("content_filter")
                                                                    : SLICE("length");
        a->reply->complete = true;
    }
    if (slice_is(status, "failed") || slice_is(status, "cancelled"))
        a->reply->is_error = true;
    const cJSON *output = json_get(tree, "output");
    if (!cJSON_IsArray(output) || !output->child)
        return;
    buf_clear(&a->text); /* the whole says again what its deltas said */
    buf_clear(&a->refusal);
    tools_clear(&a->tools);
    for (const cJSON *item = output->child; item; item = item->next) {
        struct slice type = json_get_slice(item, "type");
        a->reply->server_acted = a->reply->server_acted || item_acted(type);
        if (slice_is(type, "message"))
            content_read(a, json_get(item, "content"));
        else if (slice_is(type, "function_call"))
            tools_feed(&a->tools, item);
        else if (slice_is(type, "reasoning"))
            a->reply->has_reasoning = true;
    }
}

/* A part's text stands whole at its end: it counts where no deltas told it before. */
static void part_end(struct buf *to, size_t *told, struct slice whole)
{
    if (to->len == *told)
        buf_add_slice(to, whole);
    *told = to->len;
}

static void response_event(struct assembly *a, const cJSON *tree)
{
    struct slice type = json_get_slice(tree, "type");
    const cJSON *item = json_get(tree, "item");
    a->reply->server_acted = a->reply->server_acted || item_acted(json_get_slice(item, "type"));
    if (slice_is(type, "response.output_text.delta"))
        buf_add_slice(&a->text, json_get_slice(tree, "delta"));
    else if (slice_is(type, "response.output_text.done"))
        part_end(&a->text, &a->text_told, json_get_slice(tree, "text"));
    else if (slice_is(type, "response.refusal.delta"))
        buf_add_slice(&a->refusal, json_get_slice(tree, "delta"));
    else if (slice_is(type, "response.refusal.done"))
        part_end(&a->refusal, &a->refusal_told, json_get_slice(tree, "refusal"));
    else if (slice_is(type, "response.output_item.done") && slice_is(json_get_slice(item, "type"), "function_call"))
        tools_feed(&a->tools, item);
    else if (slice_is(type, "response.output_item.done") && slice_is(json_get_slice(item, "type"), "reasoning"))
        a->reply->has_reasoning = true;
    else if (slice_is(type, "response.completed") || slice_is(type, "response.incomplete") ||
             slice_is(type, "response.failed"))
        response_read(a, json_get(tree, "response"));
    else if (slice_is(type, "error"))
        a->reply->is_error = true;
}

/* ---- reading JSON that was cut between two halves of a character ---- */

/* Servers that count in UTF-16 tear an emoji over two deltas, each with half a surrogate pair, which is no character.
 * Both halves, and NUL, become U+FFFD; whole pairs stay. */
static bool escape_reads(struct slice escapes, struct buf *scratch)
{
    char string[14] = "\"";
    memcpy(string + 1, escapes.data, escapes.len);
    string[escapes.len + 1] = '"';
    buf_clear(scratch);
    return json_unescape(slice_of(string, escapes.len + 2), scratch) == 0;
}

static void halves_mend(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len;) {
        size_t escape = slice_find(text, SLICE("\\"), i);
        buf_add_slice(out, slice_part(text, i, escape));
        if (escape == SLICE_NOT_FOUND)
            return;
        struct slice one = slice_part(text, escape, escape + 6), two = slice_part(text, escape, escape + 12);
        struct buf probe;
        buf_init(&probe, 16);
        size_t len = 2;
        if (slice_starts(one, SLICE("\\u")) && one.len == 6) {
            bool pair = two.len == 12 && escape_reads(two, &probe);
            len = pair ? 12 : 6;
            if (!pair && !escape_reads(one, &probe))
                one = SLICE("\\ufffd");
        }
        buf_add_slice(out, len == 6 ? one : slice_part(text, escape, escape + len));
        buf_fini(&probe);
        i = escape + len;
    }
}

static cJSON *tree_read(struct slice text)
{
    cJSON *tree = json_parse(text, limits, NULL);
    if (tree || slice_find(text, SLICE("\\u"), 0) == SLICE_NOT_FOUND)
        return tree;
    struct buf mended;
    buf_init(&mended, text.len + 16);
    halves_mend(text, &mended);
    tree = mended.failed ? NULL : json_parse(buf_slice(&mended), limits, NULL);
    buf_fini(&mended);
    return tree;
}

/* ---- streams ---- */

static void on_event(const struct sse_event *event, void *arg)
{
    struct assembly *a = arg;
    if (slice_starts(event->data, SLICE("[DONE]"))) {
        a->done = true;
        return;
    }
    a->events++;
    cJSON *tree = tree_read(event->data);
    if (!tree) {
        a->reply->unparsed = true;
        return;
    }
    if (a->endpoint == ENDPOINT_RESPONSES)
        response_event(a, tree);
    else if (!error_read(a, tree))
        chat_read(a, tree);
    cJSON_Delete(tree);
}

static void stream_read(struct assembly *a, struct slice body)
{
    struct sse sse;
    sse_init(&sse, EVENT_MAX_BYTES, on_event, a);
    sse_feed(&sse, body);
    a->reply->unparsed = a->reply->unparsed || sse.dropped > 0 || a->events == 0;
    a->reply->complete = a->reply->complete || a->done;
    sse_fini(&sse);
}

static void whole_read(struct assembly *a, struct slice body)
{
    cJSON *tree = tree_read(body);
    if (!tree) {
        a->reply->unparsed = true;
        return;
    }
    if (!error_read(a, tree)) {
        bool response = a->endpoint == ENDPOINT_RESPONSES;
        if (response)
            response_read(a, tree);
        else
            chat_read(a, tree);
        a->reply->unparsed = response ? !json_get(tree, "output") : !choice_first(tree);
        a->reply->complete = a->reply->complete || (!response && !a->reply->unparsed);
    }
    cJSON_Delete(tree);
}

/* ---- the end ---- */

struct slice reply_cut_thinking(struct slice text, bool *thinking)
{
    static const struct slice close = {"</think>", 8};
    struct slice rest = slice_trim(text);
    size_t end = slice_find(rest, close, 0);
    if (end != SLICE_NOT_FOUND && slice_find(slice_part(rest, 0, end), SLICE("<think>"), 0) == SLICE_NOT_FOUND) {
        *thinking = true;
        rest = slice_trim(slice_part(rest, end + close.len, rest.len));
    }
    while (slice_starts(rest, SLICE("<think>"))) {
        *thinking = true;
        end = slice_find(rest, close, 0);
        rest = end == SLICE_NOT_FOUND ? SLICE("") : slice_trim(slice_part(rest, end + close.len, rest.len));
    }
    return *thinking ? rest : text;
}

void reply_read(enum endpoint endpoint, bool event_stream, struct slice body, struct arena *arena, struct reply *out)
{
    *out = (struct reply){.tokens_in = -1, .tokens_out = -1};
    struct assembly a = {.endpoint = endpoint, .reply = out, .arena = arena};
    buf_init(&a.text, TEXT_MAX_BYTES);
    buf_init(&a.refusal, TEXT_MAX_BYTES);
    tools_init(&a.tools);
    if (event_stream)
        stream_read(&a, body);
    else
        whole_read(&a, body);
    bool thinking = out->has_reasoning;
    out->text = keep(&a, reply_cut_thinking(buf_slice(&a.text), &thinking));
    out->has_reasoning = thinking;
    out->refusal = keep(&a, buf_slice(&a.refusal));
    struct buf calls;
    buf_init(&calls, TEXT_MAX_BYTES);
    tools_write(&a.tools, &calls);
    out->tool_calls = keep(&a, buf_slice(&calls));
    out->unparsed = out->unparsed || a.text.failed || calls.failed || a.tools.overflow || arena_exhausted(arena);
    buf_fini(&calls);
    tools_fini(&a.tools);
    buf_fini(&a.refusal);
    buf_fini(&a.text);
}
