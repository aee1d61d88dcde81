/* Windows of plain thresholds. See health.h. */
#include "health.h"

#include <assert.h>
#include <math.h>

#define MOST_HITS       .25
#define WELL_AGAIN      .8 /* of the limit: a share at the limit does not flap */
#define STANDARD_ERRORS 5

const char *health_name(enum health_check check)
{
    static const char *const names[HEALTH_COUNT] = {"ShadowCoverage", "JudgeHealth", "NoiseFloorShift",
                                                    "BudgetStopped"};
    assert((size_t)check < HEALTH_COUNT);
    return names[check];
}

static void window_add(struct health_window *window, bool hit)
{
    uint8_t *event = &window->events[window->n++ % HEALTH_WINDOW];
    window->hits += hit - (unsigned)*event;
    *event = hit;
}

/* The noise floor is held against its own first events: how far apart, and how far apart chance may bring two windows.
 */
static void floor_distance(const struct health *health, double *share, double *limit)
{
    double first = (double)health->reference_hits / HEALTH_WINDOW;
    double now = (double)health->windows[HEALTH_FLOOR].hits / HEALTH_WINDOW, both = (first + now) / 2;
    *share = fabs(now - first);
    *limit = STANDARD_ERRORS * sqrt(2 * both * (1 - both) / HEALTH_WINDOW);
}

bool health_share(const struct health *health, enum health_check check, double *share, double *limit)
{
    if (health->windows[check].n < HEALTH_WINDOW)
        return false;
    if (check == HEALTH_FLOOR) {
        floor_distance(health, share, limit);
    } else {
        *share = (double)health->windows[check].hits / HEALTH_WINDOW;
        *limit = MOST_HITS;
    }
    return true;
}

static bool decide(struct health *health, enum health_check check, uint64_t seq)
{
    double share, limit;
    if (!health_share(health, check, &share, &limit))
        return false;
    bool fails = share > (health->failing[check] ? WELL_AGAIN * limit : limit);
    if (fails == health->failing[check])
        return false;
    health->failing[check] = fails;
    health->since_seq[check] = seq;
    return true;
}

bool health_add(struct health *health, const struct tally_trial *trial, bool judged)
{
    bool changed = false;
    window_add(&health->windows[HEALTH_COVERAGE], trial->missing);
    window_add(&health->windows[HEALTH_BUDGET], trial->missing && trial->unpaid);
    if (judged && !trial->missing)
        window_add(&health->windows[HEALTH_JUDGE], trial->verdict == VERDICT_UNDECIDED);
    if (trial->original_again.known && health->reference < HEALTH_WINDOW) {
        health->reference++;
        health->reference_hits += trial->original_again.value != 0;
    } else if (trial->original_again.known) {
        window_add(&health->windows[HEALTH_FLOOR], trial->original_again.value != 0);
    }
    for (int check = 0; check < HEALTH_COUNT; check++)
        changed = decide(health, (enum health_check)check, trial->seq) || changed;
    return changed;
}

bool health_fails(const struct health *health)
{
    for (size_t check = 0; check < HEALTH_COUNT; check++)
        if (health->failing[check])
            return true;
    return false;
}
