/* growth: how the evidence of the running epoch grew, for the overview's chart. It follows the store from where it left
 * off, so that each asking reads only what is new. The control thread's.
 */
#ifndef CANDOR_ADMIN_GROWTH_H
#define CANDOR_ADMIN_GROWTH_H

#include "report.h"

struct growth {
    struct report_trace *trace;
    struct tally_settings settings; /* of the trace */
    uint64_t seq;                   /* of the last trial taken in */
    char epoch[33];
};

/* Takes in what is new up to the tally and writes report_trace_write's object. -1 when the store cannot be read. */
MUST_USE int growth_write(struct growth *growth, const char *store_path, const struct tally *tally,
                          const struct tally_settings *settings, struct buf *out, struct err *err);
void growth_fini(struct growth *growth);

#endif
