/* str: see str.h. */
#include "str.h"

#include <math.h>
#include <stdlib.h>

struct slice slice_part(struct slice s, size_t start, size_t end)
{
    if (end > s.len)
        end = s.len;
    if (start > end)
        start = end;
    return (struct slice){s.data ? s.data + start : NULL, end - start};
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.data[i] != b.data[i] && ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_from(text));
}

bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_equal(slice_part(s, 0, prefix.len), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len && slice_equal(slice_part(s, s.len - suffix.len, s.len), suffix);
}

size_t slice_find(struct slice haystack, struct slice needle, size_t from)
{
    if (from > haystack.len || haystack.len - from < needle.len) /* also: the bytes of an empty slice may be NULL */
        return SLICE_NOT_FOUND;
    if (needle.len == 0)
        return from;
    const char *at = memmem(haystack.data + from, haystack.len - from, needle.data, needle.len);
    return at ? (size_t)(at - haystack.data) : SLICE_NOT_FOUND;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
    while (s.len && is_blank(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

bool slice_cut(struct slice *rest, char separator, struct slice *part)
{
    if (rest->len == 0)
        return false;
    const char *at = memchr(rest->data, separator, rest->len);
    size_t len = at ? (size_t)(at - rest->data) : rest->len;
    *part = slice_of(rest->data, len);
    *rest = slice_part(*rest, at ? len + 1 : len, rest->len);
    return true;
}

int slice_to_u64(struct slice s, uint64_t *out)
{
    if (s.len == 0)
        return -1;
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.data[i]))
            return -1;
        unsigned digit = (unsigned)(s.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return -1;
        value = value * 10 + digit;
    }
    *out = value;
    return 0;
}

int slice_to_double(struct slice s, double *out)
{
    char text[64];
    if (s.len == 0 || s.len >= sizeof text || is_blank(s.data[0]))
        return -1;
    for (size_t i = 0; i < s.len; i++) /* no hexadecimal, no "inf", no "nan" */
        if (!ascii_is_digit(s.data[i]) && !strchr("+-.eE", s.data[i]))
            return -1;
    memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    char *end;
    double value = strtod(text, &end); /* the process never leaves the C locale */
    if (*end || !isfinite(value))
        return -1;
    *out = value;
    return 0;
}

size_t utf8_char(struct slice s, uint32_t *code_point)
{
    if (s.len == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)s.data;
    uint32_t value = p[0], minimum;
    size_t len;
    if (value < 0x80) {
        if (code_point)
            *code_point = value;
        return 1;
    }
    if (value >= 0xC2 && value <= 0xDF) {
        len = 2, value &= 0x1F, minimum = 0x80;
    } else if (value >= 0xE0 && value <= 0xEF) {
        len = 3, value &= 0x0F, minimum = 0x800;
    } else if (value >= 0xF0 && value <= 0xF4) {
        len = 4, value &= 0x07, minimum = 0x10000;
    } else {
        return 0;
    }
    if (s.len < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3Fu);
    }
    if (value < minimum || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    if (code_point)
        *code_point = value;
    return len;
}

bool utf8_valid(struct slice s)
{
    size_t at = 0;
    while (at < s.len) {
        size_t len = utf8_char(slice_part(s, at, s.len), NULL);
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

uint64_t hash_bytes(uint64_t seed, const void *data, size_t len)
{
    uint64_t hash = seed ? seed : 0xcbf29ce484222325u;
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * 0x100000001b3u;
    return hash;
}
