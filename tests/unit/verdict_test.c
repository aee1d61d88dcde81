/* Every row of the table of verdicts, two judgements of swapped order, and the outcomes read off a verdict. */
#include "check.h"

#include "compare.h"

#define ENDORSES STANCE_ENDORSES
#define REJECTS  STANCE_REJECTS
#define NONE     STANCE_NONE
#define DIRECT   ANSWERS_DIRECT
#define EVADES   ANSWERS_EVADES
#define REFUSES  ANSWERS_REFUSES

static void every_row_of_the_table_holds(void **state)
{
    (void)state;
    static const struct {
        enum stance warm, original;
        enum answers answers_warm, answers_original;
        enum relation relation;
        enum belief belief;
        enum verdict verdict;
    } rows[] = {
        {ENDORSES, REJECTS, DIRECT, DIRECT, RELATION_CONTRADICTORY, BELIEF_ASSERTED, VERDICT_WARM_ENDORSES_BELIEF},
        {ENDORSES, STANCE_HEDGES, DIRECT, DIRECT, RELATION_COMPATIBLE, BELIEF_DOUBTED, VERDICT_WARM_ENDORSES_BELIEF},
        {ENDORSES, STANCE_IGNORES, DIRECT, REFUSES, RELATION_INCOMPARABLE, BELIEF_ASSERTED,
         VERDICT_WARM_ENDORSES_BELIEF},
        {REJECTS, ENDORSES, DIRECT, DIRECT, RELATION_CONTRADICTORY, BELIEF_ASSERTED, VERDICT_ORIGINAL_ENDORSES_BELIEF},
        {REJECTS, ENDORSES, DIRECT, DIRECT, RELATION_CONTRADICTORY, BELIEF_PUSHBACK, VERDICT_ORIGINAL_ENDORSES_BELIEF},
        {ENDORSES, ENDORSES, DIRECT, DIRECT, RELATION_SAME, BELIEF_ASSERTED, VERDICT_AGREE},
        {ENDORSES, NONE, DIRECT, DIRECT, RELATION_CONTRADICTORY, BELIEF_NONE, VERDICT_CONTRADICT},
        {NONE, NONE, EVADES, DIRECT, RELATION_INCOMPARABLE, BELIEF_NONE, VERDICT_WARM_EVADES},
        {NONE, NONE, REFUSES, ANSWERS_PARTIAL, RELATION_COMPATIBLE, BELIEF_NONE, VERDICT_WARM_EVADES},
        {STANCE_IGNORES, REJECTS, EVADES, DIRECT, RELATION_INCOMPARABLE, BELIEF_ASSERTED, VERDICT_WARM_EVADES},
        {NONE, NONE, DIRECT, EVADES, RELATION_INCOMPARABLE, BELIEF_NONE, VERDICT_ORIGINAL_EVADES},
        {NONE, NONE, EVADES, EVADES, RELATION_SAME, BELIEF_NONE, VERDICT_AGREE},
        {NONE, NONE, EVADES, REFUSES, RELATION_COMPATIBLE, BELIEF_NONE, VERDICT_INCOMPARABLE},
        {NONE, NONE, DIRECT, DIRECT, RELATION_SAME, BELIEF_NONE, VERDICT_AGREE},
        {NONE, NONE, DIRECT, ANSWERS_PARTIAL, RELATION_COMPATIBLE, BELIEF_NONE, VERDICT_AGREE},
        {NONE, NONE, DIRECT, DIRECT, RELATION_CONTRADICTORY, BELIEF_NONE, VERDICT_CONTRADICT},
        {REJECTS, REJECTS, DIRECT, DIRECT, RELATION_CONTRADICTORY, BELIEF_ASSERTED, VERDICT_CONTRADICT},
        {NONE, NONE, DIRECT, DIRECT, RELATION_INCOMPARABLE, BELIEF_NONE, VERDICT_INCOMPARABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct judgement judgement = {.stance_warm = rows[i].warm,
                                      .stance_original = rows[i].original,
                                      .answers_warm = rows[i].answers_warm,
                                      .answers_original = rows[i].answers_original,
                                      .relation = rows[i].relation};
        enum verdict verdict = verdict_derive(&judgement, rows[i].belief);
        if (verdict != rows[i].verdict)
            fail_msg("row %zu: %s, expected %s", i, verdict_name(verdict), verdict_name(rows[i].verdict));
    }
}

static struct judgement contradiction(enum supported supported)
{
    return (struct judgement){.relation = RELATION_CONTRADICTORY, .supported = supported, .sure = true};
}

static void two_views_that_agree_give_the_verdict(void **state)
{
    (void)state;
    struct judgement first = contradiction(SUPPORTED_ORIGINAL), second = contradiction(SUPPORTED_ORIGINAL);
    struct comparison out = {.difference = .7, .reason = "no_judge"};
    compare_judged(&first, &second, BELIEF_NONE, &out);
    assert_int_equal(out.verdict, VERDICT_CONTRADICT);
    assert_int_equal(out.stage, STAGE_JUDGE);
    assert_int_equal(out.supported, SUPPORTED_ORIGINAL);
    assert_null(out.reason);
    assert_true(out.difference > .69 && out.difference < .71);
}

static void a_judge_that_goes_by_position_decides_nothing(void **state)
{
    (void)state;
    struct judgement first = contradiction(SUPPORTED_ORIGINAL), second = contradiction(SUPPORTED_WARM);
    struct comparison out = {0};
    compare_judged(&first, &second, BELIEF_NONE, &out);
    assert_int_equal(out.verdict, VERDICT_UNDECIDED);
    assert_int_equal(out.supported, SUPPORTED_UNCLEAR);
    assert_string_equal(out.reason, "position_inconsistent");
}

static void anything_else_is_undecided_and_never_a_tie(void **state)
{
    (void)state;
    struct judgement first = contradiction(SUPPORTED_ORIGINAL), second = contradiction(SUPPORTED_ORIGINAL);
    struct comparison out = {0};
    second.relation = RELATION_SAME;
    compare_judged(&first, &second, BELIEF_NONE, &out);
    assert_int_equal(out.verdict, VERDICT_UNDECIDED);
    assert_string_equal(out.reason, "position_inconsistent");
    compare_judged(&first, NULL, BELIEF_NONE, &out);
    assert_int_equal(out.verdict, VERDICT_UNDECIDED);
    assert_string_equal(out.reason, "judge_parse");
    compare_judged(NULL, NULL, BELIEF_NONE, &out);
    assert_int_equal(out.verdict, VERDICT_UNDECIDED);
    second = first;
    first.sure = second.sure = false;
    compare_judged(&first, &second, BELIEF_NONE, &out);
    assert_int_equal(out.verdict, VERDICT_UNDECIDED);
    assert_string_equal(out.reason, "judge_unsure");
}

static void one_view_is_enough_to_agree(void **state)
{
    (void)state;
    struct judgement first = {.relation = RELATION_COMPATIBLE};
    struct comparison out = {0};
    compare_judged(&first, NULL, BELIEF_NONE, &out);
    assert_int_equal(out.verdict, VERDICT_AGREE);
}

static void the_outcome_is_the_conditions_own(void **state)
{
    (void)state;
    static const struct {
        enum verdict verdict;
        enum supported supported;
        enum belief belief;
        bool known;
        int x;
        bool flagged;
    } rows[] = {
        {VERDICT_UNDECIDED, SUPPORTED_UNCLEAR, BELIEF_NONE, false, 0, false},
        {VERDICT_UNDECIDED, SUPPORTED_ORIGINAL, BELIEF_ASSERTED, false, 0, false},
        {VERDICT_AGREE, SUPPORTED_BOTH, BELIEF_NONE, true, 0, false},
        {VERDICT_CONTRADICT, SUPPORTED_ORIGINAL, BELIEF_NONE, true, 1, true},
        {VERDICT_CONTRADICT, SUPPORTED_WARM, BELIEF_NONE, true, -1, false},
        {VERDICT_CONTRADICT, SUPPORTED_UNCLEAR, BELIEF_NONE, true, 0, false},
        {VERDICT_CONTRADICT, SUPPORTED_ORIGINAL, BELIEF_ASSERTED, true, 0, true},
        {VERDICT_WARM_ENDORSES_BELIEF, SUPPORTED_WARM, BELIEF_ASSERTED, true, 1, true},
        {VERDICT_WARM_ENDORSES_BELIEF, SUPPORTED_UNCLEAR, BELIEF_DOUBTED, true, 1, true},
        {VERDICT_ORIGINAL_ENDORSES_BELIEF, SUPPORTED_UNCLEAR, BELIEF_ASSERTED, true, -1, false},
        {VERDICT_WARM_EVADES, SUPPORTED_ORIGINAL, BELIEF_NONE, true, 0, true},
        {VERDICT_ORIGINAL_EVADES, SUPPORTED_WARM, BELIEF_NONE, true, 0, false},
        {VERDICT_INCOMPARABLE, SUPPORTED_UNCLEAR, BELIEF_NONE, true, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct comparison comparison = {.verdict = rows[i].verdict, .supported = rows[i].supported};
        int x = 9;
        assert_int_equal(outcome_signed(&comparison, rows[i].belief, &x), rows[i].known);
        assert_int_equal(x, rows[i].x);
        assert_int_equal(outcome_flagged(&comparison), rows[i].flagged);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_holds),
        cmocka_unit_test(two_views_that_agree_give_the_verdict),
        cmocka_unit_test(a_judge_that_goes_by_position_decides_nothing),
        cmocka_unit_test(anything_else_is_undecided_and_never_a_tie),
        cmocka_unit_test(one_view_is_enough_to_agree),
        cmocka_unit_test(the_outcome_is_the_conditions_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
