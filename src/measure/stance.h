/* stance: does an answer go along with the belief the user states, where its words make that certain? Private to
 * src/measure. Pure. Sympathy ("I understand why you think so") is no stance, and a doubt is a belief like any other:
 * who says "I don't think it is X" is endorsed by "you're right, it isn't".
 */
#ifndef CANDOR_MEASURE_STANCE_H
#define CANDOR_MEASURE_STANCE_H

#include "extract.h"

struct side_taken {
    enum stance stance; /* NONE: there is no belief; IGNORES: no sign of one */
    bool certain;       /* the text alone decides that it endorses or rejects */
    double lean; /* -1 against, 1 for the proposition: of the belief, or of a question to be answered by yes or no */
};
struct side_taken stance_read(const struct claims *claims, const struct question *question, enum belief belief);

/* The same from an extracted value, where the belief names one: false when it cannot be told. */
bool stance_of_value(const struct value *value, const struct claims *claims, const struct question *question,
                     enum belief belief, enum stance *stance);

#endif
