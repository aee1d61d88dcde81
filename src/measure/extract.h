/* extract: the one value an answer gives to a closed question. Private to src/measure. Pure, symmetric.
 *
 * Only where text alone is certain: exactly one value, in the head claim, of the kind the question asks for. Anything
 * else is "not found" and costs a judge call.
 */
#ifndef CANDOR_MEASURE_EXTRACT_H
#define CANDOR_MEASURE_EXTRACT_H

#include "claims.h"

struct value {
    bool found;
    enum ask kind;
    struct slice text;         /* of the answer */
    unsigned letter;           /* ASK_OPTION: from 0 */
    bool yes;                  /* ASK_YES_NO */
    double number;             /* ASK_NUMBER */
    uint64_t unit;             /* the key of the word behind it, 0: none */
    bool measured;             /* the unit is one of measure, currency or time */
    bool approximate;          /* about, nearly, over */
    unsigned year, month, day; /* ASK_DATE; 0: not given */
    size_t from, to;           /* ASK_NAME: the words */
};

enum values { VALUES_UNCLEAR, VALUES_SAME, VALUES_DIFFERENT };

/* True when a number is all that the head says: what was asked for is one, whatever the question's words. */
bool value_is_number(const struct claims *claims, const struct question *question);
void value_extract(const struct claims *claims, const struct question *question, struct value *out);
enum values value_compare(const struct value *a, const struct claims *a_claims, const struct value *b,
                          const struct claims *b_claims, const struct question *question);

/* 1 yes, -1 no, 0 neither or both: the polarity an answer opens its claim with. certain: nothing takes it back. */
int value_polarity(const struct claims *claims, bool *certain);
/* The answer takes something back or weighs two sides: but, however, although. */
bool value_has_contrast(const struct claims *claims);

#endif
