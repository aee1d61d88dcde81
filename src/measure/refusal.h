/* refusal: does an answer answer? Private to src/measure; compare_answers is the public face. Pure. */
#ifndef CANDOR_MEASURE_REFUSAL_H
#define CANDOR_MEASURE_REFUSAL_H

#include "claims.h"

/* From the claims already read; the text is claims->text.source. */
enum answers refusal_judge(const struct claims *claims);
/* Words of substance outside of chat and refusals; how much an answer says at all. */
unsigned refusal_substance(const struct claims *claims);

#endif
