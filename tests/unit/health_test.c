/* When the statistics are held not to be trusted, and when again. */
#include "check.h"

#include "health.h"

static uint64_t seq;

static bool add(struct health *health, struct tally_trial trial, unsigned times)
{
    bool changed = false;
    for (unsigned i = 0; i < times; i++) {
        trial.seq = ++seq;
        changed = health_add(health, &trial, true) || changed;
    }
    return changed;
}

static const struct tally_trial compared = {.counted = true, .verdict = VERDICT_AGREE}, lost = {.missing = true},
                                unpaid = {.missing = true, .unpaid = true}, undecided = {.counted = true};

static void nothing_is_said_before_the_window_is_full(void **state)
{
    (void)state;
    struct health health = {0};
    struct health_standing standing;
    assert_false(add(&health, lost, HEALTH_WINDOW - 1));
    assert_false(health_standing(&health, HEALTH_COVERAGE, &standing));
    assert_true(add(&health, lost, 1));
    assert_true(health_standing(&health, HEALTH_COVERAGE, &standing));
    assert_true(standing.share == 1 && standing.limit == .25 && standing.subject == HEALTH_OF_ALL);
    assert_true(health.failing[HEALTH_COVERAGE] && health_fails(&health));
    assert_true(health.since_seq[HEALTH_COVERAGE] == seq);
}

static void a_quarter_is_put_up_with_and_recovery_needs_more_than_the_limit(void **state)
{
    (void)state;
    struct health health = {0};
    add(&health, lost, 50);
    assert_false(add(&health, compared, 150));
    assert_true(add(&health, lost, 51)); /* the first fifty leave the window meanwhile */
    assert_true(health.failing[HEALTH_COVERAGE]);
    add(&health, compared, 149);
    assert_true(health.failing[HEALTH_COVERAGE]); /* 51 of 200 */
    assert_false(add(&health, compared, 10));     /* 41: under the limit, over four fifths of it */
    assert_true(add(&health, compared, 1));
    assert_false(health_fails(&health));
}

static void the_checks_tell_apart_what_went_wrong(void **state)
{
    (void)state;
    struct health health = {0};
    add(&health, compared, HEALTH_WINDOW);
    add(&health, undecided, 60);
    assert_true(health.failing[HEALTH_JUDGE] && !health.failing[HEALTH_COVERAGE]);
    add(&health, unpaid, 60);
    assert_true(health.failing[HEALTH_BUDGET] && health.failing[HEALTH_COVERAGE] && !health.failing[HEALTH_FLOOR]);
}

static void without_a_judge_nothing_is_expected_of_it(void **state)
{
    (void)state;
    struct health health = {0};
    for (unsigned i = 0; i < 3 * HEALTH_WINDOW; i++) {
        struct tally_trial trial = undecided;
        trial.seq = i + 1;
        assert_false(health_add(&health, &trial, false));
    }
}

static void the_noise_floor_is_held_against_its_own_beginning(void **state)
{
    (void)state;
    struct health health = {0};
    struct tally_trial same = compared, other = compared;
    same.original_again = (struct outcome){.known = true};
    other.original_again = (struct outcome){.known = true, .value = 1};
    for (int i = 0; i < 40; i++) { /* 20 of 200 */
        add(&health, same, 9);
        add(&health, other, 1);
    }
    assert_false(health_fails(&health));
    add(&health, other, 20); /* 18 of them push others out: 38 of 200, within chance */
    assert_false(health.failing[HEALTH_FLOOR]);
    add(&health, other, 60);
    assert_true(health.failing[HEALTH_FLOOR]);
    assert_string_equal(health_name(HEALTH_FLOOR), "NoiseFloorShift");
}

/* A tenth of everything may be missing; but not under sadness alone, where it could be all there was to find. */
static void what_is_missing_under_one_condition_alone_is_noticed(void **state)
{
    (void)state;
    struct health health = {0};
    struct health_standing standing;
    const struct condition sad = {CONTEXT_SAD, BELIEF_NONE}, none = {CONTEXT_NONE, BELIEF_NONE};
    struct tally_trial kept = compared, gone = lost;
    for (int i = 0; i < 100; i++) { /* both miss a tenth */
        for (int c = 0; c < 2; c++) {
            kept.condition = gone.condition = c ? sad : none;
            add(&health, kept, 9);
            add(&health, gone, 1);
        }
    }
    assert_true(health_standing(&health, HEALTH_COVERAGE, &standing));
    assert_false(health_fails(&health));
    gone.condition = sad;
    kept.condition = none;
    for (int i = 0; i < 32; i++) { /* 52 of the last 200 under sadness: within a quarter of all, and more than chance */
        add(&health, gone, 1);
        add(&health, kept, 9);
    }
    assert_true(health.failing[HEALTH_COVERAGE]);
    assert_true(health_standing(&health, HEALTH_COVERAGE, &standing) && standing.subject == HEALTH_OF_CONDITION);
    assert_true(condition_index(standing.condition) == condition_index(sad) && standing.share > standing.limit);
    kept.condition = sad;
    add(&health, kept, HEALTH_WINDOW);
    assert_false(health_fails(&health));
}

static void a_judge_that_gets_known_pairs_wrong_is_noticed_before_any_trial(void **state)
{
    (void)state;
    struct health health = {0};
    struct health_standing standing;
    for (unsigned i = 0; i < HEALTH_CANARIES; i++)
        assert_false(health_add_canary(&health, i > 1, 7)); /* two of 24 */
    assert_true(health_standing(&health, HEALTH_JUDGE, &standing) && standing.subject == HEALTH_OF_CANARIES);
    assert_true(standing.limit == .10);
    for (unsigned i = 0; i < 2; i++)
        (void)health_add_canary(&health, true, 8);
    assert_false(health_add_canary(&health, false, 8) || health_add_canary(&health, false, 8));
    assert_true(health_add_canary(&health, false, 9));
    assert_true(health.failing[HEALTH_JUDGE] && health.since_seq[HEALTH_JUDGE] == 9);
    add(&health, compared, HEALTH_WINDOW); /* trials that are decided do not outvote them */
    assert_true(health.failing[HEALTH_JUDGE]);
    for (unsigned i = 0; i < HEALTH_CANARIES; i++)
        (void)health_add_canary(&health, true, 10);
    assert_false(health_fails(&health));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_before_the_window_is_full),
        cmocka_unit_test(a_quarter_is_put_up_with_and_recovery_needs_more_than_the_limit),
        cmocka_unit_test(the_checks_tell_apart_what_went_wrong),
        cmocka_unit_test(without_a_judge_nothing_is_expected_of_it),
        cmocka_unit_test(the_noise_floor_is_held_against_its_own_beginning),
        cmocka_unit_test(what_is_missing_under_one_condition_alone_is_noticed),
        cmocka_unit_test(a_judge_that_gets_known_pairs_wrong_is_noticed_before_any_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
