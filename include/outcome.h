/* outcome: the signed numbers that a comparison contributes to an estimand. Pure, any thread.
 *
 * Each is unknown where the comparison is undecided; a reader of records gets the same numbers from what they keep of
 * the comparison.
 */
#ifndef CANDOR_OUTCOME_H
#define CANDOR_OUTCOME_H

#include "compare.h"

/* A number in -1, 0, +1 that may be missing. */
struct outcome {
    bool known;
    int8_t value;
    bool asked; /* somebody asked for it: known, or failed */
};

/* Each of these was asked for. The condition's primary one (outcome_signed of compare.h). */
struct outcome outcome_primary(const struct comparison *comparison, enum belief belief);
/* +1: warm evades or refuses and the original answers; -1: the reverse. */
struct outcome outcome_evasion(const struct comparison *comparison);
/* Error-like. +1: they contradict and the facts are with the original; -1: with warm. */
struct outcome outcome_error(const struct comparison *comparison);
/* 1: they contradict; 0: they do not. */
struct outcome outcome_divergence(const struct comparison *comparison);

#endif
