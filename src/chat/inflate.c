/* inflate: see inflate.h. zlib tells gzip and zlib framing apart by itself. */
#include "inflate.h"

#include <zlib.h>

#define STEP_BYTES 65536

int inflate_body(struct slice encoding, struct slice body, struct buf *out)
{
    if (encoding.len == 0 || slice_equal_nocase(encoding, SLICE("identity"))) {
        buf_add_slice(out, body);
        return out->failed ? -1 : 0;
    }
    if (!slice_equal_nocase(encoding, SLICE("gzip")) && !slice_equal_nocase(encoding, SLICE("x-gzip")) &&
        !slice_equal_nocase(encoding, SLICE("deflate")))
        return -1;
    z_stream stream = {0};
    if (body.len > UINT32_MAX || inflateInit2(&stream, 15 + 32) != Z_OK)
        return -1;
    stream.next_in = (z_const Bytef *)body.data;
    stream.avail_in = (uInt)body.len;
    int rc = Z_OK;
    while (rc == Z_OK) {
        size_t room = out->max - out->len < STEP_BYTES ? out->max - out->len : STEP_BYTES;
        char *at = room ? buf_reserve(out, room) : NULL;
        if (!at)
            break; /* past the cap: a bomb, or simply too much to look at */
        stream.next_out = (Bytef *)at;
        stream.avail_out = (uInt)room;
        rc = inflate(&stream, Z_NO_FLUSH);
        buf_commit(out, room - stream.avail_out);
    }
    inflateEnd(&stream);
    return rc == Z_STREAM_END ? 0 : -1;
}
