/* arms: how each arm of a trial is asked: which model, which splices of the request's own bytes, which headers; and
 * how its answer is read back. The shadow loop's thread.
 */
#ifndef CANDOR_ARMS_H
#define CANDOR_ARMS_H

#include "fetch.h"
#include "trial.h"

const struct conf_model *arms_model(const struct conf *conf, const struct arm_answer *answer);
/* Builds the request and starts it. -1 when it cannot be built (answer->missing says why) or memory runs out. */
MUST_USE int arms_start(struct fetcher *fetcher, struct trial *trial, struct arm_answer *answer, fetch_done_fn *done,
                        void *arg);
#define ARMS_MODELS (3 + CONF_MAX_CANDIDATES) /* warm, original, the rewriter, and the candidates */
/* The place of an arm's model among these. */
size_t arms_place(const struct arm_answer *answer);
/* What an endpoint calls itself. Many name the model otherwise than it was asked for, but always the same: the first
 * such name is taken as an alias. Another name later, or after the endpoint has named the model as asked, is another
 * model (a gateway's fallback), and its answer is missing. Zeroed at first. */
struct arms_names {
    struct {
        bool as_asked;
        uint64_t alias; /* a hash; 0: none yet */
    } models[ARMS_MODELS];
};
/* Fills the answer from what was fetched. */
void arms_read(struct trial *trial, struct arm_answer *answer, const struct fetch_answer *fetched,
               struct arms_names *names);

/* The turns before the last user message, cut to what a judge needs; in the trial's arena. */
struct slice arms_earlier(struct trial *trial);

/* What a request can cost at most, for the reservation: of an arm, of judging a pair (two calls with both answers in
 * each), and of the classifier about one. */
void arms_worst_case(const struct trial *trial, const struct arm_answer *answer, uint64_t *tokens_in,
                     uint64_t *tokens_out);
void arms_judge_worst_case(const struct trial *trial, const struct trial_pair *pair, uint64_t *tokens_in,
                           uint64_t *tokens_out);
void arms_classifier_worst_case(const struct trial_pair *pair, uint64_t *tokens_in, uint64_t *tokens_out);
double arms_price(const struct conf_model *model, uint64_t tokens_in, uint64_t tokens_out);

#endif
