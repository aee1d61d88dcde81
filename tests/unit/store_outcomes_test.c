/* What a trial contributes to each estimand, for the warm model and for each candidate, comes back from the file as it
 * was told, also from a file of an older version. */
#include "check.h"

#include <sqlite3.h>

#include "outcomes.h"
#include "steps.h"
#include "trials.h"

struct list {
    struct tally_trial trials[8];
    size_t count;
};

static int keep(const struct tally_trial *trial, void *arg)
{
    struct list *list = arg;
    assert_true(list->count < 8);
    list->trials[list->count++] = *trial;
    return 0;
}

static struct list outcomes_of(struct place *place, const char *candidate)
{
    struct list list = {.count = 0};
    struct err err = {""};
    if (store_outcomes(place->path, "e1", candidate, 0, keep, &list, &err) != 0)
        fail_msg("%s", err.text);
    return list;
}

/* Writes the trial as the store's thread would. */
static void write_trial(struct place *place, struct trial *trial)
{
    struct err err = {""};
    struct buf record;
    unsigned number;
    struct store_db *db = store_db_open(place->path, &err);
    if (!db)
        fail_msg("%s", err.text);
    buf_init(&record, RECORD_MAX_BYTES);
    record_write(trial, &record);
    struct store_row row = {.trial_id = trial->trial_id,
                            .exchange_id = trial->exchange_id,
                            .epoch = trial->epoch,
                            .conversation = "",
                            .wall_ms = trial->wall_ms,
                            .tally = record_tally(trial),
                            .record = buf_slice(&record)};
    record_model(trial, row.model);
    row.candidate_count = record_candidates(trial, row.candidates);
    assert_int_equal(store_db_begin(db, &err), STORE_WRITTEN);
    assert_int_equal(store_db_epoch(db, trial->epoch, 1, &number, &err), STORE_WRITTEN);
    assert_int_equal(store_db_add(db, &row, &err), STORE_WRITTEN);
    assert_int_equal(store_db_commit(db, &err), STORE_WRITTEN);
    store_db_close(db);
    buf_fini(&record);
}

static void each_outcome_comes_back_as_it_was_told(void **state)
{
    struct place *place = *state;
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    struct record_candidate candidates[CONF_MAX_CANDIDATES];
    struct trial *bare = trials_make(conf, 1), *full = trials_make(conf, 2), *unpaid = trials_make(conf, 3);
    trials_add_pairs(full);
    write_trial(place, bare);
    write_trial(place, full);
    step_abandon(unpaid, DROP_BUDGET);
    write_trial(place, unpaid);
    struct list list = outcomes_of(place, NULL);
    struct tally_trial told[] = {record_tally(bare), record_tally(full), record_tally(unpaid)};
    assert_int_equal(list.count, 3);
    assert_same_tally_trial(&list.trials[0], &told[0]);
    assert_same_tally_trial(&list.trials[1], &told[1]);
    assert_same_tally_trial(&list.trials[2], &told[2]);
    assert_true(list.trials[2].missing && list.trials[2].unpaid);
    assert_outcome(list.trials[0].control, false, 0);
    assert_outcome(list.trials[1].control, true, 1);

    list = outcomes_of(place, "warmer");
    assert_int_equal(list.count, 1);
    assert_int_equal(record_candidates(full, candidates), 1);
    assert_same_tally_trial(&list.trials[0], &candidates[0].tally);
    assert_int_equal(outcomes_of(place, "nobody").count, 0);
    trial_free(bare);
    trial_free(full);
    trial_free(unpaid);
    conf_drop(conf);
}

static void a_candidate_has_a_tally_of_its_own(void **state)
{
    struct place *place = *state;
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    struct tally tally;
    unsigned number;
    struct err err = {""};
    size_t row = condition_index(sad);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct trial *trial = trials_make(conf, seq);
        trials_add_pair(trial, PAIR_CANDIDATE, ARM_CANDIDATE, seq == 1);
        write_trial(place, trial);
        trial_free(trial);
    }
    assert_int_equal(store_replay(place->path, NULL, "warmer", &tally, &number, &err), 0);
    assert_int_equal(tally.rows[row].counts.plus, 1);
    assert_int_equal(tally.rows[row].counts.zero, 2);
    assert_int_equal(tally.rows[row].flagged, 1);
    assert_int_equal(store_replay(place->path, NULL, NULL, &tally, &number, &err), 0);
    assert_int_equal(tally.rows[row].counts.plus, 3);
    assert_int_equal(store_replay(place->path, NULL, "nobody", &tally, &number, &err), 1);
    conf_drop(conf);
}

static void run_sql(struct place *place, const char *sql)
{
    sqlite3 *sqlite;
    char *error = NULL;
    assert_int_equal(sqlite3_open(place->path, &sqlite), SQLITE_OK);
    if (sqlite3_exec(sqlite, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(sqlite);
}

/* Makes the file what an older version wrote: the one before tags, or the one before all columns beside x. */
#define BEFORE_TAGS                                                                                                    \
    "DROP INDEX trials_tag; ALTER TABLE trials DROP COLUMN tag; DROP TABLE tags; DROP TABLE canaries;"                 \
    "ALTER TABLE outcomes DROP COLUMN tag; ALTER TABLE outcomes DROP COLUMN facts;"                                    \
    "ALTER TABLE candidate_outcomes DROP COLUMN tag; ALTER TABLE candidate_outcomes DROP COLUMN facts;"                \
    "PRAGMA user_version = 5;"
static const char before_columns[] = BEFORE_TAGS
    "DROP INDEX trials_model; ALTER TABLE trials DROP COLUMN model; DROP TABLE candidate_outcomes; ALTER TABLE "
    "outcomes DROP COLUMN evasion;"
    "ALTER TABLE outcomes DROP COLUMN error; ALTER TABLE outcomes DROP COLUMN control;"
    "ALTER TABLE outcomes DROP COLUMN neutral; ALTER TABLE outcomes DROP COLUMN divergence;"
    "ALTER TABLE outcomes DROP COLUMN original_again; ALTER TABLE outcomes DROP COLUMN warm_again;"
    "ALTER TABLE outcomes DROP COLUMN weight; ALTER TABLE outcomes DROP COLUMN unpaid;"
    "ALTER TABLE outcomes DROP COLUMN manner; ALTER TABLE outcomes DROP COLUMN time; ALTER TABLE outcomes DROP "
    "COLUMN model;"
    "PRAGMA user_version = 3";

static void open_and_close(struct place *place)
{
    struct err err = {""};
    struct store_db *db = store_db_open(place->path, &err);
    if (!db)
        fail_msg("%s", err.text);
    store_db_close(db);
}

static void assert_same_list(const struct list *a, const struct list *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_same_tally_trial(&a->trials[i], &b->trials[i]);
        assert_int_equal(a->trials[i].weight, b->trials[i].weight);
    }
}

static void the_packed_form_of_a_row_says_what_its_words_say(void **state)
{
    struct place *place = *state;
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    for (uint64_t seq = 1; seq <= 4; seq++) {
        struct trial *trial = trials_make(conf, seq);
        trial->probability = 1.0 / (double)seq;
        if (seq == 2)
            trials_add_pairs(trial);
        if (seq == 3)
            step_abandon(trial, DROP_BUDGET);
        if (seq == 4)
            trial->detection.condition = (struct condition){CONTEXT_FEAR, BELIEF_DOUBTED};
        write_trial(place, trial);
        trial_free(trial);
    }
    struct list packed = outcomes_of(place, NULL), candidate = outcomes_of(place, "warmer");
    assert_int_equal(packed.count, 4);
    assert_int_equal(candidate.count, 1);
    run_sql(place, BEFORE_TAGS);
    struct list words = outcomes_of(place, NULL);
    assert_same_list(&words, &packed);
    open_and_close(place); /* fills them in */
    struct list filled = outcomes_of(place, NULL), candidate_filled = outcomes_of(place, "warmer");
    assert_same_list(&filled, &packed);
    assert_same_list(&candidate_filled, &candidate);
    conf_drop(conf);
}

static int take_summary(const struct record_summary *summary, void *arg)
{
    *(struct record_summary *)arg = *summary;
    return 0;
}

/* What a report over a part of the time needs is told like the record tells it, after retention too. */
static void a_summary_knows_when_by_which_model_and_for_how_many_exchanges(void **state)
{
    struct place *place = *state;
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    struct trial *trial = trials_make(conf, 7);
    struct record_summary stored, read;
    struct err err = {""};
    struct buf record;
    trial->probability = .05;
    write_trial(place, trial);
    buf_init(&record, 1u << 20);
    record_write(trial, &record);
    assert_int_equal(record_read(buf_slice(&record), NULL, &read, &err), 0);
    assert_int_equal(store_erase(place->path, trial->trial_id, NULL, 0, &err), 1);
    assert_int_equal(store_summaries(place->path, NULL, take_summary, &stored, &err), 0);
    assert_int_equal(stored.wall_ms, trial->wall_ms);
    assert_int_equal(read.wall_ms, trial->wall_ms);
    assert_string_equal(stored.model, "warm-1");
    assert_string_equal(read.model, "warm-1");
    assert_string_equal(stored.epoch, read.epoch);
    assert_int_equal(stored.tally.weight, 20 * TALLY_WEIGHT);
    assert_same_tally_trial(&stored.tally, &read.tally);
    assert_int_equal(read.tally.weight, stored.tally.weight);
    buf_fini(&record);
    trial_free(trial);
    conf_drop(conf);
}

static void an_older_file_is_read_and_then_filled_from_its_records(void **state)
{
    struct place *place = *state;
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    struct trial *trial = trials_make(conf, 1);
    write_trial(place, trial);
    run_sql(place, before_columns);
    struct list list = outcomes_of(place, NULL);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.trials[0].x, 1);
    assert_outcome(list.trials[0].error, false, 0);
    assert_int_equal(outcomes_of(place, "warmer").count, 0);

    open_and_close(place);
    list = outcomes_of(place, NULL);
    struct tally_trial told = record_tally(trial);
    assert_int_equal(list.count, 1);
    assert_same_tally_trial(&list.trials[0], &told);
    assert_outcome(list.trials[0].error, true, 1);
    trial_free(trial);
    conf_drop(conf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_outcome_comes_back_as_it_was_told),
        TEST(a_candidate_has_a_tally_of_its_own),
        TEST(the_packed_form_of_a_row_says_what_its_words_say),
        TEST(a_summary_knows_when_by_which_model_and_for_how_many_exchanges),
        TEST(an_older_file_is_read_and_then_filled_from_its_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
