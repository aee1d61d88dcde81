/* judge: asks the judge about one pair: twice in swapped order unless the first verdict is `agree`, with one retry a
 * call without response_format, and without what the endpoint refuses (temperature, response_format, max_tokens). On a
 * loop's thread, used by the shadow station and by `candor compare -c`.
 */
#ifndef CANDOR_JUDGE_H
#define CANDOR_JUDGE_H

#include "fetch.h"
#include "trial.h"

struct judging {
    struct judge_call calls[2];
    size_t call_count;
    int64_t tokens_in, tokens_out; /* of all requests that were answered */
    bool tokens_known;             /* each request that may have cost something has told its usage */
    enum fetch_outcome outcome;    /* of the last request */
    unsigned status;               /* HTTP, of the last request; 0 when there was none */
    uint64_t retry_after_ms;       /* as the last answer told; 0 */
    size_t address;                /* of the judge, that was asked last */
    unsigned requests;
};
typedef void judge_done_fn(const struct judging *judging, void *arg);

/* pair and earlier must live until done; judgements' slices live in the arena. done is never called from inside.
 * -1 when memory runs out: then done is not called. */
MUST_USE int judge_start(struct fetcher *fetcher, struct conf *conf, const struct compare_input *pair,
                         struct slice earlier, struct arena *arena, judge_done_fn *done, void *arg);

#endif
