/* record: a trial as one JSON line, and back. The one place that decides what of a message is kept.
 *
 * Content follows store.content: none (no text), hash (SHA-256), redacted (e-mail addresses, phone and card numbers,
 * keys, addresses of machines, long numbers replaced), full. The shape is the contract's trial record.
 */
#ifndef CANDOR_RECORD_H
#define CANDOR_RECORD_H

#include "json.h"
#include "tally.h"
#include "trial.h"

/* The record of a finished trial. Texts are kept up to 256 KiB each; a record that does not fit out even so is written
 * without its texts and says so ("content_dropped"). after: the counts of its condition with this trial in them, so
 * that a replay can check every line; NULL leaves them out. */
void record_write_after(const struct trial *trial, const struct tally_row *after, struct buf *out);
void record_write(const struct trial *trial, struct buf *out);
#define RECORD_MAX_BYTES (15u << 20) /* below what a reader of lines takes */
#define RECORD_LIMITS    ((struct json_limits){RECORD_MAX_BYTES + 1, 64})
#define RECORD_NAME_SIZE 129 /* of a name that the other side chose, clipped */
/* What the tally and the report need of a record line. */
struct record_summary {
    char trial_id[ID_SIZE], epoch[33];
    char model[RECORD_NAME_SIZE]; /* that answered as the warm one; "" when it did not say */
    char tag[TAG_SIZE];           /* "": none */
    int64_t wall_ms;
    struct tally_trial tally;
};
/* candidate: whose tally, NULL for the deployed warm model's. 1 when the record knows no such candidate, -1 when it is
 * no record. */
MUST_USE int record_read(struct slice line, const char *candidate, struct record_summary *out, struct err *err);
/* The longest front of at most max bytes that does not end inside a character. */
struct slice record_clip(struct slice text, size_t max);
void record_model(const struct trial *trial, char model[RECORD_NAME_SIZE]);
/* The same of the model that answered the user. */
void record_live_model(const struct trial *trial, char model[RECORD_NAME_SIZE]);
/* The same from the trial itself, before it is written. */
struct tally_trial record_tally(const struct trial *trial);
struct record_candidate {
    const char *name; /* the configuration's */
    struct tally_trial tally;
};
/* Those of its candidates; returns how many there are. */
size_t record_candidates(const struct trial *trial, struct record_candidate out[CONF_MAX_CANDIDATES]);

#endif
