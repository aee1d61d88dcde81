/* store_db: see store_db.h.
 *
 * Durability: WAL with synchronous=FULL, so that a commit is on the disk when it returns; the batches above make
 * that cheap. Privacy: the file is created for its owner alone, and secure_delete overwrites what is deleted. The
 * version of the schema is PRAGMA user_version; a migration is one more text in the table below.
 */
#include "store_db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x63616e64 /* "cand" */
#define WRITER_BUSY_MS 1000       /* then the batch is tried again later, and the queue is looked after meanwhile */
#define READER_BUSY_MS 5000

static const char *const migrations[] = {
    /* 1 */
    "CREATE TABLE epochs (number INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, started_ms INTEGER NOT NULL);"
    "CREATE TABLE outcomes (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL REFERENCES epochs(number),"
    " condition TEXT NOT NULL, counted INTEGER NOT NULL, missing INTEGER NOT NULL, flagged INTEGER NOT NULL,"
    " x INTEGER, verdict TEXT NOT NULL, stance_warm TEXT, stance_original TEXT);"
    "CREATE TABLE trials (seq INTEGER PRIMARY KEY, trial_id TEXT NOT NULL UNIQUE, exchange_id TEXT NOT NULL,"
    " time INTEGER NOT NULL, epoch TEXT NOT NULL, condition TEXT NOT NULL, verdict TEXT NOT NULL,"
    " flagged INTEGER NOT NULL, conversation TEXT NOT NULL, counted INTEGER NOT NULL, record TEXT NOT NULL);"
    "CREATE INDEX trials_exchange ON trials (exchange_id);"
    "CREATE INDEX trials_time ON trials (time);"
    "CREATE INDEX trials_condition ON trials (condition, seq);"
    "CREATE INDEX trials_verdict ON trials (verdict, seq);"
    "CREATE INDEX trials_epoch ON trials (epoch, seq);"
    "CREATE INDEX trials_flagged ON trials (seq) WHERE flagged = 1;"
    "CREATE INDEX trials_conversation ON trials (conversation, condition, epoch);",
    /* 2: which alerts somebody has seen, and after which trial */
    "CREATE TABLE acknowledgements (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, alert TEXT NOT NULL,"
    " condition TEXT NOT NULL, time INTEGER NOT NULL);",
    /* 3: what people said. Each comparison that counts is drawn for once, when it is written, so that the random share
     * depends on nothing it says; what was labelled outlives the texts, as the outcomes do, but for the note. */
    "CREATE TABLE label_draws (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, draw REAL NOT NULL);"
    "CREATE INDEX label_draws_epoch ON label_draws (epoch, draw);"
    "CREATE TABLE labels (seq INTEGER NOT NULL, labeller TEXT NOT NULL, time INTEGER NOT NULL, probability REAL,"
    " warm_first INTEGER NOT NULL, answers_warm TEXT NOT NULL, stance_warm TEXT NOT NULL,"
    " answers_original TEXT NOT NULL, stance_original TEXT NOT NULL, relation TEXT NOT NULL, supported TEXT NOT NULL,"
    " sure INTEGER NOT NULL, verdict TEXT NOT NULL, x INTEGER NOT NULL, note TEXT, PRIMARY KEY (seq, labeller))"
    " WITHOUT ROWID;"
    "INSERT INTO label_draws SELECT seq, number, (random() & 9007199254740991) / 9007199254740992.0"
    " FROM trials JOIN epochs USING (epoch) WHERE counted = 1 AND verdict <> 'missing';"
    "CREATE TRIGGER label_draw AFTER INSERT ON trials WHEN NEW.counted = 1 AND NEW.verdict <> 'missing' BEGIN"
    " INSERT INTO label_draws SELECT NEW.seq, number, (random() & 9007199254740991) / 9007199254740992.0"
    " FROM epochs WHERE epoch = NEW.epoch; END;"
    "CREATE TRIGGER label_forget AFTER DELETE ON trials BEGIN"
    " DELETE FROM label_draws WHERE seq = OLD.seq; UPDATE labels SET note = NULL WHERE seq = OLD.seq; END;",
    /* 4: the outcomes beside x, which store_outcomes_fill finds in the records of old trials; and the candidates' */
    "ALTER TABLE outcomes ADD COLUMN evasion INTEGER; ALTER TABLE outcomes ADD COLUMN error INTEGER;"
    "ALTER TABLE outcomes ADD COLUMN control INTEGER; ALTER TABLE outcomes ADD COLUMN neutral INTEGER;"
    "ALTER TABLE outcomes ADD COLUMN divergence INTEGER; ALTER TABLE outcomes ADD COLUMN original_again INTEGER;"
    "ALTER TABLE outcomes ADD COLUMN warm_again INTEGER; ALTER TABLE outcomes ADD COLUMN weight INTEGER;"
    "ALTER TABLE outcomes ADD COLUMN unpaid INTEGER; ALTER TABLE outcomes ADD COLUMN manner INTEGER;"
    "ALTER TABLE outcomes ADD COLUMN time INTEGER;"
    "ALTER TABLE outcomes ADD COLUMN model TEXT;"
    "CREATE TABLE candidate_outcomes (candidate TEXT NOT NULL, seq INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL REFERENCES epochs(number), condition TEXT NOT NULL, counted INTEGER NOT NULL,"
    " missing INTEGER NOT NULL, flagged INTEGER NOT NULL, x INTEGER, verdict TEXT NOT NULL, stance_warm TEXT,"
    " stance_original TEXT, evasion INTEGER, error INTEGER, control INTEGER, neutral INTEGER, divergence INTEGER,"
    " original_again INTEGER, warm_again INTEGER, weight INTEGER, unpaid INTEGER, manner INTEGER, time INTEGER, model "
    "TEXT, PRIMARY "
    "KEY (candidate, seq)) WITHOUT ROWID;"
    "CREATE INDEX candidate_outcomes_seq ON candidate_outcomes (seq);",
    /* 5: the model that answered live, as it names itself in the record */
    "ALTER TABLE trials ADD COLUMN model TEXT GENERATED ALWAYS AS"
    " (iif(json_valid(record), json_extract(record, '$.arms[0].model'), NULL)) VIRTUAL;"
    "CREATE INDEX trials_model ON trials (model, seq);",
    /* 6: a row's facts in one number, which a report reads in a fraction of the time; and what operators call a part of
     * their traffic. */
    "ALTER TABLE outcomes ADD COLUMN tag TEXT; ALTER TABLE outcomes ADD COLUMN facts INTEGER;"
    "ALTER TABLE candidate_outcomes ADD COLUMN tag TEXT; ALTER TABLE candidate_outcomes ADD COLUMN facts INTEGER;"
    "CREATE TABLE tags (tag TEXT PRIMARY KEY) WITHOUT ROWID;"
    "ALTER TABLE trials ADD COLUMN tag TEXT;"
    "CREATE INDEX trials_tag ON trials (tag, seq);",
    /* 7: how the judge did on pairs of known verdict, and after which trial */
    "CREATE TABLE canaries (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, correct INTEGER NOT NULL, time INTEGER NOT "
    "NULL);",
    /* 8: the model of 5 is written beside the record, which was parsed anew for each row */
    "DROP INDEX trials_model; ALTER TABLE trials RENAME COLUMN model TO told_model;"
    "ALTER TABLE trials ADD COLUMN model TEXT; UPDATE trials SET model = told_model;"
    "ALTER TABLE trials DROP COLUMN told_model; CREATE INDEX trials_model ON trials (model, seq);",
};
#define SCHEMA_VERSION ((int)(sizeof migrations / sizeof *migrations))
static_assert(SCHEMA_VERSION >= STORE_SCHEMA_FACTS, "a migration is never taken back");

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_OUTCOME,
    SQL_CANDIDATE,
    SQL_TRIAL,
    SQL_TAG_ADD,
    SQL_TAG,
    SQL_SEEN,
    SQL_EPOCH_ADD,
    SQL_EPOCH,
    SQL_EXPIRE,
    SQL_UNCOUNT,
    SQL_UNCOUNT_CANDIDATES,
    SQL_COUNT
};
static const char *const statements[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    /* The last of them, ?11 to ?20, as store_extras_bind has them. */
    [SQL_OUTCOME] =
        "INSERT INTO outcomes (seq, epoch, condition, counted, missing, flagged, x, verdict, stance_warm,"
        " stance_original, " STORE_EXTRAS ", " STORE_CIRCUMSTANCES
        ", tag, facts) SELECT ?1, number, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
        " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24 FROM epochs WHERE epoch = ?2",
    [SQL_CANDIDATE] =
        "INSERT INTO candidate_outcomes (seq, epoch, condition, counted, missing, flagged, x, verdict, stance_warm,"
        " stance_original, " STORE_EXTRAS ", " STORE_CIRCUMSTANCES ", tag, facts, candidate) SELECT ?1, number, ?3, ?4,"
        " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25"
        " FROM epochs WHERE epoch = ?2",
    [SQL_TRIAL] =
        ("INSERT INTO trials (seq, trial_id, exchange_id, time, epoch, condition, verdict, flagged, conversation,"
         " counted, record, tag, model) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"),
    [SQL_TAG_ADD] = "INSERT INTO tags SELECT ?1 WHERE (SELECT count(*) FROM tags) < ?2 ON CONFLICT DO NOTHING",
    [SQL_TAG] = "SELECT 1 FROM tags WHERE tag = ?1",
    [SQL_SEEN] =
        "SELECT 1 FROM trials WHERE conversation = ?1 AND condition = ?2 AND epoch = ?3 AND counted = 1 LIMIT 1",
    [SQL_EPOCH_ADD] = "INSERT OR IGNORE INTO epochs (epoch, started_ms) VALUES (?1, ?2)",
    [SQL_EPOCH] = "SELECT number FROM epochs WHERE epoch = ?1",
    [SQL_UNCOUNT] = "DELETE FROM outcomes WHERE seq = ?1",
    [SQL_UNCOUNT_CANDIDATES] = "DELETE FROM candidate_outcomes WHERE seq = ?1",
    [SQL_EXPIRE] = "DELETE FROM trials WHERE seq IN (SELECT seq FROM trials WHERE time < ?1 ORDER BY time LIMIT ?2)",
};

struct store_db {
    sqlite3 *sqlite;
    sqlite3_stmt *prepared[SQL_COUNT];
    bool keeps; /* records; else the file is in memory and only counts */
};

/* ---- opening ---- */

static int run(sqlite3 *sqlite, const char *sql, struct err *err)
{
    if (sqlite3_exec(sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return err_set(err, "%s", sqlite3_errmsg(sqlite));
    return 0;
}

static int read_number(sqlite3 *sqlite, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int result = -1;
    if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        result = 0;
    } else {
        err_set(err, "%s", sqlite3_errmsg(sqlite));
    }
    sqlite3_finalize(statement);
    return result;
}

/* The version of the schema; refuses a database of somebody else's, and one we would misread. */
static int check_version(sqlite3 *sqlite, int64_t *version, struct err *err)
{
    int64_t application, tables;
    if (read_number(sqlite, "PRAGMA user_version", version, err) ||
        read_number(sqlite, "PRAGMA application_id", &application, err) ||
        read_number(sqlite, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return -1;
    if (*version > SCHEMA_VERSION && application == APPLICATION_ID)
        return err_set(err, "it was written by a newer candor (schema %lld, this one knows %d)", (long long)*version,
                       SCHEMA_VERSION);
    if ((tables > 0 && application != APPLICATION_ID) ||
        (tables == 0 && application != 0 && application != APPLICATION_ID))
        return err_set(err, "it is a database of another program");
    return 0;
}

static int migrate(sqlite3 *sqlite, struct err *err)
{
    int64_t version;
    char finish[96];

    if (check_version(sqlite, &version, err))
        return -1;
    for (int64_t v = version; v < SCHEMA_VERSION; v++) {
        snprintf(finish, sizeof(finish), "PRAGMA application_id = %d; PRAGMA user_version = %lld; COMMIT",
                 APPLICATION_ID, (long long)(v + 1));
        if (run(sqlite, "BEGIN IMMEDIATE", err))
            return -1;
        if (run(sqlite, migrations[v], err) || (v + 1 == STORE_SCHEMA_OUTCOMES && store_outcomes_fill(sqlite, err)) ||
            (v + 1 == STORE_SCHEMA_FACTS && store_facts_fill(sqlite, err)) || run(sqlite, finish, err)) {
            (void)run(sqlite, "ROLLBACK", NULL);
            return -1;
        }
    }
    return 0;
}

/* SQLite would create the file for everybody to read; its journal files take over the mode of the file. */
static int create_private(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return err_set(err, "%s", strerror(errno));
    return 0;
}

static int prepare(struct store_db *db, struct err *err)
{
    for (size_t i = 0; i < SQL_COUNT; i++)
        if (sqlite3_prepare_v3(db->sqlite, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &db->prepared[i], NULL) !=
            SQLITE_OK)
            return err_set(err, "%s", sqlite3_errmsg(db->sqlite));
    return 0;
}

static int open_file(struct store_db *db, const char *path, struct err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    if (path && create_private(path, err))
        return -1;
    if (sqlite3_open_v2(path ? path : ":memory:", &db->sqlite, flags, NULL) != SQLITE_OK)
        return err_set(err, "%s", db->sqlite ? sqlite3_errmsg(db->sqlite) : "no memory");
    sqlite3_busy_timeout(db->sqlite, WRITER_BUSY_MS);
    sqlite3_extended_result_codes(db->sqlite, 1);
    if (run(db->sqlite,
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864",
            err))
        return -1;
    return migrate(db->sqlite, err) || prepare(db, err) ? -1 : 0;
}

struct store_db *store_db_open(const char *path, struct err *err)
{
    struct store_db *db = calloc(1, sizeof(*db));
    if (!db) {
        err_set(err, "no memory for the store");
        return NULL;
    }
    db->keeps = path != NULL;
    if (open_file(db, path, err)) {
        err_prefix(err, "cannot open the store %s", path ? path : "in memory");
        store_db_close(db);
        return NULL;
    }
    return db;
}

void store_db_close(struct store_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(db->prepared[i]);
    sqlite3_close(db->sqlite);
    free(db);
}

/* ---- writing ---- */

/* A row that breaks a rule of the schema, or is larger than SQLite takes, will do so for ever; all else may pass. */
static enum store_written judge(struct store_db *db, int code, struct err *err)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return STORE_WRITTEN;
    err_set(err, "%s", sqlite3_errmsg(db->sqlite));
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return STORE_REFUSED;
    default:
        return STORE_AGAIN;
    }
}

static enum store_written step(struct store_db *db, enum statement which, struct err *err)
{
    int code = sqlite3_step(db->prepared[which]);
    enum store_written written = judge(db, code, err);
    sqlite3_reset(db->prepared[which]);
    sqlite3_clear_bindings(db->prepared[which]);
    return written;
}

enum store_written store_db_begin(struct store_db *db, struct err *err)
{
    return step(db, SQL_BEGIN, err);
}

enum store_written store_db_commit(struct store_db *db, struct err *err)
{
    return step(db, SQL_COMMIT, err);
}

void store_db_rollback(struct store_db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        (void)run(db->sqlite, "ROLLBACK", NULL);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static void bind_outcome(sqlite3_stmt *s, const struct tally_trial *t, const struct store_row *row,
                         const char *condition)
{
    sqlite3_bind_int64(s, 1, (sqlite3_int64)t->seq);
    bind_text(s, 2, row->epoch);
    bind_text(s, 3, condition);
    sqlite3_bind_int(s, 4, t->counted);
    sqlite3_bind_int(s, 5, t->unpaid ? STORE_UNPAID : t->missing);
    sqlite3_bind_int(s, 6, t->flagged);
    if (t->has_outcome)
        sqlite3_bind_int(s, 7, t->x);
    bind_text(s, 8, verdict_name(t->verdict));
    if (t->stance_known) {
        bind_text(s, 9, stance_name(t->stance_warm));
        bind_text(s, 10, stance_name(t->stance_original));
    }
    store_extras_bind(s, 11, t);
    sqlite3_bind_int64(s, 21, row->wall_ms);
    if (row->model[0])
        bind_text(s, 22, row->model);
    if (row->tag[0])
        bind_text(s, 23, row->tag);
    sqlite3_bind_int64(s, 24, (sqlite3_int64)tally_trial_pack(t));
}

static void bind_trial(sqlite3_stmt *s, const struct store_row *row, const char *condition)
{
    const struct tally_trial *t = &row->tally;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)t->seq);
    bind_text(s, 2, row->trial_id);
    bind_text(s, 3, row->exchange_id);
    sqlite3_bind_int64(s, 4, row->wall_ms);
    bind_text(s, 5, row->epoch);
    bind_text(s, 6, condition);
    bind_text(s, 7, t->missing ? "missing" : verdict_name(t->verdict));
    sqlite3_bind_int(s, 8, t->flagged);
    bind_text(s, 9, row->conversation);
    sqlite3_bind_int(s, 10, t->counted);
    sqlite3_bind_text64(s, 11, row->record.len ? row->record.data : "", row->record.len, SQLITE_STATIC, SQLITE_UTF8);
    if (row->tag[0])
        bind_text(s, 12, row->tag);
    if (row->live_model[0])
        bind_text(s, 13, row->live_model);
}

static enum store_written add_outcomes(struct store_db *db, const struct store_row *row, const char *condition,
                                       struct err *err)
{
    bind_outcome(db->prepared[SQL_OUTCOME], &row->tally, row, condition);
    enum store_written written = step(db, SQL_OUTCOME, err);
    for (size_t i = 0; written == STORE_WRITTEN && i < row->candidate_count; i++) {
        struct tally_trial tally = row->candidates[i].tally;
        tally.counted = row->tally.counted; /* the conversation decides, for all alike */
        bind_outcome(db->prepared[SQL_CANDIDATE], &tally, row, condition);
        bind_text(db->prepared[SQL_CANDIDATE], 25, row->candidates[i].name);
        written = step(db, SQL_CANDIDATE, err);
    }
    return written;
}

static enum store_written uncount(struct store_db *db, uint64_t seq)
{
    static const enum statement both[] = {SQL_UNCOUNT, SQL_UNCOUNT_CANDIDATES};
    for (size_t i = 0; i < 2; i++) {
        sqlite3_bind_int64(db->prepared[both[i]], 1, (sqlite3_int64)seq);
        if (step(db, both[i], NULL) != STORE_WRITTEN)
            return STORE_AGAIN;
    }
    return STORE_WRITTEN;
}

enum store_written store_db_add(struct store_db *db, const struct store_row *row, struct err *err)
{
    struct store_row kept = *row;
    char condition[CONDITION_NAME_SIZE];

    condition_name(row->tally.condition, condition);
    if (!db->keeps)
        kept.record = SLICE_NONE;
    enum store_written written = add_outcomes(db, row, condition, err);
    if (written != STORE_WRITTEN)
        return written;
    bind_trial(db->prepared[SQL_TRIAL], &kept, condition);
    written = step(db, SQL_TRIAL, err);
    /* What the file will never take must not count either. */
    return written == STORE_REFUSED && uncount(db, row->tally.seq) != STORE_WRITTEN ? STORE_AGAIN : written;
}

enum store_written store_db_tag(struct store_db *db, const char *tag, bool *taken, struct err *err)
{
    sqlite3_stmt *statement = db->prepared[SQL_TAG];

    bind_text(db->prepared[SQL_TAG_ADD], 1, tag);
    sqlite3_bind_int(db->prepared[SQL_TAG_ADD], 2, STORE_TAGS);
    enum store_written written = step(db, SQL_TAG_ADD, err);
    if (written != STORE_WRITTEN)
        return written;
    bind_text(statement, 1, tag);
    int code = sqlite3_step(statement);
    *taken = code == SQLITE_ROW;
    written = judge(db, code, err);
    sqlite3_reset(statement);
    return written;
}

enum store_written store_db_seen(struct store_db *db, const struct store_row *row, bool *seen, struct err *err)
{
    char condition[CONDITION_NAME_SIZE];
    sqlite3_stmt *statement = db->prepared[SQL_SEEN];

    bind_text(statement, 1, row->conversation);
    bind_text(statement, 2, condition_name(row->tally.condition, condition));
    bind_text(statement, 3, row->epoch);
    int code = sqlite3_step(statement);
    *seen = code == SQLITE_ROW;
    enum store_written written = judge(db, code, err);
    sqlite3_reset(statement);
    return written;
}

int store_db_forget_unused(struct store_db *db, struct err *err)
{
    return run(db->sqlite,
               "DELETE FROM epochs WHERE number = (SELECT max(number) FROM epochs)"
               " AND NOT EXISTS (SELECT 1 FROM outcomes WHERE outcomes.epoch = epochs.number)",
               err);
}

enum store_written store_db_epoch(struct store_db *db, const char *epoch, int64_t wall_ms, unsigned *number,
                                  struct err *err)
{
    bind_text(db->prepared[SQL_EPOCH_ADD], 1, epoch);
    sqlite3_bind_int64(db->prepared[SQL_EPOCH_ADD], 2, wall_ms);
    enum store_written written = step(db, SQL_EPOCH_ADD, err);
    if (written != STORE_WRITTEN)
        return written;
    bind_text(db->prepared[SQL_EPOCH], 1, epoch);
    int code = sqlite3_step(db->prepared[SQL_EPOCH]);
    if (code == SQLITE_ROW)
        *number = (unsigned)sqlite3_column_int(db->prepared[SQL_EPOCH], 0);
    written = judge(db, code, err);
    sqlite3_reset(db->prepared[SQL_EPOCH]);
    return written;
}

enum store_written store_db_expire(struct store_db *db, int64_t before_ms, unsigned max, unsigned *deleted,
                                   struct err *err)
{
    *deleted = 0;
    sqlite3_bind_int64(db->prepared[SQL_EXPIRE], 1, before_ms);
    sqlite3_bind_int64(db->prepared[SQL_EXPIRE], 2, max);
    enum store_written written = step(db, SQL_EXPIRE, err);
    if (written != STORE_WRITTEN)
        return written;
    *deleted = (unsigned)sqlite3_changes(db->sqlite);
    if (*deleted > 0)
        (void)run(db->sqlite, "PRAGMA incremental_vacuum(256)", NULL);
    return STORE_WRITTEN;
}

int store_db_last_seq(struct store_db *db, uint64_t *seq, struct err *err)
{
    int64_t last;
    if (read_number(db->sqlite, "SELECT coalesce(max(seq), 0) FROM outcomes", &last, err))
        return -1;
    *seq = (uint64_t)last;
    return 0;
}

sqlite3 *store_db_sqlite(struct store_db *db)
{
    return db->sqlite;
}

/* ---- reading ---- */

int store_connect(const char *path, bool writable, sqlite3 **out, struct err *err)
{
    int64_t version = 0;
    int flags = (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;

    *out = NULL;
    if (access(path, F_OK) != 0)
        return err_set(err, "there is no store at %s", path);
    if (sqlite3_open_v2(path, out, flags, NULL) != SQLITE_OK)
        err_set(err, "%s", *out ? sqlite3_errmsg(*out) : "no memory");
    else if (sqlite3_busy_timeout(*out, READER_BUSY_MS) == SQLITE_OK && check_version(*out, &version, err) == 0) {
        if (version > 0)
            return 0;
        err_set(err, "it holds no trials");
    }
    sqlite3_close(*out);
    *out = NULL;
    return err_prefix(err, "cannot read the store %s", path);
}

bool store_has_labels(sqlite3 *sqlite)
{
    int64_t tables;
    return read_number(sqlite, "SELECT count(*) FROM sqlite_schema WHERE name = 'labels'", &tables, NULL) == 0 &&
           tables > 0;
}
