/* The e-detector: its recursion, its reference window, its state on disk. */
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
    drift_init_at(&drift, .05);
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

static void a_state_that_was_written_and_read_goes_on_with_the_same_bits(void **state)
{
    (void)state;
    struct random random = {11};
    struct drift drift, again;
    struct err err = {""};
    struct buf out;
    drift_init(&drift);
    for (uint64_t i = 1; i <= 1000; i++) {
        drift_add(&drift, i, simulate_draw(&random, (struct simulate_stream){.2, .05}));
        if (i % 50)
            continue;
        buf_init(&out, 4096);
        drift_write(&drift, &out);
        assert_false(out.failed);
        if (drift_read(buf_slice(&out), &again, &err))
            fail_msg("%s", err.text);
        assert_memory_equal(&drift, &again, sizeof drift);
        drift = again;
        buf_fini(&out);
    }
}

static void a_state_of_another_kind_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "{}", "[]", "{\"version\":2}",
                                        ("{\"version\":1,\"plus\":1,\"zero\":1,\"minus\":0,\"m0\":7,\"n\":0,\"seq\":0,"
                                         "\"log_wealth\":[0,0,0,0,0,0,0,0,0,0,0,0]}")};
    struct drift drift;
    struct err err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err.text[0] = '\0';
        assert_int_equal(drift_read(slice_from(wrong[i]), &drift, &err), -1);
        assert_true(err.text[0]);
    }
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
        cmocka_unit_test(a_state_that_was_written_and_read_goes_on_with_the_same_bits),
        cmocka_unit_test(a_state_of_another_kind_is_refused),
        cmocka_unit_test(the_threshold_spreads_alpha_over_the_horizon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
