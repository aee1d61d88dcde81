/* redact: replaces what identifies a person or opens a door by a word in brackets, before a text is kept.
 *
 * E-mail addresses, phone and card numbers (Luhn), keys and tokens, addresses of machines, IBANs and long numbers. It
 * errs on the side of replacing: a kept text is read by people who were not its addressee. Look-alikes (full-width and
 * Arabic digits, no-break spaces, zero-width characters between digits) are seen through. Linear time, pure, any
 * thread; the result is as well-formed as the text was.
 */
#ifndef CANDOR_REDACT_H
#define CANDOR_REDACT_H

#include "buf.h"

/* What was replaced, so that spans of the text can be carried over to the result. */
struct redact_edit {
    size_t start, end; /* bytes of the text */
    size_t len;        /* bytes of what stands there now */
};
struct redact_edits {
    struct redact_edit *items; /* owned */
    size_t count, size;
};

/* Appends the redacted text. edits may be NULL; else it must be zeroed or have been used before. -1 when memory ran
 * out: then nothing was appended, and nothing of the text may be kept. */
MUST_USE int redact_text(struct slice text, struct buf *out, struct redact_edits *edits);
void redact_edits_fini(struct redact_edits *edits);

/* Where an offset of the text lies in the result; inside a replacement it moves to its start, or to its end. */
size_t redact_offset(const struct redact_edits *edits, size_t offset, bool end);

#endif
