/* record: a trial as one JSON line, and back. The one place that decides what of a message is kept.
 *
 * Content follows store.content: none (no text), hash (SHA-256), redacted (e-mail addresses, phone and card numbers,
 * keys, addresses of machines, long numbers replaced), full. The shape is the contract's trial record.
 */
#ifndef CANDOR_RECORD_H
#define CANDOR_RECORD_H

#include "tally.h"
#include "trial.h"

/* The record of a finished trial. */
void record_write(const struct trial *trial, struct buf *out);
/* What the tally and the report need of a record line. -1 when it is no record. */
struct record_summary {
    char trial_id[ID_SIZE], epoch[33];
    int64_t wall_ms;
    struct tally_trial tally;
};
MUST_USE int record_read(struct slice line, struct record_summary *out, struct err *err);
/* A text as the content setting lets it be kept. */
void record_text(enum conf_content content, struct slice text, struct buf *out);

#endif
