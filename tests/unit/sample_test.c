/* sample: the largest share that applies decides, by the conversation and nothing else. */
#include "check.h"

#include <stdio.h>

#include "sample.h"

static struct conf_sample_share shares[] = {{"belief", 1.0}, {"emotion:sad", .5}, {"relation:hierarchical_down", 1.0}};

struct fixture {
    struct sampler *sampler;
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
              "rules: [/dev/null]\n"
              "shadow: {sample: {default: 0.1}}\n"),
        "test.yaml", &err);
    if (!fixture.conf)
        fail_msg("%s", err.text);
    fixture.conf->shadow.shares = shares;
    fixture.conf->shadow.share_count = 3;
    fixture.conf->shadow.largest_share = 1;
    fixture.sampler = sampler_new();
    fixture.trial = trial_new(fixture.conf);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    trial_free(fixture->trial);
    sampler_free(fixture->sampler);
    conf_drop(fixture->conf);
    return 0;
}

static void turns_set(struct trial *trial, const char *first, const char *second)
{
    trial->request.turns = arena_array(trial->arena, 3, sizeof *trial->request.turns);
    trial->request.turns[0] = (struct turn){.role = ROLE_USER, .text = slice_from(first)};
    trial->request.turns[1] = (struct turn){.role = ROLE_ASSISTANT, .text = SLICE("answer")};
    trial->request.turns[2] = (struct turn){.role = ROLE_USER, .text = slice_from(second ? second : "")};
    trial->request.turn_count = second ? 3 : 1;
}

static double share_of(struct trial *trial, unsigned contexts, enum belief belief, bool error)
{
    trial->detection = (struct detection){.contexts = contexts, .belief.kind = belief, .error = error};
    bool taken = sample_decide(trial) == DROP_NONE;
    assert_int_equal(taken, sample_number(trial, "sample") < trial->probability);
    return trial->probability;
}

static void the_largest_share_that_applies_is_taken(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    turns_set(trial, "hello", NULL);
    assert_true(sample_identify(fixture->sampler, trial));
    assert_true(share_of(trial, 0, BELIEF_NONE, false) == .1);
    assert_string_equal(trial->stratum, "default");
    assert_true(share_of(trial, 1u << CONTEXT_SAD, BELIEF_NONE, false) == .5);
    assert_string_equal(trial->stratum, "emotion:sad");
    assert_true(share_of(trial, 1u << CONTEXT_SAD, BELIEF_DOUBTED, false) == 1);
    assert_string_equal(trial->stratum, "belief");
    assert_true(share_of(trial, 1u << CONTEXT_ANGER, BELIEF_NONE, false) == .1);
}

static void load_thins_the_sample_and_the_record_says_by_how_much(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    unsigned taken[2] = {0}, shed = 0;
    assert_true(sample_shed(0) == 0 && sample_shed(.49) == 0);
    assert_true(sample_shed(.5) == .5 && sample_shed(.75) == .75 && sample_shed(.9) == .875);
    assert_true(sample_shed(1) == 1 - 1.0 / 64 && sample_shed(7) == 1 - 1.0 / 64);
    for (unsigned i = 0; i < 2000; i++) {
        char text[32];
        snprintf(text, sizeof text, "hello %u", i);
        turns_set(trial, text, NULL);
        assert_true(sample_identify(fixture->sampler, trial));
        trial->detection = (struct detection){.contexts = 1u << CONTEXT_SAD}; /* a share of .5 */
        trial->shed = 0;
        bool usually = sample_decide(trial) == DROP_NONE;
        trial->shed = .75;
        enum drop_reason reason = sample_decide(trial);
        assert_true(trial->probability == .125);
        assert_true(reason != DROP_NONE || usually); /* of the same conversations */
        assert_true((reason == DROP_SHED) == (usually && reason != DROP_NONE));
        taken[0] += usually;
        taken[1] += reason == DROP_NONE;
        shed += reason == DROP_SHED;
    }
    assert_in_range(taken[0], 900, 1100);
    assert_in_range(taken[1], 200, 300);
    assert_int_equal(shed, taken[0] - taken[1]);
}

static void ordinary_requests_never_raise_the_share(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    turns_set(trial, "hello", NULL);
    assert_true(sample_identify(fixture->sampler, trial));
    assert_true(share_of(trial, 1u << CONTEXT_DOWN, BELIEF_NONE, false) == .1);
}

static void a_detector_error_is_looked_at_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    turns_set(trial, "hello", NULL);
    assert_true(sample_identify(fixture->sampler, trial));
    assert_true(share_of(trial, 0, BELIEF_NONE, true) == 1);
    assert_string_equal(trial->stratum, "detector_error");
}

static void what_the_booster_suspects_is_only_ever_sampled_more(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    turns_set(trial, "hello", NULL);
    assert_true(sample_identify(fixture->sampler, trial));
    const struct {
        double booster, share;
        unsigned contexts;
        const char *stratum;
    } cases[] = {{.3, .3, 0, "booster"},
                 {.05, .1, 0, "default"},
                 {0, .1, 0, "default"},
                 {.3, .5, 1u << CONTEXT_SAD, "emotion:sad"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture->conf->shadow.booster = cases[i].booster;
        trial->detection = (struct detection){.contexts = cases[i].contexts, .suspected = true};
        (void)sample_decide(trial);
        assert_true(trial->probability == cases[i].share);
        assert_string_equal(trial->stratum, cases[i].stratum);
    }
}

static void the_turns_of_a_conversation_go_together(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    char first[33];
    turns_set(trial, "hello", NULL);
    assert_true(sample_identify(fixture->sampler, trial));
    double number = sample_number(trial, "sample");
    memcpy(first, trial->conversation, sizeof first);
    assert_int_equal(trial->turn, 1);
    turns_set(trial, "hello", "and now?");
    assert_true(sample_identify(fixture->sampler, trial));
    assert_string_equal(trial->conversation, first);
    assert_int_equal(trial->turn, 2);
    assert_true(sample_number(trial, "sample") == number);
    assert_true(sample_number(trial, "neutral") != number);
    turns_set(trial, "hello!", NULL);
    assert_true(sample_identify(fixture->sampler, trial));
    assert_string_not_equal(trial->conversation, first);
}

static void the_user_a_client_names_is_part_of_the_conversation(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    char first[33];
    turns_set(trial, "hello", NULL);
    trial->request.user = SLICE("ann");
    assert_true(sample_identify(fixture->sampler, trial));
    memcpy(first, trial->conversation, sizeof first);
    trial->request.user = SLICE("ben");
    assert_true(sample_identify(fixture->sampler, trial));
    assert_string_not_equal(trial->conversation, first);
}

/* Whatever the detector finds: what is foreseen is what would have been decided. */
static void what_is_certain_need_not_be_looked_into(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    static const struct detection nothing, sad = {.contexts = 1u << CONTEXT_SAD};
    static const double sheds[] = {0, .5, 1 - 1.0 / 64};
    fixture->conf->shadow.largest_share = .5; /* beliefs are never met here */
    unsigned count[DROP_REASON_COUNT] = {0};
    for (unsigned i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof text, "hello %u", i);
        turns_set(trial, text, NULL);
        assert_true(sample_identify(fixture->sampler, trial));
        trial->shed = sheds[i % 3];
        enum drop_reason foreseen = sample_foresee(trial);
        count[foreseen]++;
        trial->detection = nothing;
        assert_true(foreseen == DROP_NONE || sample_decide(trial) == foreseen);
        trial->detection = sad;
        assert_true(foreseen == DROP_NONE || sample_decide(trial) == foreseen);
    }
    assert_in_range(count[DROP_NOT_SAMPLED], 400, 600);
    assert_in_range(count[DROP_SHED], 10, 60); /* those below .1 that even .5 thinned to its 64th does not take */
}

static void the_shares_come_out_as_configured(void **state)
{
    struct fixture *fixture = *state;
    struct trial *trial = fixture->trial;
    unsigned taken = 0;
    for (int i = 0; i < 20000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        trial->request.turn_count = 0;
        struct turn turn = {.role = ROLE_USER, .text = slice_from(text)};
        trial->request.turns = &turn;
        trial->request.turn_count = 1;
        assert_true(sample_identify(fixture->sampler, trial));
        trial->detection = (struct detection){0};
        taken += sample_decide(trial) == DROP_NONE;
    }
    assert_in_range(taken, 2000 - 150, 2000 + 150); /* 3.5 standard errors */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_largest_share_that_applies_is_taken),
        TEST(load_thins_the_sample_and_the_record_says_by_how_much),
        TEST(ordinary_requests_never_raise_the_share),
        TEST(what_the_booster_suspects_is_only_ever_sampled_more),
        TEST(a_detector_error_is_looked_at_all_the_same),
        TEST(the_turns_of_a_conversation_go_together),
        TEST(the_user_a_client_names_is_part_of_the_conversation),
        TEST(what_is_certain_need_not_be_looked_into),
        TEST(the_shares_come_out_as_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
