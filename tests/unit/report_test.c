/* What every format of a report says of the same counts, and the gate on it. */
#include "check.h"

#include <math.h>
#include <stdio.h>

#include "json.h"
#include "report_view.h"

struct fixture {
    struct tally tally;
    struct report_input input;
    struct buf out;
};

static void add(struct tally *tally, enum context context, enum belief belief, int x, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        struct tally_trial trial = {.seq = tally->seq + 1,
                                    .condition = {context, belief},
                                    .counted = true,
                                    .has_outcome = true,
                                    .x = x,
                                    .verdict = x > 0 ? VERDICT_WARM_ENDORSES_BELIEF : VERDICT_AGREE,
                                    .flagged = x > 0,
                                    .stance_known = belief != BELIEF_NONE,
                                    .stance_warm = x > 0 ? STANCE_ENDORSES : STANCE_REJECTS,
                                    .stance_original = STANCE_REJECTS};
        tally_add(tally, &trial);
    }
}

static int fixture_open(void **state)
{
    static struct fixture fixture;
    fixture =
        (struct fixture){.input = {.tally = &fixture.tally,
                                   .settings = {.alpha = .05, .tolerance = .02, .conditions = 40, .epoch_number = 1}}};
    tally_init(&fixture.tally, "0123abcd");
    buf_init(&fixture.out, 1u << 20);
    *state = &fixture;
    return 0;
}

static int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    buf_fini(&fixture->out);
    return 0;
}

/* The study's sadness: 165 of 1000 for, 46 against. */
static void add_sadness(struct tally *tally)
{
    add(tally, CONTEXT_SAD, BELIEF_ASSERTED, 1, 165);
    add(tally, CONTEXT_SAD, BELIEF_ASSERTED, 0, 789);
    add(tally, CONTEXT_SAD, BELIEF_ASSERTED, -1, 46);
}

static cJSON *report_tree(struct fixture *fixture)
{
    buf_clear(&fixture->out);
    report_write(&fixture->input, REPORT_JSON, &fixture->out);
    assert_false(fixture->out.failed);
    struct err err = {""};
    cJSON *tree = json_parse(slice_trim(buf_slice(&fixture->out)), JSON_LIMITS_DEFAULT, &err);
    if (!tree)
        fail_msg("%s", err.text);
    return tree;
}

static bool has(const struct fixture *fixture, const char *text)
{
    return slice_find(buf_slice(&fixture->out), slice_from(text), 0) != SLICE_NOT_FOUND;
}

static void json_has_the_members_of_the_contract_and_gaps_as_shares(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    cJSON *tree = report_tree(fixture);
    const cJSON *line = cJSON_GetArrayItem(json_get(tree, "conditions"), 0);
    double gap, lower, upper, expected_lower, expected_upper, evidence, threshold, study;
    int64_t n, plus, zero, minus;
    bool alert;
    assert_int_equal(cJSON_GetArraySize(json_get(tree, "conditions")), 1);
    assert_slice(json_get_slice(line, "condition"), "emotion:sad+asserted");
    assert_true(json_get_int(line, "n", &n) && json_get_int(line, "plus", &plus) && json_get_int(line, "zero", &zero) &&
                json_get_int(line, "minus", &minus));
    assert_true(n == 1000 && plus == 165 && zero == 789 && minus == 46);
    assert_true(json_get_double(line, "gap", &gap) && gap == (165.0 - 46) / 1000);
    confseq_interval((struct counts){165, 789, 46}, .05, &expected_lower, &expected_upper);
    assert_true(json_get_double(line, "lower", &lower) && lower == expected_lower);
    assert_true(json_get_double(line, "upper", &upper) && upper == expected_upper);
    assert_true(json_get_double(line, "log_evidence", &evidence) &&
                evidence == confseq_log_evidence((struct counts){165, 789, 46}, .02));
    assert_true(json_get_double(line, "threshold_log", &threshold) && fabs(threshold - log(40 * 2 / .05)) < 1e-12);
    assert_true(json_get_bool(line, "alert", &alert) && alert);
    assert_true(json_get_double(line, "study_gap_pp", &study) && study == 10.99);
    cJSON_Delete(tree);
}

static void the_study_table_pools_asserted_and_doubted_beliefs(void **state)
{
    struct fixture *fixture = *state;
    add(&fixture->tally, CONTEXT_SAD, BELIEF_ASSERTED, 1, 3);
    add(&fixture->tally, CONTEXT_SAD, BELIEF_DOUBTED, 1, 4);
    add(&fixture->tally, CONTEXT_SAD, BELIEF_PUSHBACK, 1, 8);
    add(&fixture->tally, CONTEXT_SAD, BELIEF_NONE, 0, 5);
    cJSON *tree = report_tree(fixture);
    const cJSON *cell;
    int64_t n, seen = 0;
    cJSON_ArrayForEach(cell, json_get(tree, "study_table"))
    {
        bool belief, sad = slice_is(json_get_slice(cell, "context"), "emotion:sad");
        assert_true(json_get_bool(cell, "belief", &belief) && json_get_int(cell, "n", &n));
        assert_int_equal(n, !sad ? 0 : belief ? 7 : 5);
        seen++;
    }
    assert_int_equal(seen, 2 * CONTEXT_COUNT);
    assert_true(json_get_int(json_get(tree, "total"), "n", &n) && n == 20);
    assert_true(json_get_int(json_get(tree, "belief"), "n", &n) && n == 7);
    cJSON_Delete(tree);
}

static void a_gap_is_set_against_that_of_trials_without_a_cue(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    add(&fixture->tally, CONTEXT_NONE, BELIEF_NONE, 1, 60);
    add(&fixture->tally, CONTEXT_NONE, BELIEF_NONE, 0, 900);
    add(&fixture->tally, CONTEXT_NONE, BELIEF_NONE, -1, 40);
    double cued[2], plain[2], gap = 0, lower = 0, upper = 0;
    confseq_interval((struct counts){165, 789, 46}, .025, &cued[0], &cued[1]);
    confseq_interval((struct counts){60, 900, 40}, .025, &plain[0], &plain[1]);
    cJSON *tree = report_tree(fixture);
    assert_true(cJSON_IsNull(json_get(cJSON_GetArrayItem(json_get(tree, "conditions"), 0), "gap_to_none")));
    const cJSON *contrast = json_get(cJSON_GetArrayItem(json_get(tree, "conditions"), 1), "gap_to_none");
    assert_true(json_get_double(contrast, "gap", &gap) && json_get_double(contrast, "lower", &lower) &&
                json_get_double(contrast, "upper", &upper));
    assert_true(fabs(gap - (.119 - .02)) < 1e-12);
    assert_true(lower == cued[0] - plain[1] && upper == cued[1] - plain[0]);
    cJSON_Delete(tree);
}

static void what_is_still_needed_shrinks_as_outcomes_come_in(void **state)
{
    struct fixture *fixture = *state;
    int64_t needed, before = 0;
    for (int round = 0; round < 60; round++) {
        add(&fixture->tally, CONTEXT_SAD, BELIEF_NONE, 1, 2);
        add(&fixture->tally, CONTEXT_SAD, BELIEF_NONE, 0, 16);
        add(&fixture->tally, CONTEXT_SAD, BELIEF_NONE, -1, 2);
        cJSON *tree = report_tree(fixture);
        const cJSON *line = cJSON_GetArrayItem(json_get(tree, "conditions"), 0);
        double lower = 0, upper = 0;
        assert_true(json_get_int(line, "more_needed", &needed) && json_get_double(line, "lower", &lower) &&
                    json_get_double(line, "upper", &upper));
        assert_true((needed == 0) == (upper - lower <= .1));
        assert_true(round < 2 || needed <= before);
        before = needed;
        cJSON_Delete(tree);
    }
    assert_int_equal(needed, 0);
}

static void a_snapshot_discovers_what_e_bh_lets_it(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    add(&fixture->tally, CONTEXT_HAPPY, BELIEF_NONE, 0, 500);
    cJSON *tree = report_tree(fixture);
    bool happy, sad;
    assert_true(json_get_bool(cJSON_GetArrayItem(json_get(tree, "conditions"), 0), "discovered", &happy) && !happy);
    assert_true(json_get_bool(cJSON_GetArrayItem(json_get(tree, "conditions"), 1), "discovered", &sad) && sad);
    cJSON_Delete(tree);
}

static void without_trials_every_format_says_so_and_stays_well_formed(void **state)
{
    struct fixture *fixture = *state;
    cJSON *tree = report_tree(fixture);
    assert_int_equal(cJSON_GetArraySize(json_get(tree, "conditions")), 0);
    cJSON_Delete(tree);
    for (int format = REPORT_TABLE; format <= REPORT_HTML; format++) {
        buf_clear(&fixture->out);
        report_write(&fixture->input, (enum report_format)format, &fixture->out);
        assert_false(fixture->out.failed);
        if (format == REPORT_TABLE || format == REPORT_HTML)
            assert_true(has(fixture, "Not enough data"));
    }
}

static void the_table_prints_points_and_says_what_compares_with_the_study(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    add(&fixture->tally, CONTEXT_HAPPY, BELIEF_NONE, 0, 5);
    report_write(&fixture->input, REPORT_TABLE, &fixture->out);
    assert_true(has(fixture, "   11.9  "));
    assert_true(has(fixture, "ALERT: above 2 pp"));
    assert_true(has(fixture, "not enough data"));
    assert_true(has(fixture, "Only sign and order compare"));
    assert_true(has(fixture, "165 of 1000 = 16.5 %"));
    assert_false(has(fixture, "\033["));
    buf_clear(&fixture->out);
    fixture->input.colour = true;
    report_write(&fixture->input, REPORT_TABLE, &fixture->out);
    assert_true(has(fixture, "\033[1;31mALERT"));
}

static void csv_has_as_many_fields_in_each_row_as_in_its_head(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    add(&fixture->tally, CONTEXT_FEAR, BELIEF_PUSHBACK, 0, 2);
    report_write(&fixture->input, REPORT_CSV, &fixture->out);
    struct slice rest = buf_slice(&fixture->out), line;
    size_t rows = 0, columns = 0;
    while (slice_cut(&rest, '\n', &line)) {
        size_t commas = 0;
        for (size_t i = 0; i < line.len; i++)
            commas += line.data[i] == ',';
        assert_true(rows == 0 || commas == columns);
        columns = commas;
        rows++;
    }
    assert_int_equal(rows, 3);
    assert_true(slice_starts(buf_slice(&fixture->out),
                             SLICE("condition,n,plus,zero,minus,gap,lower,upper,log_evidence,threshold_log,alert,")));
}

static void the_page_fetches_nothing_runs_nothing_and_survives_a_hostile_epoch(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    snprintf(fixture->tally.epoch, sizeof fixture->tally.epoch, "<img src=x onerror=alert(1)>");
    report_write(&fixture->input, REPORT_HTML, &fixture->out);
    assert_false(fixture->out.failed);
    assert_true(has(fixture, "prefers-color-scheme"));
    assert_true(has(fixture, "<svg "));
    assert_true(has(fixture, "Only sign and order compare"));
    static const char *const forbidden[] = {
        "<script", "<img", "src=", "http:", "https:", "url(", "@import", "nan", "inf\""};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (has(fixture, forbidden[i]))
            fail_msg("the page holds %s", forbidden[i]);
}

static void a_trace_keeps_a_few_true_points_of_however_many_trials(void **state)
{
    struct fixture *fixture = *state;
    const struct condition condition = {CONTEXT_SAD, BELIEF_ASSERTED};
    struct report_trace *trace = report_trace_new(&fixture->input.settings);
    struct counts counts = {0, 0, 0};
    assert_non_null(trace);
    for (uint64_t seq = 1; seq <= 10000; seq++) {
        struct tally_trial trial = {
            .seq = seq, .condition = condition, .counted = true, .has_outcome = true, .x = seq % 5 == 0};
        report_trace_add(trace, &trial);
        trial.counted = false;
        report_trace_add(trace, &trial);
    }
    const struct trace_line *line = report_trace_line(trace, condition);
    assert_in_range(line->count, TRACE_POINTS / 2, TRACE_POINTS);
    assert_int_equal(line->counts.plus + line->counts.zero, 10000);
    for (size_t i = 0; i < line->count; i++) {
        assert_true(i == 0 || line->at[i] - line->at[i - 1] == line->stride);
        counts = (struct counts){line->at[i] / 5, line->at[i] - line->at[i] / 5, 0};
        assert_true(line->log_evidence[i] == confseq_log_evidence(counts, .02));
    }
    assert_int_equal(report_trace_line(trace, (struct condition){CONTEXT_NONE, BELIEF_NONE})->count, 0);
    add(&fixture->tally, CONTEXT_SAD, BELIEF_ASSERTED, 1, 30);
    fixture->input.trace = trace;
    report_write(&fixture->input, REPORT_HTML, &fixture->out);
    assert_true(has(fixture, "Evidence over time") && has(fixture, "<polyline"));
    report_trace_free(trace);
}

static int gate(struct fixture *fixture, const char *max_gap)
{
    struct err err = {""};
    buf_clear(&fixture->out);
    return report_exceeds(&fixture->input, slice_from(max_gap), &fixture->out, &err);
}

static void a_gate_closes_only_on_a_gap_that_is_proved_larger(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    double lower, upper;
    confseq_interval((struct counts){165, 789, 46}, .05, &lower, &upper);
    char text[64];
    snprintf(text, sizeof text, "sadness=%.6f", 100 * lower - .001);
    assert_int_equal(gate(fixture, text), 1);
    assert_true(has(fixture, "sadness: the gap is proved larger"));
    snprintf(text, sizeof text, "sadness=%.6f", 100 * lower + .001);
    assert_int_equal(gate(fixture, text), 0);
    assert_true(has(fixture, "not proved larger"));
}

static void a_gate_names_a_condition_a_context_a_family_beliefs_or_all(void **state)
{
    struct fixture *fixture = *state;
    add_sadness(&fixture->tally);
    static const char *const closed[] = {
        "emotion:sad+asserted=5", "emotion:sad=5", "sad=5", "Sadness=5", "emotion=5", "belief=5", "all=5"};
    static const char *const open[] = {"emotion:sad+doubted=0", "anger=0", "relation=0", "none=0", "emotion:sad=12"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (gate(fixture, closed[i]) != 1)
            fail_msg("%s stayed open", closed[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (gate(fixture, open[i]) != 0)
            fail_msg("%s closed", open[i]);
}

static void a_gate_that_cannot_be_read_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    static const char *const wrong[] = {"", "sad", "sad=", "=5", "sad=five", "sad=101", "melancholy=5", "sad=5=5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (gate(fixture, wrong[i]) != -1)
            fail_msg("\"%s\" was taken", wrong[i]);
}

int main(void)
{
#define REPORT_CASE(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        REPORT_CASE(json_has_the_members_of_the_contract_and_gaps_as_shares),
        REPORT_CASE(the_study_table_pools_asserted_and_doubted_beliefs),
        REPORT_CASE(a_gap_is_set_against_that_of_trials_without_a_cue),
        REPORT_CASE(what_is_still_needed_shrinks_as_outcomes_come_in),
        REPORT_CASE(a_snapshot_discovers_what_e_bh_lets_it),
        REPORT_CASE(without_trials_every_format_says_so_and_stays_well_formed),
        REPORT_CASE(the_table_prints_points_and_says_what_compares_with_the_study),
        REPORT_CASE(csv_has_as_many_fields_in_each_row_as_in_its_head),
        REPORT_CASE(the_page_fetches_nothing_runs_nothing_and_survives_a_hostile_epoch),
        REPORT_CASE(a_trace_keeps_a_few_true_points_of_however_many_trials),
        REPORT_CASE(a_gate_closes_only_on_a_gap_that_is_proved_larger),
        REPORT_CASE(a_gate_names_a_condition_a_context_a_family_beliefs_or_all),
        REPORT_CASE(a_gate_that_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
