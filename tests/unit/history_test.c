/* Records in any order give one tally: that of their arrival. */
#include "check.h"

#include <stdio.h>

#include "history.h"
#include "simulate.h"

static struct record_summary record_of(uint64_t seq, const char *epoch, int x)
{
    struct record_summary record = {
        .wall_ms = (int64_t)seq * 1000,
        .tally = {
            .seq = seq, .condition = {CONTEXT_SAD, BELIEF_DOUBTED}, .counted = true, .has_outcome = true, .x = x}};
    snprintf(record.trial_id, sizeof record.trial_id, "T%llu", (unsigned long long)seq);
    snprintf(record.epoch, sizeof record.epoch, "%s", epoch);
    return record;
}

static int keep_trial(const struct tally_trial *trial, void *arg)
{
    *(struct tally_trial *)arg = *trial;
    return 0;
}

static int count_labelled(const struct tally_trial *trial, void *arg)
{
    *(unsigned *)arg += trial->people.labels ? (unsigned)trial->seq : 0;
    return 0;
}

static int add_to_tally(const struct tally_trial *trial, void *arg)
{
    tally_add(arg, trial);
    return 0;
}

static int count_one(const struct tally_trial *trial, void *arg)
{
    (void)trial;
    ++*(unsigned *)arg;
    return 0;
}

static unsigned count_of(const struct history *history)
{
    unsigned count = 0;
    (void)history_each(history, &(struct history_filter){0}, count_one, &count);
    return count;
}

static void tally_of(const struct history *history, const struct history_filter *filter, struct tally *out)
{
    tally_init(out, history_tally_name(history, filter));
    (void)history_each(history, filter, add_to_tally, out);
}

static void add(struct history *history, struct record_summary record)
{
    struct err err = {""};
    if (history_add(history, &record, &err))
        fail_msg("%s", err.text);
}

static void shuffled_and_repeated_records_give_the_tally_of_their_arrival(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct random random = {3};
    struct record_summary records[COUNT];
    struct tally expected, tally;
    struct history *history = history_new();
    assert_non_null(history);
    tally_init(&expected, "e1");
    for (uint64_t i = 0; i < COUNT; i++) {
        records[i] = record_of(i + 1, "e1", simulate_draw(&random, (struct simulate_stream){.3, .2}));
        tally_add(&expected, &records[i].tally);
    }
    for (size_t i = COUNT; i-- > 1;) {
        size_t other = random_next(&random) % (i + 1);
        struct record_summary kept = records[i];
        records[i] = records[other];
        records[other] = kept;
    }
    for (size_t i = 0; i < COUNT; i++)
        add(history, records[i]);
    for (size_t i = 0; i < 100; i++)
        add(history, records[i]);
    assert_int_equal(history_close(history), 100);
    assert_int_equal(count_of(history), COUNT);
    tally_of(history, &(struct history_filter){.epoch = 1}, &tally);
    assert_memory_equal(&tally, &expected, sizeof tally);
    history_free(history);
}

static void epochs_are_numbered_by_the_arrival_of_their_first_trials(void **state)
{
    (void)state;
    struct history *history = history_new();
    struct tally tally;
    add(history, record_of(30, "third", 1));
    add(history, record_of(10, "first", 1));
    add(history, record_of(20, "second", 1));
    add(history, record_of(21, "first", -1));
    add(history, record_of(5, "first", 0));
    (void)history_close(history);
    assert_int_equal(history_epochs(history), 3);
    assert_string_equal(history_epoch(history, 1), "first");
    assert_string_equal(history_epoch(history, 2), "second");
    assert_string_equal(history_epoch(history, 3), "third");
    assert_string_equal(history_epoch(history, 4), "");
    assert_int_equal(history_last_epoch(history), 3);
    assert_int_equal(history_find_epoch(history, SLICE("second")), 2);
    assert_int_equal(history_find_epoch(history, SLICE("fourth")), 0);
    tally_of(history, &(struct history_filter){.epoch = 1}, &tally);
    assert_int_equal(tally.rows[condition_index((struct condition){CONTEXT_SAD, BELIEF_DOUBTED})].trials, 3);
    assert_string_equal(tally.epoch, "first");
    history_free(history);
}

static void a_part_of_the_time_is_from_since_on_and_before_until(void **state)
{
    (void)state;
    struct history *history = history_new();
    struct tally tally;
    for (uint64_t seq = 1; seq <= 10; seq++)
        add(history, record_of(seq, "e", 0));
    (void)history_close(history);
    tally_of(history, &(struct history_filter){.since_ms = 3000, .until_ms = 7000}, &tally);
    assert_int_equal(tally.rows[condition_index((struct condition){CONTEXT_SAD, BELIEF_DOUBTED})].trials, 4);
    assert_int_equal(tally.seq, 6);
    history_free(history);
}

static void two_stores_may_number_alike(void **state)
{
    (void)state;
    struct history *history = history_new();
    struct record_summary other = record_of(1, "e", 1);
    snprintf(other.trial_id, sizeof other.trial_id, "elsewhere");
    add(history, record_of(1, "e", 1));
    add(history, other);
    assert_int_equal(history_close(history), 0);
    assert_int_equal(count_of(history), 2);
    history_free(history);
}

static void nothing_is_a_history_too(void **state)
{
    (void)state;
    struct history *history = history_new();
    struct tally tally;
    assert_int_equal(history_close(history), 0);
    assert_int_equal(history_last_epoch(history), 0);
    tally_of(history, &(struct history_filter){0}, &tally);
    assert_int_equal(tally.seq, 0);
    history_free(history);
    history_free(NULL);
}

static void what_the_extra_arms_said_survives_the_packing(void **state)
{
    (void)state;
    struct history *history = history_new();
    struct record_summary record = {.trial_id = "T", .epoch = "e"};
    record.tally = (struct tally_trial){.seq = 1, .weight = 20 * TALLY_WEIGHT, .unpaid = true};
    for (size_t i = 0; i < TALLY_OUTCOMES; i++) /* -1, 0, 1, failed, not asked, -1, 0 */
        *tally_trial_outcome(&record.tally, i) = (struct outcome){
            .known = i % 5 < 3, .value = (int8_t)(i % 5 < 3 ? (int)(i % 5) - 1 : 0), .asked = i % 5 < 4};
    add(history, record);
    assert_int_equal(history_close(history), 0);
    struct history_filter filter = {0};
    struct tally_trial back;
    assert_int_equal(history_each(history, &filter, keep_trial, &back), 0);
    for (size_t i = 0; i < TALLY_OUTCOMES; i++)
        assert_memory_equal(tally_trial_outcome(&back, i), tally_trial_outcome(&record.tally, i),
                            sizeof(struct outcome));
    assert_true(back.weight == record.tally.weight && back.unpaid);
    history_free(history);
}

static void trials_are_grouped_by_model_by_tag_and_by_day(void **state)
{
    (void)state;
    static struct history_group groups[HISTORY_GROUPS];
    struct history *history = history_new();
    const int64_t day_ms = 86400000, start = 1790000000000; /* 2026-09-21 */
    for (uint64_t seq = 1; seq <= 12; seq++) {
        struct record_summary record = {.epoch = "e", .wall_ms = start + (int64_t)(seq / 5) * day_ms};
        snprintf(record.trial_id, sizeof record.trial_id, "T%u", (unsigned)seq);
        snprintf(record.model, sizeof record.model, "%s", seq % 3 ? "warm-b" : "warm-a");
        snprintf(record.tag, sizeof record.tag, "%s", seq % 4 ? "" : "beta");
        record.tally = (struct tally_trial){.seq = seq, .counted = true, .has_outcome = true, .x = seq % 3 == 0};
        record.tally.condition = seq % 2 ? (struct condition){CONTEXT_NONE, BELIEF_PUSHBACK}
                                         : (struct condition){CONTEXT_SAD, BELIEF_DOUBTED};
        add(history, record);
    }
    history_close(history);
    struct history_filter filter = {0};
    assert_int_equal(history_groups(history, &filter, HISTORY_BY_MODEL, groups), 2);
    assert_string_equal(groups[0].name, "warm-a");
    assert_true(groups[0].all.counts.plus == 4 && groups[0].all.counts.zero == 0 && groups[0].belief.trials == 2);
    assert_true(groups[1].all.counts.zero == 8 && groups[1].all.counts.plus == 0);
    assert_int_equal(history_groups(history, &filter, HISTORY_BY_TAG, groups), 2);
    assert_string_equal(groups[0].name, "");
    assert_string_equal(groups[1].name, "beta");
    assert_true(groups[0].all.trials == 9 && groups[1].all.trials == 3 && groups[1].all.counts.plus == 1);
    assert_int_equal(history_groups(history, &filter, HISTORY_BY_DAY, groups), 3);
    assert_string_equal(groups[0].name, "2026-09-21");
    assert_string_equal(groups[2].name, "2026-09-23");
    assert_int_equal(groups[0].all.trials, 4);
    filter.since_ms = start + day_ms;
    assert_int_equal(history_groups(history, &filter, HISTORY_BY_DAY, groups), 2);
    history_free(history);
}

static void labels_find_their_trial_by_its_number(void **state)
{
    (void)state;
    struct history *history = history_new();
    for (uint64_t seq = 2; seq <= 20; seq += 2) {
        struct record_summary record = {.epoch = "e", .tally = {.seq = seq}};
        add(history, record);
    }
    history_close(history);
    history_label(history, 8, 1, true, false);
    history_label(history, 9, 1, true, false); /* no such trial */
    history_label(history, 21, 1, true, false);
    struct history_filter filter = {0};
    unsigned labelled = 0;
    (void)history_each(history, &filter, count_labelled, &labelled);
    assert_int_equal(labelled, 8);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffled_and_repeated_records_give_the_tally_of_their_arrival),
        cmocka_unit_test(epochs_are_numbered_by_the_arrival_of_their_first_trials),
        cmocka_unit_test(a_part_of_the_time_is_from_since_on_and_before_until),
        cmocka_unit_test(two_stores_may_number_alike),
        cmocka_unit_test(nothing_is_a_history_too),
        cmocka_unit_test(what_the_extra_arms_said_survives_the_packing),
        cmocka_unit_test(trials_are_grouped_by_model_by_tag_and_by_day),
        cmocka_unit_test(labels_find_their_trial_by_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
