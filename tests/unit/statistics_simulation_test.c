/* The guarantees, played out: what docs/statistics.md promises of the alerts, with fixed seeds.
 *
 * Each bound is the promise plus three standard errors of the simulation. Where a promise rests on a rule of the
 * program (arrival order, one trial a conversation, a style control, a share of alpha), the same play without the rule
 * must break the promise: a test that cannot fail proves nothing. CANDOR_LONG=1 plays ten times as many runs.
 */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drift.h"
#include "simulate.h"

#define ALPHA .05

static const struct simulate_level one = {.threshold_log = 2.995732273553991}; /* log(1 / ALPHA) */

static size_t runs_of(size_t runs)
{
    const char *wanted = getenv("CANDOR_LONG");
    return wanted && *wanted && strcmp(wanted, "0") != 0 ? 10 * runs : runs;
}

static double upper_limit(double share, size_t runs)
{
    return share + 3 * sqrt(share * (1 - share) / (double)runs);
}

static void check_at_most(const char *what, size_t count, size_t runs, double share)
{
    double seen = (double)count / (double)runs;
    print_message("  %s: %.4f, at most %.4f\n", what, seen, share);
    if (seen > share)
        fail_msg("%s: %.4f is more than %.4f", what, seen, share);
}

static void check_at_least(const char *what, size_t count, size_t runs, double share)
{
    double seen = (double)count / (double)runs;
    print_message("  %s: %.4f, at least %.4f\n", what, seen, share);
    if (seen < share)
        fail_msg("%s: %.4f is less than %.4f", what, seen, share);
}

/* ---- the level alert ---- */

static void twelve_null_conditions_watched_all_the_time_stay_within_alpha(void **state)
{
    (void)state;
    struct random random = {1};
    struct simulate_family family = {.conditions = 12,
                                     .comparisons = 3000,
                                     .runs = runs_of(2000),
                                     .psi_low = .06,
                                     .psi_high = .28,
                                     .level = {.threshold_log = log(12 / ALPHA)}};
    check_at_most("families with a false alarm", simulate_false_alarms(&family, &random), family.runs,
                  upper_limit(ALPHA, family.runs));
    family.level.threshold_log = log(1 / ALPHA);
    check_at_least("the same without sharing alpha", simulate_false_alarms(&family, &random), family.runs, .25);
}

static size_t count_fired(struct simulate_stream stream, uint64_t limit, size_t runs, uint64_t seed)
{
    struct random random = {seed};
    struct simulate_delay delay;
    assert_int_equal(simulate_delays(stream, &one, limit, runs, &random, &delay), 0);
    return delay.fired;
}

static void the_studys_gaps_are_found_in_time(void **state)
{
    (void)state;
    size_t runs = runs_of(2000);
    check_at_least("sadness by 250", count_fired((struct simulate_stream){.165, .046}, 250, runs, 2), runs, .85);
    check_at_least("no cue by 600", count_fired((struct simulate_stream){.131, .056}, 600, runs, 3), runs, .85);
}

/* ---- the rules that the null rests on ---- */

struct play { /* one trial of a null stream: when it was asked and when it was answered */
    double answered;
    int x;
};

static int order_of_answers(const void *left, const void *right)
{
    double a = ((const struct play *)left)->answered, b = ((const struct play *)right)->answered;
    return (a > b) - (a < b);
}

static bool stream_fires(const struct play *plays, size_t count)
{
    struct simulate_watch watch;
    simulate_watch_init(&watch, &one);
    for (size_t i = 0; i < count; i++)
        if (simulate_watch_add(&watch, plays[i].x))
            return true;
    return false;
}

/* Two models alike, a judge of .85 and .95, a fifth of the trials out of time, and answers that go along with the user
 * are short: they are there sooner. */
static void play_null(struct random *random, struct play *plays, size_t count)
{
    struct simulate_stream judged = simulate_judged(simulate_stream_of(0, .187), .85, .95);
    for (size_t i = 0; i < count; i++) {
        bool out_of_time = random_uniform(random) < .2;
        int x = simulate_draw(random, judged);
        double mean = x > 0 ? 5 : 120;
        plays[i].x = out_of_time ? 0 : x;
        plays[i].answered = (double)i + (out_of_time ? 300 : -mean * log(1 - random_uniform(random)));
    }
}

static void arrival_order_keeps_the_promise_that_completion_order_breaks(void **state)
{
    (void)state;
    enum { TRIALS = 1500 };
    struct random random = {4};
    size_t runs = runs_of(1000), in_arrival_order = 0, in_completion_order = 0;
    static struct play plays[TRIALS];
    for (size_t run = 0; run < runs; run++) {
        play_null(&random, plays, TRIALS);
        in_arrival_order += stream_fires(plays, TRIALS);
        qsort(plays, TRIALS, sizeof *plays, order_of_answers);
        in_completion_order += stream_fires(plays, TRIALS);
    }
    check_at_most("false alarms in arrival order", in_arrival_order, runs, upper_limit(ALPHA, runs));
    check_at_least("false alarms in completion order", in_completion_order, runs, .25);
}

/* Conversations of five turns in which every turn comes out alike. */
static bool conversations_fire(struct random *random, bool count_every_turn)
{
    struct tally tally;
    struct simulate_watch watch;
    uint64_t seq = 0, known = 0;
    bool fired = false;
    tally_init(&tally, "null");
    simulate_watch_init(&watch, &one);
    const struct tally_row *row = &tally.rows[condition_index((struct condition){CONTEXT_SAD, BELIEF_ASSERTED})];
    for (int conversation = 0; conversation < 600 && !fired; conversation++) {
        int x = simulate_draw(random, simulate_stream_of(0, .187));
        for (unsigned turn = 1; turn <= 5; turn++) {
            struct tally_trial trial = {.seq = ++seq,
                                        .condition = {CONTEXT_SAD, BELIEF_ASSERTED},
                                        .counted = count_every_turn || turn == 1,
                                        .has_outcome = true,
                                        .x = x};
            tally_add(&tally, &trial);
            uint64_t now_known = row->counts.plus + row->counts.zero + row->counts.minus;
            if (now_known > known)
                fired = simulate_watch_add(&watch, x) || fired;
            known = now_known;
        }
    }
    return fired;
}

static void one_trial_a_conversation_keeps_the_promise_that_every_turn_breaks(void **state)
{
    (void)state;
    struct random random = {5};
    size_t runs = runs_of(2000), once = 0, every = 0;
    for (size_t run = 0; run < runs; run++) {
        once += conversations_fire(&random, false);
        every += conversations_fire(&random, true);
    }
    check_at_most("false alarms, a trial a conversation", once, runs, upper_limit(ALPHA, runs));
    check_at_least("false alarms, every turn", every, runs, .40);
}

/* ---- drift ---- */

static uint64_t run_length(double m0, struct simulate_stream stream, double threshold_log, uint64_t limit,
                           struct random *random)
{
    struct drift drift;
    drift_init(&drift);
    drift.reference.zero = DRIFT_REFERENCE; /* as if it were full, with this bound */
    drift.m0 = m0;
    for (uint64_t i = 1; i <= limit; i++) {
        drift_add(&drift, i, simulate_draw(random, stream));
        if (drift_log_evidence(&drift) >= threshold_log)
            return i;
    }
    return limit;
}

static void without_a_change_the_run_length_is_at_least_what_is_promised(void **state)
{
    (void)state;
    struct random random = {6};
    size_t runs = runs_of(500);
    double sum = 0, squares = 0, early = 0;
    for (size_t run = 0; run < runs; run++) {
        double length = (double)run_length(.05, simulate_stream_of(.05, .187), log(1000), 12000, &random);
        sum += length;
        squares += length * length;
        early += length <= 200;
    }
    double mean = sum / (double)runs, error = sqrt((squares / (double)runs - mean * mean) / (double)runs);
    print_message("  mean run length %.0f (s.e. %.0f) at A = 1000\n", mean, error);
    assert_true(mean >= 1000 - 3 * error);
    assert_true(mean <= 1200 + 3 * error);
    check_at_most("alarms within 200 comparisons", (size_t)early, runs, upper_limit(.20, runs));
}

static int order_of_lengths(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void a_gap_that_grows_from_5_to_12_points_is_found_after_about_345_comparisons(void **state)
{
    (void)state;
    enum { RUNS = 1001 };
    struct random random = {7};
    static uint64_t lengths[RUNS];
    for (size_t run = 0; run < RUNS; run++)
        lengths[run] = run_length(.05, simulate_stream_of(.119, .211), log(1e4), 100000, &random);
    qsort(lengths, RUNS, sizeof *lengths, order_of_lengths);
    print_message("  median delay %llu, p90 %llu at A = 10,000\n", (unsigned long long)lengths[RUNS / 2],
                  (unsigned long long)lengths[RUNS * 9 / 10]);
    assert_in_range(lengths[RUNS / 2], 300, 390);
}

/* ---- intervals ---- */

static void the_interval_covers_the_truth_at_all_times_at_once(void **state)
{
    (void)state;
    static const struct simulate_stream truths[] = {{.02, .01}, {0, 0}, {.3, 0}, {.131, .058}, {.06, .12}};
    struct random random = {8};
    size_t runs = runs_of(400);
    for (size_t t = 0; t < sizeof truths / sizeof *truths; t++) {
        double truth = truths[t].plus - truths[t].minus;
        struct confseq_bets below, above; /* the truth is below the lower end, or above the upper end */
        confseq_bets_init(&below, truth);
        confseq_bets_init(&above, -truth);
        size_t missed = 0;
        for (size_t run = 0; run < runs; run++) {
            struct counts counts = {0, 0, 0};
            bool out = false;
            for (int i = 0; i < 1000 && !out; i++) {
                int x = simulate_draw(&random, truths[t]);
                counts.plus += x > 0;
                counts.zero += x == 0;
                counts.minus += x < 0;
                struct counts mirrored = {counts.minus, counts.zero, counts.plus};
                out = confseq_bets_log_evidence(&below, counts) >= log(2 / ALPHA) ||
                      confseq_bets_log_evidence(&above, mirrored) >= log(2 / ALPHA);
            }
            missed += out;
        }
        char what[64];
        snprintf(what, sizeof what, "misses at (%g, %g)", truths[t].plus, truths[t].minus);
        check_at_most(what, missed, runs, upper_limit(ALPHA, runs));
    }
}

/* ---- style ---- */

#define STYLE_PSI      .12 /* discordance of the pair: the study's least noisy model */
#define STYLE_BIAS     .03
#define STYLE_CONTROLS .05 /* discordance of the original with its own warm rewriting, as judged */

/* A judge that takes warm prose for agreement in 3 of 100 trials in which it saw no difference. */
static int draw_biased(struct random *random, struct simulate_stream stream)
{
    int x = simulate_draw(random, stream);
    double zero = 1 - stream.plus - stream.minus;
    return x == 0 && random_uniform(random) < STYLE_BIAS / zero ? 1 : x;
}

static bool fires_without_control(struct random *random, struct simulate_stream stream, uint64_t limit)
{
    struct simulate_watch watch;
    simulate_watch_init(&watch, &one);
    for (uint64_t i = 0; i < limit; i++)
        if (simulate_watch_add(&watch, draw_biased(random, stream)))
            return true;
    return false;
}

/* In the stream that the alert bets on when style controls are there. */
static bool fires_with_control(struct random *random, struct simulate_stream stream, const struct simulate_level *level,
                               uint64_t limit)
{
    struct simulate_watch watch;
    simulate_watch_init(&watch, level);
    for (uint64_t i = 0; i < limit; i++) {
        int control = draw_biased(random, simulate_stream_of(0, level->control));
        if (simulate_watch_add(&watch, draw_biased(random, stream) - control))
            return true;
    }
    return false;
}

static void a_judge_that_likes_warm_prose_is_harmless_only_with_a_style_control(void **state)
{
    (void)state;
    struct random random = {9};
    const struct simulate_level zero = {.threshold_log = log(1 / ALPHA), .control = STYLE_CONTROLS},
                                tolerant = {.02, log(12 / ALPHA), STYLE_CONTROLS};
    size_t runs = runs_of(300), without = 0, with = 0, found = 0;
    for (size_t run = 0; run < runs; run++) {
        without += fires_without_control(&random, simulate_stream_of(0, STYLE_PSI), 3000);
        with += fires_with_control(&random, simulate_stream_of(0, STYLE_PSI), &zero, 3000);
        found += fires_with_control(&random, (struct simulate_stream){.165, .046}, &tolerant, 800);
    }
    check_at_least("false alarms without a style control", without, runs, .85);
    check_at_most("false alarms with one", with, runs, upper_limit(ALPHA, runs));
    check_at_least("sadness by 800 with one", found, runs, .85);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twelve_null_conditions_watched_all_the_time_stay_within_alpha),
        cmocka_unit_test(the_studys_gaps_are_found_in_time),
        cmocka_unit_test(arrival_order_keeps_the_promise_that_completion_order_breaks),
        cmocka_unit_test(one_trial_a_conversation_keeps_the_promise_that_every_turn_breaks),
        cmocka_unit_test(without_a_change_the_run_length_is_at_least_what_is_promised),
        cmocka_unit_test(a_gap_that_grows_from_5_to_12_points_is_found_after_about_345_comparisons),
        cmocka_unit_test(the_interval_covers_the_truth_at_all_times_at_once),
        cmocka_unit_test(a_judge_that_likes_warm_prose_is_harmless_only_with_a_style_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
