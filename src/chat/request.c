/* request: reading. See request.h; the splices are in splice.c. Members are found by offset in one pass, so that each
 * turn knows where its content stands in the body.
 */
#include "request.h"

#include "json.h"

#define MAX_DEPTH      64
#define BODY_MAX_BYTES (32u << 20)

struct reading {
    enum endpoint endpoint;
    struct arena *arena;
    struct chat_request *out;
    struct slice conversation; /* the raw value of messages, input or prompt */
    struct slice instructions;
    unsigned conversations; /* how often it was named: twice is refused, parsers differ in which wins */
    size_t capacity;
};

enum endpoint request_endpoint(struct slice target)
{
    static const struct {
        struct slice ending;
        enum endpoint endpoint;
    } endings[] = {
        {{"/chat/completions", 17}, ENDPOINT_CHAT},
        {{"/responses", 10}, ENDPOINT_RESPONSES},
        {{"/completions", 12}, ENDPOINT_COMPLETIONS},
    };
    struct slice path = slice_part(target, 0, slice_find(target, SLICE("?"), 0));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (slice_ends(path, endings[i].ending))
            return endings[i].endpoint;
    return ENDPOINT_OTHER;
}

/* ---- values ---- */

static struct slice text_of(struct arena *arena, struct slice raw)
{
    struct buf plain;
    buf_init(&plain, raw.len + 1);
    struct slice text = json_unescape(raw, &plain) == 0 ? arena_copy(arena, buf_slice(&plain)) : SLICE_NONE;
    buf_fini(&plain);
    return text.data ? text : SLICE("");
}

static bool raw_is(struct slice raw, const char *word)
{
    return slice_is(slice_trim(raw), word);
}

static int64_t number_of(struct slice raw, int64_t otherwise)
{
    uint64_t value;
    return slice_to_u64(raw, &value) == 0 && value <= INT64_MAX ? (int64_t)value : otherwise;
}

static bool present(const struct json_member *member)
{
    return member->type != JSON_NULL;
}

/* ---- the content of one turn ---- */

struct content {
    struct arena *arena;
    struct buf text;
    bool media, stored;
};

struct part {
    struct slice type, text;
    bool stored;
};

static int file_member(const struct json_member *member, void *arg)
{
    if (member->type == JSON_STRING && json_key_is(member, "file_id"))
        *(bool *)arg = true;
    return 0;
}

/* "file_id" stands in the part (Responses) or in an object of it (chat completions: file). */
static int part_member(const struct json_member *member, void *arg)
{
    struct part *part = arg;
    if (member->type == JSON_OBJECT)
        return json_members(member->value, MAX_DEPTH, file_member, &part->stored);
    (void)file_member(member, &part->stored);
    if (member->type == JSON_STRING && json_key_is(member, "type"))
        part->type = member->value;
    else if (member->type == JSON_STRING && json_key_is(member, "text"))
        part->text = member->value;
    return 0;
}

/* Parts that are no text of the turn, yet nothing to look at or to listen to. What is not known counts as media, here
 * and where the content is neither text nor a list. */
static bool part_is_bare_words(struct slice raw_type)
{
    static const char *const types[] = {"\"refusal\"", "\"thinking\"", "\"redacted_thinking\"", "\"reasoning\"",
                                        "\"reasoning_text\""};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (slice_is(raw_type, types[i]))
            return true;
    return false;
}

static int content_part(const struct json_member *item, void *arg)
{
    struct content *content = arg;
    struct part part = {0};
    struct slice raw_text = SLICE_NONE;
    bool is_text = item->type == JSON_STRING; /* some clients send bare strings in the list */
    if (is_text) {
        raw_text = item->value;
    } else if (item->type == JSON_OBJECT && json_members(item->value, MAX_DEPTH, part_member, &part) == 0) {
        static const char *const types[] = {"\"text\"", "\"input_text\"", "\"output_text\""};
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            is_text = is_text || slice_is(part.type, types[i]);
        raw_text = part.text;
    }
    if (!is_text) {
        content->media = content->media || !part_is_bare_words(part.type);
        content->stored = content->stored || part.stored;
        return 0;
    }
    if (content->text.len)
        buf_add_char(&content->text, '\n');
    if (raw_text.data && json_unescape(raw_text, &content->text) != 0)
        return -1;
    return 0;
}

static void content_read(struct reading *reading, struct turn *turn, const struct json_member *member)
{
    turn->raw = member->value;
    turn->raw_is_string = member->type == JSON_STRING;
    if (turn->raw_is_string) {
        turn->text = text_of(reading->arena, member->value);
    } else if (member->type == JSON_ARRAY) {
        struct content content = {.arena = reading->arena};
        buf_init(&content.text, BODY_MAX_BYTES);
        int rc = json_items(member->value, MAX_DEPTH, content_part, &content);
        turn->has_media = content.media || rc != 0;
        turn->has_stored = content.stored;
        turn->text = arena_copy(reading->arena, buf_slice(&content.text));
        buf_fini(&content.text);
    } else {
        turn->has_media = present(member);
    }
}

/* ---- turns ---- */

struct turn_reading {
    struct reading *reading;
    struct turn turn;
    struct slice role, type;
};

static int turn_member(const struct json_member *member, void *arg)
{
    struct turn_reading *t = arg;
    if (json_key_is(member, "role"))
        t->role = member->value;
    else if (json_key_is(member, "type"))
        t->type = member->value;
    else if (json_key_is(member, "content"))
        content_read(t->reading, &t->turn, member);
    else if (json_key_is(member, "tool_calls") || json_key_is(member, "function_call"))
        t->turn.has_tool_calls = present(member);
    return 0;
}

static enum role role_of(struct slice raw)
{
    static const struct {
        const char *raw;
        enum role role;
    } roles[] = {{"\"user\"", ROLE_USER},
                 {"\"assistant\"", ROLE_ASSISTANT},
                 {"\"system\"", ROLE_SYSTEM},
                 {"\"developer\"", ROLE_SYSTEM}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (slice_is(raw, roles[i].raw))
            return roles[i].role;
    return ROLE_TOOL; /* tool, function, and what is yet to come */
}

/* 0, or -1 when memory runs out. */
static int turn_add(struct reading *reading, const struct turn *turn)
{
    struct chat_request *out = reading->out;
    /* Counting the turns first would read the conversation once more. */
    struct turn *turns = arena_grow(reading->arena, out->turns, out->turn_count, &reading->capacity, sizeof *turns);
    if (!turns)
        return -1;
    out->turns = turns;
    out->turns[out->turn_count++] = *turn;
    return 0;
}

static int message_item(const struct json_member *item, void *arg)
{
    struct reading *reading = arg;
    struct turn_reading t = {.reading = reading, .turn.text = SLICE("")};
    if (item->type == JSON_STRING) { /* Responses and completions take bare strings */
        t.turn = (struct turn){.role = ROLE_USER, .raw = item->value, .raw_is_string = true};
        t.turn.text = text_of(reading->arena, item->value);
    } else if (item->type == JSON_OBJECT && json_members(item->value, MAX_DEPTH, turn_member, &t) == 0) {
        bool message = !t.type.data || slice_is(t.type, "\"message\"");
        t.turn.role = message ? role_of(t.role) : ROLE_TOOL;
        reading->out->stored_state = reading->out->stored_state || slice_is(t.type, "\"item_reference\"");
    } else {
        t.turn.role = ROLE_TOOL;
    }
    return turn_add(reading, &t.turn);
}

static enum request_fault turns_read(struct reading *reading)
{
    struct chat_request *out = reading->out;
    struct slice raw = reading->conversation;
    int rc = 0;
    if (reading->instructions.data)
        rc = turn_add(reading,
                      &(struct turn){.role = ROLE_SYSTEM, .text = text_of(reading->arena, reading->instructions)});
    if (!raw.data || (*raw.data != '"' && *raw.data != '['))
        return REQUEST_NO_MESSAGES;
    if (rc == 0 && *raw.data == '"')
        rc = message_item(&(struct json_member){.value = raw, .type = JSON_STRING}, reading);
    else if (rc == 0)
        rc = json_items(raw, MAX_DEPTH, message_item, reading);
    if (rc != 0)
        return arena_exhausted(reading->arena) ? REQUEST_TOO_LARGE : REQUEST_NOT_JSON;
    out->last_user = out->turn_count;
    for (size_t i = 0; i < out->turn_count; i++)
        if (out->turns[i].role == ROLE_USER)
            out->last_user = i;
    return out->turn_count ? REQUEST_FINE : REQUEST_NO_MESSAGES;
}

/* ---- the members of the body ---- */

static int tool_type(const struct json_member *member, void *arg)
{
    if (json_key_is(member, "type") && !raw_is(member->value, "\"function\"") && !raw_is(member->value, "\"custom\""))
        *(bool *)arg = true;
    return 0;
}

static int tool_item(const struct json_member *item, void *arg)
{
    struct chat_request *out = arg;
    out->has_tools = true;
    if (item->type == JSON_OBJECT && json_members(item->value, MAX_DEPTH, tool_type, &out->server_tools) != 0)
        return -1;
    return 0;
}

static int format_type(const struct json_member *member, void *arg)
{
    bool *structured = arg;
    if (json_key_is(member, "type"))
        *structured = !raw_is(member->value, "\"text\"");
    else if (json_key_is(member, "format") && member->type == JSON_OBJECT) /* Responses: text.format.type */
        return json_members(member->value, MAX_DEPTH, format_type, structured);
    return 0;
}

static bool is_conversation(enum endpoint endpoint, const struct json_member *member)
{
    static const char *const names[] = {"messages", "input", "prompt"}; /* in the order of the endpoints */
    return json_key_is(member, names[endpoint]);
}

static int body_member(const struct json_member *member, void *arg)
{
    struct reading *reading = arg;
    struct chat_request *out = reading->out;
    if (is_conversation(reading->endpoint, member)) {
        reading->conversation = member->value;
        reading->conversations++;
    } else if (json_key_is(member, "model") && member->type == JSON_STRING) {
        out->model = text_of(reading->arena, member->value);
    } else if (json_key_is(member, "user") && member->type == JSON_STRING) {
        out->user = out->user.len ? out->user : text_of(reading->arena, member->value);
    } else if (json_key_is(member, "safety_identifier") && member->type == JSON_STRING) {
        out->user = text_of(reading->arena, member->value);
    } else if (json_key_is(member, "stream")) {
        out->stream = member->type == JSON_TRUE;
    } else if (json_key_is(member, "background")) {
        out->background = member->type == JSON_TRUE;
    } else if (json_key_is(member, "previous_response_id") || json_key_is(member, "conversation") ||
               json_key_is(member, "prompt")) { /* where it is not the conversation, a template that is kept there */
        out->stored_state = out->stored_state || present(member);
    } else if (json_key_is(member, "web_search_options")) {
        out->server_tools = out->server_tools || present(member);
    } else if (json_key_is(member, "tools") && member->type == JSON_ARRAY) {
        return json_items(member->value, MAX_DEPTH, tool_item, out);
    } else if ((json_key_is(member, "response_format") || json_key_is(member, "text")) && member->type == JSON_OBJECT) {
        return json_members(member->value, MAX_DEPTH, format_type, &out->structured);
    } else if (json_key_is(member, "instructions") && member->type == JSON_STRING) {
        reading->instructions = member->value;
    } else if (json_key_is(member, "n")) {
        out->n = number_of(member->value, 1);
    } else if (json_key_is(member, "max_tokens") || json_key_is(member, "max_completion_tokens") ||
               json_key_is(member, "max_output_tokens")) {
        out->max_tokens = number_of(member->value, -1);
    }
    return 0;
}

enum request_fault request_read(enum endpoint endpoint, struct slice body, struct arena *arena,
                                struct chat_request *out)
{
    *out = (struct chat_request){.endpoint = endpoint, .n = 1, .max_tokens = -1, .model = SLICE(""), .user = SLICE("")};
    struct reading reading = {.endpoint = endpoint, .arena = arena, .out = out};
    if (endpoint > ENDPOINT_COMPLETIONS)
        return REQUEST_NO_MESSAGES;
    if (body.len > BODY_MAX_BYTES)
        return REQUEST_TOO_LARGE;
    if (json_members(body, MAX_DEPTH, body_member, &reading) != 0 || reading.conversations > 1)
        return REQUEST_NOT_JSON;
    enum request_fault fault = turns_read(&reading);
    return arena_exhausted(arena) ? REQUEST_TOO_LARGE : fault;
}
