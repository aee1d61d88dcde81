/* JSON: what the scanner takes cJSON takes too; what is taken apart by offset lies within the text, in order; and a
 * string unescapes to UTF-8 that escapes to a string of the same meaning. */
#include "json.h"

#include "fuzz.h"

#define DEPTH 32

struct walk {
    struct slice text;
    size_t end;
    unsigned depth;
};

static void string_check(struct slice raw)
{
    struct buf once, json, twice;
    buf_init(&once, raw.len + 1);
    buf_init(&json, 6 * raw.len + 16);
    buf_init(&twice, raw.len + 1);
    MUST_HOLD(json_unescape(raw, &once) == 0);
    MUST_HOLD(utf8_valid(buf_slice(&once)));
    json_escape(&json, buf_slice(&once));
    MUST_HOLD(json_unescape(buf_slice(&json), &twice) == 0);
    MUST_HOLD(slice_equal(buf_slice(&once), buf_slice(&twice)));
    buf_fini(&once);
    buf_fini(&json);
    buf_fini(&twice);
}

static int on_element(const struct json_member *member, void *arg);

static void value_walk(const struct json_member *member, unsigned depth)
{
    struct walk inner = {.text = member->value, .depth = depth};
    if (member->type == JSON_STRING)
        string_check(member->value);
    else if (member->type == JSON_OBJECT)
        MUST_HOLD(json_members(member->value, DEPTH, on_element, &inner) == 0);
    else if (member->type == JSON_ARRAY)
        MUST_HOLD(json_items(member->value, DEPTH, on_element, &inner) == 0);
}

static int on_element(const struct json_member *member, void *arg)
{
    struct walk *walk = arg;
    size_t value_at = (size_t)(member->value.data - walk->text.data);
    MUST_HOLD(member->start >= walk->end && value_at >= member->start && member->value.len > 0);
    walk->end = value_at + member->value.len;
    MUST_HOLD(walk->end <= walk->text.len);
    MUST_HOLD(json_check(member->value, (struct json_limits){SIZE_MAX, DEPTH}, NULL) == 0);
    if (walk->depth < 6) /* each level is scanned again: the square of the depth is enough */
        value_walk(member, walk->depth + 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_slice(data, size);
    struct json_limits limits = {1u << 16, DEPTH};
    struct err err = {""};
    bool fine = json_check(text, limits, &err) == 0;
    cJSON *tree = json_parse(text, limits, &err);
    MUST_HOLD(fine || (!tree && err.text[0]));
    cJSON_Delete(tree);
    struct walk walk = {.text = text};
    int members = json_members(text, DEPTH, on_element, &walk);
    walk = (struct walk){.text = text};
    int items = json_items(text, DEPTH, on_element, &walk);
    MUST_HOLD(fine || size > limits.max_bytes || (members != 0 && items != 0));
    struct buf plain;
    buf_init(&plain, size + 1);
    if (json_unescape(text, &plain) == 0)
        string_check(text);
    buf_fini(&plain);
    return 0;
}
