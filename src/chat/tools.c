/* tools: see tools.h. */
#include "tools.h"

#include <stdlib.h>

#define ARGUMENTS_MAX_BYTES (1u << 20)
#define SORT_MAX_MEMBERS    256

void tools_init(struct tools *tools)
{
    *tools = (struct tools){0};
}

void tools_clear(struct tools *tools)
{
    for (size_t i = 0; i < tools->count; i++) {
        buf_fini(&tools->calls[i].id);
        buf_fini(&tools->calls[i].name);
        buf_fini(&tools->calls[i].arguments);
    }
    tools->count = 0;
}

void tools_fini(struct tools *tools)
{
    tools_clear(tools);
    free(tools->calls);
    tools->calls = NULL;
}

static struct tool_call *call_find(struct tools *tools, int64_t index, struct slice id)
{
    for (size_t i = 0; i < tools->count; i++) {
        struct tool_call *call = &tools->calls[i];
        bool same_id = id.len && slice_equal(buf_slice(&call->id), id);
        /* Ollama numbers every call 0 and tells them apart by id. */
        bool same_index = index >= 0 && call->index == index && (id.len == 0 || call->id.len == 0 || same_id);
        if (same_index || (index < 0 && same_id))
            return call;
    }
    return NULL;
}

static struct tool_call *call_add(struct tools *tools, int64_t index)
{
    if (!tools->calls)
        tools->calls = calloc(TOOLS_MAX, sizeof *tools->calls);
    if (!tools->calls || tools->count == TOOLS_MAX) {
        tools->overflow = true;
        return NULL;
    }
    struct tool_call *call = &tools->calls[tools->count++];
    call->index = index;
    buf_init(&call->id, 1024);
    buf_init(&call->name, 1024);
    buf_init(&call->arguments, ARGUMENTS_MAX_BYTES);
    return call;
}

static void call_feed(struct tools *tools, struct tool_call *call, struct slice id, const cJSON *function)
{
    if (call->id.len == 0)
        buf_add_slice(&call->id, id);
    if (call->name.len == 0) /* some servers say the name again with every delta */
        buf_add_slice(&call->name, json_get_slice(function, "name"));
    const cJSON *arguments = json_get(function, "arguments");
    if (cJSON_IsObject(arguments)) { /* Ollama gives an object instead of its text */
        char *text = cJSON_PrintUnformatted(arguments);
        buf_add_text(&call->arguments, text ? text : "");
        cJSON_free(text);
    } else {
        buf_add_slice(&call->arguments, json_get_slice(function, "arguments"));
    }
    tools->overflow = tools->overflow || call->arguments.failed || call->name.failed || call->id.failed;
}

void tools_feed(struct tools *tools, const cJSON *call)
{
    int64_t index = -1;
    json_get_int(call, "index", &index);
    struct slice id = json_get_slice(call, "id");
    const cJSON *function = json_get(call, "function");
    if (!function) { /* Responses: flat */
        function = call;
        id = json_get_slice(call, "call_id");
        index = -1;
    }
    struct tool_call *known = call_find(tools, index, id);
    /* Without number and id (Gemini) a name begins a call, and what has none goes on with the last. */
    if (index < 0 && id.len == 0 && tools->count && json_get_slice(function, "name").len == 0)
        known = &tools->calls[tools->count - 1];
    if (!known)
        known = call_add(tools, index);
    if (known)
        call_feed(tools, known, id, function);
}

void tools_feed_function(struct tools *tools, const cJSON *function)
{
    struct tool_call *known = tools->count ? &tools->calls[0] : call_add(tools, 0);
    if (known)
        call_feed(tools, known, SLICE_NONE, function);
}

/* ---- writing ---- */

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void sorted_put(struct json_writer *w, const cJSON *value);

static void members_put(struct json_writer *w, const cJSON *object)
{
    const cJSON *members[SORT_MAX_MEMBERS];
    size_t count = 0;
    for (const cJSON *member = object->child; member && count < SORT_MAX_MEMBERS; member = member->next)
        members[count++] = member;
    qsort(members, count, sizeof *members, by_key);
    for (size_t i = 0; i < count; i++) {
        json_put_key_slice(w, slice_from(members[i]->string));
        sorted_put(w, members[i]);
    }
}

static void sorted_put(struct json_writer *w, const cJSON *value)
{
    if (cJSON_IsObject(value)) {
        json_open_object(w, NULL);
        members_put(w, value);
        json_close_object(w);
    } else if (cJSON_IsArray(value)) {
        json_open_array(w, NULL);
        for (const cJSON *item = value->child; item; item = item->next)
            sorted_put(w, item);
        json_close_array(w);
    } else if (cJSON_IsString(value)) {
        json_put_text(w, NULL, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        json_put_double(w, NULL, value->valuedouble);
    } else if (cJSON_IsBool(value)) {
        json_put_bool(w, NULL, cJSON_IsTrue(value));
    } else {
        json_put_null(w, NULL);
    }
}

void tools_write(const struct tools *tools, struct buf *out)
{
    for (size_t i = 0; i < tools->count; i++) {
        const struct tool_call *call = &tools->calls[i];
        buf_add_slice(out, buf_slice(&call->name));
        buf_add_char(out, '(');
        cJSON *tree = json_parse(buf_slice(&call->arguments), (struct json_limits){ARGUMENTS_MAX_BYTES, 64}, NULL);
        if (tree) {
            struct json_writer w;
            json_start(&w, out);
            sorted_put(&w, tree);
        } else {
            buf_add_slice(out, slice_trim(buf_slice(&call->arguments)));
        }
        cJSON_Delete(tree);
        buf_add_text(out, ")\n");
    }
}
