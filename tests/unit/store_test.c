/* The store keeps trials in order, counts each conversation once, survives what disks do, and forgets when told. */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "store_db.h"
#include "store_private.h"
#include "store_window.h"
#include "trials.h"

/* What the store told, and a way to wait for it. */
struct told {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t seqs[4096];
    bool counted[4096];
    size_t commits, drops;
    struct tally tally;
    int pipe; /* a byte for each commit goes there; -1: none */
};

struct place {
    char folder[64], path[128];
    struct conf *conf;
    struct metrics *metrics;
    struct told told;
    struct store_bounds bounds;
};

static void on_commit(const struct trial *trial, const struct tally *tally, void *arg)
{
    struct told *told = arg;
    pthread_mutex_lock(&told->mutex);
    told->seqs[told->commits % 4096] = trial->seq;
    told->counted[told->commits % 4096] = trial->counted;
    told->commits++;
    told->tally = *tally;
    if (told->pipe >= 0)
        assert_int_equal(write(told->pipe, "c", 1), 1);
    pthread_cond_broadcast(&told->changed);
    pthread_mutex_unlock(&told->mutex);
}

static void on_drop(const struct trial *trial, void *arg)
{
    struct told *told = arg;
    (void)trial;
    pthread_mutex_lock(&told->mutex);
    told->drops++;
    pthread_cond_broadcast(&told->changed);
    pthread_mutex_unlock(&told->mutex);
}

static void wait_for(struct told *told, size_t commits, size_t drops)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 30;
    pthread_mutex_lock(&told->mutex);
    while (told->commits < commits || told->drops < drops)
        if (pthread_cond_timedwait(&told->changed, &told->mutex, &until) != 0)
            fail_msg("%zu commits and %zu drops after 30 s", told->commits, told->drops);
    pthread_mutex_unlock(&told->mutex);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    snprintf(place->folder, sizeof(place->folder), "%s", "/tmp/candor-store-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof(place->path), "%s/trials.db", place->folder);
    place->conf = trials_conf(CONF_CONTENT_FULL);
    place->metrics = metrics_new();
    pthread_mutex_init(&place->told.mutex, NULL);
    pthread_cond_init(&place->told.changed, NULL);
    place->told.pipe = -1;
    place->bounds = (struct store_bounds){.batch_rows = 50,
                                          .batch_ms = 5,
                                          .waiting = 4096,
                                          .waiting_bytes = 64u << 20,
                                          .margin_ms = 10000,
                                          .retry_ms = 5,
                                          .retry_max_ms = 20};
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
    assert_int_equal(system(command), 0);
    metrics_free(place->metrics);
    conf_drop(place->conf);
    free(place);
    return 0;
}

static struct store *open_at(struct place *place, const char *path, const char *epoch)
{
    struct err err = {""};
    struct store_ops ops = {on_commit, &place->told, on_drop};
    struct store *store = store_open_bounded(path, place->conf, epoch, ops, &place->bounds, NULL, place->metrics, &err);
    if (!store)
        fail_msg("%s", err.text);
    return store;
}

static struct store *open_store(struct place *place)
{
    return open_at(place, place->path, "e1");
}

static void put(struct place *place, struct store *store, uint64_t seq)
{
    store_put(store, trials_make(place->conf, seq));
}

static void assert_replay(struct place *place, const char *epoch, const struct tally *wanted)
{
    struct tally tally;
    unsigned number;
    struct err err = {""};
    if (store_replay(place->path, epoch, NULL, &tally, &number, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(tally.seq, wanted->seq);
    assert_memory_equal(tally.rows, wanted->rows, sizeof(tally.rows));
}

static void run_sql(struct place *place, const char *sql)
{
    sqlite3 *sqlite;
    assert_int_equal(sqlite3_open(place->path, &sqlite), SQLITE_OK);
    sqlite3_busy_timeout(sqlite, 5000);
    if (sqlite3_exec(sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(sqlite));
    sqlite3_close(sqlite);
}

/* ---- order and counting ---- */

static void trials_are_committed_in_the_order_of_their_seq(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    unsigned seed = 3;
    uint64_t seqs[200];
    for (size_t i = 0; i < 200; i++)
        seqs[i] = i + 1;
    for (size_t i = 199; i > 0; i--) {
        seed = seed * 1103515245u + 12345u;
        size_t j = (seed >> 8) % (i + 1);
        uint64_t swapped = seqs[i];
        seqs[i] = seqs[j];
        seqs[j] = swapped;
    }
    for (size_t i = 0; i < 200; i++)
        put(place, store, seqs[i]);
    wait_for(&place->told, 200, 0);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(place->told.seqs[i], i + 1);
    store_close(store);
    assert_replay(place, "e1", &place->told.tally);
    store = open_store(place);
    assert_int_equal(store_last_seq(store), 200);
    store_close(store);
}

static void only_the_first_trial_of_a_conversation_counts(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    const struct condition plain = {CONTEXT_NONE, BELIEF_NONE};
    for (uint64_t seq = 1; seq <= 5; seq++) {
        struct trial *trial = trials_make(place->conf, seq);
        snprintf(trial->conversation, sizeof(trial->conversation), "%s", seq == 5 ? "other" : "same");
        trial->turn = (unsigned)seq;
        if (seq == 1)
            trial->missing = DROP_SHADOW_TIMEOUT; /* it is the first all the same */
        if (seq == 4)
            trial->detection.condition = plain; /* another condition has a first of its own */
        store_put(store, trial);
    }
    wait_for(&place->told, 5, 0);
    static const bool counted[] = {true, false, false, true, true};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(place->told.counted[i], counted[i]);
    store_close(store);
    store = open_store(place);
    struct trial *later = trials_make(place->conf, 6);
    snprintf(later->conversation, sizeof(later->conversation), "%s", "same");
    later->turn = 2;
    store_put(store, later);
    wait_for(&place->told, 6, 0);
    assert_false(place->told.counted[5]); /* also after a restart */
    store_close(store);
    assert_replay(place, "e1", &place->told.tally);
}

static void a_seq_that_never_comes_is_passed_over_and_counted(void **state)
{
    struct place *place = *state;
    place->conf->shadow.deadline_ms = 0;
    place->bounds.margin_ms = 30;
    struct store *store = open_store(place);
    put(place, store, 3);
    wait_for(&place->told, 1, 0);
    assert_int_equal(place->told.seqs[0], 3);
    assert_int_equal(metric_value(METRIC0(place->metrics, "candor_store_skipped_total")), 2);
    put(place, store, 4);
    put(place, store, 2); /* after all: kept, but it cannot count any more */
    wait_for(&place->told, 3, 0);
    size_t late = place->told.seqs[1] == 2 ? 1 : 2;
    assert_int_equal(place->told.seqs[late], 2);
    assert_false(place->told.counted[late]);
    assert_true(place->told.counted[3 - late]);
    store_close(store);
    struct tally wanted = place->told.tally;
    assert_replay(place, "e1", &wanted);
}

static void a_new_epoch_starts_a_tally_of_its_own(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    for (uint64_t seq = 1; seq <= 6; seq++) {
        struct trial *trial = trials_make(place->conf, seq);
        snprintf(trial->epoch, sizeof(trial->epoch), "%s", seq == 3 || seq > 4 ? "e2" : "e1"); /* e1 e1 e2 e1 e2 e2 */
        store_put(store, trial);
    }
    wait_for(&place->told, 6, 0);
    struct tally tally;
    store_tally(store, &tally);
    assert_string_equal(tally.epoch, "e2");
    assert_int_equal(store_tally_settings(store).epoch_number, 2);
    size_t row = condition_index((struct condition){CONTEXT_SAD, BELIEF_ASSERTED});
    assert_int_equal(tally.rows[row].trials, 3);
    store_close(store);
    assert_replay(place, NULL, &tally);
    unsigned number = 0;
    assert_int_equal(store_replay(place->path, "e1", NULL, &tally, &number, NULL), 0);
    assert_int_equal(tally.rows[row].trials, 3);
    assert_int_equal(number, 1);
}

static void two_conversations_that_open_with_the_same_words_both_count(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        struct trial *trial = trials_make(place->conf, seq);
        snprintf(trial->conversation, sizeof(trial->conversation), "%s", "same");
        store_put(store, trial);
    }
    wait_for(&place->told, 2, 0);
    assert_true(place->told.counted[0] && place->told.counted[1]);
    store_close(store);
}

static void without_a_path_the_tally_alone_lives(void **state)
{
    struct place *place = *state;
    struct store *store = open_at(place, NULL, "e1");
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct trial *trial = trials_make(place->conf, seq);
        snprintf(trial->conversation, sizeof(trial->conversation), "%s", "same");
        trial->turn = (unsigned)seq;
        store_put(store, trial);
    }
    wait_for(&place->told, 3, 0);
    struct tally tally;
    store_tally(store, &tally);
    assert_int_equal(tally.rows[condition_index((struct condition){CONTEXT_SAD, BELIEF_ASSERTED})].counts.plus, 1);
    store_close(store);
}

static void commits_show_in_the_metrics(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    put(place, store, 1);
    wait_for(&place->told, 1, 0);
    store_close(store);
    const char *condition = "emotion:sad+asserted";
    assert_int_equal(metric_value(METRIC(place->metrics, "candor_trials_total", condition, "warm_endorses_belief")), 1);
    assert_int_equal(metric_value(METRIC(place->metrics, "candor_flags_total", condition, "warm_endorses_belief")), 1);
    assert_true(metric_value(METRIC(place->metrics, "candor_gap", condition)) == 1);
    assert_true(metric_value(METRIC(place->metrics, "candor_gap_upper", condition)) > .9);
}

static void gauges_are_not_worked_out_at_every_commit(void **state)
{
    struct place *place = *state;
    place->bounds.tell_ms = 3600000;
    struct store *store = open_store(place);
    struct metric *upper = METRIC(place->metrics, "candor_gap_upper", "emotion:sad+asserted");
    for (uint64_t seq = 1; seq <= 3; seq++) {
        put(place, store, seq);
        wait_for(&place->told, seq, 0);
        assert_true(metric_value(upper) == 0);
    }
    store_close(store);
    assert_true(metric_value(upper) > .9);
}

static void a_flagged_trial_is_one_log_line_without_content(void **state)
{
    struct place *place = *state;
    int ends[2];
    char text[4096];
    assert_int_equal(pipe(ends), 0);
    struct log *log = log_new(ends[1], LOG_LEVEL_WARN, LOG_FORMAT_JSON);
    struct store_ops ops = {on_commit, &place->told, on_drop};
    struct store *store = store_open(place->path, place->conf, "e1", ops, log, place->metrics, NULL);
    assert_non_null(store);
    put(place, store, 1);
    struct trial *agreeing = trials_make(place->conf, 2);
    agreeing->flagged = false;
    store_put(store, agreeing);
    wait_for(&place->told, 2, 0);
    store_close(store);
    log_free(log);
    close(ends[1]);
    ssize_t got = read(ends[0], text, sizeof(text));
    assert_true(got > 0 && text[got - 1] == '\n' && memchr(text, '\n', (size_t)got) == text + got - 1);
    struct slice line = slice_of(text, (size_t)got);
    static const char *const wanted[] = {"flagged", "TRIAL000000000000000000001", "EXCH0000000000000000000001",
                                         "emotion:sad+asserted", "warm_endorses_belief"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_int_not_equal(slice_find(line, slice_from(wanted[i]), 0), SLICE_NOT_FOUND);
    assert_int_equal(slice_find(line, SLICE("Sydney"), 0), SLICE_NOT_FOUND);
    close(ends[0]);
}

/* ---- faults ---- */

static void a_locked_file_delays_trials_and_loses_none(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (uint64_t seq = 1; seq <= 20; seq++)
        put(place, store, seq);
    while (store_healthy(store))
        sched_yield();
    assert_int_equal(place->told.commits, 0);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    wait_for(&place->told, 20, 0);
    assert_true(store_healthy(store));
    store_close(store);
    assert_replay(place, "e1", &place->told.tally);
}

static void what_waits_is_bounded_and_the_rest_is_dropped_and_counted(void **state)
{
    struct place *place = *state;
    place->bounds.waiting = 4;
    struct store *store = open_store(place);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (uint64_t seq = 1; seq <= 10; seq++)
        put(place, store, seq);
    wait_for(&place->told, 0, 6);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    wait_for(&place->told, 4, 6);
    put(place, store, 11); /* does not wait for those that were dropped */
    wait_for(&place->told, 5, 6);
    assert_int_equal(metric_value(METRIC0(place->metrics, "candor_store_dropped_total")), 6);
    store_close(store);
    assert_replay(place, "e1", &place->told.tally);
}

static void a_row_that_is_refused_holds_up_nobody(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    put(place, store, 1);
    wait_for(&place->told, 1, 0);
    run_sql(place, "CREATE TRIGGER no BEFORE INSERT ON trials WHEN new.seq = 2 BEGIN SELECT raise(FAIL, 'no'); END");
    put(place, store, 2);
    put(place, store, 3);
    wait_for(&place->told, 2, 1);
    assert_int_equal(place->told.seqs[1], 3);
    store_close(store);
    assert_replay(place, "e1", &place->told.tally);
}

/* A limit on the size of files stands in for a disk without room: both fail the write. */
static void a_full_disk_delays_trials_and_loses_none(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct rlimit before, small;
    put(place, store, 1);
    wait_for(&place->told, 1, 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (uint64_t seq = 2; seq <= 9; seq++)
        put(place, store, seq);
    while (store_healthy(store))
        sched_yield();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(place->told.commits, 1);
    wait_for(&place->told, 9, 0);
    assert_true(store_healthy(store));
    store_close(store);
    assert_replay(place, "e1", &place->told.tally);
}

static void a_kill_at_any_moment_leaves_a_whole_store(void **state)
{
    struct place *place = *state;
    for (int round = 0; round < 8; round++) {
        int ends[2];
        char byte;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            place->told.pipe = ends[1];
            struct store *store = open_store(place);
            for (uint64_t seq = store_last_seq(store) + 1;; seq++) {
                put(place, store, seq);
                if (seq % 64 == 0)
                    usleep(500);
            }
        }
        close(ends[1]);
        for (int i = 0; i < 30 + 37 * round; i++)
            assert_int_equal(read(ends[0], &byte, 1), 1);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        uint64_t told = 30 + 37 * (uint64_t)round;
        while (read(ends[0], &byte, 1) == 1)
            told++;
        close(ends[0]);
        sqlite3 *sqlite;
        sqlite3_stmt *statement;
        assert_int_equal(sqlite3_open(place->path, &sqlite), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(sqlite, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
        sqlite3_finalize(statement);
        static const char both[] =
            "SELECT (SELECT count(*) FROM trials), (SELECT count(*) FROM outcomes), max(seq) FROM outcomes";
        assert_int_equal(sqlite3_prepare_v2(sqlite, both, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(statement, 0), sqlite3_column_int(statement, 1));
        assert_int_equal(sqlite3_column_int(statement, 2), sqlite3_column_int(statement, 1)); /* no hole */
        assert_true((uint64_t)sqlite3_column_int(statement, 1) >= told);
        sqlite3_finalize(statement);
        sqlite3_close(sqlite);
        struct store *store = open_store(place);
        struct tally tally;
        store_tally(store, &tally);
        store_close(store);
        assert_replay(place, "e1", &tally);
        assert_int_equal(tally.rows[condition_index((struct condition){CONTEXT_SAD, BELIEF_ASSERTED})].trials,
                         tally.seq);
    }
}

static void refused(const char *path, struct place *place, const char *words)
{
    struct err err = {""};
    struct store_ops ops = {on_commit, &place->told, on_drop};
    assert_null(store_open(path, place->conf, "e1", ops, NULL, place->metrics, &err));
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void files_that_are_not_ours_are_refused(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    refused(place->path, place, "in use by another candor");
    store_close(store);
    run_sql(place, "PRAGMA user_version = 99");
    refused(place->path, place, "newer candor");
    char other[256];
    snprintf(other, sizeof(other), "%s/other.db", place->folder);
    sqlite3 *sqlite;
    assert_int_equal(sqlite3_open(other, &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, "CREATE TABLE mine (x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
    refused(other, place, "another program");
    snprintf(other, sizeof(other), "%s/no/such/folder.db", place->folder);
    refused(other, place, "No such file");
    snprintf(other, sizeof(other), "%s/text.db", place->folder);
    int fd = open(other, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "this is no database, but a text that is long enough to look at", 62), 62);
    close(fd);
    refused(other, place, "not a database");
}

/* ---- reading ---- */

struct rows {
    uint64_t seqs[64];
    size_t count, stop_after;
};

static int on_row(struct slice record, void *arg)
{
    struct rows *rows = arg;
    struct record_summary summary;
    assert_int_equal(record_read(record, NULL, &summary, NULL), 0);
    rows->seqs[rows->count++] = summary.tally.seq;
    return rows->count == rows->stop_after;
}

static struct rows rows_of(struct place *place, struct store_filter filter)
{
    struct rows rows = {.count = 0};
    struct err err = {""};
    if (store_read(place->path, &filter, on_row, &rows, &err))
        fail_msg("%s", err.text);
    return rows;
}

/* Clients choose tags, so there may be any number of them; what a report parts its trials by must stay readable. */
static void a_store_takes_so_many_tags_and_calls_the_rest_other(void **state)
{
    struct place *place = *state;
    for (int run = 0; run < 2; run++) { /* they are known to the next process too */
        struct store *store = open_store(place);
        for (uint64_t i = 0; i < STORE_TAGS + 6; i++) {
            char tag[TAG_SIZE];
            struct trial *trial = trials_make(place->conf, store_last_seq(store) + i + 1);
            snprintf(tag, sizeof tag, "tag-%u", (unsigned)i);
            trial->tag = arena_copy(trial->arena, slice_from(tag));
            store_put(store, trial);
        }
        store_close(store);
    }
    assert_int_equal(rows_of(place, (struct store_filter){.tag = "other", .flagged = -1}).count, 12);
    assert_int_equal(rows_of(place, (struct store_filter){.tag = "tag-63", .flagged = -1}).count, 2);
}

static void fill(struct place *place, uint64_t count)
{
    struct store *store = open_store(place);
    for (uint64_t seq = 1; seq <= count; seq++) {
        struct trial *trial = trials_make(place->conf, seq);
        if (seq % 2 == 0) {
            trial->flagged = false;
            trial_main(trial)->x.value = 0;
            trial_main(trial)->comparison.verdict = VERDICT_AGREE;
            trial->detection.condition = (struct condition){CONTEXT_NONE, BELIEF_NONE};
        }
        store_put(store, trial);
    }
    wait_for(&place->told, count, 0);
    store_close(store);
}

static void filters_choose_rows(void **state)
{
    struct place *place = *state;
    fill(place, 10);
    struct rows rows = rows_of(place, (struct store_filter){.flagged = -1});
    assert_int_equal(rows.count, 10);
    assert_int_equal(rows.seqs[0], 10);
    rows = rows_of(place, (struct store_filter){.flagged = 1, .limit = 2});
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.seqs[0], 9);
    rows = rows_of(place, (struct store_filter){.flagged = -1, .verdict = "agree", .oldest_first = true});
    assert_int_equal(rows.count, 5);
    assert_int_equal(rows.seqs[0], 2);
    rows = rows_of(place, (struct store_filter){.flagged = -1, .condition = "none+none", .before_seq = 6});
    assert_int_equal(rows.count, 2);
    rows = rows_of(place, (struct store_filter){
                              .flagged = -1, .since_ms = 1780000000000 + 4000, .until_ms = 1780000000000 + 6000});
    assert_int_equal(rows.count, 2);
    rows = rows_of(place, (struct store_filter){.flagged = -1, .model = "warm-1", .limit = 4});
    assert_int_equal(rows.count, 4);
    rows = rows_of(place, (struct store_filter){.flagged = -1, .model = "warm"});
    assert_int_equal(rows.count, 0);
    rows = rows_of(place, (struct store_filter){.flagged = -1, .verdict = "' OR 1=1 --"});
    assert_int_equal(rows.count, 0);
}

/* Once it was read from the record at each insert, by a generated column. */
static void the_model_of_rows_of_an_older_version_is_kept(void **state)
{
    struct place *place = *state;
    fill(place, 3);
    run_sql(place, "DROP INDEX trials_model; ALTER TABLE trials DROP COLUMN model;"
                   "ALTER TABLE trials ADD COLUMN model TEXT GENERATED ALWAYS AS"
                   " (iif(json_valid(record), json_extract(record, '$.arms[0].model'), NULL)) VIRTUAL;"
                   "CREATE INDEX trials_model ON trials (model, seq); PRAGMA user_version = 7");
    assert_int_equal(rows_of(place, (struct store_filter){.flagged = -1, .model = "warm-1"}).count, 3);
    struct store *store = open_store(place);
    store_put(store, trials_make(place->conf, 4));
    wait_for(&place->told, 4, 0);
    store_close(store);
    assert_int_equal(rows_of(place, (struct store_filter){.flagged = -1, .model = "warm-1"}).count, 4);
    run_sql(place,
            "UPDATE trials SET record = replace(record, 'warm-1', 'other')"); /* nothing is read from it any more */
    assert_int_equal(rows_of(place, (struct store_filter){.flagged = -1, .model = "warm-1"}).count, 4);
}

static void a_trial_is_found_by_either_id(void **state)
{
    struct place *place = *state;
    struct buf out;
    fill(place, 3);
    buf_init(&out, RECORD_MAX_BYTES);
    assert_int_equal(store_find(place->path, "TRIAL000000000000000000002", &out, NULL), 0);
    assert_int_not_equal(slice_find(buf_slice(&out), SLICE("\"seq\":2,"), 0), SLICE_NOT_FOUND);
    buf_clear(&out);
    assert_int_equal(store_find(place->path, "EXCH0000000000000000000003", &out, NULL), 0);
    assert_int_not_equal(slice_find(buf_slice(&out), SLICE("\"seq\":3,"), 0), SLICE_NOT_FOUND);
    assert_int_equal(store_find(place->path, "nobody", &out, NULL), 1);
    struct err err = {""};
    assert_int_equal(store_find("/nonexistent/x.db", "nobody", &out, &err), -1);
    assert_non_null(strstr(err.text, "there is no store at /nonexistent/x.db"));
    buf_fini(&out);
}

/* ---- forgetting ---- */

static bool file_holds(const char *path, const char *text)
{
    char *bytes = malloc(8u << 20);
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(bytes, 1, 8u << 20, file) : 0;
    if (file)
        fclose(file);
    bool holds = slice_find(slice_of(bytes, len), slice_from(text), 0) != SLICE_NOT_FOUND;
    free(bytes);
    return holds;
}

static void erasing_takes_the_bytes_and_leaves_the_proof(void **state)
{
    struct place *place = *state;
    struct tally before;
    unsigned number;
    char log[160];
    snprintf(log, sizeof(log), "%s-wal", place->path);
    struct store *store = open_store(place);
    for (uint64_t seq = 1; seq <= 6; seq++) {
        struct trial *trial = trials_make(place->conf, seq);
        char text[64];
        snprintf(text, sizeof(text), "marker-of-%llu-xyz", (unsigned long long)seq);
        trial->arms[0].text = trials_text(trial, text);
        snprintf(trial->conversation, sizeof(trial->conversation), "%s",
                 seq <= 2   ? "conv-a"
                 : seq == 3 ? "conv-b"
                            : "conv-c");
        store_put(store, trial);
    }
    wait_for(&place->told, 6, 0);
    assert_int_equal(store_replay(place->path, NULL, NULL, &before, &number, NULL), 0);
    assert_true(file_holds(place->path, "marker-of-1-xyz") || file_holds(log, "marker-of-1-xyz"));
    assert_int_equal(store_erase(place->path, NULL, "conv-a", 0, NULL), 2);
    assert_int_equal(store_erase(place->path, "TRIAL000000000000000000003", NULL, 0, NULL), 1);
    assert_int_equal(store_erase(place->path, NULL, NULL, 1780000000000 + 6000, NULL), 2);
    assert_int_equal(store_erase(place->path, "nobody", NULL, 0, NULL), 0);
    assert_int_equal(store_erase(place->path, NULL, NULL, 0, NULL), -1);
    for (int seq = 1; seq <= 6; seq++) {
        char text[64];
        snprintf(text, sizeof(text), "marker-of-%d-xyz", seq);
        assert_int_equal(file_holds(place->path, text) || file_holds(log, text), seq == 6);
    }
    assert_false(file_holds(place->path, "conv-a"));
    store_close(store);
    assert_replay(place, "e1", &before);
}

static void retention_deletes_old_records_and_keeps_their_counts(void **state)
{
    struct place *place = *state;
    struct tally before;
    unsigned number;
    fill(place, 5); /* at a time fixed by the tests, long past or far ahead: so the limit is set around it */
    assert_int_equal(store_replay(place->path, NULL, NULL, &before, &number, NULL), 0);
    run_sql(place, "UPDATE trials SET time = 1000 WHERE seq <= 3");
    run_sql(place, "UPDATE trials SET time = 9000000000000 WHERE seq > 3");
    place->conf->retention_ms = 3600000;
    struct store *store = open_store(place);
    put(place, store, 6);
    wait_for(&place->told, 6, 0);
    store_close(store);
    assert_int_equal(rows_of(place, (struct store_filter){.flagged = -1, .before_seq = 6}).count, 2);
    struct tally after;
    assert_int_equal(store_replay(place->path, NULL, NULL, &after, &number, NULL), 0);
    size_t row = condition_index((struct condition){CONTEXT_SAD, BELIEF_ASSERTED});
    assert_int_equal(after.rows[row].trials, before.rows[row].trials + 1);
}

static void the_file_is_for_its_owner_alone(void **state)
{
    struct place *place = *state;
    fill(place, 1);
    struct store *store = open_store(place);
    char command[256];
    snprintf(command, sizeof(command), "test -z \"$(find %s -type f -perm /077)\"", place->folder);
    assert_int_equal(system(command), 0);
    store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trials_are_committed_in_the_order_of_their_seq),
        TEST(only_the_first_trial_of_a_conversation_counts),
        TEST(two_conversations_that_open_with_the_same_words_both_count),
        TEST(a_seq_that_never_comes_is_passed_over_and_counted),
        TEST(a_new_epoch_starts_a_tally_of_its_own),
        TEST(without_a_path_the_tally_alone_lives),
        TEST(commits_show_in_the_metrics),
        TEST(gauges_are_not_worked_out_at_every_commit),
        TEST(a_store_takes_so_many_tags_and_calls_the_rest_other),
        TEST(a_flagged_trial_is_one_log_line_without_content),
        TEST(a_locked_file_delays_trials_and_loses_none),
        TEST(what_waits_is_bounded_and_the_rest_is_dropped_and_counted),
        TEST(a_row_that_is_refused_holds_up_nobody),
        TEST(a_full_disk_delays_trials_and_loses_none),
        TEST(a_kill_at_any_moment_leaves_a_whole_store),
        TEST(files_that_are_not_ours_are_refused),
        TEST(the_model_of_rows_of_an_older_version_is_kept),
        TEST(filters_choose_rows),
        TEST(a_trial_is_found_by_either_id),
        TEST(erasing_takes_the_bytes_and_leaves_the_proof),
        TEST(retention_deletes_old_records_and_keeps_their_counts),
        TEST(the_file_is_for_its_owner_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
