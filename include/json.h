/* json: writing JSON, reading small JSON with cJSON behind limits, and finding values in big JSON by offset.
 *
 * Three faces, one a need. json_put_*: append to a buf, escaping everything; invalid UTF-8 becomes U+FFFD.
 * json_parse: a tree of bounded input, off the loops (cJSON; unlike it, nesting and size are bounded by the caller,
 * and malformed UTF-8, NUL escapes, raw control bytes, leading zeros, duplicate keys and trailing bytes are refused).
 * json_members: one linear pass over a body without building anything, for the byte splices of the shadow request
 * (cJSON holds numbers as doubles and takes the first of duplicate keys: it must never re-print a body).
 * Pure, any thread.
 */
#ifndef CANDOR_JSON_H
#define CANDOR_JSON_H

#include <cjson/cJSON.h>

#include "buf.h"

/* ---- writing ---- */
struct json_writer {
    struct buf *out; /* not owned; its `failed` is the writer's failure */
    bool comma;
};

void json_start(struct json_writer *w, struct buf *out);
/* key is NULL inside arrays and at the top. */
void json_open_object(struct json_writer *w, const char *key);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w, const char *key);
void json_close_array(struct json_writer *w);
void json_put_text(struct json_writer *w, const char *key, const char *text);   /* NULL writes null */
void json_put_slice(struct json_writer *w, const char *key, struct slice text); /* data NULL writes null */
void json_put_key_slice(struct json_writer *w, struct slice key);               /* then one value with key NULL */
void json_put_int(struct json_writer *w, const char *key, int64_t value);
void json_put_double(struct json_writer *w, const char *key,
                     double value); /* shortest that reads back; not finite writes null */
void json_put_bool(struct json_writer *w, const char *key, bool value);
void json_put_null(struct json_writer *w, const char *key);
void json_put_raw(struct json_writer *w, const char *key, struct slice json); /* must be valid JSON already */
/* The escaped string with its quotes, alone. */
void json_escape(struct buf *out, struct slice text);
/* How many bytes at its start are printable ASCII that stands in a JSON string as it is. */
size_t json_plain(struct slice text);

/* ---- reading a bounded tree ---- */
struct json_limits {
    size_t max_bytes;
    unsigned max_depth;
};
#define JSON_LIMITS_DEFAULT ((struct json_limits){8u << 20, 64})

/* NULL and a sentence when text is not one well-formed JSON value within limits. Free with cJSON_Delete. */
MUST_USE cJSON *json_parse(struct slice text, struct json_limits limits, struct err *err);
/* Checks only: 0 when text is one well-formed JSON value within limits, without allocating. */
MUST_USE int json_check(struct slice text, struct json_limits limits, struct err *err);

/* Case-sensitive; NULL when object is NULL, no object, or has no such member. */
const cJSON *json_get(const cJSON *object, const char *key);
/* The member as text, {NULL,0} when it is no string. Owned by the tree. */
struct slice json_get_slice(const cJSON *object, const char *key);
bool json_get_int(const cJSON *object, const char *key, int64_t *out); /* false when absent or not a whole number */
bool json_get_double(const cJSON *object, const char *key, double *out);
bool json_get_bool(const cJSON *object, const char *key, bool *out);

/* ---- finding values by offset ---- */
enum json_type { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

struct json_member {
    struct slice key;   /* the bytes between the quotes, still escaped */
    struct slice value; /* the raw bytes of the value, quotes included */
    enum json_type type;
    size_t start; /* offset of the key's opening quote in the text */
};

/* Calls fn for every member of the object that text is, in order; a non-zero return of fn stops and is returned.
 * -1 when text is not a well-formed object (checked to its end, to max_depth). */
typedef int json_member_fn(const struct json_member *member, void *arg);
MUST_USE int json_members(struct slice text, unsigned max_depth, json_member_fn *fn, void *arg);
/* The same for the items of an array; key is {NULL,0} and start the offset of the item. */
MUST_USE int json_items(struct slice text, unsigned max_depth, json_member_fn *fn, void *arg);
/* Is the member's key this text, whatever way it is escaped? */
bool json_key_is(const struct json_member *member, const char *key);
/* The value of a raw JSON string (quotes included), unescaped into out. -1 when malformed or holding \u0000. */
MUST_USE int json_unescape(struct slice raw, struct buf *out);

#endif
