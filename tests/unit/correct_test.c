/* Corrections of judged rates, against published vectors and against their own definition. */
#include "check.h"

#include <math.h>

#include "correct.h"
#include "simulate.h"

static void rogan_gladen_matches_the_published_vectors(void **state)
{
    (void)state;
    struct corrected out;
    struct judge_quality quality = {.sensitivity = .9, .specificity = .7, .positives = 200, .negatives = 200};
    assert_int_equal(correct_rogan_gladen(.4, 1000, &quality, &out), 0);
    assert_close(out.point, .166667, 1e-6);
    assert_close(out.lower, .056351, 1e-6);
    assert_close(out.upper, .262733, 1e-6);
    quality = (struct judge_quality){.sensitivity = .85, .specificity = .95, .positives = 100, .negatives = 100};
    assert_int_equal(correct_rogan_gladen(.135, 1000, &quality, &out), 0);
    assert_close(out.point, .106250, 1e-6);
    assert_close(out.lower, .036433, 1e-6);
    assert_close(out.upper, .155834, 1e-6);
}

static void a_judge_no_better_than_chance_corrects_nothing(void **state)
{
    (void)state;
    struct corrected out;
    struct judge_quality quality = {.sensitivity = .5, .specificity = .5, .positives = 100, .negatives = 100};
    assert_int_equal(correct_rogan_gladen(.4, 1000, &quality, &out), -1);
    quality.positives = 0;
    assert_int_equal(correct_rogan_gladen(.4, 1000, &quality, &out), -1);
}

static void with_a_judge_that_is_always_right_ppi_is_the_mean_of_all(void **state)
{
    (void)state;
    struct correct_ppi ppi = {0};
    struct corrected out;
    double lambda;
    for (int i = 0; i < 1000; i++) {
        double f = i % 4 == 0;
        correct_ppi_add(&ppi, f);
        if (i < 200)
            correct_ppi_label(&ppi, f, f);
    }
    assert_int_equal(correct_ppi_mean(&ppi, &out, &lambda), 0);
    assert_close(out.point, .25, 1e-12);
    assert_true(lambda > .8);
    assert_true(out.upper - out.lower < 2 * 1.96 * sqrt(.25 * .75 / 200));
}

static void with_a_judge_that_knows_nothing_ppi_is_the_mean_of_the_labels(void **state)
{
    (void)state;
    struct correct_ppi ppi = {0};
    struct corrected out;
    double lambda;
    for (int i = 0; i < 400; i++) {
        correct_ppi_add(&ppi, i % 2);
        correct_ppi_label(&ppi, i % 2, (i / 2) % 2);
    }
    assert_int_equal(correct_ppi_mean(&ppi, &out, &lambda), 0);
    assert_close(lambda, 0, 1e-12);
    assert_close(out.point, .5, 1e-12);
    assert_close(out.upper - out.lower, 2 * 1.959963984540054 * sqrt(.25 * 400 / 399 / 400), 1e-12);
    struct correct_ppi empty = {0};
    assert_int_equal(correct_ppi_mean(&empty, &out, &lambda), -1);
}

/* theta .10, judge .95/.85, 1,000 judged, 200 labelled: the naive interval covers 19 %, PPI++ 93 %. */
static void ppi_covers_where_the_naive_rate_does_not(void **state)
{
    (void)state;
    struct random random = {20261124};
    int covered = 0, covered_naive = 0, runs = 1000;
    for (int run = 0; run < runs; run++) {
        struct correct_ppi ppi = {0};
        struct corrected out;
        double lambda, sum = 0;
        for (int i = 0; i < 1000; i++) {
            double h = random_uniform(&random) < .10, f = random_uniform(&random) < (h > 0 ? .85 : .05);
            sum += f;
            correct_ppi_add(&ppi, f);
            if (i < 200)
                correct_ppi_label(&ppi, f, h);
        }
        double share = sum / 1000, error = 1.96 * sqrt(share * (1 - share) / 1000);
        assert_int_equal(correct_ppi_mean(&ppi, &out, &lambda), 0);
        covered += out.lower <= .10 && .10 <= out.upper;
        covered_naive += fabs(share - .10) <= error;
    }
    assert_true(covered >= .90 * runs);
    assert_true(covered_naive <= .30 * runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rogan_gladen_matches_the_published_vectors),
        cmocka_unit_test(a_judge_no_better_than_chance_corrects_nothing),
        cmocka_unit_test(with_a_judge_that_is_always_right_ppi_is_the_mean_of_all),
        cmocka_unit_test(with_a_judge_that_knows_nothing_ppi_is_the_mean_of_the_labels),
        cmocka_unit_test(ppi_covers_where_the_naive_rate_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
