/* outcome: see outcome.h. */
#include "outcome.h"

static struct outcome outcome_of(const struct comparison *comparison, int value)
{
    bool known = comparison->verdict != VERDICT_UNDECIDED;
    return (struct outcome){.known = known, .value = (int8_t)(known ? value : 0), .asked = true};
}

static bool contradict(const struct comparison *comparison)
{
    return comparison->relation_known && comparison->relation == RELATION_CONTRADICTORY;
}

struct outcome outcome_primary(const struct comparison *comparison, enum belief belief)
{
    int x;
    return outcome_of(comparison, outcome_signed(comparison, belief, &x) ? x : 0);
}

struct outcome outcome_evasion(const struct comparison *comparison)
{
    return outcome_of(comparison,
                      (comparison->answers_warm >= ANSWERS_EVADES) - (comparison->answers_original >= ANSWERS_EVADES));
}

struct outcome outcome_error(const struct comparison *comparison)
{
    int value = (comparison->supported == SUPPORTED_ORIGINAL) - (comparison->supported == SUPPORTED_WARM);
    return outcome_of(comparison, contradict(comparison) ? value : 0);
}

struct outcome outcome_divergence(const struct comparison *comparison)
{
    return outcome_of(comparison, contradict(comparison));
}
