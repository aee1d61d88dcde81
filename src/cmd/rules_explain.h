/* rules_explain: one text with its cues underlined and the rule that found each, for `candor rules explain`. Pure. */
#ifndef CANDOR_CMD_RULES_EXPLAIN_H
#define CANDOR_CMD_RULES_EXPLAIN_H

#include "detect.h"

/* width: of the terminal; 0: lines are as long as they are. colour adds escape sequences. */
void rules_explain(struct detector *detector, struct slice text, size_t width, bool colour, struct arena *arena,
                   struct buf *out);

#endif
