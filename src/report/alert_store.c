/* Outcomes and acknowledgements in the order in which they happened. See alert_store.h. */
#include "alert_store.h"

#include <stdio.h>

#include "clock.h"
#include "store_db.h"

struct sync {
    struct alerts *alerts;
    sqlite3_stmt *pending; /* acknowledgements, stepped to the next one; NULL when there is none */
    int64_t *acknowledged;
    struct err *err;
};

static int sql_fail(sqlite3 *sqlite, struct err *err)
{
    return err_set(err, "cannot read the store's alerts: %s", sqlite3_errmsg(sqlite));
}

/* Applies the acknowledgements that were given before this trial came. */
static void apply_pending(struct sync *sync, uint64_t before_seq)
{
    while (sync->pending && (uint64_t)sqlite3_column_int64(sync->pending, 1) < before_seq) {
        const char *alert = (const char *)sqlite3_column_text(sync->pending, 2);
        const char *name = (const char *)sqlite3_column_text(sync->pending, 3);
        enum alert_kind kind;
        struct condition condition;
        if (alert && name && alert_kind_parse(slice_from(alert), &kind) &&
            condition_parse(slice_from(name), &condition))
            (void)alerts_acknowledge(sync->alerts, kind, condition);
        *sync->acknowledged = sqlite3_column_int64(sync->pending, 0);
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

static int sync_from(sqlite3 *sqlite, struct alerts *alerts, int64_t *acknowledged, struct err *err)
{
    static const char sql[] = "SELECT id, seq, alert, condition FROM acknowledgements WHERE id > ?1 ORDER BY id";
    sqlite3_stmt *statement = NULL;
    struct sync sync = {.alerts = alerts, .acknowledged = acknowledged, .err = err};
    /* A store that was never written to by a version with alerts has no such table, and no acknowledgements. */
    if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, *acknowledged);
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

int alert_store_sync(const char *path, struct alerts *alerts, int64_t *acknowledged, struct err *err)
{
    sqlite3 *sqlite;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    /* One snapshot for both tables, so that no acknowledgement is seen before the trials it came after. */
    int rc = sqlite3_exec(sqlite, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_fail(sqlite, err);
    if (rc == 0)
        rc = sync_from(sqlite, alerts, acknowledged, err);
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
    int64_t acknowledged = 0;
    int rc = alerts ? alert_store_sync(path, alerts, &acknowledged, err) : err_set(err, "out of memory");
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
