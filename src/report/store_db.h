/* store_db: the SQLite file under the store: its schema, its statements, and nothing of threads or order. Private to
 * the store's files. A handle belongs to one thread.
 */
#ifndef CANDOR_STORE_DB_H
#define CANDOR_STORE_DB_H

#include <sqlite3.h>

#include "store.h"

struct store_db;

/* What became of a write. */
enum store_written {
    STORE_WRITTEN,
    STORE_AGAIN,  /* locked, full, unreadable: nothing was written, try later */
    STORE_REFUSED /* this row can never be written */
};

struct store_row {
    const char *trial_id, *exchange_id, *epoch, *conversation; /* conversation "" when there is none */
    int64_t wall_ms;
    char model[RECORD_NAME_SIZE];      /* the warm model's, as it called itself */
    char live_model[RECORD_NAME_SIZE]; /* the same of the model that answered live */
    char tag[TAG_SIZE];                /* "": none */
    struct tally_trial tally;
    struct slice record;
    struct record_candidate candidates[CONF_MAX_CANDIDATES];
    size_t candidate_count;
};

/* Opens for writing; creates and migrates. path NULL: a file in memory that keeps no records. */
MUST_USE struct store_db *store_db_open(const char *path, struct err *err);
void store_db_close(struct store_db *db); /* accepts NULL */

/* A batch: begin, rows, commit; rollback is harmless without a begin. */
enum store_written store_db_begin(struct store_db *db, struct err *err);
enum store_written store_db_add(struct store_db *db, const struct store_row *row, struct err *err);
enum store_written store_db_commit(struct store_db *db, struct err *err);
void store_db_rollback(struct store_db *db);

/* Whether a row may bear this tag: one that is known, or that there is room for; the file takes STORE_TAGS of them. */
#define STORE_TAGS 64
enum store_written store_db_tag(struct store_db *db, const char *tag, bool *taken, struct err *err);
/* Whether an earlier trial of this conversation counts under this condition in this epoch. */
enum store_written store_db_seen(struct store_db *db, const struct store_row *row, bool *seen, struct err *err);
/* The number of an epoch, from 1, in the order in which they were first seen; a new one is written down. */
enum store_written store_db_epoch(struct store_db *db, const char *epoch, int64_t wall_ms, unsigned *number,
                                  struct err *err);
/* Takes the number of an epoch that saw no trial back, so that numbers count epochs with trials as an export does. For
 * the writer alone, before it has an epoch of its own. */
MUST_USE int store_db_forget_unused(struct store_db *db, struct err *err);
/* Deletes up to max records older than before_ms; *deleted tells how many. */
enum store_written store_db_expire(struct store_db *db, int64_t before_ms, unsigned max, unsigned *deleted,
                                   struct err *err);
MUST_USE int store_db_last_seq(struct store_db *db, uint64_t *seq, struct err *err);
sqlite3 *store_db_sqlite(struct store_db *db);

/* ---- shared with the readers, and between store_db.c and store_outcomes.c ---- */
#define STORE_SCHEMA_OUTCOMES 4 /* the schema from which outcomes have the columns beside x */
#define STORE_SCHEMA_FACTS    6 /* and from which they are packed into `facts` as well, and have tags */
#define STORE_UNPAID          2 /* of the column `missing`: for want of budget; 1: for another reason */
/* These columns, of both tables of outcomes. */
#define STORE_EXTRAS        "evasion, error, control, neutral, divergence, original_again, warm_again, weight, unpaid, manner"
#define STORE_CIRCUMSTANCES "time, model" /* for a report over a part of the trials */
/* Binds them from the parameter `first` on. */
void store_extras_bind(sqlite3_stmt *statement, int first, const struct tally_trial *trial);
/* Fills them for the trials of before, from their records where these are still there. */
MUST_USE int store_outcomes_fill(sqlite3 *sqlite, struct err *err);
/* Fills `facts` from the columns it stands for, in both tables. */
MUST_USE int store_facts_fill(sqlite3 *sqlite, struct err *err);

/* A connection to an existing store; -1 with a sentence when path is none, or of a newer version. */
MUST_USE int store_connect(const char *path, bool writable, sqlite3 **out, struct err *err);
/* Whether the file has the tables of labels: a reader may meet a store that no writer has brought up to date. */
bool store_has_labels(sqlite3 *sqlite);
/* The arguments of json_object() that tell of a label l. */
#define LABEL_MEMBERS                                                                                                  \
    "'labeller', l.labeller, 'time', strftime('%Y-%m-%dT%H:%M:%fZ', l.time / 1000.0, 'unixepoch'),"                    \
    " 'probability', l.probability, 'order', iif(l.warm_first, 'warm_first', 'original_first'),"                       \
    " 'verdict', l.verdict, 'x', l.x, 'answers', json_object('warm', l.answers_warm, 'original', l.answers_original)," \
    " 'stance', json_object('warm', l.stance_warm, 'original', l.stance_original), 'relation', l.relation,"            \
    " 'supported', l.supported, 'sure', iif(l.sure, 'high', 'low'), 'note', l.note"
/* Replays the outcomes of an epoch into tally; candidate NULL: those of the deployed warm model. */
MUST_USE int store_replay_into(sqlite3 *sqlite, const char *epoch, const char *candidate, struct tally *tally,
                               struct err *err);
/* The outcomes behind that tally and behind after, in arrival order; a non-zero return of fn stops and is returned. */
MUST_USE int store_epoch_outcomes(sqlite3 *sqlite, const char *epoch, const char *candidate, uint64_t after,
                                  store_trial_fn *fn, void *arg, struct err *err);
/* Every outcome behind after_seq, in arrival order, with its epoch and the epoch's number; a non-zero return of fn
 * stops and is returned. */
typedef int store_outcome_fn(const struct tally_trial *trial, const char *epoch, unsigned number, void *arg);
MUST_USE int store_each_outcome(sqlite3 *sqlite, uint64_t after_seq, store_outcome_fn *fn, void *arg, struct err *err);

#endif
