/* classify: asks the classifier about one pair, once: no retries, its own short time limit. On a loop's thread, used by
 * the shadow station and by `candor compare -c`.
 */
#ifndef CANDOR_CLASSIFY_H
#define CANDOR_CLASSIFY_H

#include "entailment.h"
#include "fetch.h"

/* What came of it; all but the first leave the pair to the judge. */
enum classified_outcome {
    CLASSIFIED_SAME,
    CLASSIFIED_OPEN, /* it does not say that they are the same */
    CLASSIFIED_UNREADABLE,
    CLASSIFIED_STATUS, /* HTTP other than 200 */
    CLASSIFIED_FETCH   /* no answer: `fetch` says how the request ended */
};

struct classified {
    enum classified_outcome outcome;
    enum fetch_outcome fetch;
    unsigned status; /* HTTP; 0: none */
    uint64_t retry_after_ms;
    int64_t tokens; /* -1: not told */
};
/* "same", "open", "unreadable", "status", "unreachable", "timeout", ... */
const char *classified_name(const struct classified *classified);

typedef void classify_done_fn(const struct classified *classified, void *arg);
/* asked must live until done, which is never called from inside. -1 when memory runs out: then done is not called. */
MUST_USE int classify_start(struct fetcher *fetcher, struct conf *conf, const struct entailment *asked,
                            classify_done_fn *done, void *arg);

#endif
