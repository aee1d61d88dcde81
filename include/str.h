/* str: slices, the way bytes from outside travel through the program.
 *
 * A slice is a pointer and a length; it owns nothing, is not zero-terminated and may hold any byte. The owner of
 * the memory is named where the slice is handed out. Pure values, any thread.
 */
#ifndef CANDOR_STR_H
#define CANDOR_STR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "err.h"

struct slice {
    const char *data;
    size_t len; /* bytes */
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
#define SLICE_NONE     ((struct slice){NULL, 0})
/* For printf: "%.*s", SLICE_ARGS(s). */
#define SLICE_ARGS(s) ((int)((s).len > 4096 ? 4096 : (s).len)), ((s).data ? (s).data : "")

static inline struct slice slice_of(const char *data, size_t len)
{
    return (struct slice){data, len};
}
static inline struct slice slice_from(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}
/* The part [start, end) of s; both are clamped to s. */
struct slice slice_part(struct slice s, size_t start, size_t end);

bool slice_equal(struct slice a, struct slice b);
bool slice_equal_nocase(struct slice a, struct slice b); /* ASCII letters only */
bool slice_is(struct slice a, const char *text);         /* equal to a C string */
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
/* Offset of needle in haystack at or after from; (size_t)-1 when it is not there. */
size_t slice_find(struct slice haystack, struct slice needle, size_t from);
#define SLICE_NOT_FOUND ((size_t)-1)
/* Without leading and trailing space, tab, CR and LF. */
struct slice slice_trim(struct slice s);
/* Splits off what stands before the first separator, and advances rest behind it. False when rest is empty. */
bool slice_cut(struct slice *rest, char separator, struct slice *part);

/* Decimal digits only, the whole slice, no sign. -1 when it is not such a number or overflows. */
MUST_USE int slice_to_u64(struct slice s, uint64_t *out);
/* A finite decimal number in the C locale, the whole slice. */
MUST_USE int slice_to_double(struct slice s, double *out);

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool ascii_is_alpha(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26; /* one comparison: texts are read letter by letter */
}
static inline bool ascii_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Eight bytes in one number, the first lowest. Their highest bits answer: where they are this byte, where they are
 * small letters. */
#define EIGHT_OF(byte) ((uint64_t)(byte)*UINT64_C(0x0101010101010101))
static inline uint64_t eight_load(const char *bytes)
{
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    return le64toh(eight);
}
static inline uint64_t eight_equal(uint64_t eight, char c)
{
    uint64_t other = eight ^ EIGHT_OF((unsigned char)c);
    return ~(((other & EIGHT_OF(0x7F)) + EIGHT_OF(0x7F)) | other) & EIGHT_OF(0x80);
}
static inline uint64_t eight_letters(uint64_t eight)
{
    uint64_t low = eight & EIGHT_OF(0x7F);
    uint64_t from_a = low + EIGHT_OF(0x80 - 'a'), beyond_z = low + EIGHT_OF(0x7F - 'z');
    return from_a & ~beyond_z & ~eight & EIGHT_OF(0x80);
}
/* How many of them come before the first whose highest bit is set. */
static inline size_t eight_before(uint64_t bits)
{
    return bits ? (size_t)__builtin_ctzll(bits) / 8 : 8;
}

/* True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool utf8_valid(struct slice s);
/* Length in bytes (1 to 4) of the well-formed character at s.data; 0 when it is malformed, cut or s is empty. */
size_t utf8_char(struct slice s, uint32_t *code_point);

/* FNV-1a of the bytes, continued from seed (0 starts a new one). Not for secrets. */
uint64_t hash_bytes(uint64_t seed, const void *data, size_t len);

#endif
