/* fold: one character of a text, unified. Private to src/measure.
 *
 * Case, Latin accents (composed or not), typographic quotes and dashes, full-width forms, raised and lowered digits,
 * kinds of space and invisible characters. Without ICU on purpose: what is not in the tables stays as it is, which
 * costs a judge call and never a wrong verdict.
 */
#ifndef CANDOR_MEASURE_FOLD_H
#define CANDOR_MEASURE_FOLD_H

#include "str.h"

struct folded {         /* small enough for two registers */
    uint32_t character; /* lower case without accent; ' ' for space, 0 for nothing */
    uint32_t accent;    /* a combining mark, 0: none */
    uint32_t bytes;     /* of the source; at least 1 */
    char second;        /* the second letter of ae, oe, ss, th; else 0 */
    bool upper;         /* was a capital */
    bool letter;        /* a letter or digit of any script */
};

/* Of a character beyond ASCII; rest must not be empty. A malformed byte folds to a space. */
struct folded fold_wide(struct slice rest);

static inline struct folded fold_ascii(char c)
{
    bool digit = ascii_is_digit(c), alpha = ascii_is_alpha(c);
    bool space = c != '\n' && ascii_is_space(c);
    return (struct folded){.bytes = 1,
                           .character = space ? ' ' : (unsigned char)ascii_lower(c),
                           .upper = alpha && c < 'a',
                           .letter = digit || alpha};
}

/* rest must not be empty. Most characters are ASCII, and every one is looked at several times. */
static inline struct folded fold_next(struct slice rest)
{
    return (unsigned char)rest.data[0] < 0x80 ? fold_ascii(rest.data[0]) : fold_wide(rest);
}
/* Writes character as UTF-8 (at most 4 bytes); the number of bytes. */
size_t fold_put(char *out, uint32_t character);

#endif
