/* store_read: reading the store and erasing from it, each call on a connection of its own. See store.h. */
#include <stdio.h>

#include "store.h"
#include "store_db.h"

#define ERASE_BATCH "500"

/* ---- the filter as SQL: a clause stands when its value is given ---- */

struct clause {
    const char *sql;
    const char *text; /* bound when not NULL */
    int64_t number;
    bool used;
};
#define MAX_CLAUSES 9

static size_t clauses_of(const struct store_filter *f, struct clause out[MAX_CLAUSES])
{
    const struct clause all[] = {
        {"verdict = ?", f->verdict, 0, f->verdict},
        {"condition = ?", f->condition, 0, f->condition},
        {"epoch = ?", f->epoch, 0, f->epoch},
        {"model = ?", f->model, 0, f->model},
        {"tag = ?", f->tag, 0, f->tag},
        {"flagged = ?", NULL, f->flagged, f->flagged >= 0},
        {"time >= ?", NULL, f->since_ms, f->since_ms > 0},
        {"time < ?", NULL, f->until_ms, f->until_ms > 0},
        {"seq < ?", NULL, (int64_t)f->before_seq, f->before_seq > 0 && f->before_seq <= INT64_MAX},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].used)
            out[count++] = all[i];
    return count;
}

/* The record, with what people said since it was written. */
#define RECORD_LABELLED                                                                                                \
    "iif(EXISTS (SELECT 1 FROM labels WHERE labels.seq = trials.seq), json_set(record, '$.human', "                    \
    "json_object('labels',"                                                                                            \
    " (SELECT json_group_array(json_object(" LABEL_MEMBERS                                                             \
    ")) FROM (SELECT * FROM labels WHERE labels.seq = trials.seq"                                                      \
    " ORDER BY time, labeller) l))), record)"

static const char *record_column(sqlite3 *sqlite)
{
    return store_has_labels(sqlite) ? RECORD_LABELLED : "record";
}

static void query_write(const char *column, const struct clause *clauses, size_t count, bool oldest_first,
                        struct buf *sql)
{
    buf_add_format(sql, "SELECT %s FROM trials", column);
    for (size_t i = 0; i < count; i++)
        buf_add_format(sql, "%s%s", i ? " AND " : " WHERE ", clauses[i].sql);
    buf_add_format(sql, " ORDER BY seq %s LIMIT ?", oldest_first ? "ASC" : "DESC");
}

static sqlite3_stmt *query_prepare(sqlite3 *sqlite, const struct store_filter *filter)
{
    struct clause clauses[MAX_CLAUSES];
    size_t count = clauses_of(filter, clauses);
    sqlite3_stmt *statement = NULL;
    struct buf sql;

    buf_init(&sql, 4096);
    query_write(record_column(sqlite), clauses, count, filter->oldest_first, &sql);
    if (sqlite3_prepare_v2(sqlite, buf_text(&sql), -1, &statement, NULL) == SQLITE_OK) {
        for (size_t i = 0; i < count; i++) {
            if (clauses[i].text)
                sqlite3_bind_text(statement, (int)i + 1, clauses[i].text, -1, SQLITE_STATIC);
            else
                sqlite3_bind_int64(statement, (int)i + 1, clauses[i].number);
        }
        bool limited = filter->limit > 0 && filter->limit <= INT64_MAX;
        sqlite3_bind_int64(statement, (int)count + 1, limited ? (sqlite3_int64)filter->limit : -1);
    }
    buf_fini(&sql);
    return statement;
}

static struct slice column_slice(sqlite3_stmt *statement)
{
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    return slice_of(text, (size_t)sqlite3_column_bytes(statement, 0));
}

int store_read(const char *path, const struct store_filter *filter, store_row_fn *fn, void *arg, struct err *err)
{
    sqlite3 *sqlite;
    int code = SQLITE_DONE, result = 0;

    if (store_connect(path, false, &sqlite, err))
        return -1;
    sqlite3_stmt *statement = query_prepare(sqlite, filter);
    if (!statement)
        code = SQLITE_ERROR;
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW)
        if (fn(column_slice(statement), arg)) {
            code = SQLITE_DONE;
            break;
        }
    if (code != SQLITE_DONE)
        result = err_set(err, "cannot read the store %s: %s", path, sqlite3_errmsg(sqlite));
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return result;
}

int store_find(const char *path, const char *id, struct buf *out, struct err *err)
{
    sqlite3 *sqlite;
    sqlite3_stmt *statement = NULL;
    int code = SQLITE_ERROR, result = 0;
    struct buf sql;

    if (store_connect(path, false, &sqlite, err))
        return -1;
    buf_init(&sql, 4096);
    buf_add_format(&sql, "SELECT %s FROM trials WHERE trial_id = ?1 OR exchange_id = ?1 ORDER BY seq LIMIT 1",
                   record_column(sqlite));
    if (sqlite3_prepare_v2(sqlite, buf_text(&sql), -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW)
        buf_add_slice(out, column_slice(statement));
    else if (code == SQLITE_DONE)
        result = 1;
    else
        result = err_set(err, "cannot read the store %s: %s", path, sqlite3_errmsg(sqlite));
    buf_fini(&sql);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return result;
}

/* ---- the tally ---- */

static int latest_epoch(sqlite3 *sqlite, const char *epoch, char name[33], unsigned *number)
{
    /* The latest is that of the last trial: a deployment may have returned to an epoch with a lower number. */
    static const char sql[] =
        "SELECT epoch, number FROM epochs WHERE epoch = ?1 OR (?1 IS NULL AND number = coalesce("
        "(SELECT epoch FROM outcomes ORDER BY seq DESC LIMIT 1), (SELECT max(number) FROM epochs)))";
    sqlite3_stmt *statement = NULL;
    int code = SQLITE_ERROR;

    if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, epoch, -1, SQLITE_STATIC);
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        snprintf(name, 33, "%s", (const char *)sqlite3_column_text(statement, 0));
        *number = (unsigned)sqlite3_column_int(statement, 1);
    }
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? 1 : -1;
}

int store_epoch(const char *path, const char *epoch, char name[33], unsigned *number, struct err *err)
{
    sqlite3 *sqlite;
    name[0] = '\0';
    *number = 1;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    int result = latest_epoch(sqlite, epoch, name, number);
    if (result < 0)
        err_set(err, "cannot read the store %s: %s", path, sqlite3_errmsg(sqlite));
    sqlite3_close(sqlite);
    return result;
}

int store_replay(const char *path, const char *epoch, const char *candidate, struct tally *out, unsigned *epoch_number,
                 struct err *err)
{
    sqlite3 *sqlite;
    char name[33] = "";

    tally_init(out, epoch ? epoch : "");
    *epoch_number = 1;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    int result = latest_epoch(sqlite, epoch, name, epoch_number);
    if (result < 0)
        err_set(err, "cannot read the store %s: %s", path, sqlite3_errmsg(sqlite));
    else if (result == 0)
        result = store_replay_into(sqlite, name, candidate, out, err);
    if (result == 0 && candidate && out->seq == 0)
        result = 1;
    sqlite3_close(sqlite);
    return result;
}

int store_outcomes(const char *path, const char *epoch, const char *candidate, uint64_t after, store_trial_fn *fn,
                   void *arg, struct err *err)
{
    sqlite3 *sqlite;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    int rc = store_epoch_outcomes(sqlite, epoch, candidate, after, fn, arg, err);
    sqlite3_close(sqlite);
    return rc;
}

/* ---- erasure ---- */

/* Runs a DELETE until it finds nothing more, so that the writer gets its turn between the batches. */
static int64_t erase_where(sqlite3 *sqlite, const char *sql, const char *text, int64_t number, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int64_t erased = 0;
    int changes = 0, code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

    while (code == SQLITE_OK) {
        if (text)
            sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, 1, number);
        if (sqlite3_step(statement) != SQLITE_DONE) {
            code = SQLITE_ERROR;
            break;
        }
        changes = sqlite3_changes(sqlite);
        erased += changes;
        sqlite3_reset(statement);
        if (changes == 0)
            break;
    }
    if (code != SQLITE_OK)
        erased = err_set(err, "cannot erase: %s", sqlite3_errmsg(sqlite));
    sqlite3_finalize(statement);
    return erased;
}

#define ERASE_WHERE(condition)                                                                                         \
    "DELETE FROM trials WHERE seq IN (SELECT seq FROM trials WHERE " condition " LIMIT " ERASE_BATCH ")"

int64_t store_erase(const char *path, const char *id, const char *conversation, int64_t before_ms, struct err *err)
{
    sqlite3 *sqlite;
    int64_t erased;

    if (!id && !conversation && before_ms <= 0)
        return err_set(err, "nothing says what to erase");
    if (store_connect(path, true, &sqlite, err))
        return -1;
    sqlite3_exec(sqlite, "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL", NULL, NULL, NULL);
    if (id)
        erased = erase_where(sqlite, ERASE_WHERE("trial_id = ?1 OR exchange_id = ?1"), id, 0, err);
    else if (conversation)
        erased = erase_where(sqlite, ERASE_WHERE("conversation = ?1"), conversation, 0, err);
    else
        erased = erase_where(sqlite, ERASE_WHERE("time < ?1"), NULL, before_ms, err);
    /* What was erased still stands in the write-ahead log until that is folded into the file and cut. */
    if (erased >= 0 && sqlite3_wal_checkpoint_v2(sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
        erased = err_set(err, "%lld trials are erased, but the write-ahead log still holds them (%s); run it again",
                         (long long)erased, sqlite3_errmsg(sqlite));
    sqlite3_close(sqlite);
    return erased;
}
