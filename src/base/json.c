/* json: the writer, and cJSON behind a strict check of the text (json_scan.c). See json.h. */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- writing ---- */

void json_start(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

/* Line ends to some readers of JSON Lines and to JavaScript, though not to JSON: U+0085, U+2028, U+2029. */
static bool is_line_end(uint32_t c)
{
    return c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Nearly every text needs no escape: then it goes out in one piece with its quotes and what stands around them. */
static bool put_plain(struct buf *out, bool comma, struct slice text, bool colon)
{
    if (json_plain(text) < text.len)
        return false;
    char *start = buf_reserve(out, text.len + 4), *at = start;
    if (!start)
        return true; /* the buffer has failed, and says so itself */
    if (comma)
        *at++ = ',';
    *at++ = '"';
    if (text.len)
        memcpy(at, text.data, text.len);
    at += text.len;
    *at++ = '"';
    if (colon)
        *at++ = ':';
    buf_commit(out, (size_t)(at - start));
    return true;
}

void json_escape(struct buf *out, struct slice text)
{
    static const char hex[] = "0123456789abcdef";
    if (put_plain(out, false, text, false))
        return;
    buf_add_char(out, '"');
    size_t at = 0, plain = 0; /* bytes [plain, at) are written as they are, in one piece */
    while (at < text.len) {
        at += json_plain(slice_of(text.data + at, text.len - at));
        if (at == text.len)
            break;
        unsigned char c = (unsigned char)text.data[at];
        uint32_t code_point = c;
        size_t len = c < 0x80 ? 1 : utf8_char(slice_part(text, at, text.len), &code_point);
        if (len > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7F && !is_line_end(code_point)) {
            at += len;
            continue;
        }
        buf_add(out, text.data + plain, at - plain);
        if (len > 1) {
            buf_add_format(out, "\\u%04x", code_point);
            plain = at += len;
            continue;
        }
        if (len == 0)
            buf_add_text(out, "\\ufffd");
        else if (c == '"' || c == '\\')
            buf_add(out, (char[]){'\\', (char)c}, 2);
        else if (c == '\n')
            buf_add_text(out, "\\n");
        else
            buf_add(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
        plain = ++at;
    }
    buf_add(out, text.data ? text.data + plain : NULL, at - plain);
    buf_add_char(out, '"');
}

static void member_start(struct json_writer *w, struct slice key)
{
    if (put_plain(w->out, w->comma, key, true))
        return;
    if (w->comma)
        buf_add_char(w->out, ',');
    json_escape(w->out, key);
    buf_add_char(w->out, ':');
}

static void value_start(struct json_writer *w, const char *key)
{
    if (key)
        member_start(w, slice_from(key));
    else if (w->comma)
        buf_add_char(w->out, ',');
    w->comma = true;
}

static void bracket_open(struct json_writer *w, const char *key, char bracket)
{
    value_start(w, key);
    buf_add_char(w->out, bracket);
    w->comma = false;
}

static void bracket_close(struct json_writer *w, char bracket)
{
    buf_add_char(w->out, bracket);
    w->comma = true;
}

void json_open_object(struct json_writer *w, const char *key)
{
    bracket_open(w, key, '{');
}

void json_close_object(struct json_writer *w)
{
    bracket_close(w, '}');
}

void json_open_array(struct json_writer *w, const char *key)
{
    bracket_open(w, key, '[');
}

void json_close_array(struct json_writer *w)
{
    bracket_close(w, ']');
}

void json_put_text(struct json_writer *w, const char *key, const char *text)
{
    json_put_slice(w, key, slice_from(text));
}

void json_put_slice(struct json_writer *w, const char *key, struct slice text)
{
    value_start(w, key);
    if (text.data)
        json_escape(w->out, text);
    else
        buf_add_text(w->out, "null");
}

void json_put_key_slice(struct json_writer *w, struct slice key)
{
    member_start(w, key);
    w->comma = false;
}

void json_put_int(struct json_writer *w, const char *key, int64_t value)
{
    value_start(w, key);
    buf_add_int(w->out, value);
}

void json_put_double(struct json_writer *w, const char *key, double value)
{
    value_start(w, key);
    if (!isfinite(value)) {
        buf_add_text(w->out, "null");
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add_text(w->out, text);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
    value_start(w, key);
    buf_add_text(w->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *key)
{
    value_start(w, key);
    buf_add_text(w->out, "null");
}

void json_put_raw(struct json_writer *w, const char *key, struct slice json)
{
    value_start(w, key);
    buf_add_slice(w->out, json);
}

/* ---- reading a bounded tree ---- */

/* cJSON keeps the first of duplicate keys and others the last: whoever relies on either is wrong. */
static bool has_duplicates(const cJSON *node)
{
    for (; node; node = node->next) {
        if (node->child && has_duplicates(node->child))
            return true;
        if (!cJSON_IsObject(node))
            continue;
        size_t members = 0;
        for (const cJSON *a = node->child; a && members < 1000; a = a->next, members++)
            for (const cJSON *b = a->next; b; b = b->next)
                if (strcmp(a->string, b->string) == 0)
                    return true;
    }
    return false;
}

cJSON *json_parse(struct slice text, struct json_limits limits, struct err *err)
{
    if (json_check(text, limits, err) != 0)
        return NULL;
    cJSON *tree = cJSON_ParseWithLength(text.data, text.len);
    if (!tree) {
        err_set(err, "no memory for %zu bytes of JSON, or an escape that is no character", text.len);
        return NULL;
    }
    if (has_duplicates(tree)) {
        cJSON_Delete(tree);
        err_set(err, "an object names a key twice");
        return NULL;
    }
    return tree;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

struct slice json_get_slice(const cJSON *object, const char *key)
{
    const cJSON *item = json_get(object, key);
    return cJSON_IsString(item) ? slice_from(item->valuestring) : SLICE_NONE;
}

bool json_get_double(const cJSON *object, const char *key, double *out)
{
    const cJSON *item = json_get(object, key);
    if (!cJSON_IsNumber(item))
        return false;
    *out = item->valuedouble;
    return true;
}

bool json_get_int(const cJSON *object, const char *key, int64_t *out)
{
    double value;
    if (!json_get_double(object, key, &value) || value != floor(value) || fabs(value) > 9007199254740992.0)
        return false;
    *out = (int64_t)value;
    return true;
}

bool json_get_bool(const cJSON *object, const char *key, bool *out)
{
    const cJSON *item = json_get(object, key);
    if (!cJSON_IsBool(item))
        return false;
    *out = cJSON_IsTrue(item);
    return true;
}
