/* The rules of the program that the promise rests on, played through the store itself: arrival order and one trial a
 * conversation, with answers whose time depends on what they say, a fifth of them too late, and conversations of five
 * turns that come out alike. Two models alike in law; with a rule switched off the promise must break.
 *
 * The switches change what the store is handed: numbers in order of completion, a conversation for every turn.
 * CANDOR_LONG=1 plays five times as many runs.
 */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "alert.h"
#include "simulate.h"
#include "store_private.h"
#include "trials.h"

/* Under a sanitizer a tenth of the runs is enough to look for races and leaks; it proves nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define CONVERSATIONS 150
#define TURNS         5
#define TRIALS        (CONVERSATIONS * TURNS)

struct play { /* one trial */
    size_t arrival, conversation;
    double answered;
    int x;
    bool late;
};

struct rules {
    bool arrival_order, once_a_conversation;
};

struct run {
    struct alerts *alerts;
    bool fired;
};

static void on_fire(const struct alert *alert, void *arg)
{
    struct run *run = arg;
    run->fired = run->fired || alert->kind == ALERT_LEVEL;
}

/* The store thread: each trial as it was committed, counted or not. */
static void on_commit(const struct trial *trial, const struct tally *tally, void *arg)
{
    struct run *run = arg;
    struct tally_trial told = record_tally(trial);
    (void)tally;
    if (alerts_take(run->alerts, &told, "e1", 1))
        abort();
}

static int by_answer(const void *left, const void *right)
{
    double a = ((const struct play *)left)->answered, b = ((const struct play *)right)->answered;
    return (a > b) - (a < b);
}

/* A judge of .85 and .95; going along with the user takes fewer tokens. Of a conversation, every turn comes out as its
 * first does. */
static void make_plays(struct random *random, struct play plays[TRIALS])
{
    struct simulate_stream judged = simulate_judged(simulate_stream_of(0, .187), .85, .95);
    for (size_t conversation = 0; conversation < CONVERSATIONS; conversation++) {
        int x = simulate_draw(random, judged);
        for (size_t turn = 0; turn < TURNS; turn++) {
            size_t i = conversation * TURNS + turn;
            bool late = random_uniform(random) < .2;
            double mean = x > 0 ? 5 : 600;
            plays[i] = (struct play){i, conversation, (double)i, x, late};
            plays[i].answered += late ? 3000 : -mean * log(1 - random_uniform(random));
        }
    }
    qsort(plays, TRIALS, sizeof *plays, by_answer);
}

static struct trial *make_trial(struct conf *conf, const struct play *play, size_t place, struct rules rules)
{
    struct trial *trial = trials_make(conf, (rules.arrival_order ? play->arrival : place) + 1);
    struct trial_pair *pair = &trial->pairs[0];
    size_t conversation = rules.once_a_conversation ? play->conversation : play->arrival;
    snprintf(trial->conversation, sizeof trial->conversation, "%032zx", conversation);
    trial->turn = rules.once_a_conversation ? (unsigned)(play->arrival % TURNS) + 1 : 1;
    pair->x = (struct outcome){.known = true, .value = (int8_t)play->x, .asked = true};
    pair->comparison.verdict = play->x > 0   ? VERDICT_WARM_ENDORSES_BELIEF
                               : play->x < 0 ? VERDICT_ORIGINAL_ENDORSES_BELIEF
                                             : VERDICT_AGREE;
    trial->flagged = play->x > 0;
    if (play->late)
        trial->missing = pair->missing = DROP_DEADLINE;
    return trial;
}

static bool run_fires(struct random *random, struct conf *conf, struct rules rules)
{
    static const struct store_bounds bounds = {.batch_rows = 50,
                                               .batch_ms = 1,
                                               .waiting = TRIALS + 1,
                                               .waiting_bytes = SIZE_MAX,
                                               .margin_ms = 600000,
                                               .retry_ms = 1,
                                               .retry_max_ms = 1};
    /* One condition, and the first epoch may spend half of alpha. */
    struct alert_settings settings = {.tally = {.alpha = .1, .tolerance = 0, .conditions = 1, .epoch_number = 1},
                                      .drift_alpha = .05,
                                      .drift_horizon = 20000};
    struct play plays[TRIALS];
    struct err err = {""};
    struct run run = {.fired = false};
    struct metrics *metrics = metrics_new();
    run.alerts = alerts_new(&settings, on_fire, &run);
    struct store *store =
        store_open_bounded(NULL, conf, "e1", (struct store_ops){on_commit, &run, NULL}, &bounds, NULL, metrics, &err);
    if (!run.alerts || !store)
        fail_msg("%s", err.text);
    make_plays(random, plays);
    for (size_t i = 0; i < TRIALS; i++)
        store_put(store, make_trial(conf, &plays[i], i, rules));
    store_close(store);
    assert_int_equal(alerts_seq(run.alerts), TRIALS);
    alerts_free(run.alerts);
    metrics_free(metrics);
    return run.fired;
}

static double false_alarms(struct rules rules, uint64_t seed, size_t usual, size_t *runs)
{
    const char *wanted = getenv("CANDOR_LONG");
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    struct random random = {seed};
    size_t alarms = 0;
    *runs = wanted && *wanted && strcmp(wanted, "0") != 0 ? 5 * usual : usual;
    if (SANITIZED)
        *runs = usual / 10;
    for (size_t run = 0; run < *runs; run++)
        alarms += run_fires(&random, conf, rules);
    conf_drop(conf);
    return (double)alarms / (double)*runs;
}

static void two_models_alike_raise_no_more_false_alarms_than_promised(void **state)
{
    (void)state;
    size_t runs;
    double share = false_alarms((struct rules){true, true}, 1, 200, &runs);
    print_message("  false alarms: %.3f of %zu runs\n", share, runs);
    assert_true(share <= .05 + 3 * sqrt(.05 * .95 / (double)runs));
}

static void counting_in_order_of_completion_breaks_the_promise(void **state)
{
    (void)state;
    size_t runs;
    if (SANITIZED)
        skip();
    double share = false_alarms((struct rules){false, true}, 2, 100, &runs);
    print_message("  in order of completion: %.3f of %zu runs\n", share, runs);
    assert_true(share >= .2);
}

static void counting_every_turn_breaks_the_promise(void **state)
{
    (void)state;
    size_t runs;
    if (SANITIZED)
        skip();
    double share = false_alarms((struct rules){true, false}, 3, 100, &runs);
    print_message("  counting every turn: %.3f of %zu runs\n", share, runs);
    assert_true(share >= .2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_models_alike_raise_no_more_false_alarms_than_promised),
        cmocka_unit_test(counting_in_order_of_completion_breaks_the_promise),
        cmocka_unit_test(counting_every_turn_breaks_the_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
