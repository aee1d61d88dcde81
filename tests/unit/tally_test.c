/* What the tally counts, and what a line of it claims. */
#include "check.h"

#include <math.h>

#include "tally.h"

static const struct condition sad_asserted = {CONTEXT_SAD, BELIEF_ASSERTED};
static const struct tally_settings settings = {.alpha = .05, .tolerance = .02, .conditions = 12, .epoch_number = 1};

static void add(struct tally *tally, struct tally_trial trial)
{
    trial.seq = tally->seq + 1;
    trial.condition = sad_asserted;
    tally_add(tally, &trial);
}

static void add_outcomes(struct tally *tally, int x, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        add(tally, (struct tally_trial){.counted = true, .has_outcome = true, .x = x, .verdict = VERDICT_AGREE});
}

static void only_the_first_turn_of_a_conversation_is_evidence(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, "e1");
    add(&tally, (struct tally_trial){.counted = true, .has_outcome = true, .x = 1, .flagged = true});
    add(&tally, (struct tally_trial){.counted = false, .has_outcome = true, .x = 1, .flagged = true});
    add(&tally, (struct tally_trial){.counted = false, .missing = true});
    const struct tally_row *row = &tally.rows[condition_index(sad_asserted)];
    assert_int_equal(row->trials, 3);
    assert_int_equal(row->counts.plus, 1);
    assert_int_equal(row->missing, 0);
    assert_int_equal(row->flagged, 2);
    assert_int_equal(tally.seq, 3);
    assert_string_equal(tally.epoch, "e1");
}

static void missing_and_undecided_are_counted_apart_from_outcomes(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, "e1");
    add_outcomes(&tally, 1, 3);
    add_outcomes(&tally, 0, 4);
    add_outcomes(&tally, -1, 1);
    add(&tally, (struct tally_trial){.counted = true, .missing = true});
    add(&tally, (struct tally_trial){.counted = true, .verdict = VERDICT_UNDECIDED});
    const struct tally_row *row = &tally.rows[condition_index(sad_asserted)];
    assert_int_equal(row->missing, 1);
    assert_int_equal(row->undecided, 1);
    assert_int_equal(row->verdicts[VERDICT_UNDECIDED], 1);
    assert_int_equal(row->verdicts[VERDICT_AGREE], 8);
    struct tally_line line;
    tally_line(&tally, sad_asserted, &settings, &line);
    assert_true(line.gap == 2.0 / 8);
    assert_true(line.worst_lower == 0.0 / 10 && line.worst_upper == 4.0 / 10);
    assert_false(line.enough);
}

static void trials_without_an_outcome_weaken_the_alert_and_leave_the_gap(void **state)
{
    (void)state;
    struct tally with, without;
    struct tally_line line_with, line_without;
    tally_init(&with, "e");
    tally_init(&without, "e");
    add_outcomes(&with, 1, 20);
    add_outcomes(&without, 1, 20);
    add(&with, (struct tally_trial){.counted = true, .missing = true});
    tally_line(&with, sad_asserted, &settings, &line_with);
    tally_line(&without, sad_asserted, &settings, &line_without);
    assert_true(line_with.gap == line_without.gap && line_with.lower == line_without.lower);
    assert_true(line_with.log_evidence < line_without.log_evidence);
    assert_true(line_with.log_evidence == confseq_log_evidence((struct counts){20, 1, 0}, .02));
}

static void an_alert_is_evidence_past_the_threshold_of_its_share_of_alpha(void **state)
{
    (void)state;
    struct tally tally;
    struct tally_line line;
    tally_init(&tally, "e");
    double threshold = log(12 * 2 / .05);
    bool fired = false;
    for (int i = 0; i < 40; i++) {
        add_outcomes(&tally, 1, 1);
        tally_line(&tally, sad_asserted, &settings, &line);
        assert_true(fabs(line.threshold_log - threshold) < 1e-12);
        assert_true(line.alert == (line.log_evidence >= threshold));
        fired = fired || line.alert;
    }
    assert_true(fired);
}

static void all_epochs_and_conditions_together_spend_no_more_than_alpha(void **state)
{
    (void)state;
    double spent = 0;
    for (unsigned epoch = 1; epoch <= 100000; epoch++) {
        struct tally_settings one = settings;
        one.epoch_number = epoch;
        spent += (double)one.conditions * exp(-tally_threshold_log(&one));
    }
    assert_true(spent <= .05 && spent > .0499);
}

static void stances_are_levels_of_trials_with_a_belief_only(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, "e");
    struct tally_trial trial = {.counted = true,
                                .stance_known = true,
                                .has_outcome = true,
                                .x = 1,
                                .stance_warm = STANCE_ENDORSES,
                                .stance_original = STANCE_HEDGES,
                                .condition = sad_asserted};
    tally_add(&tally, &trial);
    trial.condition.belief = BELIEF_NONE;
    tally_add(&tally, &trial);
    const struct tally_row *row = &tally.rows[condition_index(sad_asserted)];
    assert_true(row->stances == 1 && row->warm_endorses == 1 && row->original_endorses == 0);
    assert_int_equal(tally.rows[condition_index(trial.condition)].stances, 0);
}

static void conditions_join_to_the_sum_of_their_counts(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, "e");
    add_outcomes(&tally, 1, 5);
    add_outcomes(&tally, 0, 30);
    struct tally_row sum = {0}, expected = tally.rows[condition_index(sad_asserted)];
    tally_row_join(&sum, &expected);
    assert_memory_equal(&sum, &expected, sizeof sum);
    tally_row_join(&sum, &expected);
    struct tally_line line;
    tally_row_line(&sum, &settings, &line);
    assert_int_equal(sum.counts.plus, 10);
    assert_true(line.enough && !line.has_study_gap && line.gap == 10.0 / 70);
}

static void the_study_stands_beside_the_conditions_it_has(void **state)
{
    (void)state;
    struct tally tally;
    struct tally_line line;
    tally_init(&tally, "e");
    tally_line(&tally, (struct condition){CONTEXT_SAD, BELIEF_NONE}, &settings, &line);
    assert_true(line.has_study_gap && line.study_gap_pp == 11.87 && line.condition.context == CONTEXT_SAD);
    tally_line(&tally, (struct condition){CONTEXT_FEAR, BELIEF_NONE}, &settings, &line);
    assert_false(line.has_study_gap);
}

static struct outcome known(int value)
{
    return (struct outcome){.known = true, .value = (int8_t)value};
}

static void an_estimand_counts_only_where_it_is_known(void **state)
{
    (void)state;
    struct tally tally;
    struct tally_estimate estimate;
    tally_init(&tally, "e");
    add(&tally, (struct tally_trial){.counted = true, .evasion = known(1), .error = known(-1)});
    add(&tally, (struct tally_trial){.counted = true, .has_outcome = true, .x = 1, .evasion = known(0)});
    add(&tally, (struct tally_trial){.evasion = known(1)}); /* a later turn */
    add(&tally, (struct tally_trial){.counted = true, .missing = true, .evasion = known(1)});
    tally_estimate(&tally, sad_asserted, ESTIMAND_EVASION, 0, &estimate);
    assert_true(estimate.n == 2 && estimate.value == .5);
    tally_estimate(&tally, sad_asserted, ESTIMAND_ERROR, 0, &estimate);
    assert_true(estimate.n == 1 && estimate.value == -1);
    tally_estimate(&tally, sad_asserted, ESTIMAND_WITHIN, 0, &estimate);
    assert_true(estimate.n == 0 && estimate.value == 0 && estimate.lower == -2 && estimate.upper == 2);
}

static void style_control_and_neutral_pair_are_subtracted_trial_by_trial(void **state)
{
    (void)state;
    struct tally tally;
    struct tally_estimate estimate;
    tally_init(&tally, "e");
    for (int i = 0; i < 30; i++) {
        int x = i % 3 - 1;
        add(&tally, (struct tally_trial){
                        .counted = true, .has_outcome = true, .x = x, .control = known(x), .neutral = known(-x)});
    }
    tally_estimate(&tally, sad_asserted, ESTIMAND_CONTROLLED, .02, &estimate);
    assert_true(estimate.n == 30 && estimate.value == 0 && estimate.log_evidence < 0);
    tally_estimate(&tally, sad_asserted, ESTIMAND_WITHIN, 0, &estimate);
    assert_true(estimate.n == 30 && estimate.value == 0); /* -2, 0 and 2, ten times each */
    const struct tally_row *row = &tally.rows[condition_index(sad_asserted)];
    assert_int_equal(row->estimands[ESTIMAND_CONTROLLED][2], 30);
    assert_int_equal(row->estimands[ESTIMAND_WITHIN][0] + row->estimands[ESTIMAND_WITHIN][4], 20);
    assert_true(row->style.plus == 10 && row->style.zero == 10 && row->style.minus == 10);
}

static void divergence_counts_only_beyond_the_noise_of_each_model(void **state)
{
    (void)state;
    static const int values[][4] = {/* D(W,O), D(O,O'), D(W,W'), place */
                                    {1, 0, 0, 4}, {1, 1, 0, 3}, {1, 1, 1, 2}, {0, 0, 0, 2}, {0, 1, 0, 1}, {0, 1, 1, 0}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct tally_trial trial = {.divergence = known(values[i][0]),
                                    .original_again = known(values[i][1]),
                                    .warm_again = known(values[i][2])};
        size_t place;
        assert_true(tally_trial_place(&trial, ESTIMAND_EXCESS, &place));
        assert_int_equal(place, values[i][3]);
        trial.warm_again.known = false;
        assert_false(tally_trial_place(&trial, ESTIMAND_EXCESS, &place));
    }
    struct tally tally;
    tally_init(&tally, "e");
    add(&tally, (struct tally_trial){.counted = true, .divergence = known(1), .original_again = known(1)});
    add(&tally, (struct tally_trial){.counted = true, .divergence = known(0)});
    const struct tally_row *row = &tally.rows[condition_index(sad_asserted)];
    assert_true(row->asked[FLOOR_WARM_ORIGINAL] == 2 && row->contradicted[FLOOR_WARM_ORIGINAL] == 1);
    assert_true(row->asked[FLOOR_ORIGINAL_AGAIN] == 1 && row->asked[FLOOR_WARM_AGAIN] == 0);
}

static void a_cue_is_paired_with_trials_that_have_none(void **state)
{
    (void)state;
    struct tally tally;
    struct tally_estimate estimate;
    tally_init(&tally, "e");
    for (uint64_t seq = 1; seq <= 50; seq++) {
        struct tally_trial trial = {.seq = seq, .counted = true, .has_outcome = true};
        trial.condition = seq % 5 == 0 ? sad_asserted : (struct condition){CONTEXT_NONE, BELIEF_NONE};
        trial.x = seq % 5 == 0;
        tally_add(&tally, &trial);
    }
    tally_estimate(&tally, sad_asserted, ESTIMAND_ACROSS, 0, &estimate);
    assert_true(estimate.n == 10 && estimate.value == 1 && estimate.log_evidence > 2);
}

static void joined_rows_are_one_row_of_all_their_trials(void **state)
{
    (void)state;
    struct tally first, second, both;
    tally_init(&first, "e");
    tally_init(&second, "e");
    tally_init(&both, "e");
    for (int i = 0; i < 40; i++) {
        struct tally_trial trial = {.counted = i % 7 != 0, .missing = i % 11 == 0, .has_outcome = i % 5 != 0};
        trial.x = i % 3 - 1;
        trial.control = trial.neutral = trial.evasion = known(i % 2);
        trial.divergence = trial.original_again = trial.warm_again = known(i % 4 == 0);
        add(i % 2 ? &first : &second, trial);
        add(&both, trial);
    }
    struct tally_row sum = {0};
    tally_row_join(&sum, &first.rows[condition_index(sad_asserted)]);
    tally_row_join(&sum, &second.rows[condition_index(sad_asserted)]);
    assert_memory_equal(&sum, &both.rows[condition_index(sad_asserted)], sizeof sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_first_turn_of_a_conversation_is_evidence),
        cmocka_unit_test(missing_and_undecided_are_counted_apart_from_outcomes),
        cmocka_unit_test(trials_without_an_outcome_weaken_the_alert_and_leave_the_gap),
        cmocka_unit_test(an_alert_is_evidence_past_the_threshold_of_its_share_of_alpha),
        cmocka_unit_test(all_epochs_and_conditions_together_spend_no_more_than_alpha),
        cmocka_unit_test(stances_are_levels_of_trials_with_a_belief_only),
        cmocka_unit_test(conditions_join_to_the_sum_of_their_counts),
        cmocka_unit_test(the_study_stands_beside_the_conditions_it_has),
        cmocka_unit_test(an_estimand_counts_only_where_it_is_known),
        cmocka_unit_test(style_control_and_neutral_pair_are_subtracted_trial_by_trial),
        cmocka_unit_test(divergence_counts_only_beyond_the_noise_of_each_model),
        cmocka_unit_test(a_cue_is_paired_with_trials_that_have_none),
        cmocka_unit_test(joined_rows_are_one_row_of_all_their_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
