/* json_scan: one linear pass over JSON text, strict as RFC 8259, without building anything. The recursion is bounded by
 * the caller's depth. See json.h.
 */
#include <assert.h>

#include "json.h"

#define DEPTH_MAX 512 /* whatever the caller allows, the stack holds this */

struct scan {
    const char *start, *at, *end;
    unsigned depth; /* levels still allowed */
    const char *why;
};

/* Eight bytes at a time, since bodies are strings for the most part. A quote, a backslash, a control byte or one beyond
 * ASCII sets a high bit of the sum; borrows from byte to byte arise only where one of them stands. */
static bool has_stop(const char *at)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    uint64_t stops = (quote - ones) | (backslash - ones) | (word - ones * 0x20) | (word + ones) | word;
    return stops & ones << 7;
}

size_t json_plain(struct slice text)
{
    const size_t step = sizeof(uint64_t);
    size_t at = 0;
    while (text.len - at >= step && !has_stop(text.data + at))
        at += step;
    /* What is left is less than a word: it ends with the text, and some of it may be looked at twice. */
    if (at && text.len - at < step && !has_stop(text.data + text.len - step))
        return text.len;
    while (at < text.len && text.data[at] >= 0x20 && text.data[at] < 0x7F && text.data[at] != '"' &&
           text.data[at] != '\\')
        at++;
    return at;
}

static bool refuse(struct scan *scan, const char *why)
{
    if (!scan->why)
        scan->why = why;
    return false;
}

static void blanks_skip(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

static bool byte_take(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Four hex digits behind \u. -1 when they are not there. */
static int32_t hex_take(struct scan *scan)
{
    if (scan->end - scan->at < 4)
        return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(scan->at[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    scan->at += 4;
    return value;
}

/* Behind a backslash: the character it stands for. A NUL would cut C strings short, and half a pair is no character. */
static bool escape_take(struct scan *scan, uint32_t *code_point)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (scan->at == scan->end)
        return refuse(scan, "a string does not end");
    char c = *scan->at++;
    if (c != 'u') {
        const char *name = c ? strchr(names, c) : NULL;
        if (!name)
            return refuse(scan, "an unknown escape in a string");
        *code_point = (unsigned char)values[name - names];
        return true;
    }
    int32_t high = hex_take(scan);
    if (high <= 0)
        return refuse(scan, high == 0 ? "a NUL in a string" : "\\u without four hex digits");
    *code_point = (uint32_t)high;
    if (high >= 0xDC00 && high <= 0xDFFF)
        return refuse(scan, "half a surrogate pair");
    if (high < 0xD800 || high > 0xDBFF)
        return true;
    if (!byte_take(scan, '\\') || !byte_take(scan, 'u'))
        return refuse(scan, "half a surrogate pair");
    int32_t low = hex_take(scan);
    if (low < 0xDC00 || low > 0xDFFF)
        return refuse(scan, "half a surrogate pair");
    *code_point = 0x10000u + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    return true;
}

/* A string with its quotes. */
static bool string_scan(struct scan *scan)
{
    if (!byte_take(scan, '"'))
        return refuse(scan, "a string was expected");
    while (scan->at < scan->end) {
        scan->at += json_plain(slice_of(scan->at, (size_t)(scan->end - scan->at)));
        if (scan->at == scan->end)
            break;
        unsigned char c = (unsigned char)*scan->at;
        uint32_t code_point;
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c < 0x20)
            return refuse(scan, "a control byte in a string");
        if (c == '\\') {
            scan->at++;
            if (!escape_take(scan, &code_point))
                return false;
        } else if (c < 0x80) {
            scan->at++;
        } else {
            size_t len = utf8_char(slice_of(scan->at, (size_t)(scan->end - scan->at)), &code_point);
            if (len == 0)
                return refuse(scan, "not UTF-8");
            scan->at += len;
        }
    }
    return refuse(scan, "a string does not end");
}

static bool digits_scan(struct scan *scan)
{
    const char *from = scan->at;
    while (scan->at < scan->end && ascii_is_digit(*scan->at))
        scan->at++;
    return scan->at > from || refuse(scan, "a number without digits");
}

static bool number_scan(struct scan *scan)
{
    byte_take(scan, '-');
    if (byte_take(scan, '0')) {
        if (scan->at < scan->end && ascii_is_digit(*scan->at))
            return refuse(scan, "a number with a leading zero");
    } else if (!digits_scan(scan)) {
        return false;
    }
    if (byte_take(scan, '.') && !digits_scan(scan))
        return false;
    if (byte_take(scan, 'e') || byte_take(scan, 'E')) {
        if (!byte_take(scan, '+'))
            byte_take(scan, '-');
        return digits_scan(scan);
    }
    return true;
}

static bool word_scan(struct scan *scan, struct slice word)
{
    if (!slice_starts(slice_of(scan->at, (size_t)(scan->end - scan->at)), word))
        return refuse(scan, "a value was expected");
    scan->at += word.len;
    return true;
}

static bool value_scan(struct scan *scan, enum json_type *type);

/* One member or item, given to fn where there is one. */
static bool element_scan(struct scan *scan, bool object, json_member_fn *fn, void *arg, int *stopped)
{
    struct json_member member = {.start = (size_t)(scan->at - scan->start)};
    if (object) {
        const char *key = scan->at;
        if (!string_scan(scan))
            return false;
        member.key = slice_of(key + 1, (size_t)(scan->at - key) - 2);
        blanks_skip(scan);
        if (!byte_take(scan, ':'))
            return refuse(scan, "a colon was expected");
        blanks_skip(scan);
    }
    const char *value = scan->at;
    if (!value_scan(scan, &member.type))
        return false;
    member.value = slice_of(value, (size_t)(scan->at - value));
    if (fn && *stopped == 0)
        *stopped = fn(&member, arg);
    return true;
}

static bool collection_scan(struct scan *scan, bool object, json_member_fn *fn, void *arg, int *stopped)
{
    if (scan->depth == 0)
        return refuse(scan, "nested too deeply");
    scan->depth--;
    scan->at++;
    char close = object ? '}' : ']';
    blanks_skip(scan);
    bool more = !byte_take(scan, close);
    while (more) {
        if (!element_scan(scan, object, fn, arg, stopped))
            return false;
        if (*stopped)
            return true;
        blanks_skip(scan);
        if (byte_take(scan, close))
            break;
        if (!byte_take(scan, ','))
            return refuse(scan, object ? "a comma or } was expected" : "a comma or ] was expected");
        blanks_skip(scan);
    }
    scan->depth++;
    return true;
}

static bool value_scan(struct scan *scan, enum json_type *type)
{
    if (scan->at == scan->end)
        return refuse(scan, "it ends too early");
    int stopped = 0;
    switch (*scan->at) {
    case '{':
        *type = JSON_OBJECT;
        return collection_scan(scan, true, NULL, NULL, &stopped);
    case '[':
        *type = JSON_ARRAY;
        return collection_scan(scan, false, NULL, NULL, &stopped);
    case '"':
        *type = JSON_STRING;
        return string_scan(scan);
    case 't':
        *type = JSON_TRUE;
        return word_scan(scan, SLICE("true"));
    case 'f':
        *type = JSON_FALSE;
        return word_scan(scan, SLICE("false"));
    case 'n':
        *type = JSON_NULL;
        return word_scan(scan, SLICE("null"));
    default:
        *type = JSON_NUMBER;
        return *scan->at == '-' || ascii_is_digit(*scan->at) ? number_scan(scan) : refuse(scan, "a value was expected");
    }
}

static struct scan scan_of(struct slice text, unsigned depth)
{
    const char *start = text.data ? text.data : "";
    return (struct scan){
        .start = start, .at = start, .end = start + text.len, .depth = depth < DEPTH_MAX ? depth : DEPTH_MAX};
}

static bool end_scan(struct scan *scan)
{
    blanks_skip(scan);
    return scan->at == scan->end || refuse(scan, "something follows the value");
}

int json_check(struct slice text, struct json_limits limits, struct err *err)
{
    if (text.len > limits.max_bytes)
        return err_set(err, "JSON of %zu bytes is over the limit of %zu", text.len, limits.max_bytes);
    struct scan scan = scan_of(text, limits.max_depth);
    enum json_type type;
    blanks_skip(&scan);
    if (!value_scan(&scan, &type) || !end_scan(&scan))
        return err_set(err, "not JSON at byte %zu: %s", (size_t)(scan.at - scan.start), scan.why);
    return 0;
}

static int elements(struct slice text, unsigned max_depth, bool object, json_member_fn *fn, void *arg)
{
    struct scan scan = scan_of(text, max_depth);
    blanks_skip(&scan);
    int stopped = 0;
    if (scan.at == scan.end || *scan.at != (object ? '{' : '[') || !collection_scan(&scan, object, fn, arg, &stopped))
        return -1;
    if (stopped)
        return stopped;
    return end_scan(&scan) ? 0 : -1;
}

int json_members(struct slice text, unsigned max_depth, json_member_fn *fn, void *arg)
{
    return elements(text, max_depth, true, fn, arg);
}

int json_items(struct slice text, unsigned max_depth, json_member_fn *fn, void *arg)
{
    return elements(text, max_depth, false, fn, arg);
}

static void code_point_add(struct buf *out, uint32_t c)
{
    char bytes[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    bytes[0] = (char)(lead[len] | c);
    buf_add(out, bytes, len);
}

int json_unescape(struct slice raw, struct buf *out)
{
    struct scan check = scan_of(raw, 1);
    if (!string_scan(&check) || check.at != check.end)
        return -1;
    struct scan scan = scan_of(slice_part(raw, 1, raw.len - 1), 1);
    while (scan.at < scan.end) {
        const char *escape = memchr(scan.at, '\\', (size_t)(scan.end - scan.at));
        const char *plain_end = escape ? escape : scan.end;
        buf_add(out, scan.at, (size_t)(plain_end - scan.at));
        scan.at = plain_end;
        if (!escape)
            break;
        scan.at++;
        uint32_t code_point;
        bool known = escape_take(&scan, &code_point);
        assert(known); /* string_scan has seen it */
        code_point_add(out, code_point);
    }
    return out->failed ? -1 : 0;
}

bool json_key_is(const struct json_member *member, const char *key)
{
    if (!member->key.data)
        return false;
    if (!memchr(member->key.data, '\\', member->key.len))
        return slice_is(member->key, key);
    struct buf plain;
    buf_init(&plain, member->key.len + 1);
    /* The quotes stand around the key in the text it was found in. */
    bool same = json_unescape(slice_of(member->key.data - 1, member->key.len + 2), &plain) == 0 &&
                slice_is(buf_slice(&plain), key);
    buf_fini(&plain);
    return same;
}
