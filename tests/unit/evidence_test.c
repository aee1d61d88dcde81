/* Conditions taken together: discoveries, the population, amplification, sizes. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "tally.h"

static void discoveries_follow_the_e_bh_rule(void **state)
{
    (void)state;
    /* K = 4, rate .1: one of 40, two of 20, three of 13.33, four of 10. */
    static const struct {
        double e[4];
        size_t expected;
    } cases[] = {{{39, 1, 1, 1}, 0},  {{40, 1, 1, 1}, 1},   {{21, 20, 1, 1}, 2},
                 {{30, 19, 1, 1}, 0}, {{14, 14, 14, 1}, 3}, {{10, 10, 10, 10}, 4}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double logs[4];
        bool discovered[4];
        for (size_t i = 0; i < 4; i++)
            logs[i] = log(cases[c].e[i]) + 1e-12;
        assert_int_equal(evidence_discover(logs, 4, .1, discovered), cases[c].expected);
        size_t count = 0;
        for (size_t i = 0; i < 4; i++)
            count += discovered[i];
        assert_int_equal(count, cases[c].expected);
        assert_true(cases[c].expected == 0 || discovered[0]);
    }
}

static void the_mean_of_e_values_is_taken_in_logs(void **state)
{
    (void)state;
    double logs[] = {log(3), log(1), -INFINITY, 2000};
    assert_true(fabs(evidence_log_mean(logs, 3) - log(4.0 / 3)) < 1e-14);
    assert_true(fabs(evidence_log_mean(logs, 4) - (2000 - log(4))) < 1e-9);
}

static void the_population_gap_weighs_conditions_by_their_traffic(void **state)
{
    (void)state;
    struct stratum strata[] = {{.9, {100, 900, 50}}, {.1, {165, 789, 46}}, {0, {1, 0, 0}}};
    double gap, lower, upper, low[2], high[2];
    evidence_population(strata, 3, .05, &gap, &lower, &upper);
    confseq_interval(strata[0].counts, .025, &low[0], &high[0]);
    confseq_interval(strata[1].counts, .025, &low[1], &high[1]);
    assert_true(fabs(gap - (.9 * 50 / 1050 + .1 * .119)) < 1e-12);
    assert_true(fabs(lower - (.9 * low[0] + .1 * low[1])) < 1e-12);
    assert_true(fabs(upper - (.9 * high[0] + .1 * high[1])) < 1e-12);
}

static void a_cue_is_set_against_the_next_four_controls_in_arrival_order(void **state)
{
    (void)state;
    struct amplification amplification = {0};
    static const int controls[] = {1, 0, 0, 1, -1, -1, 0, 0};
    assert_false(amplification_add_cue(&amplification, 1));
    for (size_t i = 0; i < 8; i++)
        assert_true(amplification_add_control(&amplification, controls[i]) == (i == 3));
    assert_true(amplification_add_cue(&amplification, -1));
    static const double bets[CONFSEQ_BETS] = {.02, .04, .07, .11, .16, .23, .32, .43, .56, .72, .9};
    double wealth = 0; /* of gamblers who saw +.5 and -.5, against 0 */
    for (size_t j = 0; j < CONFSEQ_BETS; j++)
        wealth += (1 + bets[j] * .5 / 2) * (1 - bets[j] * .5 / 2) / CONFSEQ_BETS;
    assert_int_equal(amplification.at[10] + amplification.at[6], 2); /* .5 and -.5, from -2 by quarters */
    assert_true(grid_mean(&estimand_grids[ESTIMAND_ACROSS], amplification.at) == 0);
    assert_true(fabs(grid_log_evidence(&estimand_grids[ESTIMAND_ACROSS], amplification.at, 0) - log(wealth)) < 1e-14);
}

static void what_waits_for_a_partner_is_bounded(void **state)
{
    (void)state;
    struct amplification amplification = {0};
    for (int i = 0; i < 3 * AMPLIFICATION_WAITING; i++)
        (void)amplification_add_cue(&amplification, 1);
    assert_int_equal(amplification.cue_count, AMPLIFICATION_WAITING);
    for (int i = 0; i < 8 * AMPLIFICATION_WAITING; i++)
        (void)amplification_add_control(&amplification, 0);
    assert_int_equal(grid_total(&estimand_grids[ESTIMAND_ACROSS], amplification.at), AMPLIFICATION_WAITING);
    assert_int_equal(amplification.cue_count, 0);
}

static void fixed_sizes_match_the_published_table(void **state)
{
    (void)state;
    static const struct {
        double gap, psi;
        uint64_t eighty, ninety;
    } vectors[] = {{.0743, .187, 264, 352}, {.119, .211, 115, 153}, {.121, .257, 136, 181}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint64_t eighty = evidence_mcnemar_size(vectors[i].gap, vectors[i].psi, .05, .8);
        uint64_t ninety = evidence_mcnemar_size(vectors[i].gap, vectors[i].psi, .05, .9);
        /* The table's gaps and discordances are rounded, which moves a size by one or two. */
        if (llabs((long long)eighty - (long long)vectors[i].eighty) > 2 ||
            llabs((long long)ninety - (long long)vectors[i].ninety) > 2)
            fail_msg("gap %g: %llu and %llu", vectors[i].gap, (unsigned long long)eighty, (unsigned long long)ninety);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discoveries_follow_the_e_bh_rule),
        cmocka_unit_test(the_mean_of_e_values_is_taken_in_logs),
        cmocka_unit_test(the_population_gap_weighs_conditions_by_their_traffic),
        cmocka_unit_test(a_cue_is_set_against_the_next_four_controls_in_arrival_order),
        cmocka_unit_test(what_waits_for_a_partner_is_bounded),
        cmocka_unit_test(fixed_sizes_match_the_published_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
