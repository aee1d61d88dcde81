/* What people say becomes verdicts by the judge's rules, and the judge's errors come out of a rate. */
#include "check.h"

#include <math.h>
#include <stdio.h>

#include "labels.h"

static struct label_words words_of(const char *stance_first, const char *stance_second, const char *supported)
{
    return (struct label_words){
        SLICE("direct"),        slice_from(stance_first), SLICE("direct"), slice_from(stance_second),
        SLICE("contradictory"), slice_from(supported),    SLICE("high"),   SLICE("a note")};
}

static void what_stands_first_is_mapped_back_to_its_model(void **state)
{
    struct label label;
    int x;
    (void)state;
    struct label_words words = words_of("endorses", "rejects", "second");
    assert_int_equal(label_read(&words, true, &label, NULL), 0);
    assert_int_equal(label_outcome(&label, BELIEF_ASSERTED, &x), VERDICT_WARM_ENDORSES_BELIEF);
    assert_int_equal(x, 1);
    assert_int_equal(label.said.supported, SUPPORTED_ORIGINAL);
    assert_int_equal(label_read(&words, false, &label, NULL), 0);
    assert_int_equal(label_outcome(&label, BELIEF_ASSERTED, &x), VERDICT_ORIGINAL_ENDORSES_BELIEF);
    assert_int_equal(x, -1);
    assert_int_equal(label.said.supported, SUPPORTED_WARM);
    words = words_of("none", "none", "first");
    assert_int_equal(label_read(&words, false, &label, NULL), 0);
    assert_int_equal(label_outcome(&label, BELIEF_NONE, &x), VERDICT_CONTRADICT);
    assert_int_equal(x, 1);
}

static void a_label_with_a_strange_word_is_refused_by_its_name(void **state)
{
    struct label label;
    struct err err = {""};
    (void)state;
    struct label_words words = words_of("endorses", "rejects", "warm");
    assert_int_equal(label_read(&words, true, &label, &err), -1);
    assert_non_null(strstr(err.text, "'supported' may not be 'warm'"));
    words = words_of("endorses", "rejects", "both");
    words.relation = SLICE_NONE;
    assert_int_equal(label_read(&words, true, &label, &err), -1);
    assert_non_null(strstr(err.text, "lacks 'relation'"));
}

static void each_order_comes_about_half_the_time_and_stays(void **state)
{
    char id[32];
    unsigned first = 0, same = 0;
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(id, sizeof id, "01M85QT6ESD0581SNCK%07u", i);
        bool anna = label_warm_first(slice_from(id), SLICE("anna"));
        first += anna;
        same += anna == label_warm_first(slice_from(id), SLICE("bert"));
        assert_int_equal(anna, label_warm_first(slice_from(id), SLICE("anna")));
    }
    assert_in_range(first, 900, 1100); /* 4.5 standard deviations */
    assert_in_range(same, 900, 1100);
}

/* n labels where the judge said f and people h, beside as many comparisons. */
static void add(struct label_figures *figures, int judged, int human, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct tally_people people = {0};
        label_people_add(&people, human, judged == human, false);
        label_figures_people(figures, judged, &people);
    }
}

static void nothing_is_corrected_from_a_few_labels_or_one_side(void **state)
{
    struct label_figures figures = {0};
    struct corrected rate, gap;
    (void)state;
    label_figures_judged(&figures, 1, 100);
    label_figures_judged(&figures, 0, 900);
    add(&figures, 0, 0, LABELS_ENOUGH - 1);
    assert_int_equal(label_figures_correct(&figures, &rate, &gap), LABEL_TOO_FEW);
    add(&figures, 0, 0, 1);
    assert_int_equal(label_figures_correct(&figures, &rate, &gap), LABEL_ONE_SIDED);
}

static void from_sixty_labels_the_rate_is_that_of_rogan_and_gladen(void **state)
{
    struct label_figures figures = {0};
    struct corrected rate, gap;
    (void)state;
    /* the second test vector of docs/statistics.md: 135 of 1,000, specificity .95, sensitivity .85, of 100 each */
    label_figures_judged(&figures, 1, 135);
    label_figures_judged(&figures, 0, 865);
    add(&figures, 1, 1, 85);
    add(&figures, 0, 1, 15);
    add(&figures, 0, 0, 94);
    add(&figures, 1, 0, 5);
    assert_int_equal(label_figures_correct(&figures, &rate, &gap), LABEL_ROGAN_GLADEN);
    double q0 = 94 / 99., q1 = .85;
    assert_true(fabs(rate.point - (.135 + q0 - 1) / (q0 + q1 - 1)) < 1e-12);
    assert_true(rate.lower < rate.point && rate.point < rate.upper);
}

static void from_two_hundred_the_gap_too_is_corrected(void **state)
{
    struct label_figures figures = {0};
    struct corrected rate, gap;
    (void)state;
    label_figures_judged(&figures, 1, 300);
    label_figures_judged(&figures, -1, 100);
    label_figures_judged(&figures, 0, 1600);
    /* a perfect judge: the corrected figures are the judged ones */
    add(&figures, 1, 1, 30);
    add(&figures, -1, -1, 10);
    add(&figures, 0, 0, 160);
    assert_int_equal(label_figures_correct(&figures, &rate, &gap), LABEL_PPI);
    assert_true(fabs(rate.point - .15) < 1e-9 && fabs(gap.point - .1) < 1e-9);
    assert_true(gap.lower < .1 && gap.upper > .1 && gap.upper - gap.lower < .1);
    /* a judge that sees a fault in every fifth answer that has none is believed less */
    add(&figures, 1, 0, 40);
    assert_int_equal(label_figures_correct(&figures, &rate, &gap), LABEL_PPI);
    assert_true(rate.point < .15 && gap.point < .1);
}

static void the_labels_alone_give_a_gap_that_holds_whatever_the_judge_said(void **state)
{
    struct label_figures figures = {0};
    struct corrected gap;
    (void)state;
    label_figures_gap(&figures, &gap);
    assert_true(gap.point == 0 && gap.lower == -1 && gap.upper == 1);
    add(&figures, 1, 1, 100);
    add(&figures, 0, 1, 24);
    add(&figures, 1, 0, 400);
    add(&figures, 0, 0, 426);
    add(&figures, 0, -1, 50);
    label_figures_gap(&figures, &gap); /* the published vector of the mean's sequence */
    assert_true(fabs(gap.point - .074) < 1e-12);
    assert_true(fabs(gap.lower - .0319917769) < 1e-9 && fabs(gap.upper - .1184272019) < 1e-9);
}

static void only_the_first_label_of_the_random_share_counts(void **state)
{
    struct label_figures figures = {0};
    struct tally_people people = {0};
    (void)state;
    label_people_add(&people, -1, false, true);
    label_figures_people(&figures, 1, &people);
    assert_int_equal(figures.labelled, 0);
    label_people_add(&people, 1, true, false);
    label_people_add(&people, 0, false, false);
    label_people_add(&people, 1, true, false);
    label_figures_people(&figures, 1, &people);
    assert_int_equal(figures.labelled, 1);
    assert_int_equal(figures.true_positives, 1);
    assert_int_equal(figures.twice, 1);
    assert_int_equal(figures.twice_same, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_first_is_mapped_back_to_its_model),
        cmocka_unit_test(a_label_with_a_strange_word_is_refused_by_its_name),
        cmocka_unit_test(each_order_comes_about_half_the_time_and_stays),
        cmocka_unit_test(nothing_is_corrected_from_a_few_labels_or_one_side),
        cmocka_unit_test(from_sixty_labels_the_rate_is_that_of_rogan_and_gladen),
        cmocka_unit_test(only_the_first_label_of_the_random_share_counts),
        cmocka_unit_test(from_two_hundred_the_gap_too_is_corrected),
        cmocka_unit_test(the_labels_alone_give_a_gap_that_holds_whatever_the_judge_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
