/* store_outcomes: the rows of counts as what the tally takes, and back. See store_db.h.
 *
 * A file that no writer of this version has opened yet has no columns beside x and no candidates: it is read all the
 * same, with these unknown.
 */
#include <stdio.h>

#include "store.h"
#include "store_db.h"

#define COLUMNS         "seq, condition, counted, missing, flagged, x, verdict, stance_warm, stance_original"
#define NO_EXTRAS       "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
#define NO_CIRCUMSTANCE "NULL, NULL"
#define FAILED          2 /* asked for, and not known; NULL: nobody asked */
enum { FIRST_EXTRA = 9, WEIGHT = FIRST_EXTRA + TALLY_OUTCOMES, UNPAID, MANNER, BEHIND }; /* columns, behind COLUMNS */

void store_extras_bind(sqlite3_stmt *statement, int first, const struct tally_trial *trial)
{
    struct tally_trial copy = *trial;
    for (int i = 0; i < TALLY_OUTCOMES; i++) {
        const struct outcome *outcome = tally_trial_outcome(&copy, (size_t)i);
        if (outcome->asked)
            sqlite3_bind_int(statement, first + i, outcome->known ? outcome->value : FAILED);
        else
            sqlite3_bind_null(statement, first + i);
    }
    sqlite3_bind_int64(statement, first + TALLY_OUTCOMES, (sqlite3_int64)trial->weight);
    sqlite3_bind_int(statement, first + TALLY_OUTCOMES + 1, trial->unpaid);
    if (trial->rejects_told)
        sqlite3_bind_int(statement, first + TALLY_OUTCOMES + 2, trial->rejects_warmly);
    else
        sqlite3_bind_null(statement, first + TALLY_OUTCOMES + 2);
}

/* ---- reading ---- */

static bool read_number(sqlite3_stmt *s, int column, struct outcome *out)
{
    *out = (struct outcome){.asked = sqlite3_column_type(s, column) != SQLITE_NULL};
    int value = out->asked ? sqlite3_column_int(s, column) : 0;
    out->known = out->asked && value != FAILED;
    out->value = (int8_t)(out->known ? value : 0);
    return value >= -1 && value <= FAILED;
}

/* False: the row is damaged. */
static bool read_outcome(sqlite3_stmt *s, struct tally_trial *out)
{
    const char *words[4];
    struct outcome x;
    for (int i = 0; i < 4; i++)
        words[i] = (const char *)sqlite3_column_text(s, (const int[]){1, 6, 7, 8}[i]);
    bool sound = read_number(s, 5, &x);
    *out = (struct tally_trial){.seq = (uint64_t)sqlite3_column_int64(s, 0),
                                .counted = sqlite3_column_int(s, 2),
                                .missing = sqlite3_column_int(s, 3) != 0,
                                .unpaid = sqlite3_column_int(s, 3) == STORE_UNPAID,
                                .flagged = sqlite3_column_int(s, 4),
                                .has_outcome = x.known,
                                .x = x.value};
    for (int i = 0; i < TALLY_OUTCOMES; i++)
        sound = read_number(s, FIRST_EXTRA + i, tally_trial_outcome(out, (size_t)i)) && sound;
    out->weight = (uint64_t)sqlite3_column_int64(s, WEIGHT);
    out->unpaid = sqlite3_column_int(s, UNPAID);
    out->rejects_told = sqlite3_column_type(s, MANNER) != SQLITE_NULL;
    out->rejects_warmly = out->rejects_told && sqlite3_column_int(s, MANNER) != 0;
    out->stance_known = words[2] && words[3] && stance_parse(slice_from(words[2]), &out->stance_warm) &&
                        stance_parse(slice_from(words[3]), &out->stance_original);
    return sound && words[0] && words[1] && condition_parse(slice_from(words[0]), &out->condition) &&
           verdict_parse(slice_from(words[1]), &out->verdict);
}

static bool has_extras(sqlite3 *sqlite)
{
    sqlite3_stmt *statement = NULL;
    bool has = sqlite3_prepare_v2(sqlite, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) >= STORE_SCHEMA_OUTCOMES;
    sqlite3_finalize(statement);
    return has;
}

/* after: further columns, which stand at BEHIND. */
static int query(sqlite3 *sqlite, const char *after, const char *table, sqlite3_stmt **out, struct err *err)
{
    char sql[768];
    snprintf(sql, sizeof sql, "SELECT " COLUMNS ", %s%s FROM %s", has_extras(sqlite) ? STORE_EXTRAS : NO_EXTRAS, after,
             table);
    if (sqlite3_prepare_v2(sqlite, sql, -1, out, NULL) == SQLITE_OK)
        return 0;
    return err_set(err, "cannot read the store's outcomes: %s", sqlite3_errmsg(sqlite));
}

/* Steps through the rows; give is told each. */
static int each_row(sqlite3 *sqlite, sqlite3_stmt *statement,
                    int (*give)(const struct tally_trial *trial, sqlite3_stmt *row, void *arg), void *arg,
                    struct err *err)
{
    struct tally_trial trial;
    int code = SQLITE_DONE, rc = 0;
    while (rc == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
        rc = read_outcome(statement, &trial) ? give(&trial, statement, arg)
                                             : err_set(err, "cannot read the store's outcomes: a row is damaged");
    if (rc == 0 && code != SQLITE_DONE)
        rc = err_set(err, "cannot read the store's outcomes: %s", sqlite3_errmsg(sqlite));
    sqlite3_finalize(statement);
    return rc;
}

struct one_epoch {
    store_trial_fn *fn;
    void *arg;
};

static int give_trial(const struct tally_trial *trial, sqlite3_stmt *row, void *arg)
{
    const struct one_epoch *one = arg;
    (void)row;
    return one->fn(trial, one->arg);
}

int store_epoch_outcomes(sqlite3 *sqlite, const char *epoch, const char *candidate, uint64_t after, store_trial_fn *fn,
                         void *arg, struct err *err)
{
#define OF_EPOCH "epoch = (SELECT number FROM epochs WHERE epoch = ?1) AND seq > ?2"
    struct one_epoch one = {fn, arg};
    sqlite3_stmt *statement;
    if (candidate && !has_extras(sqlite))
        return 0;
    if (query(sqlite, "",
              candidate ? "candidate_outcomes WHERE " OF_EPOCH " AND candidate = ?3 ORDER BY seq"
                        : "outcomes WHERE " OF_EPOCH " ORDER BY seq",
              &statement, err) != 0)
        return -1;
    sqlite3_bind_text(statement, 1, epoch, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)after);
    if (candidate)
        sqlite3_bind_text(statement, 3, candidate, -1, SQLITE_STATIC);
    return each_row(sqlite, statement, give_trial, &one, err);
#undef OF_EPOCH
}

static int add_to_tally(const struct tally_trial *trial, void *arg)
{
    tally_add(arg, trial);
    return 0;
}

int store_replay_into(sqlite3 *sqlite, const char *epoch, const char *candidate, struct tally *tally, struct err *err)
{
    tally_init(tally, epoch);
    return store_epoch_outcomes(sqlite, epoch, candidate, 0, add_to_tally, tally, err);
}

struct all_epochs {
    store_outcome_fn *fn;
    void *arg;
};

static int give_outcome(const struct tally_trial *trial, sqlite3_stmt *row, void *arg)
{
    const struct all_epochs *all = arg;
    return all->fn(trial, (const char *)sqlite3_column_text(row, BEHIND), (unsigned)sqlite3_column_int(row, BEHIND + 1),
                   all->arg);
}

int store_each_outcome(sqlite3 *sqlite, uint64_t after_seq, store_outcome_fn *fn, void *arg, struct err *err)
{
    struct all_epochs all = {fn, arg};
    sqlite3_stmt *statement;
    if (query(sqlite, ", e.epoch, e.number",
              "outcomes o JOIN epochs e ON e.number = o.epoch WHERE o.seq > ?1 ORDER BY o.seq", &statement, err) != 0)
        return -1;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)after_seq);
    return each_row(sqlite, statement, give_outcome, &all, err);
}

/* ---- for a report over a part of them ---- */

struct summaries {
    store_summary_fn *fn;
    void *arg;
};

static void copy_column(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    snprintf(out, size, "%s", text ? text : "");
}

static int give_summary(const struct tally_trial *trial, sqlite3_stmt *row, void *arg)
{
    const struct summaries *summaries = arg;
    struct record_summary summary = {.wall_ms = sqlite3_column_int64(row, BEHIND), .tally = *trial};
    copy_column(row, BEHIND + 1, summary.model, sizeof summary.model);
    copy_column(row, BEHIND + 2, summary.epoch, sizeof summary.epoch);
    return summaries->fn(&summary, summaries->arg);
}

int store_summaries(const char *path, const char *candidate, store_summary_fn *fn, void *arg, struct err *err)
{
    struct summaries summaries = {fn, arg};
    sqlite3 *sqlite;
    sqlite3_stmt *statement;
    int rc = -1;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    bool has = has_extras(sqlite);
    if (candidate && !has)
        rc = 0;
    else if (query(sqlite, has ? ", o.time, o.model, e.epoch" : ", " NO_CIRCUMSTANCE ", e.epoch",
                   candidate
                       ? "candidate_outcomes o JOIN epochs e ON e.number = o.epoch WHERE candidate = ?1 ORDER BY seq"
                       : "outcomes o JOIN epochs e ON e.number = o.epoch ORDER BY seq",
                   &statement, err) == 0) {
        if (candidate)
            sqlite3_bind_text(statement, 1, candidate, -1, SQLITE_STATIC);
        rc = each_row(sqlite, statement, give_summary, &summaries, err);
    }
    sqlite3_close(sqlite);
    return rc;
}

/* ---- the trials of before ---- */

static int fill_one(sqlite3 *sqlite, sqlite3_stmt *update, const struct record_summary *summary, struct err *err)
{
    store_extras_bind(update, 2, &summary->tally);
    sqlite3_bind_int64(update, 1, (sqlite3_int64)summary->tally.seq);
    sqlite3_bind_int64(update, 12, summary->wall_ms);
    sqlite3_bind_text(update, 13, summary->model, -1, SQLITE_TRANSIENT);
    int code = sqlite3_step(update);
    sqlite3_reset(update);
    return code == SQLITE_DONE ? 0 : err_set(err, "%s", sqlite3_errmsg(sqlite));
}

int store_outcomes_fill(sqlite3 *sqlite, struct err *err)
{
    static const char sql[] = "UPDATE outcomes SET (" STORE_EXTRAS ", " STORE_CIRCUMSTANCES
                              ") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) WHERE seq = ?1";
    sqlite3_stmt *read = NULL, *update = NULL;
    int code = SQLITE_ERROR, rc = 0;
    if (sqlite3_prepare_v2(sqlite, "SELECT record FROM trials", -1, &read, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(sqlite, sql, -1, &update, NULL) == SQLITE_OK)
        while (rc == 0 && (code = sqlite3_step(read)) == SQLITE_ROW) {
            struct record_summary summary;
            const char *text = (const char *)sqlite3_column_text(read, 0);
            /* One that cannot be read has nothing to tell; that is no reason to refuse the file. */
            if (record_read(slice_of(text, (size_t)sqlite3_column_bytes(read, 0)), NULL, &summary, NULL) == 0)
                rc = fill_one(sqlite, update, &summary, err);
        }
    if (rc == 0 && code != SQLITE_DONE)
        rc = err_set(err, "%s", sqlite3_errmsg(sqlite));
    sqlite3_finalize(read);
    sqlite3_finalize(update);
    return rc;
}
