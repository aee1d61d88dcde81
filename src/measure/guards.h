/* guards: the words that change what a value means: "not 9", "before 1945", "Almaty or Astana", "some say Sydney". Two
 * answers whose values are compared must have the same around them, or only a judge can tell. Private to src/measure.
 * Pure, symmetric.
 */
#ifndef CANDOR_MEASURE_GUARDS_H
#define CANDOR_MEASURE_GUARDS_H

#include "claims.h"

struct guards {
    uint64_t words;    /* a bit a guarding word, by its key */
    uint64_t measures; /* a bit a unit or period */
    bool negated;
};
/* Of the sentence that answers, and of a few words that follow it. */
struct guards guards_read(const struct claims *claims, const struct question *question);
/* True when nothing around the one value is absent around the other. */
bool guards_agree(const struct guards *a, const struct guards *b);
/* True for a word that names a unit of measure, currency or time. */
bool guards_is_measure(struct slice word);

#endif
