/* entailment: what a classifier is asked of two answers that the texts alone leave open: does each sentence that one of
 * them claims follow from the other? Where all do, both ways, the two say the same. It can say nothing else.
 *
 * A sentence that only talks to the user claims nothing and is left out, but never one that holds a number, a name, a
 * denial or a word of agreement. Text that holds what a tokenizer or a judge would read as its own is not put before
 * the classifier at all. Pure, any thread.
 */
#ifndef CANDOR_ENTAILMENT_H
#define CANDOR_ENTAILMENT_H

#include "buf.h"
#include "compare.h"
#include "conf.h"

#define ENTAILMENT_MAX_PAIRS 32   /* what TEI takes in one request by default */
#define ENTAILMENT_MAX_BYTES 4096 /* of one answer; encoders read hundreds of tokens, not thousands */

struct entailment_pair {
    struct slice premise, hypothesis;
};
struct entailment {
    struct entailment_pair pairs[ENTAILMENT_MAX_PAIRS];
    size_t count;
    size_t bytes; /* of all premises and hypotheses, for the reservation */
};

/* In the arena; NULL where the classifier has nothing to say of the two, and they go on to the judge as they are. */
const struct entailment *entailment_plan(const struct compare_input *input, const struct comparison *texts,
                                         const struct conf_classifier *terms, struct arena *arena);
/* Where it is asked, behind the classifier's URL: "/classify" or "/predict". */
struct slice entailment_path(const struct conf_classifier *terms);
/* The body of the request; model NULL: not named. */
void entailment_request(const struct entailment *asked, const struct conf_classifier *terms, const char *model,
                        struct buf *out);
/* Does each hypothesis follow from its premise? -1 when the answer is not as asked. tokens: what it says it read; -1:
 * it does not say. */
MUST_USE int entailment_read(const struct entailment *asked, const struct conf_classifier *terms, struct slice body,
                             bool *all, int64_t *tokens);

#endif
