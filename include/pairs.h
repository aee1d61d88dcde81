/* pairs: a trial for people: what was asked and believed, the answers side by side, and what came of them.
 *
 * Everything in a record is hostile: control characters, escape sequences, bidi controls and invisible signs are shown
 * as \x1b or \u202e and never written raw. Pure.
 */
#ifndef CANDOR_PAIRS_H
#define CANDOR_PAIRS_H

#include "json.h"

/* Prints a record. width is the terminal's (80 when there is none); colour adds our own escape sequences. */
void pairs_print(const cJSON *record, unsigned width, bool colour, struct buf *out);

/* A text with all that could move a cursor or hide shown as escapes; line feeds stay, tabs become spaces. */
void pairs_escape(struct slice text, struct buf *out);
/* The same on one line of at most `columns` columns, with "..." where it was cut. */
void pairs_excerpt(struct slice text, unsigned columns, struct buf *out);
/* How many columns of a terminal an escaped text takes. */
size_t pairs_columns(struct slice escaped);

#endif
