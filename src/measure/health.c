/* Windows of plain thresholds. See health.h. */
#include "health.h"

#include <assert.h>
#include <math.h>

#define MOST_HITS       .25
#define MOST_WRONG      .10 /* of the canaries */
#define WELL_AGAIN      .8  /* of the limit: a share at the limit does not flap */
#define STANDARD_ERRORS 5

const char *health_name(enum health_check check)
{
    static const char *const names[HEALTH_COUNT] = {"ShadowCoverage", "JudgeHealth", "NoiseFloorShift",
                                                    "BudgetStopped"};
    assert((size_t)check < HEALTH_COUNT);
    return names[check];
}

/* The last `size` events. */
static void window_add(struct health_window *window, unsigned size, bool hit)
{
    unsigned place = (unsigned)(window->n++ % size);
    uint64_t *word = &window->events[place / 64], bit = (uint64_t)1 << place % 64;
    window->hits += hit;
    window->hits -= (*word & bit) != 0;
    *word = hit ? *word | bit : *word & ~bit;
}

/* Two windows of events: how far apart, and how far apart chance may bring them. */
static void distance(unsigned hits, unsigned others, struct health_standing *out)
{
    double a = (double)hits / HEALTH_WINDOW, b = (double)others / HEALTH_WINDOW, both = (a + b) / 2;
    out->share = fabs(a - b);
    out->limit = STANDARD_ERRORS * sqrt(2 * both * (1 - both) / HEALTH_WINDOW);
}

/* The further one against its limit. */
static void worse_of(const struct health_standing *one, struct health_standing *worst)
{
    if (one->share * worst->limit > worst->share * one->limit)
        *worst = *one;
}

/* What is missing more often under a condition than elsewhere may be what its gap is made of. */
static void coverage_standing(const struct health *health, struct health_standing *worst)
{
    const struct health_window *plain =
        &health->missing[condition_index((struct condition){CONTEXT_NONE, BELIEF_NONE})];
    if (plain->n < HEALTH_WINDOW)
        return;
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        struct health_standing one = {.subject = HEALTH_OF_CONDITION, .condition = condition_at(i)};
        if (&health->missing[i] == plain || health->missing[i].n < HEALTH_WINDOW)
            continue;
        distance(health->missing[i].hits, plain->hits, &one);
        worse_of(&one, worst);
    }
}

bool health_standing(const struct health *health, enum health_check check, struct health_standing *out)
{
    const struct health_window *window = &health->windows[check];
    bool known = window->n >= HEALTH_WINDOW;
    *out = (struct health_standing){.limit = MOST_HITS};
    if (known && check == HEALTH_FLOOR) /* held against its own first events */
        distance(window->hits, (unsigned)health->reference_hits, out);
    else if (known)
        out->share = (double)window->hits / HEALTH_WINDOW;
    if (known && check == HEALTH_COVERAGE)
        coverage_standing(health, out);
    if (check == HEALTH_JUDGE && health->canaries.n >= HEALTH_CANARIES) {
        struct health_standing canaries = {(double)health->canaries.hits / HEALTH_CANARIES,
                                           MOST_WRONG,
                                           HEALTH_OF_CANARIES,
                                           {CONTEXT_NONE, BELIEF_NONE}};
        if (known)
            worse_of(&canaries, out);
        else
            *out = canaries;
        known = true;
    }
    return known;
}

static bool decide(struct health *health, enum health_check check, uint64_t seq)
{
    struct health_standing standing;
    if (!health_standing(health, check, &standing))
        return false;
    bool fails = standing.share > (health->failing[check] ? WELL_AGAIN * standing.limit : standing.limit);
    if (fails == health->failing[check])
        return false;
    health->failing[check] = fails;
    health->since_seq[check] = seq;
    return true;
}

bool health_add(struct health *health, const struct tally_trial *trial, bool judged)
{
    bool changed = false;
    window_add(&health->windows[HEALTH_COVERAGE], HEALTH_WINDOW, trial->missing);
    window_add(&health->missing[condition_index(trial->condition)], HEALTH_WINDOW, trial->missing);
    window_add(&health->windows[HEALTH_BUDGET], HEALTH_WINDOW, trial->missing && trial->unpaid);
    if (judged && !trial->missing)
        window_add(&health->windows[HEALTH_JUDGE], HEALTH_WINDOW, trial->verdict == VERDICT_UNDECIDED);
    if (trial->original_again.known && health->reference < HEALTH_WINDOW) {
        health->reference++;
        health->reference_hits += trial->original_again.value != 0;
    } else if (trial->original_again.known) {
        window_add(&health->windows[HEALTH_FLOOR], HEALTH_WINDOW, trial->original_again.value != 0);
    }
    for (int check = 0; check < HEALTH_COUNT; check++)
        changed = decide(health, (enum health_check)check, trial->seq) || changed;
    return changed;
}

bool health_add_canary(struct health *health, bool right, uint64_t seq)
{
    window_add(&health->canaries, HEALTH_CANARIES, !right);
    return decide(health, HEALTH_JUDGE, seq);
}

bool health_fails(const struct health *health)
{
    for (size_t check = 0; check < HEALTH_COUNT; check++)
        if (health->failing[check])
            return true;
    return false;
}
