/* inflate: a bounded copy of a compressed body for observers (gzip, deflate by zlib; br and zstd are not looked into).
 * Pure.
 */
#ifndef CANDOR_INFLATE_H
#define CANDOR_INFLATE_H

#include "buf.h"

/* encoding: the Content-Encoding value. 0: out holds the plain bytes (a copy for "" and "identity"). -1: unknown
 * encoding, broken data, or out's cap was passed. */
MUST_USE int inflate_body(struct slice encoding, struct slice body, struct buf *out);

#endif
