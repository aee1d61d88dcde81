/* What the evidence costs: the tally and the alerts a trial, and a report over a store of a million trials.
 *
 *   report_bench CANDOR [TRIALS [FOLDER]]
 *
 * Writes a store with that many outcomes of one epoch (every condition, every further estimand) into FOLDER, or into a
 * folder of its own that it removes, and runs `candor report` on it as a user would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alert.h"
#include "simulate.h"
#include "store_db.h"

static double now_s(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct outcome outcome_of(struct random *random, double share, int value)
{
    bool known = random_uniform(random) < share;
    return (struct outcome){.known = known, .value = (int8_t)(known ? value : 0), .asked = known};
}

static struct tally_trial make_trial(struct random *random, uint64_t seq)
{
    static const struct simulate_stream stream = {.131, .058};
    struct tally_trial trial = {.seq = seq, .counted = random_uniform(random) < .9, .verdict = VERDICT_AGREE};
    trial.condition = random_uniform(random) < .3 ? (struct condition){CONTEXT_NONE, BELIEF_NONE}
                                                  : condition_at(random_next(random) % CONDITION_COUNT);
    trial.missing = random_uniform(random) < .05;
    trial.has_outcome = !trial.missing && random_uniform(random) < .95;
    trial.x = trial.has_outcome ? simulate_draw(random, stream) : 0;
    trial.flagged = trial.x > 0;
    trial.verdict = trial.x > 0 ? VERDICT_WARM_ENDORSES_BELIEF : VERDICT_AGREE;
    trial.stance_known = trial.has_outcome && trial.condition.belief != BELIEF_NONE;
    if (trial.missing)
        return trial;
    trial.evasion = outcome_of(random, 1, simulate_draw(random, stream));
    trial.error = outcome_of(random, 1, simulate_draw(random, stream));
    trial.control = outcome_of(random, 1, simulate_draw(random, simulate_stream_of(0, .05)));
    trial.neutral = outcome_of(random, .5, simulate_draw(random, stream));
    trial.divergence = outcome_of(random, 1, random_uniform(random) < .2);
    trial.original_again = outcome_of(random, .2, random_uniform(random) < .1);
    trial.warm_again = outcome_of(random, .2, random_uniform(random) < .1);
    return trial;
}

static void time_counting(uint64_t trials)
{
    static struct tally tally;
    struct alert_settings settings = {.tally = tally_settings_default(),
                                      .drift_alpha = .05,
                                      .drift_horizon = 20000,
                                      .style_controlled = true,
                                      .judged = true};
    struct alerts *alerts = alerts_new(&settings, NULL, NULL);
    struct tally_trial *all = calloc(trials, sizeof *all);
    struct random random = {1};
    if (!alerts || !all)
        exit(3);
    for (uint64_t i = 0; i < trials; i++)
        all[i] = make_trial(&random, i + 1);
    double start = now_s(CLOCK_THREAD_CPUTIME_ID);
    tally_init(&tally, "e");
    for (uint64_t i = 0; i < trials; i++) {
        static struct tally after; /* as the store does it: a copy, which the transaction may discard */
        after = tally;
        tally_add(&after, &all[i]);
        tally = after;
    }
    double counted = now_s(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t i = 0; i < trials; i++)
        if (alerts_take(alerts, &all[i], "e", 1))
            exit(3);
    double alerted = now_s(CLOCK_THREAD_CPUTIME_ID);
    printf("tally, CPU a trial: %.2f us (%zu bytes of state)\n", 1e6 * (counted - start) / (double)trials,
           sizeof tally);
    printf("alerts, CPU a trial: %.2f us\n", 1e6 * (alerted - counted) / (double)trials);
    alerts_free(alerts);
    free(all);
}

static void fail(const struct err *err)
{
    fprintf(stderr, "report_bench: %s\n", err->text);
    exit(3);
}

static void write_store(const char *path, uint64_t trials)
{
    struct err err = {""};
    struct random random = {2};
    unsigned number;
    struct store_db *db = store_db_open(path, &err);
    /* Durability is not what is measured; without a cache the one large transaction would spill all the time. */
    static const char fast[] = "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA journal_mode = MEMORY;"
                               "DROP TRIGGER label_draw";
    if (!db || sqlite3_exec(store_db_sqlite(db), fast, NULL, NULL, NULL) != SQLITE_OK ||
        store_db_begin(db, &err) != STORE_WRITTEN)
        fail(&err);
    for (uint64_t seq = 1; seq <= trials; seq++) {
        char id[27];
        snprintf(id, sizeof id, "%026llu", (unsigned long long)seq);
        struct store_row row = {.trial_id = id,
                                .exchange_id = id,
                                .epoch = "e1",
                                .conversation = "",
                                .wall_ms = 1790000000000 + (int64_t)seq * 1000,
                                .model = "warm",
                                .tag = "beta",
                                .tally = make_trial(&random, seq),
                                .record = SLICE("{}")};
        if (store_db_epoch(db, row.epoch, 1, &number, &err) != STORE_WRITTEN ||
            store_db_add(db, &row, &err) != STORE_WRITTEN)
            fail(&err);
    }
    if (store_db_commit(db, &err) != STORE_WRITTEN)
        fail(&err);
    store_db_close(db);
}

/* What is written here must not count as the memory of the report, which begins as a copy of this process. */
static void write_apart(const char *path, uint64_t trials)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        write_store(path, trials);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        exit(3);
}

static void write_configuration(const char *path, const char *store)
{
    FILE *out = fopen(path, "w");
    if (!out)
        exit(3);
    fprintf(
        out,
        "listen: [{address: \"127.0.0.1:1\"}]\nrules: [/dev/null]\nmodels: {warm: {url: \"http://127.0.0.1:1/v1\"}, "
        "original: {url: \"http://127.0.0.1:1/v1\"}}\nstore: {url: \"sqlite:%s\"}\n",
        store);
    fclose(out);
}

static void time_report(const char *candor, const char *configuration, const char *what, char *const more[])
{
    char *arguments[16] = {(char *)candor, "report", "-c", (char *)configuration};
    size_t count = 4;
    for (size_t i = 0; more[i]; i++)
        arguments[count++] = more[i];
    double start = now_s(CLOCK_MONOTONIC);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(127);
        execv(candor, arguments);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "report_bench: %s did not run\n", candor);
        exit(3);
    }
    double cpu = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 + (double)usage.ru_stime.tv_sec +
                 (double)usage.ru_stime.tv_usec / 1e6;
    printf("report, %s: %.2f s (CPU %.2f s), %.0f MB at most\n", what, now_s(CLOCK_MONOTONIC) - start, cpu,
           (double)usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
    uint64_t trials = 1000000;
    char folder[] = "/tmp/candor-report-bench-XXXXXX", store[512], configuration[512];
    if (argc < 2 || argc > 4 || (argc > 2 && slice_to_u64(slice_from(argv[2]), &trials))) {
        fprintf(stderr, "usage: report_bench CANDOR [TRIALS [FOLDER]]\n");
        return 2;
    }
    const char *place = argc > 3 ? argv[3] : mkdtemp(folder);
    if (!place)
        return 3;
    snprintf(store, sizeof store, "%s/candor.db", place);
    snprintf(configuration, sizeof configuration, "%s/candor.yaml", place);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(store, F_OK) != 0)
        write_apart(store, trials);
    write_configuration(configuration, store);
    printf("a store of %llu trials:\n", (unsigned long long)trials);
    time_report(argv[1], configuration, "table", (char *[]){NULL});
    time_report(argv[1], configuration, "page", (char *[]){"--format", "html", NULL});
    time_report(argv[1], configuration, "JSON of a part of the time",
                (char *[]){"--since", "2026-09-23", "--format", "json", NULL});
    time_report(argv[1], configuration, "table by day", (char *[]){"--by", "day", NULL});
    time_report(argv[1], configuration, "page by model", (char *[]){"--by", "model", "--format", "html", NULL});
    time_report(argv[1], configuration, "JSON by tag", (char *[]){"--by", "tag", "--format", "json", NULL});
    time_counting(trials < 200000 ? trials : 200000);
    if (argc <= 3) {
        unlink(store);
        unlink(configuration);
        char rest[600];
        static const char *const endings[] = {"-wal", "-shm"};
        for (size_t i = 0; i < 2; i++) {
            snprintf(rest, sizeof rest, "%s%s", store, endings[i]);
            unlink(rest);
        }
        rmdir(folder);
    }
    return 0;
}
