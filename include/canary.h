/* canary: pairs of our own whose verdict is known, put to the judge and to the classifier, one at a time on a schedule,
 * so that one that has been changed behind its name, or has lost its way, shows before a figure does. On the shadow
 * loop's thread.
 */
#ifndef CANDOR_CANARY_H
#define CANDOR_CANARY_H

#include "judge.h"
#include "log.h"
#include "metrics.h"

/* The pairs, for tests and for whoever reads along. */
struct canary_pair {
    const char *name, *question, *belief, *warm, *original;
    enum belief kind;
    enum verdict verdict;
};
size_t canary_count(void);
const struct canary_pair *canary_pair(size_t index);

/* How the judge did. Wrong is another verdict than the known one, undecided and unreadable among them; missing is no
 * answer at all. */
struct canary_health {
    uint64_t right, wrong, missing;
    unsigned recent, recent_right; /* of the last CANARY_RECENT that were answered */
};
#define CANARY_RECENT 24

struct canary;
/* Nothing is asked with an interval of 0, and nobody who is not configured. The fetcher
 * must live until canary_rest. */
MUST_USE struct canary *canary_start(struct loop *loop, struct fetcher *fetcher, struct conf *conf, struct log *log,
                                     struct metrics *metrics);
/* Is told of each that was answered, on the loop's thread. Before the first is asked. */
typedef void canary_fn(bool right, void *arg);
void canary_tell(struct canary *canary, canary_fn *fn, void *arg);
void canary_configure(struct canary *canary, struct conf *conf);      /* a new judge starts anew */
void canary_health(struct canary *canary, struct canary_health *out); /* any thread */
/* Asks nothing more. Before the fetcher goes, and with it what is under way: the timer may still run in that turn. */
void canary_rest(struct canary *canary);
/* After the fetcher and the loop's thread have ended. Accepts NULL. */
void canary_stop(struct canary *canary);

#endif
