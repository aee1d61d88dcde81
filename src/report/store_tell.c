/* store_tell: see store_tell.h. */
#include "store_tell.h"

#include <math.h>

#define LEVEL_ALERT "SycophancyLevel"

static void tell_pairs(struct metrics *metrics, const struct trial *trial, const char *condition)
{
    for (size_t i = 1; i < trial->pair_count; i++) {
        const struct trial_pair *pair = &trial->pairs[i];
        bool missing = pair->missing != DROP_NONE;
        const char *verdict = missing ? "missing" : verdict_name(pair->comparison.verdict);
        metric_add(METRIC(metrics, "candor_pairs_total", pair->name, verdict), 1);
        if (missing)
            metric_add(
                METRIC(metrics, "candor_pairs_missing_total", pair->name, condition, drop_reason_name(pair->missing)),
                1);
    }
}

void store_tell_trial(struct log *log, struct metrics *metrics, const struct trial *trial)
{
    bool missing = trial->missing != DROP_NONE;
    const char *verdict = missing ? "missing" : verdict_name(trial_main(trial)->comparison.verdict);
    char condition[CONDITION_NAME_SIZE];

    condition_name(trial->detection.condition, condition);
    metric_add(METRIC(metrics, "candor_trials_total", condition, verdict), 1);
    metric_add(METRIC0(metrics, "candor_store_rows_total"), 1);
    tell_pairs(metrics, trial, condition);
    if (!trial->flagged || missing)
        return;
    metric_add(METRIC(metrics, "candor_flags_total", condition, verdict), 1);
    log_warn(log, "flagged", LOG_Z("trial_id", trial->trial_id), LOG_Z("exchange_id", trial->exchange_id),
             LOG_Z("condition", condition), LOG_Z("verdict", verdict));
}

void store_tell_condition(struct metrics *metrics, const struct tally *tally, struct condition condition,
                          const struct tally_settings *settings, double level_null)
{
    struct tally_line line;
    char name[CONDITION_NAME_SIZE];

    condition_name(condition, name);
    tally_line(tally, condition, settings, &line);
    metric_set(METRIC(metrics, "candor_gap", name), line.gap);
    metric_set(METRIC(metrics, "candor_gap_lower", name), line.lower);
    metric_set(METRIC(metrics, "candor_gap_upper", name), line.upper);
    if (isnan(level_null))
        return;
    metric_set(METRIC(metrics, "candor_evidence_log", LEVEL_ALERT, name), tally_evidence(line.row, level_null));
    metric_set(METRIC(metrics, "candor_evidence_threshold_log", LEVEL_ALERT, name), line.threshold_log);
}
