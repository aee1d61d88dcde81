/* The e-detector: its recursion and its reference window. */
#include "check.h"

#include <math.h>

#include "drift.h"
#include "simulate.h"

static void the_recursion_is_that_of_twelve_restarting_gamblers(void **state)
{
    (void)state;
    static const double u[DRIFT_BETS] = {.05, .08, .12, .17, .23, .30, .38, .47, .57, .68, .80, .92};
    static const int outcomes[] = {1, 0, -1, 1, 1, 0, 0, 1, -1, 1};
    struct drift drift;
    drift_init(&drift);
    drift.reference.zero = DRIFT_REFERENCE; /* as if it were full, with this bound */
    drift.m0 = .05;
    double wealth[DRIFT_BETS] = {0}, sum = 0;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        drift_add(&drift, i + 1, outcomes[i]);
        for (size_t j = 0; j < DRIFT_BETS; j++)
            wealth[j] = (1 + u[j] / 1.05 * (outcomes[i] - .05)) * (1 + wealth[j]);
    }
    for (size_t j = 0; j < DRIFT_BETS; j++)
        sum += wealth[j] / DRIFT_BETS;
    assert_true(fabs(drift_log_evidence(&drift) - log(sum)) < 1e-12);
    drift_restart(&drift);
    assert_true(isinf(drift_log_evidence(&drift)));
}

static void nothing_is_watched_until_the_reference_window_is_full(void **state)
{
    (void)state;
    struct drift drift;
    struct random random = {7};
    struct counts counts = {0, 0, 0};
    drift_init(&drift);
    for (uint64_t i = 1; i <= DRIFT_REFERENCE; i++) {
        assert_false(drift_watching(&drift));
        int x = simulate_draw(&random, (struct simulate_stream){.1, .05});
        counts.plus += x > 0;
        counts.zero += x == 0;
        counts.minus += x < 0;
        drift_add(&drift, i, x);
    }
    assert_true(drift_watching(&drift) && drift.n == 0);
    assert_true(drift.m0 == confseq_upper(counts, .01) && drift.m0 > .05);
    assert_true(isinf(drift_log_evidence(&drift)));
    drift_add(&drift, DRIFT_REFERENCE + 1, 1);
    assert_true(drift.n == 1 && isfinite(drift_log_evidence(&drift)));
}

static void the_threshold_spreads_alpha_over_the_horizon(void **state)
{
    (void)state;
    assert_true(fabs(drift_threshold_log(.05, 20000) - 12.8992) < 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recursion_is_that_of_twelve_restarting_gamblers),
        cmocka_unit_test(nothing_is_watched_until_the_reference_window_is_full),
        cmocka_unit_test(the_threshold_spreads_alpha_over_the_horizon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
