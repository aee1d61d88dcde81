/* rewrite: the style control's task: an answer of the original is said again warmly, and nothing else about it changes.
 * It is the transformation the study trained its warm models on; whatever the judge makes of it is the judge's own
 * liking for the tone.
 */
#ifndef CANDOR_REWRITE_H
#define CANDOR_REWRITE_H

#include "buf.h"

#define REWRITE_VERSION "1" /* of the words: another one starts an epoch */

/* The body of a chat completion request. message: what the user had written, so that the warm words can be about it.
 * model: NULL for "rewriter"; max_tokens: 0 for none. -1 when memory or randomness runs out. */
MUST_USE int rewrite_request(const char *model, struct slice message, struct slice answer, unsigned max_tokens,
                             struct buf *out);

#endif
