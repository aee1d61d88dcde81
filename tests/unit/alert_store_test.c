/* Alerts taken from a store: in pieces or whole, with acknowledgements where they were given. */
#include "outcomes.h"

#include "alert_store.h"
#include "store.h"

static const struct alert_settings settings = {
    .tally = {.alpha = .05, .tolerance = .02, .conditions = CONDITION_COUNT, .epoch_number = 1},
    .drift_alpha = .05,
    .drift_horizon = 20000};

static void follow(struct place *place, struct alerts *alerts, struct alert_notes *notes)
{
    struct err err = {""};
    if (alert_store_sync(place->path, alerts, notes, &err))
        fail_msg("%s", err.text);
}

static struct alert standing(const struct alerts *alerts, enum alert_kind kind)
{
    struct alert alert;
    alerts_standing(alerts, kind, sad, &alert);
    return alert;
}

static void following_a_store_gives_what_one_replay_gives(void **state)
{
    struct place *place = *state;
    struct alerts *following = alerts_new(&settings, NULL, NULL), *replayed = alerts_new(&settings, NULL, NULL);
    struct err err = {""};
    struct alert_notes seen = {0}, none = {0};
    for (int round = 0; round < 6; round++) {
        write_trials(place, round < 3 ? "e1" : "e2", 150, (struct simulate_stream){.3, .02});
        follow(place, following, &seen);
        if (round == 1)
            assert_int_equal(alert_store_acknowledge(place->path, &settings, ALERT_LEVEL, sad, &err), 0);
    }
    follow(place, following, &seen);
    follow(place, replayed, &none);
    assert_true(seen.acknowledgement == none.acknowledgement && seen.acknowledgement == 1);
    for (int kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        struct alert a = standing(following, (enum alert_kind)kind), b = standing(replayed, (enum alert_kind)kind);
        assert_true(a.firing == b.firing && a.fired_seq == b.fired_seq && a.log_evidence == b.log_evidence);
        assert_true(a.counts.plus == b.counts.plus && a.threshold_log == b.threshold_log);
    }
    assert_true(standing(following, ALERT_LEVEL).fired_seq > 300);
    alerts_free(following);
    alerts_free(replayed);
}

static void an_acknowledgement_ends_the_alert_for_everybody_who_reads_the_store(void **state)
{
    struct place *place = *state;
    struct alerts *following = alerts_new(&settings, NULL, NULL);
    struct err err = {""};
    struct alert_notes seen = {0};
    write_trials(place, "e1", 200, (struct simulate_stream){.3, .02});
    follow(place, following, &seen);
    assert_true(standing(following, ALERT_LEVEL).firing);
    assert_int_equal(alert_store_acknowledge(place->path, &settings, ALERT_DRIFT, sad, &err), 1);
    assert_int_equal(alert_store_acknowledge(place->path, &settings, ALERT_LEVEL, sad, &err), 0);
    assert_int_equal(alert_store_acknowledge(place->path, &settings, ALERT_LEVEL, sad, &err), 1);
    follow(place, following, &seen);
    assert_false(standing(following, ALERT_LEVEL).firing);
    assert_int_equal(standing(following, ALERT_LEVEL).counts.plus, 0);
    alerts_free(following);
}

static void add_canaries(struct place *place, const struct alerts *alerts, unsigned right, unsigned wrong)
{
    struct err err = {""};
    if (alert_store_canaries(place->path, alerts, right, wrong, &err))
        fail_msg("%s", err.text);
}

/* The evidence is there; but whoever judged it calls known pairs wrongly, and has done so for whoever replays the
 * store. */
static void canaries_that_die_suspend_the_alerts_until_they_live(void **state)
{
    struct place *place = *state;
    struct alerts *following = alerts_new(&settings, NULL, NULL), *replayed = alerts_new(&settings, NULL, NULL);
    struct alert_notes seen = {0}, none = {0};
    struct health health;
    write_trials(place, "e1", 1, (struct simulate_stream){1, 0});
    follow(place, following, &seen);
    add_canaries(place, following, HEALTH_CANARIES - 3, 3);
    follow(place, following, &seen);
    alerts_health(following, &health);
    assert_true(health.failing[HEALTH_JUDGE] && health.since_seq[HEALTH_JUDGE] == 1);
    write_trials(place, "e1", 100, (struct simulate_stream){1, 0});
    follow(place, following, &seen);
    struct alert level = standing(following, ALERT_LEVEL);
    assert_true(!level.firing && level.suspended && level.log_evidence > level.threshold_log);
    add_canaries(place, following, HEALTH_CANARIES, 0);
    follow(place, following, &seen);
    follow(place, replayed, &none);
    assert_true(standing(following, ALERT_LEVEL).firing && standing(replayed, ALERT_LEVEL).firing);
    assert_int_equal(standing(following, ALERT_LEVEL).fired_seq, 101);
    assert_int_equal(standing(replayed, ALERT_LEVEL).fired_seq, 101);
    assert_true(seen.canary == 2 * HEALTH_CANARIES && none.canary == seen.canary);
    alerts_free(following);
    alerts_free(replayed);
}

static void a_store_that_is_not_there_is_an_error(void **state)
{
    struct place *place = *state;
    struct alerts *alerts = alerts_new(&settings, NULL, NULL);
    struct err err = {""};
    struct alert_notes seen = {0};
    assert_int_equal(alert_store_sync(place->path, alerts, &seen, &err), -1);
    assert_true(err.text[0]);
    err.text[0] = '\0';
    assert_int_equal(alert_store_acknowledge(place->path, &settings, ALERT_LEVEL, sad, &err), -1);
    assert_true(err.text[0]);
    assert_int_equal(access(place->path, F_OK), -1);
    alerts_free(alerts);
}

/* What a report of the store starts from: the same epoch, and number, that an export of it gives. */
static void the_latest_epoch_is_that_of_the_last_trial_and_numbers_count_epochs_with_trials(void **state)
{
    struct place *place = *state;
    struct tally tally;
    struct err err = {""};
    unsigned number;
    write_trials(place, "never used", 0, (struct simulate_stream){0, 0});
    struct store_db *db = store_db_open(place->path, &err);
    assert_non_null(db);
    assert_int_equal(store_db_forget_unused(db, &err), 0);
    store_db_close(db);
    write_trials(place, "e1", 10, (struct simulate_stream){1, 0});
    write_trials(place, "e2", 10, (struct simulate_stream){1, 0});
    assert_int_equal(store_replay(place->path, NULL, NULL, &tally, &number, &err), 0);
    assert_int_equal(number, 2);
    write_trials(place, "e1", 5, (struct simulate_stream){1, 0});
    assert_int_equal(store_replay(place->path, NULL, NULL, &tally, &number, &err), 0);
    assert_string_equal(tally.epoch, "e1");
    assert_int_equal(number, 1);
    assert_int_equal(tally.rows[condition_index(sad)].trials, 15);
    assert_int_equal(store_replay(place->path, "e2", NULL, &tally, &number, &err), 0);
    assert_int_equal(tally.rows[condition_index(sad)].trials, 10);
}

int main(void)
{
#define STORE_CASE(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)
    const struct CMUnitTest tests[] = {
        STORE_CASE(following_a_store_gives_what_one_replay_gives),
        STORE_CASE(an_acknowledgement_ends_the_alert_for_everybody_who_reads_the_store),
        STORE_CASE(canaries_that_die_suspend_the_alerts_until_they_live),
        STORE_CASE(a_store_that_is_not_there_is_an_error),
        STORE_CASE(the_latest_epoch_is_that_of_the_last_trial_and_numbers_count_epochs_with_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
