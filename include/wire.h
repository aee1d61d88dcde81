/* wire: one non-blocking connection, plain or TLS, with the bytes it could not write yet. Used by serve and upstream.
 *
 * Writing: wire_put keeps small pieces until wire_flush or the end of the turn, so that a head and its first bytes, or
 * the events of one read, leave in one packet; wire_send writes large bytes from where they lie. EV_WRITE is armed only
 * when the socket takes no more. Reading: one persistent read event; the user's on_readable reads into the loop's
 * scratch. A failed write is reported once, by on_failed, on a later task of the loop. All on the loop's thread.
 */
#ifndef CANDOR_WIRE_H
#define CANDOR_WIRE_H

#include <event2/event_struct.h>
#include <openssl/types.h>

#include "buf.h"
#include "loop.h"

struct wire;
struct wire_ops {
    void (*on_readable)(struct wire *wire);
    void (*on_drained)(struct wire *wire); /* all that was kept is written */
    void (*on_failed)(struct wire *wire);  /* the peer is gone, or TLS broke */
    void (*on_ready)(struct wire *wire);   /* connected, and TLS agreed; may be NULL for accepted plain ones */
};

struct wire {
    struct loop *loop;
    const struct wire_ops *ops;
    SSL *ssl; /* owned; NULL: plain */
    struct event read_event, write_event;
    struct loop_task task; /* flush or report at the end of the turn */
    struct buf out;
    size_t out_sent;   /* bytes of out that are written */
    size_t total_sent; /* since wire_mark_sent: did anything leave? */
    int fd;
    bool reading, writing, connecting, shaking, failed, told, after_end;
};

#define WIRE_AGAIN  (-1)
#define WIRE_FAILED (-2)

/* Takes over fd and ssl. connecting: fd is a connect under way; on_ready tells. Reading starts when it is ready. */
void wire_open(struct wire *wire, struct loop *loop, int fd, SSL *ssl, bool connecting, const struct wire_ops *ops);
/* Closes the descriptor and frees what is kept. No callback follows; may be called from inside one. */
void wire_close(struct wire *wire);
bool wire_is_open(const struct wire *wire);

/* Bytes read, 0 at the peer's end, WIRE_AGAIN or WIRE_FAILED. */
ssize_t wire_read(struct wire *wire, char *data, size_t size);
void wire_pause(struct wire *wire);
void wire_resume(struct wire *wire);
/* Has the socket failed (reset, refused)? Asking forgets it. */
bool wire_has_error(struct wire *wire);
/* After the peer's end: stop reading, but hear of a reset. */
void wire_watch_reset(struct wire *wire);

/* Kept until wire_flush or the end of the turn. */
void wire_put(struct wire *wire, struct slice bytes);
/* The buffer of what is kept, to be appended to; call wire_flush_later after it. */
struct buf *wire_out(struct wire *wire);
/* Gives the memory of an empty buffer back: the connection will be idle. */
void wire_trim(struct wire *wire);
/* Writes what is kept, then bytes, then tail, from where they lie, and keeps what the socket does not take. */
void wire_send(struct wire *wire, struct slice bytes, struct slice tail);
void wire_flush(struct wire *wire);
/* What was to be written cannot be: as if writing had failed. */
void wire_fail(struct wire *wire);
/* At the end of the turn at the latest. */
void wire_flush_later(struct wire *wire);
size_t wire_pending(const struct wire *wire);
/* Ends our side: everything kept is flushed as far as the socket takes it, then FIN (and close_notify). */
void wire_shutdown(struct wire *wire);

#endif
