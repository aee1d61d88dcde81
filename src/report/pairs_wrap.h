/* pairs_wrap: escaping a hostile text for a terminal, and breaking it into lines of a width. Private to pairs. */
#ifndef CANDOR_PAIRS_WRAP_H
#define CANDOR_PAIRS_WRAP_H

#include "buf.h"

/* Takes the next line of at most width columns from the front of rest, which must be escaped already; breaks at spaces
 * where it can. False when rest is used up. */
bool wrap_next(struct slice *rest, unsigned width, struct slice *line, unsigned *columns);
/* Columns a character takes on a terminal: 0, 1 or 2. */
unsigned wrap_columns(uint32_t code_point);

#endif
