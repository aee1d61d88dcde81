/* report: the study's table for this deployment, as text, JSON, CSV or a self-contained HTML page. Pure but for out. */
#ifndef CANDOR_REPORT_H
#define CANDOR_REPORT_H

#include "tally.h"

enum report_format { REPORT_TABLE, REPORT_JSON, REPORT_CSV, REPORT_HTML };
bool report_format_parse(struct slice word, enum report_format *out);

struct report_input {
    const struct tally *tally;
    struct tally_settings settings;
    int64_t since_ms, until_ms; /* of the trials in it; 0: open */
    bool self_judged, colour;
};
void report_write(const struct report_input *input, enum report_format format, struct buf *out);

/* "emotion:sad=5" or "sadness=5": proved larger when the lower bound passes it. 0 no, 1 yes, -1 and a sentence. */
MUST_USE int report_exceeds(const struct report_input *input, struct slice max_gap, struct buf *why, struct err *err);

#endif
