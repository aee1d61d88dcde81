/* splice: the shadow edits of request.h. A collection (an object's members, an array's items) is copied element by
 * element with the bytes between them; an element is kept, cut, or replaced. All other bytes stay as they came.
 */
#include <stdlib.h>

#include "json.h"
#include "request.h"

#define MAX_DEPTH    64
#define MAX_ELEMENTS 4096 /* of one collection */

struct element {
    struct json_member member;
    enum { KEEP, CUT, REPLACE } action;
    struct slice replacement; /* of the value */
};

struct collection {
    struct slice text;
    struct arena *arena;
    struct element *elements;
    size_t count, capacity;
};

struct splicing {
    enum endpoint endpoint;
    const struct request_edits *edits;
    struct arena *arena; /* replacements live here until the body is written */
    struct err *err;
};

/* ---- collections ---- */

static int element_add(const struct json_member *member, void *arg)
{
    struct collection *collection = arg;
    if (collection->count == MAX_ELEMENTS)
        return -1;
    struct element *elements =
        arena_grow(collection->arena, collection->elements, collection->count, &collection->capacity, sizeof *elements);
    if (!elements)
        return -1;
    collection->elements = elements;
    collection->elements[collection->count++] = (struct element){.member = *member, .action = KEEP};
    return 0;
}

static int collection_read(struct splicing *splicing, struct slice text, bool object, struct collection *out)
{
    *out = (struct collection){.text = text, .arena = splicing->arena};
    int rc = object ? json_members(text, MAX_DEPTH, element_add, out) : json_items(text, MAX_DEPTH, element_add, out);
    return rc == 0 ? 0
                   : err_set(splicing->err, "the request is no well-formed JSON %s, or too long",
                             object ? "object" : "list");
}

static size_t element_end(const struct collection *c, const struct element *element)
{
    return (size_t)(element->member.value.data - c->text.data) + element->member.value.len;
}

/* additions: further elements, comma-separated, put behind the kept ones; may be empty. */
static void collection_write(const struct collection *c, struct slice additions, struct buf *out)
{
    if (c->count == 0) {
        size_t close = c->text.len - 1;
        while (c->text.data[close] != '}' && c->text.data[close] != ']')
            close--;
        buf_add_slice(out, slice_part(c->text, 0, close));
        buf_add_slice(out, additions);
        buf_add_slice(out, slice_part(c->text, close, c->text.len));
        return;
    }
    bool any = false;
    buf_add_slice(out, slice_part(c->text, 0, c->elements[0].member.start));
    for (size_t i = 0; i < c->count; i++) {
        const struct element *element = &c->elements[i];
        if (element->action == CUT)
            continue;
        if (any) /* the comma and the blanks that stood in front of this one */
            buf_add_slice(out, slice_part(c->text, element_end(c, element - 1), element->member.start));
        any = true;
        size_t value_at = (size_t)(element->member.value.data - c->text.data);
        buf_add_slice(out, slice_part(c->text, element->member.start, value_at));
        buf_add_slice(out, element->action == REPLACE ? element->replacement : element->member.value);
    }
    if (any && additions.len)
        buf_add_char(out, ',');
    buf_add_slice(out, additions);
    buf_add_slice(out, slice_part(c->text, element_end(c, &c->elements[c->count - 1]), c->text.len));
}

/* The collection as a replacement for the value it was read from. */
static int collection_replace(struct splicing *splicing, const struct collection *c, struct slice additions,
                              struct slice *out)
{
    struct buf text;
    buf_init(&text, c->text.len + additions.len + 2 * 1024 * 1024);
    collection_write(c, additions, &text);
    *out = text.failed ? SLICE_NONE : arena_copy(splicing->arena, buf_slice(&text));
    buf_fini(&text);
    return out->data ? 0 : err_set(splicing->err, "no memory to splice a request");
}

static struct slice escaped(struct splicing *splicing, struct slice text)
{
    struct buf json;
    buf_init(&json, text.len * 6 + 16);
    json_escape(&json, text);
    struct slice copy = json.failed ? SLICE_NONE : arena_copy(splicing->arena, buf_slice(&json));
    buf_fini(&json);
    return copy;
}

static struct element *element_find(const struct collection *c, const char *key)
{
    for (size_t i = 0; i < c->count; i++)
        if (json_key_is(&c->elements[i].member, key))
            return &c->elements[i];
    return NULL;
}

static bool value_is(const struct element *element, const char *raw)
{
    return element && slice_is(element->member.value, raw);
}

static void replace(struct element *element, struct slice value)
{
    element->action = REPLACE;
    element->replacement = value;
}

/* ---- turns ---- */

struct item_facts {
    struct slice role;
    struct json_member content;
    unsigned roles, contents; /* how often each is named: of twins parsers read different ones */
    bool message;
};

static int item_member(const struct json_member *member, void *arg)
{
    struct item_facts *facts = arg;
    if (json_key_is(member, "role")) {
        facts->role = member->value;
        facts->roles++;
    } else if (json_key_is(member, "content")) {
        facts->content = *member;
        facts->contents++;
    } else if (json_key_is(member, "type")) {
        facts->message = slice_is(member->value, "\"message\"");
    }
    return 0;
}

static struct item_facts item_read(const struct element *element)
{
    struct item_facts facts = {.message = true};
    if (element->member.type != JSON_OBJECT || json_members(element->member.value, MAX_DEPTH, item_member, &facts) != 0)
        facts.message = false;
    return facts;
}

/* The text of a turn in one place: its content, or the only part of its content. */
struct sole_text {
    struct slice raw;
    unsigned parts, texts;
    bool typed;
};

static int part_member(const struct json_member *member, void *arg)
{
    struct sole_text *sole = arg;
    static const char *const types[] = {"\"text\"", "\"input_text\""};
    if (json_key_is(member, "type"))
        sole->typed = slice_is(member->value, types[0]) || slice_is(member->value, types[1]);
    if (!json_key_is(member, "text") || member->type != JSON_STRING)
        return 0;
    sole->raw = member->value;
    sole->texts++;
    return 0;
}

static int sole_part(const struct json_member *item, void *arg)
{
    struct sole_text *sole = arg;
    sole->parts++;
    return item->type == JSON_OBJECT ? json_members(item->value, MAX_DEPTH, part_member, sole) : 0;
}

/* Where the turn's text stands as one JSON string, data NULL when it does not. */
static struct slice sole_text_find(const struct json_member *content)
{
    struct sole_text sole = {{NULL, 0}, 0, 0, false};
    if (content->type == JSON_STRING)
        return content->value;
    if (content->type != JSON_ARRAY || json_items(content->value, MAX_DEPTH, sole_part, &sole) != 0)
        return SLICE_NONE;
    return sole.parts == 1 && sole.texts == 1 && sole.typed ? sole.raw : SLICE_NONE;
}

/* The text of the last user turn becomes another: only where it is one plain text. */
static int user_text_replace(struct splicing *splicing, struct element *element, struct slice text)
{
    struct slice value = element->member.value, json = escaped(splicing, text), old = value;
    if (element->member.type != JSON_STRING) {
        struct item_facts facts = item_read(element);
        old = facts.contents == 1 ? sole_text_find(&facts.content) : SLICE_NONE;
    }
    if (!old.data)
        return err_set(splicing->err, "the last user turn is not one plain text");
    size_t at = (size_t)(old.data - value.data);
    struct buf out;
    buf_init(&out, value.len + json.len);
    buf_add_slice(&out, slice_part(value, 0, at));
    buf_add_slice(&out, json);
    buf_add_slice(&out, slice_part(value, at + old.len, value.len));
    struct slice copy = json.data && !out.failed ? arena_copy(splicing->arena, buf_slice(&out)) : SLICE_NONE;
    buf_fini(&out);
    replace(element, copy);
    return copy.data ? 0 : err_set(splicing->err, "no memory to splice a request");
}

/* A system turn in front of the others. */
static struct slice system_put(struct splicing *splicing, struct slice turns)
{
    struct slice text = escaped(splicing, splicing->edits->replace_system), rest = slice_part(turns, 1, turns.len);
    struct buf out;
    buf_init(&out, turns.len + text.len + 64);
    buf_add_text(&out, "[{\"role\":\"system\",\"content\":");
    buf_add_slice(&out, text);
    buf_add_text(&out, slice_starts(slice_trim(rest), SLICE("]")) ? "}" : "},");
    buf_add_slice(&out, rest);
    struct slice copy = text.data && !out.failed ? arena_copy(splicing->arena, buf_slice(&out)) : SLICE_NONE;
    buf_fini(&out);
    return copy;
}

/* Marks the system turns for the cut and finds the last user turn. */
static int turns_mark(struct splicing *splicing, struct collection *turns, struct element **last_user)
{
    bool cut = splicing->edits->drop_system || splicing->edits->replace_system.data;
    *last_user = NULL;
    for (size_t i = 0; i < turns->count; i++) {
        struct element *turn = &turns->elements[i];
        struct item_facts facts = item_read(turn);
        if (facts.roles > 1)
            return err_set(splicing->err, "a turn of the request names 'role' twice");
        if (turn->member.type == JSON_STRING || (facts.message && slice_is(facts.role, "\"user\"")))
            *last_user = turn;
        if (cut && facts.message && (slice_is(facts.role, "\"system\"") || slice_is(facts.role, "\"developer\"")))
            turn->action = CUT;
    }
    return 0;
}

/* The edits of messages, input or prompt. */
static int turns_edit(struct splicing *splicing, struct element *conversation)
{
    const struct request_edits *edits = splicing->edits;
    if (conversation->member.type == JSON_STRING)
        return edits->last_user_text.data ? user_text_replace(splicing, conversation, edits->last_user_text) : 0;
    struct collection turns;
    struct element *last_user;
    if (collection_read(splicing, conversation->member.value, false, &turns) != 0 ||
        turns_mark(splicing, &turns, &last_user) != 0)
        return -1;
    if (edits->last_user_text.data && !last_user)
        return err_set(splicing->err, "there is no user turn to neutralise");
    if (edits->last_user_text.data && user_text_replace(splicing, last_user, edits->last_user_text) != 0)
        return -1;
    struct slice value;
    if (collection_replace(splicing, &turns, SLICE(""), &value) != 0)
        return -1;
    if (edits->replace_system.data && splicing->endpoint == ENDPOINT_CHAT)
        value = system_put(splicing, value);
    replace(conversation, value);
    return value.data ? 0 : err_set(splicing->err, "no memory to splice a request");
}

/* ---- tools ---- */

static int type_member(const struct json_member *member, void *arg)
{
    if (json_key_is(member, "type"))
        *(struct slice *)arg = member->value;
    return 0;
}

static int tools_edit(struct splicing *splicing, struct collection *body, struct element *tools)
{
    struct collection list;
    if (tools->member.type != JSON_ARRAY || collection_read(splicing, tools->member.value, false, &list) != 0)
        return tools->member.type == JSON_ARRAY ? -1 : 0;
    size_t left = 0;
    for (size_t i = 0; i < list.count; i++) {
        struct slice type = SLICE_NONE;
        int rc = json_members(list.elements[i].member.value, MAX_DEPTH, type_member, &type);
        bool ours = rc == 0 && (slice_is(type, "\"function\"") || slice_is(type, "\"custom\""));
        list.elements[i].action = ours ? KEEP : CUT;
        left += ours;
    }
    if (left == list.count)
        return 0;
    struct element *choice = element_find(body, "tool_choice");
    if (choice)
        choice->action = CUT;
    if (left == 0) {
        tools->action = CUT;
        return 0;
    }
    struct slice value;
    if (collection_replace(splicing, &list, SLICE(""), &value) != 0)
        return -1;
    replace(tools, value);
    return 0;
}

/* ---- the body ---- */

/* A member named twice is read differently by different parsers: such a body is not edited at all. */
static int refuse_twins(struct splicing *splicing, const struct collection *body)
{
    static const char *const edited[] = {"model",
                                         "stream",
                                         "stream_options",
                                         "store",
                                         "messages",
                                         "input",
                                         "prompt",
                                         "instructions",
                                         "tools",
                                         "tool_choice",
                                         "web_search_options",
                                         "n",
                                         "best_of",
                                         "user",
                                         "metadata",
                                         "background",
                                         "max_tokens",
                                         "max_output_tokens",
                                         "max_completion_tokens",
                                         "safety_identifier",
                                         "prompt_cache_key",
                                         "prompt_cache_retention"};
    for (size_t k = 0; k < sizeof edited / sizeof *edited; k++) {
        unsigned seen = 0;
        for (size_t i = 0; i < body->count; i++)
            seen += json_key_is(&body->elements[i].member, edited[k]);
        if (seen > 1)
            return err_set(splicing->err, "the request names '%s' twice", edited[k]);
    }
    return 0;
}

static void cut_all(const struct collection *body, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct element *element = element_find(body, keys[i]);
        if (element)
            element->action = CUT;
    }
}

static void addition(struct buf *additions, const char *key, struct slice value)
{
    buf_add_format(additions, "%s\"%s\":", additions->len ? "," : "", key);
    buf_add_slice(additions, value);
}

/* A plain member: replaced where it stands, else added when `add`. */
static void member_put(const struct collection *body, const char *key, struct slice value, bool add,
                       struct buf *additions)
{
    struct element *element = element_find(body, key);
    if (element)
        replace(element, value);
    else if (add)
        addition(additions, key, value);
}

static void plain_members_edit(struct splicing *splicing, const struct collection *body, struct buf *additions)
{
    static const char *const identity[] = {"user", "metadata", "safety_identifier", "prompt_cache_key",
                                           "prompt_cache_retention"};
    static const char *const choices[] = {"n", "best_of"};
    static const char *const streaming[] = {"stream_options"}, *const background[] = {"background"},
                             *const instructions[] = {"instructions"}, *const searching[] = {"web_search_options"};
    static const char *const caps[] = {"max_tokens", "max_completion_tokens", "max_output_tokens"};
    const struct request_edits *edits = splicing->edits;
    if (edits->model.data)
        member_put(body, "model", escaped(splicing, edits->model), true, additions);
    if (edits->cut_stream) {
        member_put(body, "stream", SLICE("false"), false, additions);
        cut_all(body, streaming, 1);
    }
    if (edits->store_false) { /* legacy completions are never stored and do not know the word */
        member_put(body, "store", SLICE("false"), splicing->endpoint != ENDPOINT_COMPLETIONS, additions);
        cut_all(body, background, 1); /* a stored answer that is fetched later */
    }
    if (edits->replace_system.data && splicing->endpoint == ENDPOINT_RESPONSES)
        member_put(body, "instructions", escaped(splicing, edits->replace_system), true, additions);
    if (edits->drop_system && splicing->endpoint == ENDPOINT_RESPONSES)
        cut_all(body, instructions, 1);
    if (edits->cut_server_tools)
        cut_all(body, searching, 1);
    if (edits->cut_identity)
        cut_all(body, identity, sizeof identity / sizeof *identity);
    if (edits->single_choice)
        cut_all(body, choices, 2);
    bool capped = false;
    for (size_t i = 0; i < 3; i++) {
        struct element *cap = element_find(body, caps[i]);
        capped = capped || (cap && !value_is(cap, "null"));
    }
    if (edits->max_tokens > 0 && !capped) {
        struct slice value = arena_format(splicing->arena, "%lld", (long long)edits->max_tokens);
        cut_all(body, caps, 3); /* a null one would stand twice */
        addition(additions, splicing->endpoint == ENDPOINT_RESPONSES ? "max_output_tokens" : "max_tokens", value);
    }
}

static int body_edit(struct splicing *splicing, struct slice text, struct buf *out)
{
    static const char *const names[] = {"messages", "input", "prompt"}; /* in the order of the endpoints */
    const struct request_edits *edits = splicing->edits;
    struct collection body;
    struct buf additions;
    if (collection_read(splicing, text, true, &body) != 0 || refuse_twins(splicing, &body) != 0)
        return -1;
    struct element *conversation = element_find(&body, names[splicing->endpoint]);
    bool turns = edits->drop_system || edits->replace_system.data || edits->last_user_text.data;
    if (turns && conversation && turns_edit(splicing, conversation) != 0)
        return -1;
    struct element *tools = element_find(&body, "tools");
    if (edits->cut_server_tools && tools && tools_edit(splicing, &body, tools) != 0)
        return -1;
    buf_init(&additions, 1 << 20);
    plain_members_edit(splicing, &body, &additions);
    collection_write(&body, buf_slice(&additions), out);
    bool failed = additions.failed || out->failed || arena_exhausted(splicing->arena);
    buf_fini(&additions);
    return failed ? err_set(splicing->err, "no memory to splice a request") : 0;
}

int request_splice(enum endpoint endpoint, struct slice body, const struct request_edits *edits, struct buf *out,
                   struct err *err)
{
    if (endpoint > ENDPOINT_COMPLETIONS)
        return err_set(err, "only chat completions, responses and completions are spliced");
    struct splicing splicing = {endpoint, edits, arena_new(4 * body.len + (16u << 20)), err};
    if (!splicing.arena)
        return err_set(err, "no memory to splice a request");
    int rc = body_edit(&splicing, body, out);
    arena_free(splicing.arena);
    return rc;
}
