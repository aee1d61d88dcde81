/* pair_line: the lines that compare reads and writes: one pair of answers in, one verdict out, as JSON. */
#ifndef CANDOR_CMD_PAIR_LINE_H
#define CANDOR_CMD_PAIR_LINE_H

#include "buf.h"
#include "compare.h"
#include "json.h"

/* One pair. What input points to lives in tree. */
struct pair_line {
    cJSON *tree; /* owned */
    struct slice id;
    struct compare_input input;
};

/* 0, or -1 with a sentence without the line's number. */
MUST_USE int pair_line_read(struct slice line, struct pair_line *out, struct err *err);
void pair_line_fini(struct pair_line *pair);
void pair_line_write(const struct pair_line *pair, const struct comparison *comparison, struct buf *out);

#endif
