/* Formulas (1) to (4) against the vectors of docs/statistics.md, which independent programs computed. */
#include "check.h"

#include <math.h>

#include "../../src/measure/logspace.h"
#include "../../src/measure/nodes.h"
#include "confseq.h"

static void the_nodes_are_roots_of_the_legendre_polynomial_of_degree_64(void **state)
{
    (void)state;
    for (size_t i = 0; i < MEASURE_NODES; i++) {
        long double x = 2 * (long double)measure_nodes[i].x - 1, before = 1, value = x;
        for (int k = 2; k <= MEASURE_NODES; k++) {
            long double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
            before = value;
            value = next;
        }
        /* The slope at a root is at most 64^2, and the table holds 53 bits. */
        assert_close((double)value, 0, 1e-12);
    }
}

static void the_quadrature_is_exact_for_every_power_up_to_127(void **state)
{
    (void)state;
    for (int power = 0; power < 2 * MEASURE_NODES; power++) {
        double sum = 0;
        for (size_t i = 0; i < MEASURE_NODES; i++)
            sum += exp(measure_nodes[i].log_weight) * pow(measure_nodes[i].x, power);
        assert_close(sum, 1.0 / (power + 1), 1e-14);
    }
}

static void evidence_for_a_positive_gap_matches_the_vectors(void **state)
{
    (void)state;
    struct counts counts = {124, 826, 50};
    assert_close(confseq_log_evidence(counts, 0), 14.483835888887, 1e-9);
    assert_close(confseq_log_evidence(counts, .02), 7.090409289012, 1e-9);
    assert_close(confseq_log_evidence(counts, .05), .111248001536, 1e-9);
}

static void no_data_is_no_evidence(void **state)
{
    (void)state;
    double lower, upper;
    assert_true(confseq_log_evidence((struct counts){0, 0, 0}, .02) == 0);
    confseq_interval((struct counts){0, 0, 0}, .05, &lower, &upper);
    assert_true(lower == -1 && upper == 1);
    assert_true(confseq_gap((struct counts){0, 0, 0}) == 0);
    confseq_rate(0, 0, .5, .5, .05, &lower, &upper);
    assert_true(lower == 0 && upper == 1);
}

static void the_closed_form_at_zero_matches_the_vectors_and_the_mixture(void **state)
{
    (void)state;
    static const struct {
        uint64_t plus, minus;
        double log_evidence;
    } vectors[] = {{15, 11, -.690773619}, {30, 10, 4.146746034777}, {5, 0, 2.351375257163}, {100, 60, 3.397214519251}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        double closed = confseq_log_mcnemar(vectors[i].plus, vectors[i].minus);
        assert_close(closed, vectors[i].log_evidence, 1e-9);
        for (uint64_t zero = 0; zero <= 100000; zero = zero * 10 + 1)
            assert_close(confseq_log_evidence((struct counts){vectors[i].plus, zero, vectors[i].minus}, 0), closed,
                         1e-12);
    }
}

static void the_closed_form_stays_finite_at_counts_no_deployment_reaches(void **state)
{
    (void)state;
    /* At k of 2k the tail is one half and E is sqrt(pi) Gamma(k+1) / (2 Gamma(k+3/2)); Stirling gives its log. */
    double stirling = .5 * log(acos(-1)) - log(2) - .5 * log(1e7 + .75);
    assert_close(confseq_log_mcnemar(10000000, 10000000), stirling, 1e-7);
    assert_true(isfinite(confseq_log_mcnemar(0, 10000000)));
    assert_true(isfinite(confseq_log_mcnemar(10000000, 0)));
    assert_true(confseq_log_mcnemar(10000000, 0) > 1e6);
}

static void intervals_match_the_vectors(void **state)
{
    (void)state;
    double lower, upper;
    confseq_interval((struct counts){124, 826, 50}, .05, &lower, &upper);
    assert_close(lower, .0319917769, 1e-9);
    assert_close(upper, .1184272019, 1e-9);
    confseq_interval((struct counts){15, 121, 11}, .05, &lower, &upper);
    assert_close(lower, -.0838715, 1e-7);
    assert_close(upper, .1413275, 1e-7);
}

static void an_interval_mirrors_when_the_signs_do(void **state)
{
    (void)state;
    double lower, upper, mirrored_lower, mirrored_upper;
    confseq_interval((struct counts){30, 200, 9}, .05, &lower, &upper);
    confseq_interval((struct counts){9, 200, 30}, .05, &mirrored_lower, &mirrored_upper);
    assert_true(lower == -mirrored_upper && upper == -mirrored_lower);
}

static void an_interval_is_the_inversion_of_the_evidence(void **state)
{
    (void)state;
    struct counts counts = {30, 200, 9};
    double lower, upper;
    confseq_interval(counts, .05, &lower, &upper);
    assert_close(confseq_log_evidence(counts, lower), log(2 / .05), 1e-9);
    assert_close(confseq_log_evidence((struct counts){9, 200, 30}, -confseq_upper(counts, .01)), log(1 / .01), 1e-9);
}

static void intervals_of_extreme_counts_stay_inside_the_range(void **state)
{
    (void)state;
    static const struct counts extremes[] = {{1, 0, 0},
                                             {0, 1, 0},
                                             {0, 0, 1},
                                             {1000000000, 0, 0},
                                             {0, 1000000000, 0},
                                             {0, 0, 100000000},
                                             {50000000, 0, 50000000},
                                             {1, 1000000000, 0}};
    for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
        double lower, upper, gap = confseq_gap(extremes[i]);
        confseq_interval(extremes[i], .05, &lower, &upper);
        assert_true(lower >= -1 && lower <= gap && gap <= upper && upper <= 1);
    }
}

static void a_rate_matches_the_vectors_of_the_beta_binomial(void **state)
{
    (void)state;
    double lower, upper;
    confseq_rate(3, 20, 1, 1, .05, &lower, &upper);
    assert_close(lower, .0138323, 1e-7);
    assert_close(upper, .4708179, 1e-7);
    confseq_rate(0, 20, 1, 1, .05, &lower, &upper);
    assert_close(lower, 0, 0);
    assert_close(upper, .2606714, 1e-7);
    confseq_rate(120, 1000, 1, 1, .05, &lower, &upper);
    assert_close(lower, .0859139, 1e-7);
    assert_close(upper, .1607976, 1e-7);
}

/* confseq's bernoulli_confidence_interval re-centres the prior on each p; its vectors then check log_beta and (4). */
static double recentred_log_evidence(double s, double n, double optimal, double p)
{
    double variance = p * (1 - p), v = variance * optimal, l = log(1 / .05);
    double rho = v / (2 * l + log(1 + 2 * l)), r = fmax(rho - variance, 1e-3 * variance), a = r / (1 - p), b = r / p;
    return log_beta(a + s, b + n - s) - log_beta(a, b) - (s > 0 ? s * log(p) : 0) - (n - s) * log1p(-p);
}

static void the_rate_with_a_recentred_prior_matches_the_published_library(void **state)
{
    (void)state;
    static const struct {
        double s, n, optimal, lower, upper;
    } vectors[] = {{3, 20, 100, .0072780819, .5111100766},
                   {0, 20, 100, 0, .2894230202},
                   {15, 147, 500, .0400345894, .2001159014},
                   {120, 1000, 1000, .0909050818, .1532485487}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        assert_close(recentred_log_evidence(vectors[i].s, vectors[i].n, vectors[i].optimal, vectors[i].upper), log(20),
                     1e-6);
        if (vectors[i].lower > 0)
            assert_close(recentred_log_evidence(vectors[i].s, vectors[i].n, vectors[i].optimal, vectors[i].lower),
                         log(20), 1e-6);
    }
}

static const struct grid halves = {-1, .5, 5}, differences = {-2, 1, 5};

static void evidence_over_few_values_is_the_mean_wealth_of_its_eleven_gamblers(void **state)
{
    (void)state;
    static const double bets[CONFSEQ_BETS] = {.02, .04, .07, .11, .16, .23, .32, .43, .56, .72, .9};
    static const uint64_t at[5] = {7, 30, 200, 60, 11};
    double wealth[CONFSEQ_BETS], sum = 0;
    for (size_t j = 0; j < CONFSEQ_BETS; j++) {
        wealth[j] = 1;
        for (size_t v = 0; v < 5; v++)
            for (uint64_t i = 0; i < at[v]; i++)
                wealth[j] *= 1 + bets[j] / 2.02 * ((double)v - 2 - .02);
        sum += wealth[j] / CONFSEQ_BETS;
    }
    assert_close(grid_log_evidence(&differences, at, .02), log(sum), 1e-11);
    assert_close(grid_mean(&differences, at), (-14 - 30 + 60 + 22) / 308.0, 1e-15);
    assert_int_equal(grid_total(&differences, at), 308);
}

static void an_interval_over_counts_is_the_inversion_of_the_evidence_and_mirrors(void **state)
{
    (void)state;
    static const uint64_t at[5] = {3, 20, 400, 55, 12}, turned[5] = {12, 55, 400, 20, 3};
    double lower, upper, low, high;
    grid_interval(&halves, at, .05, &lower, &upper);
    assert_close(grid_log_evidence(&halves, at, lower), log(40), 1e-6);
    assert_close(grid_log_evidence(&halves, turned, -upper), log(40), 1e-6);
    assert_true(lower < grid_mean(&halves, at) && grid_mean(&halves, at) < upper);
    grid_interval(&halves, turned, .05, &low, &high);
    assert_close(low, -upper, 1e-12);
    assert_close(high, -lower, 1e-12);
}

static void a_grid_without_data_or_at_its_edge_says_nothing_it_cannot(void **state)
{
    (void)state;
    static const uint64_t none[5] = {0}, lowest[5] = {500, 0, 0, 0, 0};
    double lower, upper;
    grid_interval(&differences, none, .05, &lower, &upper);
    assert_true(lower == -2 && upper == 2 && grid_mean(&differences, none) == 0);
    assert_true(grid_log_evidence(&differences, none, 0) == 0);
    grid_interval(&differences, lowest, .05, &lower, &upper);
    assert_true(lower == -2 && upper > -2 && upper < -1.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nodes_are_roots_of_the_legendre_polynomial_of_degree_64),
        cmocka_unit_test(the_quadrature_is_exact_for_every_power_up_to_127),
        cmocka_unit_test(evidence_for_a_positive_gap_matches_the_vectors),
        cmocka_unit_test(no_data_is_no_evidence),
        cmocka_unit_test(the_closed_form_at_zero_matches_the_vectors_and_the_mixture),
        cmocka_unit_test(the_closed_form_stays_finite_at_counts_no_deployment_reaches),
        cmocka_unit_test(intervals_match_the_vectors),
        cmocka_unit_test(an_interval_mirrors_when_the_signs_do),
        cmocka_unit_test(an_interval_is_the_inversion_of_the_evidence),
        cmocka_unit_test(intervals_of_extreme_counts_stay_inside_the_range),
        cmocka_unit_test(a_rate_matches_the_vectors_of_the_beta_binomial),
        cmocka_unit_test(the_rate_with_a_recentred_prior_matches_the_published_library),
        cmocka_unit_test(evidence_over_few_values_is_the_mean_wealth_of_its_eleven_gamblers),
        cmocka_unit_test(an_interval_over_counts_is_the_inversion_of_the_evidence_and_mirrors),
        cmocka_unit_test(a_grid_without_data_or_at_its_edge_says_nothing_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
