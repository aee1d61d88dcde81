/* post: a JSON request to a configured model, with that model's key and the side path's limits. The shadow loop's
 * thread, or whichever loop the fetcher belongs to.
 */
#ifndef CANDOR_POST_H
#define CANDOR_POST_H

#include "fetch.h"
#include "trial.h"

struct post {
    const struct conf_model *model;
    struct slice path;                 /* behind the model's URL, with its query: "/chat/completions" */
    struct slice body;                 /* copied */
    struct slice client_authorization; /* passed on only where the model is configured to get it and has no key */
    const char *shadow_of;             /* the exchange this is a shadow of, for the loop guard; NULL: none */
    unsigned blank_limit;
    uint64_t timeout_ms; /* 0: that of the side path */
};
/* As fetch_start: ends in one call of done unless -1 is returned. */
MUST_USE int post_start(struct fetcher *fetcher, const struct conf *conf, const struct post *post, fetch_done_fn *done,
                        void *arg);
/* Why there is no answer to read in it; DROP_NONE: there is. */
enum drop_reason post_absence(const struct fetch_answer *answer);

#endif
