/* names: which name an answer gives, and whether two answers give the same. Private to src/measure. Pure, symmetric. */
#ifndef CANDOR_MEASURE_NAMES_H
#define CANDOR_MEASURE_NAMES_H

#include "extract.h"

void name_extract(const struct claims *claims, const struct question *question, struct value *out);
enum values name_compare(const struct value *a, const struct claims *a_claims, const struct value *b,
                         const struct claims *b_claims, const struct question *question);

#endif
