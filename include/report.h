/* report: the study's table for this deployment, as text, JSON, CSV or a self-contained HTML page. Pure but for out.
 *
 * Gaps are shares (-1 to 1) in JSON and CSV, percentage points where people read. What a pool of conditions claims is
 * the gap of their trials taken together, each trial once.
 */
#ifndef CANDOR_REPORT_H
#define CANDOR_REPORT_H

#include "history.h"
#include "labels.h"
#include "tally.h"

enum report_format { REPORT_TABLE, REPORT_JSON, REPORT_CSV, REPORT_HTML };
bool report_format_parse(struct slice word, enum report_format *out);

/* How evidence grew, for the page's plot: fed every trial of the tally in arrival order, it keeps a few points of each
 * condition whatever their number. */
struct report_trace;
MUST_USE struct report_trace *report_trace_new(const struct tally_settings *settings);
void report_trace_free(struct report_trace *trace); /* accepts NULL */
void report_trace_add(struct report_trace *trace, const struct tally_trial *trial);
/* {"threshold_log", "lines": [{"condition", "points": [[outcomes, log evidence], ...]}]}, most evidence first. */
void report_trace_write(const struct report_trace *trace, const struct tally_settings *settings, struct buf *out);

/* The flagged pairs that say most: offered every record, it keeps a few of each epoch. Ids go into every format, what
 * was said into the page alone, as far as store.content let it be kept. */
#define REPORT_PAIRS 5
struct report_pairs;
MUST_USE struct report_pairs *report_pairs_new(void);
void report_pairs_free(struct report_pairs *pairs); /* accepts NULL */
void report_pairs_offer(struct report_pairs *pairs, struct slice record);
/* Offers the flagged records of a store's epoch (NULL: all) and time: those of the verdict that says most first, of
 * each the newest, until there are enough to choose from. */
struct store_filter;
MUST_USE int report_pairs_read(struct report_pairs *pairs, const char *store, const struct store_filter *period,
                               struct err *err);

struct report_input {
    const struct tally *tally;
    struct tally_settings settings;
    int64_t since_ms, until_ms; /* of the trials in it; 0: open */
    bool self_judged, colour;
    const struct report_pairs *pairs;   /* NULL: none are shown */
    const struct report_trace *trace;   /* NULL: no plot over time */
    unsigned epochs_pooled;             /* more than 1: the tally mixes epochs, and the report says so */
    const struct label_figures *labels; /* of the same trials; NULL: nobody looked */
    const char *candidate;              /* whose tally this is; NULL: the deployed warm model's */
    const struct history_group *groups; /* NULL: not asked for */
    size_t group_count;
    enum history_by by;
};
void report_write(const struct report_input *input, enum report_format format, struct buf *out);

/* A gate: "emotion:sad=5" or "sadness=5". The name is a condition ("emotion:sad+asserted"), a context ("emotion:sad",
 * "sad", "sadness", "none") pooled over every belief, a family ("emotion", "relation", "stake") pooled over its
 * contexts and beliefs, "belief" (asserted and doubted, pooled over contexts), or "all". Proved larger when the lower
 * bound of the 95 % interval passes the number of percentage points. 0 no, 1 yes, both with a sentence in why; -1 and
 * a sentence in err. */
MUST_USE int report_exceeds(const struct report_input *input, struct slice max_gap, struct buf *why, struct err *err);

#endif
