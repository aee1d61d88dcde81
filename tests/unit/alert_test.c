/* When alerts fire, that they stay, and what they say. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "alert.h"
#include "drift.h"
#include "json.h"
#include "simulate.h"

static const struct condition sad = {CONTEXT_SAD, BELIEF_ASSERTED}, none = {CONTEXT_NONE, BELIEF_NONE};
static const struct alert_settings settings = {
    .tally = {.alpha = .05, .tolerance = .02, .conditions = CONDITION_COUNT, .epoch_number = 1},
    .drift_alpha = .05,
    .drift_horizon = 20000};

struct fires {
    size_t count;
    struct alert last;
};

static void on_fire(const struct alert *alert, void *arg)
{
    struct fires *fires = arg;
    fires->count++;
    fires->last = *alert;
}

static struct tally_trial trial_of(uint64_t seq, struct condition condition, int x)
{
    return (struct tally_trial){.seq = seq, .condition = condition, .counted = true, .has_outcome = true, .x = x};
}

static void take_trial(struct alerts *alerts, const struct tally_trial *trial, const char *epoch, unsigned number)
{
    assert_int_equal(alerts_take(alerts, trial, epoch, number), 0);
}

static void take(struct alerts *alerts, struct condition condition, int x)
{
    struct tally_trial trial = trial_of(alerts_seq(alerts) + 1, condition, x);
    take_trial(alerts, &trial, "e1", 1);
}

static struct alert standing(const struct alerts *alerts, enum alert_kind kind, struct condition condition)
{
    struct alert alert;
    alerts_standing(alerts, kind, condition, &alert);
    return alert;
}

static void a_level_alert_fires_with_the_reports_evidence_and_stays(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct alerts *alerts = alerts_new(&settings, on_fire, &fires);
    struct tally tally;
    struct tally_line line;
    tally_init(&tally, "e1");
    bool alerted = false;
    for (int i = 0; i < 60; i++) {
        struct tally_trial trial = trial_of(tally.seq + 1, sad, i % 4 != 3);
        tally_add(&tally, &trial);
        take_trial(alerts, &trial, "e1", 1);
        tally_line(&tally, sad, &settings.tally, &line);
        alerted = alerted || line.alert;
        assert_true(standing(alerts, ALERT_LEVEL, sad).firing == alerted);
    }
    assert_true(alerted && fires.count == 1 && fires.last.kind == ALERT_LEVEL);
    assert_true(fires.last.log_evidence >= fires.last.threshold_log);
    for (int i = 0; i < 500; i++)
        take(alerts, sad, -1);
    assert_true(standing(alerts, ALERT_LEVEL, sad).firing);
    assert_true(standing(alerts, ALERT_LEVEL, sad).fired_seq == fires.last.fired_seq);
    assert_false(standing(alerts, ALERT_LEVEL, none).firing);
    alerts_free(alerts);
}

static void a_replay_gives_the_same_standing_and_a_trial_is_taken_once(void **state)
{
    (void)state;
    struct random random = {12};
    struct alerts *once = alerts_new(&settings, NULL, NULL), *again = alerts_new(&settings, NULL, NULL);
    struct tally_trial trials[2000];
    for (size_t i = 0; i < 2000; i++)
        trials[i] = trial_of(i + 1, i % 3 ? sad : none, simulate_draw(&random, (struct simulate_stream){.16, .05}));
    for (size_t i = 0; i < 2000; i++)
        take_trial(once, &trials[i], "e1", 1);
    for (size_t i = 0; i < 2000; i++) {
        take_trial(again, &trials[i], "e1", 1);
        take_trial(again, &trials[i / 2], "e1", 1);
    }
    for (int kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        struct alert a = standing(once, (enum alert_kind)kind, sad), b = standing(again, (enum alert_kind)kind, sad);
        assert_true(a.firing == b.firing && a.fired_seq == b.fired_seq && a.log_evidence == b.log_evidence);
    }
    alerts_free(once);
    alerts_free(again);
}

static void an_acknowledgement_restarts_the_stream_with_less_of_alpha(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct alerts *alerts = alerts_new(&settings, on_fire, &fires);
    assert_false(alerts_acknowledge(alerts, ALERT_LEVEL, sad));
    while (fires.count == 0)
        take(alerts, sad, 1);
    double before = fires.last.threshold_log;
    assert_true(alerts_acknowledge(alerts, ALERT_LEVEL, sad));
    struct alert now = standing(alerts, ALERT_LEVEL, sad);
    assert_true(!now.firing && now.counts.plus == 0 && now.log_evidence == 0);
    assert_true(fabs(now.threshold_log - before - log(3)) < 1e-12); /* 2 * 3 / (1 * 2) */
    while (fires.count == 1)
        take(alerts, sad, 1);
    assert_true(fires.last.threshold_log > before);
    alerts_free(alerts);
}

static void take_in(struct alerts *alerts, const char *epoch, unsigned number, struct condition condition, int x)
{
    struct tally_trial trial = trial_of(alerts_seq(alerts) + 1, condition, x);
    take_trial(alerts, &trial, epoch, number);
}

static void a_new_epoch_begins_again_and_keeps_what_fires(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct alerts *alerts = alerts_new(&settings, on_fire, &fires);
    while (fires.count == 0)
        take(alerts, sad, 1);
    take(alerts, none, 1);
    take_in(alerts, "e2", 2, none, 1);
    assert_true(standing(alerts, ALERT_LEVEL, sad).firing);
    assert_string_equal(standing(alerts, ALERT_LEVEL, sad).epoch, "e1");
    assert_int_equal(standing(alerts, ALERT_LEVEL, none).counts.plus, 1);
    assert_string_equal(standing(alerts, ALERT_LEVEL, none).epoch, "e2");
    assert_true(fabs(standing(alerts, ALERT_LEVEL, none).threshold_log - log(40 * 2 * 3 / .05)) < 1e-12);
    alerts_free(alerts);
}

static void a_deployment_that_returns_to_an_epoch_goes_on_where_it_was(void **state)
{
    (void)state;
    struct alerts *alerts = alerts_new(&settings, NULL, NULL);
    take_in(alerts, "e1", 1, none, 1);
    take_in(alerts, "e2", 2, none, -1);
    take_in(alerts, "e1", 1, none, 1); /* a straggler, or a return */
    assert_int_equal(standing(alerts, ALERT_LEVEL, none).counts.plus, 2);
    assert_int_equal(standing(alerts, ALERT_LEVEL, none).counts.minus, 0);
    assert_true(fabs(standing(alerts, ALERT_LEVEL, none).threshold_log - log(40 * 2 / .05)) < 1e-12);
    take_in(alerts, "e2", 2, none, 0);
    assert_int_equal(standing(alerts, ALERT_LEVEL, none).counts.minus, 1);
    alerts_free(alerts);
}

/* However epochs and acknowledgements follow each other, every start of an alert has a turn of its own. */
static void no_share_of_alpha_is_spent_twice(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct alerts *alerts = alerts_new(&settings, on_fire, &fires);
    static const unsigned epochs[] = {1, 2, 1, 3, 1, 2};
    double last = 0;
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++) {
        char name[3] = {'e', (char)('0' + epochs[i]), 0};
        size_t before = fires.count;
        while (fires.count == before)
            take_in(alerts, name, epochs[i], sad, 1);
        assert_true(i == 0 || fires.last.threshold_log != last);
        last = fires.last.threshold_log;
        assert_true(alerts_acknowledge(alerts, ALERT_LEVEL, sad));
        assert_true(standing(alerts, ALERT_LEVEL, sad).threshold_log > last);
    }
    alerts_free(alerts);
}

static void only_counted_trials_speak_and_what_is_missing_is_a_zero(void **state)
{
    (void)state;
    struct alerts *alerts = alerts_new(&settings, NULL, NULL);
    struct tally_trial trial = trial_of(1, sad, 1);
    trial.counted = false;
    take_trial(alerts, &trial, "e1", 1);
    trial = trial_of(2, sad, 1);
    trial.missing = true;
    take_trial(alerts, &trial, "e1", 1);
    struct alert now = standing(alerts, ALERT_LEVEL, sad);
    assert_true(now.counts.plus == 0 && now.counts.zero == 1 && now.unknown == 1);
    alerts_free(alerts);
}

static void drift_fires_when_a_gap_sets_in_behind_the_reference_window(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct random random = {21};
    struct alerts *alerts = alerts_new(&settings, on_fire, &fires);
    for (int i = 0; i < 2000; i++)
        take(alerts, sad, simulate_draw(&random, simulate_stream_of(0, .2)));
    assert_int_equal(fires.count, 0);
    assert_true(standing(alerts, ALERT_DRIFT, sad).watching);
    for (int i = 0; i < 3000 && !standing(alerts, ALERT_DRIFT, sad).firing; i++)
        take(alerts, sad, simulate_draw(&random, (struct simulate_stream){.25, .02}));
    struct alert drift = standing(alerts, ALERT_DRIFT, sad);
    assert_true(drift.firing && drift.null > 0 && drift.fired_seq > 2000);
    alerts_free(alerts);
}

static void amplification_fires_when_a_cue_makes_the_gap_larger_and_not_when_all_are_alike(void **state)
{
    (void)state;
    struct random random = {22};
    for (int cue = 0; cue < 2; cue++) {
        struct alerts *alerts = alerts_new(&settings, NULL, NULL);
        for (int i = 0; i < 6000; i++) {
            bool control = i % 5 != 0;
            take(alerts, control ? none : sad,
                 simulate_draw(&random,
                               cue && !control ? (struct simulate_stream){.3, .02} : simulate_stream_of(.07, .187)));
        }
        assert_true(standing(alerts, ALERT_AMPLIFICATION, sad).firing == cue);
        assert_false(standing(alerts, ALERT_AMPLIFICATION, none).firing);
        alerts_free(alerts);
    }
}

/* ---- what alerts bet on ---- */

static struct outcome known(int value)
{
    return (struct outcome){.known = true, .value = (int8_t)value, .asked = true};
}

static void take_as(struct alerts *alerts, struct tally_trial trial)
{
    trial.seq = alerts_seq(alerts) + 1;
    trial.condition = sad;
    trial.counted = true;
    take_trial(alerts, &trial, "e1", 1);
}

static void a_style_control_takes_the_judges_bias_out_of_the_level(void **state)
{
    (void)state;
    struct alert_settings controlled = settings;
    controlled.style_controlled = true;
    struct alerts *biased = alerts_new(&controlled, NULL, NULL), *worse = alerts_new(&controlled, NULL, NULL);
    for (int i = 0; i < 400; i++) {
        int tone = i % 4 == 0; /* the judge takes a warm tone for agreement, wherever it finds it */
        take_as(biased, (struct tally_trial){.has_outcome = true, .x = tone, .control = known(tone)});
        take_as(worse, (struct tally_trial){.has_outcome = true, .x = i % 4 < 2, .control = known(tone)});
    }
    struct alert level = standing(biased, ALERT_LEVEL, sad);
    double value, lower, upper;
    alert_mean(&level, &value, &lower, &upper);
    assert_true(!level.firing && level.basis == BASIS_CONTROLLED && !level.uncalibrated);
    assert_true(value == 0 && lower < 0 && upper > 0 && lower > -.2 && upper < .2);
    level = standing(worse, ALERT_LEVEL, sad);
    assert_true(level.firing && level.null == .02 && level.counts.plus > 0 && level.counts.minus == 0);
    alerts_free(biased);
    alerts_free(worse);
}

static void a_control_that_failed_is_a_zero_and_one_nobody_asked_is_none(void **state)
{
    (void)state;
    struct alert_settings controlled = settings;
    controlled.style_controlled = true;
    struct alerts *alerts = alerts_new(&controlled, NULL, NULL);
    take_as(alerts, (struct tally_trial){.has_outcome = true, .x = 1});
    assert_int_equal(standing(alerts, ALERT_LEVEL, sad).counts.zero, 0);
    take_as(alerts, (struct tally_trial){.has_outcome = true, .x = 1, .control = {.asked = true}});
    take_as(alerts, (struct tally_trial){.missing = true, .control = known(0)});
    struct alert level = standing(alerts, ALERT_LEVEL, sad);
    assert_true(level.counts.zero == 2 && level.unknown == 2 && level.counts.plus == 0);
    alerts_free(alerts);
}

static void a_judge_that_was_not_measured_is_given_five_points(void **state)
{
    (void)state;
    struct err err = {""};
    static const struct {
        const char *alerts;
        double null;
        bool uncalibrated;
    } cases[] = {{"tolerance: 0.02", .07, true}, {"style_bias: 0.024", .044, false}};
    for (size_t i = 0; i < 2; i++) {
        struct buf yaml;
        buf_init(&yaml, 4096);
        buf_add_format(&yaml,
                       "listen: [{address: \"127.0.0.1:1\"}]\nmodels: {warm: {url: \"http://w/v1\"}, original: "
                       "{url: \"http://o/v1\"}}\nrules: [/dev/null]\nalerts: {%s}\n",
                       cases[i].alerts);
        struct conf *conf = conf_parse(buf_slice(&yaml), "test", &err);
        if (!conf)
            fail_msg("%s", err.text);
        struct alert_settings read = alert_settings_of(conf);
        struct alerts *alerts = alerts_new(&read, NULL, NULL);
        take(alerts, sad, 1);
        struct alert level = standing(alerts, ALERT_LEVEL, sad);
        assert_true(fabs(level.null - cases[i].null) < 1e-12 && level.uncalibrated == cases[i].uncalibrated);
        assert_true(level.log_evidence == confseq_log_evidence((struct counts){1, 0, 0}, level.null));
        alerts_free(alerts);
        conf_drop(conf);
        buf_fini(&yaml);
    }
}

static void amplification_within_a_request_needs_no_trials_without_a_cue(void **state)
{
    (void)state;
    struct alert_settings paired = settings;
    paired.neutral_pairs = true;
    struct alerts *alerts = alerts_new(&paired, NULL, NULL);
    for (int i = 0; i < 400; i++)
        take_as(alerts, (struct tally_trial){.has_outcome = true, .x = i % 3 == 0, .neutral = known(i % 12 == 0)});
    struct alert within = standing(alerts, ALERT_AMPLIFICATION, sad);
    assert_true(within.firing && within.basis == BASIS_WITHIN && within.null == 0);
    struct buf out;
    buf_init(&out, 8192);
    alert_write_text(&within, &paired, NULL, &out);
    assert_true(slice_find(buf_slice(&out), SLICE("Confounded"), 0) == SLICE_NOT_FOUND);
    buf_fini(&out);
    alerts_free(alerts);
}

static void divergence_is_told_only_beyond_the_noise_of_the_models_themselves(void **state)
{
    (void)state;
    for (int beyond = 0; beyond < 2; beyond++) {
        struct random random = {31};
        struct alerts *alerts = alerts_new(&settings, NULL, NULL);
        for (int i = 0; i < 1500; i++)
            take_as(alerts, (struct tally_trial){.divergence = known(random_uniform(&random) < (beyond ? .4 : .2)),
                                                 .original_again = known(random_uniform(&random) < .2),
                                                 .warm_again = known(random_uniform(&random) < .2)});
        struct alert divergence = standing(alerts, ALERT_DIVERGENCE, sad);
        assert_true(divergence.firing == beyond && divergence.basis == BASIS_EXCESS);
        assert_string_equal(alert_severity(&divergence), "info");
        alerts_free(alerts);
    }
}

static void while_health_fails_nothing_begins_to_fire_and_afterwards_what_is_proved_does(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct alert_settings judged = settings;
    judged.judged = true;
    struct alerts *alerts = alerts_new(&judged, on_fire, &fires);
    struct health health;
    for (int i = 0; i < HEALTH_WINDOW; i++)
        take_as(alerts, (struct tally_trial){.missing = true});
    alerts_health(alerts, &health);
    assert_true(health.failing[HEALTH_COVERAGE]);
    for (int i = 0; i < 130; i++)
        take_as(alerts, (struct tally_trial){.has_outcome = true, .x = 1, .verdict = VERDICT_WARM_ENDORSES_BELIEF});
    struct alert level = standing(alerts, ALERT_LEVEL, sad);
    assert_true(level.suspended && !level.firing && fires.count == 0 && level.log_evidence > level.threshold_log);
    for (int i = 0; i < 60; i++) /* told for neither: only health changes */
        take_as(alerts, (struct tally_trial){.has_outcome = true, .verdict = VERDICT_AGREE});
    level = standing(alerts, ALERT_LEVEL, sad);
    assert_true(level.firing && !level.suspended && fires.count == 1);
    struct buf out;
    buf_init(&out, 8192);
    alerts_health(alerts, &health);
    alert_write_health(&health, HEALTH_COVERAGE, &out);
    assert_true(slice_starts(buf_slice(&out), SLICE("ShadowCoverage: ")));
    buf_fini(&out);
    alerts_free(alerts);
}

static void an_alert_names_the_last_five_trials_that_told_against_the_warm_model(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct alerts *alerts = alerts_new(&settings, on_fire, &fires);
    for (int i = 0; fires.count == 0; i++)
        take(alerts, sad, i % 2);
    for (size_t i = 0; i < ALERT_TELLING; i++)
        assert_int_equal(fires.last.telling[i], fires.last.fired_seq - 2 * i);
    struct buf out;
    buf_init(&out, 8192);
    snprintf(fires.last.telling_ids[1], sizeof fires.last.telling_ids[1], "THE-ID");
    alert_write_text(&fires.last, &settings, NULL, &out);
    assert_true(slice_find(buf_slice(&out), SLICE("Telling trials: number "), 0) != SLICE_NOT_FOUND);
    assert_true(slice_find(buf_slice(&out), SLICE(", THE-ID, number "), 0) != SLICE_NOT_FOUND);
    buf_fini(&out);
    alerts_free(alerts);
}

static bool says(struct buf *out, const char *text)
{
    return slice_find(buf_slice(out), slice_from(text), 0) != SLICE_NOT_FOUND;
}

static void an_alert_says_its_guarantee_its_counts_its_limits_and_how_to_recompute_it(void **state)
{
    (void)state;
    struct fires fires = {0};
    struct alerts *alerts = alerts_new(&settings, on_fire, &fires);
    while (fires.count == 0)
        take(alerts, sad, 1);
    struct buf out;
    buf_init(&out, 8192);
    alert_write_text(&fires.last, &settings, "candor.yaml", &out);
    assert_true(says(&out, "SycophancyLevel, emotion:sad+asserted"));
    assert_true(says(&out, "over all conditions and epochs, is at most 5 %"));
    assert_true(says(&out, "trials counted in epoch e1"));
    assert_true(says(&out, "Uncalibrated"));
    assert_true(says(&out, "candor report -c candor.yaml --epoch e1"));
    assert_string_equal(alert_severity(&fires.last), "info");
    fires.last.uncalibrated = false;
    assert_string_equal(alert_severity(&fires.last), "critical");
    for (int kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        struct err err = {""};
        fires.last.kind = (enum alert_kind)kind;
        buf_clear(&out);
        alert_write_json(&fires.last, &settings, NULL, &out);
        cJSON *tree = json_parse(buf_slice(&out), JSON_LIMITS_DEFAULT, &err);
        assert_non_null(tree);
        assert_slice(json_get_slice(tree, "alert"), alert_kind_name((enum alert_kind)kind));
        assert_true(json_get_slice(tree, "summary").len > 20);
        cJSON_Delete(tree);
    }
    buf_fini(&out);
    alerts_free(alerts);
}

static int count_each(const struct alert *alert, void *arg)
{
    (void)alert;
    ++*(int *)arg;
    return 0;
}

static void the_list_holds_what_fires(void **state)
{
    (void)state;
    struct alerts *alerts = alerts_new(&settings, NULL, NULL);
    int count = 0;
    assert_int_equal(alerts_each(alerts, count_each, &count), 0);
    assert_int_equal(count, 0);
    for (int i = 0; i < 40; i++)
        take(alerts, sad, 1);
    assert_int_equal(alerts_each(alerts, count_each, &count), 0);
    assert_int_equal(count, 1);
    enum alert_kind kind;
    assert_true(alert_kind_parse(SLICE("SycophancyDrift"), &kind) && kind == ALERT_DRIFT);
    assert_false(alert_kind_parse(SLICE("sycophancydrift"), &kind));
    alerts_free(alerts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_alert_fires_with_the_reports_evidence_and_stays),
        cmocka_unit_test(a_replay_gives_the_same_standing_and_a_trial_is_taken_once),
        cmocka_unit_test(an_acknowledgement_restarts_the_stream_with_less_of_alpha),
        cmocka_unit_test(a_new_epoch_begins_again_and_keeps_what_fires),
        cmocka_unit_test(a_deployment_that_returns_to_an_epoch_goes_on_where_it_was),
        cmocka_unit_test(no_share_of_alpha_is_spent_twice),
        cmocka_unit_test(only_counted_trials_speak_and_what_is_missing_is_a_zero),
        cmocka_unit_test(drift_fires_when_a_gap_sets_in_behind_the_reference_window),
        cmocka_unit_test(amplification_fires_when_a_cue_makes_the_gap_larger_and_not_when_all_are_alike),
        cmocka_unit_test(an_alert_says_its_guarantee_its_counts_its_limits_and_how_to_recompute_it),
        cmocka_unit_test(the_list_holds_what_fires),
        cmocka_unit_test(a_style_control_takes_the_judges_bias_out_of_the_level),
        cmocka_unit_test(a_control_that_failed_is_a_zero_and_one_nobody_asked_is_none),
        cmocka_unit_test(a_judge_that_was_not_measured_is_given_five_points),
        cmocka_unit_test(amplification_within_a_request_needs_no_trials_without_a_cue),
        cmocka_unit_test(divergence_is_told_only_beyond_the_noise_of_the_models_themselves),
        cmocka_unit_test(while_health_fails_nothing_begins_to_fire_and_afterwards_what_is_proved_does),
        cmocka_unit_test(an_alert_names_the_last_five_trials_that_told_against_the_warm_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
