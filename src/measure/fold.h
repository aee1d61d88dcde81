/* fold: one character of a text, unified. Private to src/measure.
 *
 * Case, Latin accents (composed or not), typographic quotes and dashes, full-width forms, raised and lowered digits,
 * kinds of space and invisible characters. Without ICU on purpose: what is not in the tables stays as it is, which
 * costs a judge call and never a wrong verdict.
 */
#ifndef CANDOR_MEASURE_FOLD_H
#define CANDOR_MEASURE_FOLD_H

#include "str.h"

struct folded {
    size_t bytes;       /* of the source; at least 1 */
    uint32_t character; /* lower case without accent; ' ' for space, 0 for nothing */
    uint32_t accent;    /* a combining mark, 0: none */
    char second;        /* the second letter of ae, oe, ss, th; else 0 */
    bool upper;         /* was a capital */
    bool letter;        /* a letter or digit of any script */
};

/* rest must not be empty. A malformed byte folds to a space. */
struct folded fold_next(struct slice rest);
/* Writes character as UTF-8 (at most 4 bytes); the number of bytes. */
size_t fold_put(char *out, uint32_t character);

#endif
