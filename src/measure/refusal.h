/* refusal: does an answer answer? Private to src/measure; compare_answers is the public face. Pure. */
#ifndef CANDOR_MEASURE_REFUSAL_H
#define CANDOR_MEASURE_REFUSAL_H

#include "claims.h"

/* Sets answers and substance of claims that were read. */
void refusal_judge(struct claims *claims);

#endif
