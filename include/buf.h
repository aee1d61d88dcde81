/* buf: a growing run of bytes with a cap given at birth.
 *
 * Failure is sticky: when an addition would pass the cap, or memory runs out, the buffer keeps what it has, sets
 * `failed` and ignores further additions; a writer adds freely and asks once at the end. One owner, one thread.
 */
#ifndef CANDOR_BUF_H
#define CANDOR_BUF_H

#include "str.h"

struct buf {
    char *data; /* owned; NULL while empty */
    size_t len; /* bytes in use */
    size_t size;
    size_t max; /* len never passes this */
    bool failed;
};

void buf_init(struct buf *buf, size_t max);
void buf_fini(struct buf *buf); /* frees the bytes; the buffer may be initialised again */

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_slice(struct buf *buf, struct slice s);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_add_int(struct buf *buf, int64_t value);
void buf_add_format(struct buf *buf, const char *format, ...) PRINTF(2, 3);

/* Room for len more bytes behind buf->len, or NULL (and failed). The caller writes there and calls buf_commit. */
MUST_USE char *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

void buf_drop_front(struct buf *buf, size_t len);
void buf_clear(struct buf *buf); /* length 0, not failed; keeps the memory */

static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){buf->data, buf->len};
}
/* A zero-terminated view of the bytes, owned by buf, good until the next change; "" when empty or failed. */
const char *buf_text(struct buf *buf);

#endif
