/* store_outcomes: the rows of counts as what the tally takes, and back. See store_db.h.
 *
 * A row says everything in words, for people and for whoever comes after us, and once more packed into one number,
 * which is what a report over a million rows reads. A file that no writer of this version has opened yet is read by its
 * words; what it has no columns for is unknown.
 */
#include <stdio.h>

#include "store.h"
#include "store_db.h"

#define WORDS     "seq, condition, counted, missing, flagged, x, verdict, stance_warm, stance_original"
#define NO_EXTRAS "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
#define PACKED    "seq, weight, facts"
#define FAILED    2 /* asked for, and not known; NULL: nobody asked */
enum { FIRST_EXTRA = 9, WEIGHT = FIRST_EXTRA + TALLY_OUTCOMES, UNPAID, MANNER, BEHIND_WORDS }; /* columns */
enum { BEHIND_PACKED = 3 };

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
static bool read_words(sqlite3_stmt *s, struct tally_trial *out)
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

static bool read_packed(sqlite3_stmt *s, struct tally_trial *out)
{
    tally_trial_unpack((uint64_t)sqlite3_column_int64(s, 2), out);
    out->seq = (uint64_t)sqlite3_column_int64(s, 0);
    out->weight = (uint64_t)sqlite3_column_int64(s, 1);
    return sqlite3_column_type(s, 2) == SQLITE_INTEGER;
}

static int schema_of(sqlite3 *sqlite)
{
    sqlite3_stmt *statement = NULL;
    int version = 0;
    if (sqlite3_prepare_v2(sqlite, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

/* A way to read rows: which columns, and where those stand that the caller asked for beside them. */
struct reader {
    const char *columns;
    bool (*read)(sqlite3_stmt *statement, struct tally_trial *out);
    int behind;
};

static const struct reader *reader_of(int schema)
{
    static const struct reader packed = {PACKED, read_packed, BEHIND_PACKED};
    static const struct reader words = {WORDS ", " STORE_EXTRAS, read_words, BEHIND_WORDS};
    static const struct reader few_words = {WORDS ", " NO_EXTRAS, read_words, BEHIND_WORDS};
    return schema >= STORE_SCHEMA_FACTS ? &packed : schema >= STORE_SCHEMA_OUTCOMES ? &words : &few_words;
}

/* after: further columns. */
static int query(sqlite3 *sqlite, const struct reader *reader, const char *after, const char *table, sqlite3_stmt **out,
                 struct err *err)
{
    char sql[768];
    snprintf(sql, sizeof sql, "SELECT %s%s FROM %s", reader->columns, after, table);
    if (sqlite3_prepare_v2(sqlite, sql, -1, out, NULL) == SQLITE_OK)
        return 0;
    return err_set(err, "cannot read the store's outcomes: %s", sqlite3_errmsg(sqlite));
}

/* Steps through the rows; give is told each, and where its further columns begin. */
typedef int give_fn(const struct tally_trial *trial, sqlite3_stmt *row, int behind, void *arg);

static int each_row(sqlite3 *sqlite, const struct reader *reader, sqlite3_stmt *statement, give_fn *give, void *arg,
                    struct err *err)
{
    struct tally_trial trial;
    int code = SQLITE_DONE, rc = 0;
    while (rc == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
        rc = reader->read(statement, &trial) ? give(&trial, statement, reader->behind, arg)
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

static int give_trial(const struct tally_trial *trial, sqlite3_stmt *row, int behind, void *arg)
{
    const struct one_epoch *one = arg;
    (void)row;
    (void)behind;
    return one->fn(trial, one->arg);
}

int store_epoch_outcomes(sqlite3 *sqlite, const char *epoch, const char *candidate, uint64_t after, store_trial_fn *fn,
                         void *arg, struct err *err)
{
#define OF_EPOCH "epoch = (SELECT number FROM epochs WHERE epoch = ?1) AND seq > ?2"
    struct one_epoch one = {fn, arg};
    sqlite3_stmt *statement;
    int schema = schema_of(sqlite);
    const struct reader *reader = reader_of(schema);
    if (candidate && schema < STORE_SCHEMA_OUTCOMES)
        return 0;
    if (query(sqlite, reader, "",
              candidate ? "candidate_outcomes WHERE " OF_EPOCH " AND candidate = ?3 ORDER BY seq"
                        : "outcomes WHERE " OF_EPOCH " ORDER BY seq",
              &statement, err) != 0)
        return -1;
    sqlite3_bind_text(statement, 1, epoch, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)after);
    if (candidate)
        sqlite3_bind_text(statement, 3, candidate, -1, SQLITE_STATIC);
    return each_row(sqlite, reader, statement, give_trial, &one, err);
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

static int give_outcome(const struct tally_trial *trial, sqlite3_stmt *row, int behind, void *arg)
{
    const struct all_epochs *all = arg;
    return all->fn(trial, (const char *)sqlite3_column_text(row, behind), (unsigned)sqlite3_column_int(row, behind + 1),
                   all->arg);
}

int store_each_outcome(sqlite3 *sqlite, uint64_t after_seq, store_outcome_fn *fn, void *arg, struct err *err)
{
    struct all_epochs all = {fn, arg};
    const struct reader *reader = reader_of(schema_of(sqlite));
    sqlite3_stmt *statement;
    if (query(sqlite, reader, ", e.epoch, e.number",
              "outcomes o JOIN epochs e ON e.number = o.epoch WHERE o.seq > ?1 ORDER BY o.seq", &statement, err) != 0)
        return -1;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)after_seq);
    return each_row(sqlite, reader, statement, give_outcome, &all, err);
}

/* ---- for a report over a part of them ---- */

struct summaries {
    store_summary_fn *fn;
    void *arg;
};

static void copy_column(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    size_t len = text ? (size_t)sqlite3_column_bytes(row, column) : 0;
    if (len >= size)
        len = size - 1;
    memcpy(out, text ? text : "", len);
    out[len] = '\0';
}

static int give_summary(const struct tally_trial *trial, sqlite3_stmt *row, int behind, void *arg)
{
    const struct summaries *summaries = arg;
    struct record_summary summary;
    summary.trial_id[0] = '\0';
    summary.wall_ms = sqlite3_column_int64(row, behind);
    summary.tally = *trial;
    copy_column(row, behind + 1, summary.model, sizeof summary.model);
    copy_column(row, behind + 2, summary.tag, sizeof summary.tag);
    copy_column(row, behind + 3, summary.epoch, sizeof summary.epoch);
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
    int schema = schema_of(sqlite);
    const struct reader *reader = reader_of(schema);
    const char *circumstances = schema >= STORE_SCHEMA_FACTS      ? ", o.time, o.model, o.tag, e.epoch"
                                : schema >= STORE_SCHEMA_OUTCOMES ? ", o.time, o.model, NULL, e.epoch"
                                                                  : ", NULL, NULL, NULL, e.epoch";
    if (candidate && schema < STORE_SCHEMA_OUTCOMES)
        rc = 0;
    else if (query(sqlite, reader, circumstances,
                   candidate
                       ? "candidate_outcomes o JOIN epochs e ON e.number = o.epoch WHERE candidate = ?1 ORDER BY seq"
                       : "outcomes o JOIN epochs e ON e.number = o.epoch ORDER BY seq",
                   &statement, err) == 0) {
        if (candidate)
            sqlite3_bind_text(statement, 1, candidate, -1, SQLITE_STATIC);
        rc = each_row(sqlite, reader, statement, give_summary, &summaries, err);
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

struct packing {
    sqlite3_stmt *update;
    sqlite3 *sqlite;
    struct err *err;
};

static int pack_row(const struct tally_trial *trial, sqlite3_stmt *row, int behind, void *arg)
{
    const struct packing *packing = arg;
    sqlite3_bind_int64(packing->update, 1, (sqlite3_int64)tally_trial_pack(trial));
    sqlite3_bind_int64(packing->update, 2, (sqlite3_int64)trial->seq);
    sqlite3_bind_value(packing->update, 3, sqlite3_column_value(row, behind));
    int code = sqlite3_step(packing->update);
    sqlite3_reset(packing->update);
    return code == SQLITE_DONE ? 0 : err_set(packing->err, "%s", sqlite3_errmsg(packing->sqlite));
}

/* further: what the key has beside seq. */
static int pack_table(sqlite3 *sqlite, const char *further, const char *table, const char *sql, struct err *err)
{
    const struct reader *reader = reader_of(STORE_SCHEMA_OUTCOMES);
    struct packing packing = {NULL, sqlite, err};
    sqlite3_stmt *read;
    int rc = -1;
    if (sqlite3_prepare_v2(sqlite, sql, -1, &packing.update, NULL) != SQLITE_OK)
        err_set(err, "%s", sqlite3_errmsg(sqlite));
    else if (query(sqlite, reader, further, table, &read, err) == 0)
        rc = each_row(sqlite, reader, read, pack_row, &packing, err);
    sqlite3_finalize(packing.update);
    return rc;
}

int store_facts_fill(sqlite3 *sqlite, struct err *err)
{
    if (pack_table(sqlite, ", NULL", "outcomes", "UPDATE outcomes SET facts = ?1 WHERE seq = ?2 AND ?3 IS NULL", err))
        return -1;
    return pack_table(sqlite, ", candidate", "candidate_outcomes",
                      "UPDATE candidate_outcomes SET facts = ?1 WHERE seq = ?2 AND candidate = ?3", err);
}
