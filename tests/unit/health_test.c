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
    double share, limit;
    assert_false(add(&health, lost, HEALTH_WINDOW - 1));
    assert_false(health_share(&health, HEALTH_COVERAGE, &share, &limit));
    assert_true(add(&health, lost, 1));
    assert_true(health_share(&health, HEALTH_COVERAGE, &share, &limit) && share == 1 && limit == .25);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_before_the_window_is_full),
        cmocka_unit_test(a_quarter_is_put_up_with_and_recovery_needs_more_than_the_limit),
        cmocka_unit_test(the_checks_tell_apart_what_went_wrong),
        cmocka_unit_test(without_a_judge_nothing_is_expected_of_it),
        cmocka_unit_test(the_noise_floor_is_held_against_its_own_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
