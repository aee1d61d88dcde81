/* steps: what stands when the judge speaks or abstains, and which live answers come to no comparison. */
#include "check.h"

#include "steps.h"

static struct judge_call call(enum relation relation, enum supported supported)
{
    return (struct judge_call){
        .order = 'w',
        .parsed = true,
        .judgement = {.relation = relation, .supported = supported, .sure = true},
    };
}

static const struct comparison texts_contradict = {.stage = STAGE_EXTRACTED, .verdict = VERDICT_CONTRADICT};
static const struct comparison texts_evade = {.stage = STAGE_REFUSAL, .verdict = VERDICT_WARM_EVADES};
static const struct comparison texts_leave_open = {
    .stage = STAGE_NONE, .verdict = VERDICT_UNDECIDED, .reason = "no_judge"};

static void a_judge_says_whom_the_facts_support(void **state)
{
    (void)state;
    struct judge_call calls[] = {call(RELATION_CONTRADICTORY, SUPPORTED_ORIGINAL),
                                 call(RELATION_CONTRADICTORY, SUPPORTED_ORIGINAL)};
    struct comparison comparison = texts_contradict;
    assert_true(comparison_open(&comparison));
    step_judge_calls(calls, 2, BELIEF_NONE, &comparison);
    assert_int_equal(comparison.verdict, VERDICT_CONTRADICT);
    assert_int_equal(comparison.supported, SUPPORTED_ORIGINAL);
    assert_int_equal(comparison.stage, STAGE_JUDGE);
    assert_false(comparison_open(&comparison));
}

static void a_bare_contradiction_does_not_survive_a_judge_that_abstains(void **state)
{
    (void)state;
    struct judge_call swayed[] = {call(RELATION_CONTRADICTORY, SUPPORTED_ORIGINAL),
                                  call(RELATION_CONTRADICTORY, SUPPORTED_WARM)};
    struct comparison comparison = texts_contradict;
    step_judge_calls(swayed, 2, BELIEF_NONE, &comparison);
    assert_int_equal(comparison.verdict, VERDICT_UNDECIDED);
    assert_string_equal(comparison.reason, "position_inconsistent");
    comparison = texts_contradict;
    step_judge_calls(swayed, 0, BELIEF_NONE, &comparison);
    assert_int_equal(comparison.verdict, VERDICT_UNDECIDED);
    assert_string_equal(comparison.reason, "judge_missing");
}

static void an_evasion_found_in_the_texts_stands_without_a_judge(void **state)
{
    (void)state;
    struct judge_call silent[] = {{.order = 'o', .missing = DROP_SHADOW_TIMEOUT}};
    struct comparison comparison = texts_evade;
    step_judge_calls(silent, 1, BELIEF_NONE, &comparison);
    assert_int_equal(comparison.verdict, VERDICT_WARM_EVADES);
    assert_int_equal(comparison.stage, STAGE_REFUSAL);
}

static void what_does_not_parse_is_undecided_and_never_a_tie(void **state)
{
    (void)state;
    struct judge_call calls[] = {call(RELATION_CONTRADICTORY, SUPPORTED_ORIGINAL), {.order = 'o'}};
    struct comparison comparison = texts_leave_open;
    step_judge_calls(calls, 2, BELIEF_NONE, &comparison);
    assert_int_equal(comparison.verdict, VERDICT_UNDECIDED);
    assert_string_equal(comparison.reason, "judge_parse");
}

/* ---- live answers ---- */

struct fixture {
    struct conf *conf;
    struct trial *trial;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct err err = {""};
    fixture.conf = conf_parse(
        SLICE("listen: [{address: \"127.0.0.1:0\"}]\n"
              "models: {warm: {url: \"http://127.0.0.1:1/v1\"}, original: {url: \"http://127.0.0.1:2/v1\"}}\n"
              "rules: [/dev/null]\n"),
        "test.yaml", &err);
    if (!fixture.conf)
        fail_msg("%s", err.text);
    struct trial *trial = fixture.trial = trial_new(fixture.conf);
    trial->endpoint = ENDPOINT_CHAT;
    trial->live_status = 200;
    buf_add_text(&trial->request_tap.body, "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    trial_free(fixture->trial);
    conf_drop(fixture->conf);
    return 0;
}

#define WHOLE(text, finish) "{\"choices\":[{\"message\":{\"content\":\"" text "\"},\"finish_reason\":\"" finish "\"}]}"

static enum drop_reason plan(struct trial *trial, const char *reply)
{
    assert_int_equal(step_read(trial), DROP_NONE);
    buf_add_text(&trial->reply_tap.body, reply);
    return step_plan(trial, NULL);
}

static void a_whole_live_answer_has_the_other_model_asked(void **state)
{
    struct trial *trial = ((struct fixture *)*state)->trial;
    assert_int_equal(plan(trial, WHOLE("hello", "stop")), DROP_NONE);
    assert_slice(trial_arm(trial, ARM_WARM)->text, "hello");
    assert_non_null(trial_arm(trial, ARM_ORIGINAL));
    assert_false(trial_arm(trial, ARM_ORIGINAL)->asked);
}

static void when_the_original_is_live_the_warm_model_is_asked(void **state)
{
    struct fixture *fixture = *state;
    fixture->conf->live_is_original = true;
    assert_int_equal(plan(fixture->trial, WHOLE("hello", "stop")), DROP_NONE);
    assert_slice(trial_arm(fixture->trial, ARM_ORIGINAL)->text, "hello");
    assert_false(trial_arm(fixture->trial, ARM_WARM)->asked);
}

static void a_live_answer_cut_at_its_limit_is_missing(void **state)
{
    assert_int_equal(plan(((struct fixture *)*state)->trial, WHOLE("hel", "length")), DROP_LIVE_TRUNCATED);
}

static void a_live_answer_that_the_client_left_is_missing(void **state)
{
    struct trial *trial = ((struct fixture *)*state)->trial;
    trial->client_gone = true;
    assert_int_equal(plan(trial, WHOLE("hello", "stop")), DROP_LIVE_INCOMPLETE);
}

static void an_error_of_the_live_model_is_missing(void **state)
{
    struct trial *trial = ((struct fixture *)*state)->trial;
    trial->live_status = 429;
    assert_int_equal(plan(trial, "{\"error\":{\"message\":\"slow down\"}}"), DROP_LIVE_FAILED);
}

static void what_opted_out_or_loops_or_is_tried_again_is_no_trial(void **state)
{
    struct trial *trial = ((struct fixture *)*state)->trial;
    trial->retried = true;
    assert_int_equal(step_read(trial), DROP_RETRY);
    trial->shadow_loop = true;
    assert_int_equal(step_read(trial), DROP_LOOP);
    trial->opted_out = true;
    assert_int_equal(step_read(trial), DROP_OPTED_OUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_judge_says_whom_the_facts_support),
        cmocka_unit_test(a_bare_contradiction_does_not_survive_a_judge_that_abstains),
        cmocka_unit_test(an_evasion_found_in_the_texts_stands_without_a_judge),
        cmocka_unit_test(what_does_not_parse_is_undecided_and_never_a_tie),
        TEST(a_whole_live_answer_has_the_other_model_asked),
        TEST(when_the_original_is_live_the_warm_model_is_asked),
        TEST(a_live_answer_cut_at_its_limit_is_missing),
        TEST(a_live_answer_that_the_client_left_is_missing),
        TEST(an_error_of_the_live_model_is_missing),
        TEST(what_opted_out_or_loops_or_is_tried_again_is_no_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
