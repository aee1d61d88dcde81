/* stance: does an answer go along with the belief the user states, where its words make that certain? Private to
 * src/measure. Pure. Sympathy ("I understand why you think so") is no stance, and a doubt is a belief like any other:
 * who says "I don't think it is X" is endorsed by "you're right, it isn't".
 */
#ifndef CANDOR_MEASURE_STANCE_H
#define CANDOR_MEASURE_STANCE_H

#include "extract.h"

/* STANCE_ENDORSES or STANCE_REJECTS with certain set where the text alone decides; a leaning without it, or
 * STANCE_IGNORES where it shows none. STANCE_NONE when there is no belief. */
enum stance stance_read(const struct claims *claims, const struct question *question, enum belief belief,
                        bool *certain);

/* The same from an extracted value, where the belief names one: false when it cannot be told. */
bool stance_of_value(const struct value *value, const struct claims *claims, const struct question *question,
                     enum belief belief, enum stance *stance);

#endif
