/* Outcomes and acknowledgements in the order in which they happened. See alert_store.h. */
#include "alert_store.h"

#include <stdio.h>

#include "clock.h"
#include "store_db.h"

struct sync {
    struct alerts *alerts;
    sqlite3_stmt *pending; /* notes, stepped to the next one; NULL when there is none */
    struct alert_notes *notes;
    struct err *err;
};
enum { NOTE_ID, NOTE_SEQ, NOTE_ALERT, NOTE_CONDITION, NOTE_CORRECT }; /* the columns; of a canary NOTE_ALERT is NULL */

static int sql_fail(sqlite3 *sqlite, struct err *err)
{
    return err_set(err, "cannot read the store's alerts: %s", sqlite3_errmsg(sqlite));
}

static void apply_acknowledgement(struct alerts *alerts, sqlite3_stmt *note)
{
    const char *alert = (const char *)sqlite3_column_text(note, NOTE_ALERT);
    const char *name = (const char *)sqlite3_column_text(note, NOTE_CONDITION);
    enum alert_kind kind;
    struct condition condition;
    if (name && alert_kind_parse(slice_from(alert), &kind) && condition_parse(slice_from(name), &condition))
        (void)alerts_acknowledge(alerts, kind, condition);
}

/* Applies the notes that were made before this trial came. */
static void apply_pending(struct sync *sync, uint64_t before_seq)
{
    while (sync->pending && (uint64_t)sqlite3_column_int64(sync->pending, NOTE_SEQ) < before_seq) {
        int64_t id = sqlite3_column_int64(sync->pending, NOTE_ID);
        if (sqlite3_column_type(sync->pending, NOTE_ALERT) == SQLITE_NULL) {
            alerts_take_canary(sync->alerts, sqlite3_column_int(sync->pending, NOTE_CORRECT));
            sync->notes->canary = id;
        } else {
            apply_acknowledgement(sync->alerts, sync->pending);
            sync->notes->acknowledgement = id;
        }
        if (sqlite3_step(sync->pending) != SQLITE_ROW)
            sync->pending = NULL;
    }
}

static int take_outcome(const struct tally_trial *trial, const char *epoch, unsigned number, void *arg)
{
    struct sync *sync = arg;
    apply_pending(sync, trial->seq);
    return alerts_take(sync->alerts, trial, epoch, number) ? err_set(sync->err, "out of memory") : 0;
}

/* A store that no writer has brought up to date yet may lack either table, and then has nothing in it. */
static sqlite3_stmt *notes_prepare(sqlite3 *sqlite)
{
#define ACKNOWLEDGEMENTS                                                                                               \
    "SELECT id, seq, alert, condition, NULL, time FROM acknowledgements WHERE id > ?1 AND ?2 IS NOT NULL"
    static const char *const sql[] = {ACKNOWLEDGEMENTS
                                      " UNION ALL SELECT id, seq, NULL, NULL, correct, time FROM canaries"
                                      " WHERE id > ?2 ORDER BY 2, 6, 1",
                                      ACKNOWLEDGEMENTS " ORDER BY id"};
#undef ACKNOWLEDGEMENTS
    sqlite3_stmt *statement = NULL;
    for (size_t i = 0; i < 2 && !statement; i++)
        if (sqlite3_prepare_v2(sqlite, sql[i], -1, &statement, NULL) != SQLITE_OK)
            statement = NULL;
    return statement;
}

static int sync_from(sqlite3 *sqlite, struct alerts *alerts, struct alert_notes *notes, struct err *err)
{
    sqlite3_stmt *statement = notes_prepare(sqlite);
    struct sync sync = {.alerts = alerts, .notes = notes, .err = err};
    if (statement) {
        sqlite3_bind_int64(statement, 1, notes->acknowledgement);
        sqlite3_bind_int64(statement, 2, notes->canary);
        int code = sqlite3_step(statement);
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            sqlite3_finalize(statement);
            return sql_fail(sqlite, err);
        }
        sync.pending = code == SQLITE_ROW ? statement : NULL;
    }
    int rc = store_each_outcome(sqlite, alerts_seq(alerts), take_outcome, &sync, err);
    if (rc == 0)
        apply_pending(&sync, UINT64_MAX);
    sqlite3_finalize(statement);
    return rc;
}

int alert_store_sync(const char *path, struct alerts *alerts, struct alert_notes *notes, struct err *err)
{
    sqlite3 *sqlite;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    /* One snapshot for all tables, so that no note is seen before the trials it came after. */
    int rc = sqlite3_exec(sqlite, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_fail(sqlite, err);
    if (rc == 0)
        rc = sync_from(sqlite, alerts, notes, err);
    sqlite3_close(sqlite);
    return rc;
}

void alert_store_name(const char *path, struct alert *alert)
{
    sqlite3 *sqlite;
    sqlite3_stmt *statement = NULL;
    struct err err = {""};
    if (alert->telling[0] == 0 || store_connect(path, false, &sqlite, &err))
        return;
    if (sqlite3_prepare_v2(sqlite, "SELECT trial_id FROM trials WHERE seq = ?1", -1, &statement, NULL) == SQLITE_OK)
        for (size_t i = 0; i < ALERT_TELLING && alert->telling[i]; i++) {
            sqlite3_bind_int64(statement, 1, (sqlite3_int64)alert->telling[i]);
            if (sqlite3_step(statement) == SQLITE_ROW)
                snprintf(alert->telling_ids[i], sizeof alert->telling_ids[i], "%s",
                         (const char *)sqlite3_column_text(statement, 0));
            sqlite3_reset(statement);
        }
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
}

static int write_acknowledgement(struct store_db *db, uint64_t seq, enum alert_kind kind, struct condition condition,
                                 struct err *err)
{
    static const char sql[] = "INSERT INTO acknowledgements (seq, alert, condition, time) VALUES (?1, ?2, ?3, ?4)";
    char name[CONDITION_NAME_SIZE];
    sqlite3_stmt *statement = NULL;
    sqlite3 *sqlite = store_db_sqlite(db);
    if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) != SQLITE_OK)
        return sql_fail(sqlite, err);
    condition_name(condition, name);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)seq);
    sqlite3_bind_text(statement, 2, alert_kind_name(kind), -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, clock_wall_ms());
    int rc = sqlite3_step(statement) == SQLITE_DONE ? 0 : sql_fail(sqlite, err);
    sqlite3_finalize(statement);
    return rc;
}

int alert_store_acknowledge(const char *path, const struct alert_settings *settings, enum alert_kind kind,
                            struct condition condition, struct err *err)
{
    struct alerts *alerts = alerts_new(settings, NULL, NULL);
    struct alert standing = {0};
    struct alert_notes notes = {0};
    int rc = alerts ? alert_store_sync(path, alerts, &notes, err) : err_set(err, "out of memory");
    if (rc == 0) {
        alerts_standing(alerts, kind, condition, &standing);
        rc = standing.firing ? 0 : 1;
    }
    if (rc == 0) {
        struct store_db *db = store_db_open(path, err); /* brings an older schema up to date */
        rc = db ? write_acknowledgement(db, alerts_seq(alerts), kind, condition, err) : -1;
        store_db_close(db);
    }
    alerts_free(alerts);
    return rc;
}

static int write_canary(sqlite3 *sqlite, uint64_t seq, bool right, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(sqlite, "INSERT INTO canaries (seq, correct, time) VALUES (?1, ?2, ?3)", -1, &statement,
                           NULL) != SQLITE_OK)
        return sql_fail(sqlite, err);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)seq);
    sqlite3_bind_int(statement, 2, right);
    sqlite3_bind_int64(statement, 3, clock_wall_ms());
    int rc = sqlite3_step(statement) == SQLITE_DONE ? 0 : sql_fail(sqlite, err);
    sqlite3_finalize(statement);
    return rc;
}

int alert_store_canaries(const char *path, const struct alerts *alerts, unsigned right, unsigned wrong, struct err *err)
{
    struct store_db *db = store_db_open(path, err);
    int rc = db ? 0 : -1;
    for (unsigned i = 0; i < right + wrong && rc == 0; i++)
        rc = write_canary(store_db_sqlite(db), alerts_seq(alerts), i < right, err);
    store_db_close(db);
    return rc;
}
