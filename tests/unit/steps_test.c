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
    assert_int_equal(trial_arm(trial, ARM_ORIGINAL)->state, ARM_PLANNED);
}

static void when_the_original_is_live_the_warm_model_is_asked(void **state)
{
    struct fixture *fixture = *state;
    fixture->conf->live_is_original = true;
    assert_int_equal(plan(fixture->trial, WHOLE("hello", "stop")), DROP_NONE);
    assert_slice(trial_arm(fixture->trial, ARM_ORIGINAL)->text, "hello");
    assert_int_equal(trial_arm(fixture->trial, ARM_WARM)->state, ARM_PLANNED);
    assert_ptr_equal(trial_main(fixture->trial)->warm, trial_arm(fixture->trial, ARM_WARM));
    assert_ptr_equal(trial_main(fixture->trial)->original, trial_arm(fixture->trial, ARM_ORIGINAL));
}

/* The pair of a kind, which must be there. */
static struct trial_pair *pair_of(struct trial *trial, enum pair_kind kind)
{
    for (size_t i = 0; i < trial->pair_count; i++)
        if (trial->pairs[i].kind == kind)
            return &trial->pairs[i];
    fail_msg("no pair %s", pair_kind_name(kind));
    return NULL;
}

static void with_extras(struct conf *conf)
{
    static struct conf_model candidates[2] = {{.name = (char *)(uintptr_t) "warmer"},
                                              {.name = (char *)(uintptr_t) "hotter"}};
    conf->shadow.original_again = conf->shadow.warm_again = conf->shadow.style_control = 1;
    conf->candidates = candidates;
    conf->candidate_count = 2;
}

static void each_extra_arm_stands_in_a_pair_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    with_extras(fixture->conf);
    assert_int_equal(plan(trial, WHOLE("hello", "stop")), DROP_NONE);
    const struct arm_answer *original = trial_arm(trial, ARM_ORIGINAL), *warm = trial_arm(trial, ARM_WARM);
    assert_int_equal(trial->pair_count, 6);
    assert_ptr_equal(pair_of(trial, PAIR_ORIGINAL_AGAIN)->original, original);
    assert_ptr_equal(pair_of(trial, PAIR_WARM_AGAIN)->warm, warm);
    assert_ptr_equal(pair_of(trial, PAIR_STYLE_CONTROL)->warm->rewrites, original);
    assert_ptr_equal(pair_of(trial, PAIR_STYLE_CONTROL)->original, original);
    assert_string_equal(trial->pairs[4].name, "candidate:warmer");
    assert_string_equal(trial->pairs[5].warm->name, "candidate:hotter");
    assert_ptr_equal(trial->pairs[5].original, original);
}

static void answer(struct trial *trial, enum arm arm, const char *text, enum drop_reason missing)
{
    struct arm_answer *said = trial_arm(trial, arm);
    assert_non_null(said);
    said->state = ARM_ENDED;
    said->text = slice_from(text);
    said->missing = missing;
}

static void a_pair_whose_arm_is_missing_is_missing_for_itself_alone(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    with_extras(fixture->conf);
    assert_int_equal(plan(trial, WHOLE("It is Canberra.", "stop")), DROP_NONE);
    answer(trial, ARM_ORIGINAL, "It is Canberra.", DROP_NONE);
    answer(trial, ARM_ORIGINAL_AGAIN, "It is Canberra.", DROP_NONE);
    answer(trial, ARM_WARM_AGAIN, "", DROP_SHADOW_TIMEOUT);
    answer(trial, ARM_STYLE_CONTROL, "", DROP_BUDGET);
    answer(trial, ARM_CANDIDATE, "It is Canberra.", DROP_NONE);
    trial->arms[trial->arm_count - 1].missing = DROP_SHADOW_UNREACHABLE; /* the other candidate */
    step_compare(trial);
    assert_false(step_open(trial));
    step_conclude(trial);
    assert_int_equal(trial->missing, DROP_NONE);
    assert_int_equal(trial_main(trial)->comparison.verdict, VERDICT_AGREE);
    assert_int_equal(pair_of(trial, PAIR_ORIGINAL_AGAIN)->missing, DROP_NONE);
    assert_int_equal(pair_of(trial, PAIR_WARM_AGAIN)->missing, DROP_SHADOW_TIMEOUT);
    assert_int_equal(pair_of(trial, PAIR_STYLE_CONTROL)->missing, DROP_BUDGET);
    assert_true(trial->pairs[4].x.known);
    assert_int_equal(trial->pairs[5].missing, DROP_SHADOW_UNREACHABLE);
}

static void a_missing_original_leaves_the_warm_models_own_noise(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    fixture->conf->shadow.warm_again = 1;
    assert_int_equal(plan(trial, WHOLE("It is Canberra.", "stop")), DROP_NONE);
    answer(trial, ARM_ORIGINAL, "", DROP_SHADOW_STATUS);
    answer(trial, ARM_WARM_AGAIN, "It is Canberra.", DROP_NONE);
    step_compare(trial);
    step_conclude(trial);
    assert_int_equal(trial->missing, DROP_SHADOW_STATUS);
    assert_int_equal(pair_of(trial, PAIR_WARM_AGAIN)->comparison.verdict, VERDICT_AGREE);
}

static void what_comes_to_nothing_says_so_of_every_pair(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    with_extras(fixture->conf);
    trial->client_gone = true;
    assert_int_equal(plan(trial, WHOLE("hello", "stop")), DROP_LIVE_INCOMPLETE);
    step_abandon(trial, DROP_LIVE_INCOMPLETE);
    assert_int_equal(trial->missing, DROP_LIVE_INCOMPLETE);
    for (size_t i = 0; i < trial->pair_count; i++)
        assert_int_equal(trial->pairs[i].missing, DROP_LIVE_INCOMPLETE);
    assert_int_equal(trial_arm(trial, ARM_ORIGINAL)->missing, DROP_LIVE_INCOMPLETE);
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
        TEST(each_extra_arm_stands_in_a_pair_of_its_own),
        TEST(a_pair_whose_arm_is_missing_is_missing_for_itself_alone),
        TEST(a_missing_original_leaves_the_warm_models_own_noise),
        TEST(what_comes_to_nothing_says_so_of_every_pair),
        TEST(a_live_answer_cut_at_its_limit_is_missing),
        TEST(a_live_answer_that_the_client_left_is_missing),
        TEST(an_error_of_the_live_model_is_missing),
        TEST(what_opted_out_or_loops_or_is_tried_again_is_no_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
