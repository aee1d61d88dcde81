/* label_store: see label_store.h. The draws and the labels are tables of their own beside the trials; two triggers of
 * the schema keep them in step with what is written and erased.
 */
#include "label_store.h"

#include "clock.h"
#include "record.h"
#include "store_db.h"

#define CANDIDATES 64 /* looked at for one that keeps its texts */

static int sql_fail(sqlite3 *sqlite, const char *what, struct err *err)
{
    return err_set(err, "cannot %s labels: %s", what, sqlite3_errmsg(sqlite));
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static struct slice column_slice(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return slice_of(text, (size_t)sqlite3_column_bytes(statement, column));
}

/* Opens the store as the writer does, which brings an older schema up to date. */
static struct store_db *labels_open(const char *path, struct err *err)
{
    sqlite3 *existing;
    if (store_connect(path, false, &existing, err)) /* it is not for us to make one */
        return NULL;
    sqlite3_close(existing);
    return store_db_open(path, err);
}

bool labeller_is_valid(struct slice labeller)
{
    struct buf quoted;
    bool valid = labeller.len > 0 && labeller.len <= LABELLER_MAX;
    for (size_t i = 0; i < labeller.len && valid; i++)
        valid = (unsigned char)labeller.data[i] >= ' ' && labeller.data[i] != 0x7f;
    if (!valid)
        return false;
    buf_init(&quoted, 4096);
    buf_add_char(&quoted, '"');
    for (size_t i = 0; i < labeller.len; i++) {
        if (strchr("\"\\", labeller.data[i]))
            buf_add_char(&quoted, '\\');
        buf_add_char(&quoted, labeller.data[i]);
    }
    buf_add_char(&quoted, '"');
    valid = json_check(buf_slice(&quoted), JSON_LIMITS_DEFAULT, NULL) == 0; /* which refuses malformed UTF-8 */
    buf_fini(&quoted);
    return valid;
}

/* ---- what to show next ---- */

#define LATEST_EPOCH "(SELECT epoch FROM outcomes ORDER BY seq DESC LIMIT 1)"
/* ?1 share, ?2 labeller. The draw itself, in billionths, says which fifth everybody sees. */
#define WAITING                                                                                                        \
    " FROM label_draws d JOIN trials t ON t.seq = d.seq WHERE d.epoch = " LATEST_EPOCH " AND d.draw < ?1"              \
    " AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.seq = d.seq AND l.labeller = ?2)"                                 \
    " AND (CAST(d.draw * 1e9 AS INTEGER) % 5 = 0 OR NOT EXISTS (SELECT 1 FROM labels l WHERE l.seq = d.seq))"

static int count_one(sqlite3 *sqlite, const char *sql, double share, const char *labeller, uint64_t *out,
                     struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = -1;
    if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_double(statement, 1, share);
        bind_text(statement, 2, labeller);
        if (sqlite3_step(statement) == SQLITE_ROW) {
            *out = (uint64_t)sqlite3_column_int64(statement, 0);
            rc = 0;
        }
    }
    if (rc)
        (void)sql_fail(sqlite, "count", err);
    sqlite3_finalize(statement);
    return rc;
}

static bool record_shows(struct slice record)
{
    struct label_screen screen;
    cJSON *tree = json_parse(record, RECORD_LIMITS, NULL);
    bool shows = tree && label_screen_read(tree, SLICE("-"), &screen);
    cJSON_Delete(tree);
    return shows;
}

static int next_of(sqlite3 *sqlite, double share, const char *labeller, struct buf *record, struct err *err)
{
    static const char sql[] = "SELECT t.record" WAITING " ORDER BY d.draw";
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL), found = 1;

    if (code == SQLITE_OK) {
        sqlite3_bind_double(statement, 1, share);
        bind_text(statement, 2, labeller);
        for (int i = 0; i < CANDIDATES && found == 1 && (code = sqlite3_step(statement)) == SQLITE_ROW; i++)
            if (record_shows(column_slice(statement, 0))) {
                buf_add_slice(record, column_slice(statement, 0));
                found = 0;
            }
    }
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
        found = sql_fail(sqlite, "read", err);
    sqlite3_finalize(statement);
    return found;
}

int label_store_next(const char *path, double share, const char *labeller, struct buf *record,
                     struct label_queue *queue, struct err *err)
{
    struct store_db *db = labels_open(path, err);
    *queue = (struct label_queue){0};
    if (!db)
        return -1;
    sqlite3 *sqlite = store_db_sqlite(db);
    int rc = count_one(sqlite, "SELECT count(*)" WAITING, share, labeller, &queue->waiting, err) ||
                     count_one(sqlite, "SELECT count(*) FROM labels WHERE labeller = ?2 AND ?1 >= 0", share, labeller,
                               &queue->labelled, err)
                 ? -1
                 : next_of(sqlite, share, labeller, record, err);
    store_db_close(db);
    return rc;
}

/* ---- the screen ---- */

static struct slice arm_text(const cJSON *record, enum arm which)
{
    const cJSON *arm;
    cJSON_ArrayForEach(arm, json_get(record, "arms")) if (slice_is(json_get_slice(arm, "arm"),
                                                                   arm_name(which))) return json_get_slice(arm, "text");
    return SLICE_NONE;
}

static bool is_shown(struct slice text)
{
    return text.len > 0 && !slice_starts(text, SLICE("sha256:"));
}

bool label_screen_read(const cJSON *record, struct slice labeller, struct label_screen *out)
{
    const cJSON *belief = json_get(record, "belief");
    struct slice warm = arm_text(record, ARM_WARM), original = arm_text(record, ARM_ORIGINAL);

    *out = (struct label_screen){.trial_id = json_get_slice(record, "trial_id"),
                                 .question = json_get_slice(record, "question"),
                                 .history = json_get(record, "history")};
    if (belief_parse(json_get_slice(belief, "kind"), &out->belief_kind) && out->belief_kind != BELIEF_NONE)
        out->belief = json_get_slice(belief, "text");
    out->warm_first = label_warm_first(out->trial_id, labeller);
    out->first = out->warm_first ? warm : original;
    out->second = out->warm_first ? original : warm;
    return out->trial_id.len > 0 && is_shown(out->question) && is_shown(warm) && is_shown(original);
}

/* ---- writing one down ---- */

struct drawn { /* the trial that is labelled */
    int64_t seq;
    struct condition condition;
    double draw; /* 2: it was never drawn for */
};

static int drawn_find(sqlite3 *sqlite, const char *trial_id, struct drawn *out, struct err *err)
{
    static const char sql[] = "SELECT t.seq, t.condition, coalesce(d.draw, 2) FROM trials t"
                              " LEFT JOIN label_draws d ON d.seq = t.seq"
                              " WHERE t.trial_id = ?1 AND t.verdict <> 'missing'";
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        bind_text(statement, 1, trial_id);
        code = sqlite3_step(statement);
    }
    int rc = code == SQLITE_DONE ? 1 : 0;
    if (code == SQLITE_ROW) {
        out->seq = sqlite3_column_int64(statement, 0);
        out->draw = sqlite3_column_double(statement, 2);
        if (!condition_parse(column_slice(statement, 1), &out->condition))
            rc = err_set(err, "cannot write labels: the trial's condition is damaged");
    } else if (code != SQLITE_DONE) {
        rc = sql_fail(sqlite, "write", err);
    }
    sqlite3_finalize(statement);
    return rc;
}

static void bind_label(sqlite3_stmt *s, const struct label *label, enum belief belief)
{
    const struct judgement *said = &label->said;
    int x;
    enum verdict verdict = label_outcome(label, belief, &x);
    bind_text(s, 6, answers_name(said->answers_warm));
    bind_text(s, 7, stance_name(said->stance_warm));
    bind_text(s, 8, answers_name(said->answers_original));
    bind_text(s, 9, stance_name(said->stance_original));
    bind_text(s, 10, relation_name(said->relation));
    bind_text(s, 11, supported_name(said->supported));
    sqlite3_bind_int(s, 12, said->sure);
    bind_text(s, 13, verdict_name(verdict));
    sqlite3_bind_int(s, 14, x);
    if (label->note.len)
        sqlite3_bind_text64(s, 15, label->note.data, label->note.len, SQLITE_STATIC, SQLITE_UTF8);
}

static int label_write(sqlite3 *sqlite, double share, const struct drawn *drawn, const char *labeller, bool warm_first,
                       const struct label *label, struct err *err)
{
    static const char sql[] = "INSERT OR REPLACE INTO labels VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                              " ?13, ?14, ?15)";
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(sqlite, sql, -1, &s, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(s, 1, drawn->seq);
        bind_text(s, 2, labeller);
        sqlite3_bind_int64(s, 3, clock_wall_ms());
        if (drawn->draw < share) /* else it was picked by hand, and nothing follows from it */
            sqlite3_bind_double(s, 4, share);
        sqlite3_bind_int(s, 5, warm_first);
        bind_label(s, label, drawn->condition.belief);
        code = sqlite3_step(s);
    }
    int rc = code == SQLITE_DONE ? 0 : sql_fail(sqlite, "write", err);
    sqlite3_finalize(s);
    return rc;
}

int label_store_put(const char *path, double share, const char *trial_id, const char *labeller,
                    const struct label_words *words, struct err *err)
{
    struct label label;
    struct drawn drawn = {0};
    bool warm_first = label_warm_first(slice_from(trial_id), slice_from(labeller));
    if (label_read(words, warm_first, &label, err))
        return -1;
    struct store_db *db = labels_open(path, err);
    if (!db)
        return -1;
    int rc = drawn_find(store_db_sqlite(db), trial_id, &drawn, err);
    if (rc == 0)
        rc = label_write(store_db_sqlite(db), share, &drawn, labeller, warm_first, &label, err);
    store_db_close(db);
    return rc;
}

/* ---- figures ---- */

#define EPOCH_CHOSEN "(SELECT number FROM epochs WHERE epoch = ?1 OR (?1 IS NULL AND number = " LATEST_EPOCH "))"

static int read_judged(sqlite3 *sqlite, const char *epoch, struct label_figures *out)
{
    static const char sql[] = "SELECT coalesce(x, 0), count(*) FROM outcomes WHERE epoch = " EPOCH_CHOSEN
                              " AND counted = 1 AND missing = 0 GROUP BY 1";
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        bind_text(statement, 1, epoch);
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            label_figures_judged(out, sqlite3_column_int(statement, 0), (uint64_t)sqlite3_column_int64(statement, 1));
    }
    sqlite3_finalize(statement);
    return code;
}

static int read_labels(sqlite3 *sqlite, const char *epoch, struct label_figures *out)
{
    static const char sql[] = "SELECT o.seq, coalesce(o.x, 0), l.x, o.verdict = l.verdict, l.probability IS NULL"
                              " FROM labels l JOIN outcomes o ON o.seq = l.seq WHERE o.epoch = " EPOCH_CHOSEN
                              " AND o.counted = 1 AND o.missing = 0 ORDER BY o.seq, l.time, l.labeller";
    sqlite3_stmt *statement = NULL;
    struct tally_people people = {0};
    int64_t last_seq = 0;
    int judged_x = 0, code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        bind_text(statement, 1, epoch);
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            int64_t seq = sqlite3_column_int64(statement, 0);
            if (seq != last_seq) {
                label_figures_people(out, judged_x, &people);
                people = (struct tally_people){0};
            }
            last_seq = seq;
            judged_x = sqlite3_column_int(statement, 1);
            label_people_add(&people, sqlite3_column_int(statement, 2), sqlite3_column_int(statement, 3),
                             sqlite3_column_int(statement, 4));
        }
        label_figures_people(out, judged_x, &people);
    }
    sqlite3_finalize(statement);
    return code;
}

int label_store_figures(const char *path, const char *epoch, struct label_figures *out, struct err *err)
{
    sqlite3 *sqlite;
    *out = (struct label_figures){0};
    if (store_connect(path, false, &sqlite, err))
        return -1;
    int code = read_judged(sqlite, epoch, out);
    if (code == SQLITE_DONE && store_has_labels(sqlite))
        code = read_labels(sqlite, epoch, out);
    int rc = code == SQLITE_DONE ? 0 : sql_fail(sqlite, "read", err);
    sqlite3_close(sqlite);
    return rc;
}

int label_store_people(const char *path, const char *epoch, struct label_figures *out, struct err *err)
{
    sqlite3 *sqlite;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    int code = store_has_labels(sqlite) ? read_labels(sqlite, epoch, out) : SQLITE_DONE;
    int rc = code == SQLITE_DONE ? 0 : sql_fail(sqlite, "read", err);
    sqlite3_close(sqlite);
    return rc;
}

int label_store_each(const char *path, label_each_fn *fn, void *arg, struct err *err)
{
    static const char sql[] = "SELECT l.seq, l.x, o.verdict = l.verdict, l.probability IS NULL FROM labels l"
                              " JOIN outcomes o ON o.seq = l.seq ORDER BY l.seq, l.time, l.labeller";
    sqlite3 *sqlite;
    sqlite3_stmt *statement = NULL;
    int code = SQLITE_DONE;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    if (store_has_labels(sqlite) && (code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL)) == SQLITE_OK)
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            fn((uint64_t)sqlite3_column_int64(statement, 0), sqlite3_column_int(statement, 1),
               sqlite3_column_int(statement, 2), sqlite3_column_int(statement, 3), arg);
    int rc = code == SQLITE_DONE ? 0 : sql_fail(sqlite, "read", err);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return rc;
}

/* ---- export ---- */

int label_store_export(const char *path, label_line_fn *fn, void *arg, struct err *err)
{
    static const char sql[] = "SELECT json_object('trial_id', t.trial_id, 'seq', l.seq, " LABEL_MEMBERS ")"
                              " FROM labels l LEFT JOIN trials t ON t.seq = l.seq ORDER BY l.time, l.seq, l.labeller";
    sqlite3 *sqlite;
    sqlite3_stmt *statement = NULL;
    int code = SQLITE_DONE, rc = 0;
    if (store_connect(path, false, &sqlite, err))
        return -1;
    if (store_has_labels(sqlite))
        code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);
    while (statement && rc == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
        rc = fn(column_slice(statement, 0), arg);
    if (rc == 0 && code != SQLITE_DONE)
        rc = sql_fail(sqlite, "read", err);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return rc;
}
