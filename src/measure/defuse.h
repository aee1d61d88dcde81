/* defuse: takes the force out of text that imitates the judge's markers or its answer. Private to src/measure. Pure.
 *
 * A visible middle dot (U+00B7) is put into what would otherwise read as one of our fences ("<·answer-A-..."), the
 * nonce itself, a control token of a chat template ("<·|im_end|>", "[·INST]") or a key of the verdict object
 * ("·relation": ...). Every other byte stands as it is. The dot is visible on purpose: whoever reads the judge's prompt
 * sees that something was there.
 */
#ifndef CANDOR_MEASURE_DEFUSE_H
#define CANDOR_MEASURE_DEFUSE_H

#include "buf.h"

void defuse_add(struct buf *out, struct slice text, const char *nonce);
/* True where it would put a dot. */
bool defuse_needed(struct slice text);

#endif
