/* side: what the shadow loop and its asks share. Private to src/shadow; all on the loop's thread.
 *
 * shadow.c holds the lines in which asks wait and lets them go; ask.c is one ask from its start to its end.
 */
#ifndef CANDOR_SHADOW_SIDE_H
#define CANDOR_SHADOW_SIDE_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "arms.h"
#include "budget.h"
#include "judge.h"
#include "loop.h"
#include "shadow.h"

/* The places of those who are shown answers, behind those of the arms' models. */
enum { PLACE_JUDGE = ARMS_MODELS, PLACE_CLASSIFIER, PLACE_COUNT };
static_assert(PLACE_COUNT == BUDGET_ENDPOINTS, "each endpoint has a line and a pace");

enum ask_kind { ASK_ARM, ASK_CLASSIFIER, ASK_JUDGE };

struct ask {
    struct ask *next;
    uint64_t number; /* in the order of joining, over all lines */
    struct shadow *shadow;
    struct trial *trial;
    enum ask_kind kind;
    struct arm_answer *answer; /* one of the two: the arm that is asked, */
    struct trial_pair *pair;   /* or the pair that is shown */
    uint64_t tokens;           /* reserved */
    double money;
    struct compare_input input; /* the judge's, alive until it has answered */
    int64_t started_ms;         /* wall time; 0 until it leaves the line */
};

struct line {
    struct ask *first, **last;
    size_t waiting;
};

struct shadow {
    struct loop *loop;
    struct fetcher *fetcher;
    struct canary *canary;
    struct conf *conf;
    struct log *log;
    struct metrics *metrics;
    struct pipeline *pipeline;
    struct budget budget;
    struct arms_names names;
    struct line lines[BUDGET_ENDPOINTS];
    uint64_t joined; /* asks so far */
    struct loop_timer pump_timer, day_timer;
    struct metric *money, *stopped, *judge_invalid;
    int64_t stopped_day; /* on which the budget refused something; 0: none, or all is well again */
    double spent;
    struct { /* what other threads may see, as lines_pump leaves it */
        _Atomic int64_t day, stopped_day;
        _Atomic uint64_t tokens;
        _Atomic double money;
    } told;
    pthread_t thread;
    bool running;
    atomic_bool stopping;
};

/* ---- one ask: ask.c ---- */

/* answer or pair as the kind has it. NULL when memory runs out. */
struct ask *ask_new(struct shadow *shadow, struct trial *trial, enum ask_kind kind, struct arm_answer *answer,
                    struct trial_pair *pair);
size_t ask_place(const struct ask *ask);
/* The trial's verdict can do without it: it serves a pair beside the main one, or another can answer in its stead. */
bool ask_dispensable(const struct ask *ask);
/* Reserved it must be. False: it could not even start. */
bool ask_start(struct ask *ask);
/* It never got away: not in the budget, too late, or the house is closing. */
void ask_refuse(struct ask *ask, enum drop_reason reason);

/* ---- the lines: shadow.c ---- */

/* Lets go what the budget allows. */
void lines_pump(struct shadow *shadow);
/* Puts an ask into its line; false when memory runs out. */
bool lines_join(struct shadow *shadow, struct trial *trial, enum ask_kind kind, struct arm_answer *answer,
                struct trial_pair *pair);
/* Puts the arms into the line that can be asked by now. */
void lines_join_arms(struct shadow *shadow, struct trial *trial);

/* Puts a pair before the judge, where there is one. */
void lines_join_judge(struct shadow *shadow, struct trial *trial, struct trial_pair *pair);

#endif
