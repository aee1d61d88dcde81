/* classify: asks the classifier about one pair, once: no retries, its own short time limit. On a loop's thread, used by
 * the shadow station and by `candor compare -c`.
 */
#ifndef CANDOR_CLASSIFY_H
#define CANDOR_CLASSIFY_H

#include "entailment.h"
#include "fetch.h"
#include "trial.h"

/* What came of it: anything but `same` leaves the pair to the judge. */
struct classified {
    bool same;
    enum drop_reason missing; /* DROP_NONE: it answered, and where not `same`, does not say that they are */
    enum fetch_outcome fetch; /* how the request ended */
    unsigned status;          /* HTTP; 0: none */
    uint64_t retry_after_ms;
    size_t address; /* of the classifier, that was asked last */
    int64_t tokens; /* -1: not told */
};
/* "same", "open", or why there is no answer, as everywhere on the side path: "shadow_timeout", ... */
const char *classified_name(const struct classified *classified);

typedef void classify_done_fn(const struct classified *classified, void *arg);
/* asked must live until done, which is never called from inside. -1 when memory runs out: then done is not called. */
MUST_USE int classify_start(struct fetcher *fetcher, struct conf *conf, const struct entailment *asked,
                            classify_done_fn *done, void *arg);

#endif
