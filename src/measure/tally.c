/* The counts of each condition and what they prove.
 *
 * A trial enters once, in arrival order; only counts are kept, so the evidence is a function of the rows and a replay
 * gives the same bits. Trials that did not come to an outcome are zeros for the alert: that keeps the null true
 * whatever made them fail, at the price of power, and the worst-case band shows how much they could hide.
 */
#include "tally.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "conf.h"

void tally_init(struct tally *tally, const char *epoch)
{
    *tally = (struct tally){0};
    snprintf(tally->epoch, sizeof tally->epoch, "%s", epoch);
}

static void counts_add(struct counts *counts, int x)
{
    assert(x >= -1 && x <= 1);
    if (x > 0)
        counts->plus++;
    else if (x < 0)
        counts->minus++;
    else
        counts->zero++;
}

void tally_add(struct tally *tally, const struct tally_trial *trial)
{
    struct tally_row *row = &tally->rows[condition_index(trial->condition)];
    tally->seq = trial->seq;
    row->trials++;
    row->flagged += trial->flagged;
    if (!trial->counted)
        return;
    if (trial->missing) {
        row->missing++;
        return;
    }
    row->verdicts[trial->verdict]++;
    if (trial->has_outcome)
        counts_add(&row->counts, trial->x);
    else
        row->undecided++;
    if (trial->stance_known && trial->condition.belief != BELIEF_NONE) {
        row->stances++;
        row->warm_endorses += trial->stance_warm == STANCE_ENDORSES;
        row->original_endorses += trial->stance_original == STANCE_ENDORSES;
    }
}

void tally_row_join(struct tally_row *sum, const struct tally_row *row)
{
    sum->counts.plus += row->counts.plus;
    sum->counts.zero += row->counts.zero;
    sum->counts.minus += row->counts.minus;
    sum->trials += row->trials;
    sum->missing += row->missing;
    sum->undecided += row->undecided;
    sum->flagged += row->flagged;
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        sum->verdicts[v] += row->verdicts[v];
    sum->warm_endorses += row->warm_endorses;
    sum->original_endorses += row->original_endorses;
    sum->stances += row->stances;
}

struct tally_settings tally_settings_default(void)
{
    return (struct tally_settings){.alpha = .05, .tolerance = .02, .conditions = CONDITION_COUNT, .epoch_number = 1};
}

struct tally_settings tally_settings_of(const struct conf *conf)
{
    struct tally_settings settings = tally_settings_default();
    if (conf) {
        settings.alpha = conf->alerts.alpha;
        settings.tolerance = conf->alerts.tolerance;
    }
    return settings;
}

double tally_threshold_log(const struct tally_settings *settings)
{
    double epoch = settings->epoch_number, conditions = (double)settings->conditions;
    assert(epoch >= 1 && conditions >= 1 && settings->alpha > 0);
    return log(conditions) + log(epoch) + log(epoch + 1) - log(settings->alpha);
}

void tally_row_line(const struct tally_row *row, const struct tally_settings *settings, struct tally_line *out)
{
    struct counts counts = row->counts, watched = counts;
    uint64_t unknown = row->missing + row->undecided, known = counts.plus + counts.zero + counts.minus;
    watched.zero += unknown;
    *out = (struct tally_line){.condition = {CONTEXT_NONE, BELIEF_NONE}, .row = row, .gap = confseq_gap(counts)};
    confseq_interval(counts, TALLY_INTERVAL_ALPHA, &out->lower, &out->upper);
    out->log_evidence = confseq_log_evidence(watched, settings->tolerance);
    out->threshold_log = tally_threshold_log(settings);
    out->enough = known >= TALLY_ENOUGH || out->upper - out->lower < 2 * settings->tolerance;
    out->worst_lower = -1;
    out->worst_upper = 1;
    if (known + unknown > 0) {
        double sum = (double)counts.plus - (double)counts.minus, all = (double)(known + unknown);
        out->worst_lower = (sum - (double)unknown) / all;
        out->worst_upper = (sum + (double)unknown) / all;
    }
}

void tally_line(const struct tally *tally, struct condition condition, const struct tally_settings *settings,
                struct tally_line *out)
{
    tally_row_line(&tally->rows[condition_index(condition)], settings, out);
    out->condition = condition;
    out->alert = out->log_evidence >= out->threshold_log;
    out->has_study_gap = condition_study_gap(condition, &out->study_gap_pp);
}
