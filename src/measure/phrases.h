/* phrases: many phrases looked for in one pass over the words of a text, of which hardly any says one. Private to
 * src/measure. Pure.
 */
#ifndef CANDOR_MEASURE_PHRASES_H
#define CANDOR_MEASURE_PHRASES_H

#include "words.h"

#define PHRASES_MAX    64
#define PHRASES_STARTS 256

/* Phrases are folded words separated by one space. */
struct phrases {
    const char *const *list;
    unsigned char first[PHRASES_STARTS]; /* by their first word: a phrase's index + 1, 0: none */
    unsigned char next[PHRASES_MAX];     /* one more that begins so */
    char second[PHRASES_MAX];            /* the first letter of the second word; 0: there is none */
};
/* The list, of PHRASES_MAX at most, must outlive it. */
void phrases_init(struct phrases *phrases, const char *const *list, size_t count);
/* A bit for each that stands in [from, to), words of one sentence. */
uint64_t phrases_find(const struct phrases *phrases, const struct passage *passage, size_t from, size_t to);

/* The index of the first word in [from, to) at which the phrase stands; to when nowhere. */
size_t phrase_place(const struct passage *passage, size_t from, size_t to, const char *phrase);

#endif
