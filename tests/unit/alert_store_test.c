/* Alerts taken from a store: in pieces or whole, with acknowledgements where they were given. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alert_store.h"
#include "simulate.h"
#include "store_db.h"

static const struct condition sad = {CONTEXT_SAD, BELIEF_ASSERTED};
static const struct alert_settings settings = {
    .tally = {.alpha = .05, .tolerance = .02, .conditions = CONDITION_COUNT, .epoch_number = 1},
    .drift_alpha = .05,
    .drift_horizon = 20000};

struct place {
    char folder[64], path[96];
    uint64_t seq;
    struct random random;
};

static int place_open(void **state)
{
    static struct place place;
    place = (struct place){.random = {5}};
    snprintf(place.folder, sizeof place.folder, "/tmp/candor-alerts-XXXXXX");
    if (!mkdtemp(place.folder))
        return -1;
    snprintf(place.path, sizeof place.path, "%s/candor.db", place.folder);
    *state = &place;
    return 0;
}

static int place_close(void **state)
{
    struct place *place = *state;
    char path[128];
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", place->path, endings[i]);
        unlink(path);
    }
    return rmdir(place->folder);
}

/* Writes trials of one condition as the store's thread would. */
static void write_trials(struct place *place, const char *epoch, size_t count, struct simulate_stream stream)
{
    struct err err = {""};
    unsigned number;
    struct store_db *db = store_db_open(place->path, &err);
    if (!db)
        fail_msg("%s", err.text);
    assert_int_equal(store_db_begin(db, &err), STORE_WRITTEN);
    assert_int_equal(store_db_epoch(db, epoch, 1, &number, &err), STORE_WRITTEN);
    for (size_t i = 0; i < count; i++) {
        char id[27];
        snprintf(id, sizeof id, "%026llu", (unsigned long long)++place->seq);
        struct store_row row = {
            .trial_id = id, .exchange_id = id, .epoch = epoch, .conversation = "", .wall_ms = 1, .record = SLICE("{}")};
        row.tally = (struct tally_trial){.seq = place->seq,
                                         .condition = sad,
                                         .counted = true,
                                         .has_outcome = true,
                                         .x = simulate_draw(&place->random, stream),
                                         .verdict = VERDICT_AGREE};
        assert_int_equal(store_db_add(db, &row, &err), STORE_WRITTEN);
    }
    assert_int_equal(store_db_commit(db, &err), STORE_WRITTEN);
    store_db_close(db);
}

static void follow(struct place *place, struct alerts *alerts, int64_t *acknowledged)
{
    struct err err = {""};
    if (alert_store_sync(place->path, alerts, acknowledged, &err))
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
    int64_t seen = 0, none = 0;
    for (int round = 0; round < 6; round++) {
        write_trials(place, round < 3 ? "e1" : "e2", 150, (struct simulate_stream){.3, .02});
        follow(place, following, &seen);
        if (round == 1)
            assert_int_equal(alert_store_acknowledge(place->path, &settings, ALERT_LEVEL, sad, &err), 0);
    }
    follow(place, following, &seen);
    follow(place, replayed, &none);
    assert_true(seen == none && seen == 1);
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
    int64_t seen = 0;
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

static void a_store_that_is_not_there_is_an_error(void **state)
{
    struct place *place = *state;
    struct alerts *alerts = alerts_new(&settings, NULL, NULL);
    struct err err = {""};
    int64_t seen = 0;
    assert_int_equal(alert_store_sync(place->path, alerts, &seen, &err), -1);
    assert_true(err.text[0]);
    err.text[0] = '\0';
    assert_int_equal(alert_store_acknowledge(place->path, &settings, ALERT_LEVEL, sad, &err), -1);
    assert_true(err.text[0]);
    assert_int_equal(access(place->path, F_OK), -1);
    alerts_free(alerts);
}

int main(void)
{
#define STORE_CASE(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)
    const struct CMUnitTest tests[] = {
        STORE_CASE(following_a_store_gives_what_one_replay_gives),
        STORE_CASE(an_acknowledgement_ends_the_alert_for_everybody_who_reads_the_store),
        STORE_CASE(a_store_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
