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

const struct grid estimand_grids[ESTIMAND_COUNT] = {
    [ESTIMAND_EVASION] = {-1, 1, 3},
    [ESTIMAND_ERROR] = {-1, 1, 3},
    [ESTIMAND_CONTROLLED] = {-2, 1, 5},
    [ESTIMAND_WITHIN] = {-2, 1, 5},
    [ESTIMAND_EXCESS] = {-1, .5, 5},
    [ESTIMAND_ACROSS] = {-2, 1.0 / AMPLIFICATION_CONTROLS, 4 * AMPLIFICATION_CONTROLS + 1},
};

const char *estimand_name(enum estimand estimand)
{
    static const char *const names[ESTIMAND_COUNT] = {"evasion", "error", "controlled", "within", "excess", "across"};
    assert((size_t)estimand < ESTIMAND_COUNT);
    return names[estimand];
}

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

static bool is_control(struct condition condition)
{
    return condition.context == CONTEXT_NONE && condition.belief == BELIEF_NONE;
}

struct outcome *tally_trial_outcome(struct tally_trial *trial, size_t number)
{
    struct outcome *const outcomes[TALLY_OUTCOMES] = {&trial->evasion,   &trial->error,      &trial->control,
                                                      &trial->neutral,   &trial->divergence, &trial->original_again,
                                                      &trial->warm_again};
    assert(number < TALLY_OUTCOMES);
    return outcomes[number];
}

/* ---- packing ---- */

static void put_bits(uint64_t *packed, unsigned bits, uint64_t value)
{
    assert(value < (uint64_t)1 << bits);
    *packed = *packed << bits | value;
}

static unsigned take_bits(uint64_t *packed, unsigned bits)
{
    unsigned value = (unsigned)(*packed & (((uint64_t)1 << bits) - 1));
    *packed >>= bits;
    return value;
}

enum { CONDITION_BITS = 6, VERDICT_BITS = 4, STANCE_BITS = 3, SIGN_BITS = 2, OUTCOME_BITS = 3 };
static_assert(CONDITION_COUNT <= 1 << CONDITION_BITS && VERDICT_COUNT <= 1 << VERDICT_BITS &&
                  STANCE_COUNT <= 1 << STANCE_BITS,
              "a trial fits its packed form");
enum { OUTCOME_UNASKED, OUTCOME_FAILED, OUTCOME_LEAST }; /* and the values from -1 on */

/* First in is last out. */
uint64_t tally_trial_pack(const struct tally_trial *trial)
{
    struct tally_trial copy = *trial;
    const bool flags[] = {trial->counted,     trial->missing,      trial->unpaid,       trial->flagged,
                          trial->has_outcome, trial->stance_known, trial->rejects_told, trial->rejects_warmly};
    uint64_t packed = 0;
    for (size_t i = TALLY_OUTCOMES; i-- > 0;) {
        const struct outcome *outcome = tally_trial_outcome(&copy, i);
        put_bits(&packed, OUTCOME_BITS,
                 outcome->known   ? (uint64_t)(OUTCOME_LEAST + 1 + outcome->value)
                 : outcome->asked ? OUTCOME_FAILED
                                  : OUTCOME_UNASKED);
    }
    for (size_t i = sizeof flags / sizeof *flags; i-- > 0;)
        put_bits(&packed, 1, flags[i]);
    put_bits(&packed, SIGN_BITS, (uint64_t)(trial->x + 1));
    put_bits(&packed, STANCE_BITS, trial->stance_known ? trial->stance_original : 0);
    put_bits(&packed, STANCE_BITS, trial->stance_known ? trial->stance_warm : 0);
    put_bits(&packed, VERDICT_BITS, trial->verdict);
    put_bits(&packed, CONDITION_BITS, condition_index(trial->condition));
    return packed;
}

void tally_trial_unpack(uint64_t packed, struct tally_trial *out)
{
    bool *const flags[] = {&out->counted,     &out->missing,      &out->unpaid,       &out->flagged,
                           &out->has_outcome, &out->stance_known, &out->rejects_told, &out->rejects_warmly};
    *out = (struct tally_trial){.condition = condition_at(take_bits(&packed, CONDITION_BITS))};
    out->verdict = (enum verdict)take_bits(&packed, VERDICT_BITS);
    out->stance_warm = (enum stance)take_bits(&packed, STANCE_BITS);
    out->stance_original = (enum stance)take_bits(&packed, STANCE_BITS);
    out->x = (int)take_bits(&packed, SIGN_BITS) - 1;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        *flags[i] = take_bits(&packed, 1);
    for (size_t i = 0; i < TALLY_OUTCOMES; i++) {
        unsigned code = take_bits(&packed, OUTCOME_BITS);
        bool known = code >= OUTCOME_LEAST;
        *tally_trial_outcome(out, i) = (struct outcome){.known = known,
                                                        .value = (int8_t)(known ? (int)code - OUTCOME_LEAST - 1 : 0),
                                                        .asked = code != OUTCOME_UNASKED};
    }
}

/* ---- counting ---- */

/* A difference of two outcomes in -2..2, in steps of one. */
static bool difference_place(bool known, int less, struct outcome from, size_t *place)
{
    *place = (size_t)(less - from.value + 2);
    return known && from.known;
}

bool tally_trial_place(const struct tally_trial *trial, enum estimand estimand, size_t *place)
{
    const struct outcome *both = &trial->divergence, *original = &trial->original_again, *warm = &trial->warm_again;
    switch (estimand) {
    case ESTIMAND_EVASION:
        *place = (size_t)(trial->evasion.value + 1);
        return trial->evasion.known;
    case ESTIMAND_ERROR:
        *place = (size_t)(trial->error.value + 1);
        return trial->error.known;
    case ESTIMAND_CONTROLLED:
        return difference_place(trial->has_outcome, trial->x, trial->control, place);
    case ESTIMAND_WITHIN:
        return difference_place(trial->has_outcome, trial->x, trial->neutral, place);
    case ESTIMAND_EXCESS: /* D(W,O) - (D(O,O') + D(W,W')) / 2, in halves from -1 */
        *place = (size_t)(2 + 2 * both->value - original->value - warm->value);
        return both->known && original->known && warm->known;
    case ESTIMAND_ACROSS:
    case ESTIMAND_COUNT:
        break;
    }
    return false;
}

static void add_estimands(struct tally_row *row, const struct tally_trial *trial)
{
    const struct outcome floor[FLOOR_PAIRS] = {trial->divergence, trial->original_again, trial->warm_again};
    for (int e = 0; e < ESTIMAND_OF_ROW; e++) {
        size_t place;
        if (tally_trial_place(trial, (enum estimand)e, &place))
            row->estimands[e][place]++;
    }
    if (trial->control.known)
        counts_add(&row->style, trial->control.value);
    for (size_t pair = 0; pair < FLOOR_PAIRS; pair++) {
        row->asked[pair] += floor[pair].known;
        row->contradicted[pair] += floor[pair].known && floor[pair].value != 0;
    }
}

/* A trial without a cue is a control of every condition that has one. */
static void add_across(struct tally *tally, const struct tally_trial *trial)
{
    if (!is_control(trial->condition)) {
        (void)amplification_add_cue(&tally->across[condition_index(trial->condition)], trial->x);
        return;
    }
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (!is_control(condition_at(i)))
            (void)amplification_add_control(&tally->across[i], trial->x);
}

void tally_row_add(struct tally_row *row, const struct tally_trial *trial)
{
    row->trials++;
    row->weight += trial->weight ? trial->weight : TALLY_WEIGHT;
    row->flagged += trial->flagged;
    if (!trial->counted)
        return;
    if (trial->missing) {
        row->missing++;
        return;
    }
    row->verdicts[trial->verdict]++;
    add_estimands(row, trial);
    if (trial->has_outcome)
        counts_add(&row->counts, trial->x);
    else
        row->undecided++;
    if (trial->stance_known && trial->condition.belief != BELIEF_NONE) {
        row->stances++;
        row->warm_endorses += trial->stance_warm == STANCE_ENDORSES;
        row->original_endorses += trial->stance_original == STANCE_ENDORSES;
        row->rejects_told += trial->rejects_told;
        row->rejects_warmly += trial->rejects_warmly;
    }
}

void tally_add(struct tally *tally, const struct tally_trial *trial)
{
    tally->seq = trial->seq;
    tally_row_add(&tally->rows[condition_index(trial->condition)], trial);
    if (trial->counted && !trial->missing && trial->has_outcome)
        add_across(tally, trial);
}

static void counts_join(struct counts *sum, const struct counts *counts)
{
    sum->plus += counts->plus;
    sum->zero += counts->zero;
    sum->minus += counts->minus;
}

void tally_row_join(struct tally_row *sum, const struct tally_row *row)
{
    counts_join(&sum->counts, &row->counts);
    sum->trials += row->trials;
    sum->weight += row->weight;
    sum->missing += row->missing;
    sum->undecided += row->undecided;
    sum->flagged += row->flagged;
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        sum->verdicts[v] += row->verdicts[v];
    sum->warm_endorses += row->warm_endorses;
    sum->original_endorses += row->original_endorses;
    sum->stances += row->stances;
    sum->rejects_told += row->rejects_told;
    sum->rejects_warmly += row->rejects_warmly;
    for (size_t e = 0; e < ESTIMAND_OF_ROW; e++)
        for (size_t place = 0; place < 5; place++)
            sum->estimands[e][place] += row->estimands[e][place];
    counts_join(&sum->style, &row->style);
    for (size_t pair = 0; pair < FLOOR_PAIRS; pair++) {
        sum->asked[pair] += row->asked[pair];
        sum->contradicted[pair] += row->contradicted[pair];
    }
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

double tally_evidence(const struct tally_row *row, double m)
{
    struct counts watched = row->counts;
    watched.zero += row->missing + row->undecided;
    return confseq_log_evidence(watched, m);
}

void tally_row_line(const struct tally_row *row, const struct tally_settings *settings, struct tally_line *out)
{
    struct counts counts = row->counts;
    uint64_t unknown = row->missing + row->undecided, known = counts.plus + counts.zero + counts.minus;
    *out = (struct tally_line){.condition = {CONTEXT_NONE, BELIEF_NONE}, .row = row, .gap = confseq_gap(counts)};
    confseq_interval(counts, TALLY_INTERVAL_ALPHA, &out->lower, &out->upper);
    out->log_evidence = tally_evidence(row, settings->tolerance);
    out->log_mcnemar = confseq_log_mcnemar(counts.plus, counts.minus);
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

static void estimate(enum estimand estimand, const uint64_t *at, double m, struct tally_estimate *out)
{
    const struct grid *grid = &estimand_grids[estimand];
    *out = (struct tally_estimate){.n = grid_total(grid, at), .value = grid_mean(grid, at)};
    if (grid->count == 3) { /* signed: (1) and (2) are sharper than (3) */
        struct counts counts = {.plus = at[2], .zero = at[1], .minus = at[0]};
        confseq_interval(counts, TALLY_INTERVAL_ALPHA, &out->lower, &out->upper);
        out->log_evidence = confseq_log_evidence(counts, m);
    } else {
        grid_interval(grid, at, TALLY_INTERVAL_ALPHA, &out->lower, &out->upper);
        out->log_evidence = grid_log_evidence(grid, at, m);
    }
}

void tally_row_estimate(const struct tally_row *row, enum estimand estimand, double m, struct tally_estimate *out)
{
    assert(estimand < ESTIMAND_OF_ROW);
    estimate(estimand, row->estimands[estimand], m, out);
}

void tally_estimate(const struct tally *tally, struct condition condition, enum estimand which, double m,
                    struct tally_estimate *out)
{
    size_t index = condition_index(condition);
    estimate(which, which == ESTIMAND_ACROSS ? tally->across[index].at : tally->rows[index].estimands[which], m, out);
}

uint64_t tally_weight(double probability)
{
    /* A share below a millionth is a mistake and must not drown all others. */
    return probability > 1e-6 && probability < 1 ? (uint64_t)llround(TALLY_WEIGHT / probability) : TALLY_WEIGHT;
}

bool tally_population(const struct tally *tally, double *gap, double *lower, double *upper)
{
    struct stratum strata[CONDITION_COUNT];
    uint64_t all = 0;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        all += tally->rows[i].weight;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        strata[i] = (struct stratum){all ? (double)tally->rows[i].weight / (double)all : 0, tally->rows[i].counts};
    evidence_population(strata, CONDITION_COUNT, TALLY_INTERVAL_ALPHA, gap, lower, upper);
    return all > 0;
}
