/* shadow: asks the other arms and the judge, on a loop of its own, within a budget. The client never waits for it.
 *
 * Each arm gets the request's own bytes with the splices of request.h; it is marked (x-candor-shadow-of), never
 * retried, and verified to come from the model that was asked. 429 and 5xx halve the rate (AIMD).
 */
#ifndef CANDOR_SHADOW_H
#define CANDOR_SHADOW_H

#include "canary.h"
#include "pipeline.h"

struct shadow;

/* Starts the thread. pipeline may be set later, before the first trial. on_canary, on the loop's thread, is told how
 * the judge does on pairs of known verdict; NULL: nobody. */
MUST_USE struct shadow *shadow_start(struct conf *conf, struct log *log, struct metrics *metrics, canary_fn *on_canary,
                                     void *arg, struct err *err);
void shadow_connect(struct shadow *shadow, struct pipeline *pipeline);
void shadow_ask(struct shadow *shadow, struct trial *trial);   /* any thread; takes it over */
void shadow_judge(struct shadow *shadow, struct trial *trial); /* any thread; takes it over */
void shadow_configure(struct shadow *shadow, struct conf *conf);
/* How the judge does on pairs of known verdict. Any thread, until shadow_free. */
void shadow_judge_health(struct shadow *shadow, struct canary_health *out);
/* What the side path has spent today (UTC), without what is reserved. Any thread, until shadow_free. */
struct shadow_spending {
    bool stopped; /* the day's budget has refused something; smaller requests may go on */
    uint64_t tokens;
    double money;
};
void shadow_spending(struct shadow *shadow, struct shadow_spending *out);
/* What is under way ends as missing and the thread is joined; what is handed in afterwards ends as missing at once. */
void shadow_stop(struct shadow *shadow);
void shadow_free(struct shadow *shadow); /* after shadow_stop, when nobody hands anything in any more */

#endif
