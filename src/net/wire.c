/* wire: see wire.h. Plain sockets use recv and writev, TLS uses SSL_read and SSL_write on the same descriptor; nothing
 * above this file knows which. TLS adds two twists, both handled here: reading may leave decrypted bytes inside OpenSSL
 * (so it is read until it says so), and writing may want to be repeated with the same bytes (so they are kept first).
 */
#include "wire.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define OUT_MAX        (64u << 20) /* far beyond the pressure marks of the users: only a bug gets there */
#define SMALL_SEND     4096        /* copying so many bytes costs less than one more system call */
#define FIRST_OUT_SIZE 2048        /* a head and a small body, without growing step by step */
#define KEEP_OUT_SIZE  4096        /* a larger buffer is given back as soon as it is empty */

void wire_fail(struct wire *wire)
{
    wire->failed = true;
    wire_flush_later(wire);
}

static void arm_write(struct wire *wire)
{
    if (wire->writing || wire->fd < 0)
        return;
    wire->writing = true;
    event_add(&wire->write_event, NULL);
}

/* ---- TLS ---- */

/* What a TLS call that did not go through means: WIRE_AGAIN (with the event armed that it waits for), 0, or failed. */
static ssize_t tls_result(struct wire *wire, int result)
{
    int error = SSL_get_error(wire->ssl, result);
    ERR_clear_error();
    switch (error) {
    case SSL_ERROR_WANT_WRITE:
        arm_write(wire);
        return WIRE_AGAIN;
    case SSL_ERROR_WANT_READ:
        return WIRE_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return WIRE_FAILED;
    }
}

static void tls_handshake(struct wire *wire)
{
    ERR_clear_error();
    int result = SSL_do_handshake(wire->ssl);
    if (result == 1) {
        wire->shaking = false;
        if (wire->ops->on_ready)
            wire->ops->on_ready(wire);
        if (wire->fd >= 0)
            wire_flush_later(wire);
        return;
    }
    if (tls_result(wire, result) != WIRE_AGAIN)
        wire_fail(wire);
}

/* ---- reading ---- */

ssize_t wire_read(struct wire *wire, char *data, size_t size)
{
    if (!wire->ssl) {
        ssize_t got = recv(wire->fd, data, size, 0);
        if (got >= 0)
            return got;
        return errno == EAGAIN || errno == EINTR ? WIRE_AGAIN : WIRE_FAILED;
    }
    size_t total = 0;
    while (total < size) {
        ERR_clear_error();
        int got = SSL_read(wire->ssl, data + total, (int)(size - total));
        if (got <= 0) {
            ssize_t result = tls_result(wire, got);
            return total ? (ssize_t)total : result;
        }
        total += (size_t)got;
    }
    if (SSL_pending(wire->ssl))
        event_active(&wire->read_event, EV_READ, 1);
    return (ssize_t)total;
}

static void on_read_event(evutil_socket_t fd, short what, void *arg)
{
    struct wire *wire = arg;
    (void)fd;
    (void)what;
    if (wire->shaking)
        tls_handshake(wire);
    if (wire->fd < 0 || wire->shaking || wire->failed)
        return;
    if (wire->reading || wire->after_end)
        wire->ops->on_readable(wire);
}

void wire_pause(struct wire *wire)
{
    if (!wire->reading)
        return;
    wire->reading = false;
    event_del(&wire->read_event);
}

void wire_resume(struct wire *wire)
{
    if (wire->reading || wire->fd < 0 || wire->after_end)
        return;
    wire->reading = true;
    if (wire->connecting)
        return; /* starts when it is ready */
    event_add(&wire->read_event, NULL);
    if (wire->ssl && SSL_pending(wire->ssl))
        event_active(&wire->read_event, EV_READ, 1);
}

void wire_watch_reset(struct wire *wire)
{
    wire_pause(wire);
    wire->after_end = true;
    /* Edge-triggered: the end that was read already must not be reported for ever. */
    event_assign(&wire->read_event, loop_base(wire->loop), wire->fd, EV_READ | EV_PERSIST | EV_ET, on_read_event, wire);
    if (wire->writing) { /* libevent wants all events of a descriptor of one kind */
        event_del(&wire->write_event);
        wire->writing = false;
        wire_flush_later(wire);
    }
    event_assign(&wire->write_event, loop_base(wire->loop), wire->fd, EV_WRITE | EV_PERSIST | EV_ET,
                 event_get_callback(&wire->write_event), wire);
    event_add(&wire->read_event, NULL);
}

bool wire_has_error(struct wire *wire)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0;
}

/* ---- writing ---- */

size_t wire_pending(const struct wire *wire)
{
    return wire->out.len - wire->out_sent;
}

struct buf *wire_out(struct wire *wire)
{
    if (wire->out.size == 0 && !buf_reserve(&wire->out, FIRST_OUT_SIZE))
        wire_fail(wire);
    return &wire->out;
}

void wire_flush_later(struct wire *wire)
{
    if (wire->fd >= 0)
        loop_defer(wire->loop, &wire->task);
}

void wire_put(struct wire *wire, struct slice bytes)
{
    buf_add_slice(wire_out(wire), bytes);
    wire_flush_later(wire);
}

void wire_trim(struct wire *wire)
{
    if (wire_pending(wire) == 0)
        buf_fini(&wire->out);
}

/* Bytes written, WIRE_AGAIN or WIRE_FAILED. */
static ssize_t write_plain(struct wire *wire, const struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    ssize_t sent = count == 1 ? send(wire->fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                              : sendmsg(wire->fd, &message, MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR ? WIRE_AGAIN : WIRE_FAILED;
}

static ssize_t write_tls(struct wire *wire, const struct iovec *parts, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        size_t done = 0;
        while (done < parts[i].iov_len) {
            ERR_clear_error();
            int sent = SSL_write(wire->ssl, (char *)parts[i].iov_base + done, (int)(parts[i].iov_len - done));
            if (sent <= 0) {
                ssize_t result = tls_result(wire, sent);
                return total ? (ssize_t)total : result == 0 ? WIRE_FAILED : result;
            }
            done += (size_t)sent;
            total += (size_t)sent;
        }
    }
    return (ssize_t)total;
}

static bool is_writable(const struct wire *wire)
{
    return wire->fd >= 0 && !wire->failed && !wire->connecting && !wire->shaking && !wire->writing;
}

/* Gives memory back, or moves what is left to the front once that is cheap. */
static void tidy_out(struct wire *wire)
{
    if (wire->out_sent == wire->out.len) {
        wire->out_sent = 0;
        if (wire->out.size > KEEP_OUT_SIZE)
            buf_fini(&wire->out);
        else
            buf_clear(&wire->out);
    } else if (wire->out_sent > wire->out.len / 2) {
        buf_drop_front(&wire->out, wire->out_sent);
        wire->out_sent = 0;
    }
}

/* Writes kept bytes and then `more`; keeps what is not taken. */
static void write_out(struct wire *wire, const struct slice *more, int more_count)
{
    struct iovec parts[4];
    int count = 0;
    size_t kept = wire_pending(wire), wanted = kept;
    if (kept)
        parts[count++] = (struct iovec){wire->out.data + wire->out_sent, kept};
    for (int i = 0; i < more_count; i++)
        if (more[i].len) {
            parts[count++] = (struct iovec){(void *)(uintptr_t)more[i].data, more[i].len};
            wanted += more[i].len;
        }
    if (count == 0)
        return;
    ssize_t result = wire->ssl ? write_tls(wire, parts, count) : write_plain(wire, parts, count);
    size_t sent = result > 0 ? (size_t)result : 0;
    wire->total_sent += sent;
    size_t of_kept = sent < kept ? sent : kept, skip = sent - of_kept;
    wire->out_sent += of_kept;
    for (int i = 0; i < more_count; i++) {
        size_t part = skip < more[i].len ? skip : more[i].len;
        buf_add(&wire->out, more[i].data + part, more[i].len - part);
        skip -= part;
    }
    if (result == WIRE_FAILED || wire->out.failed)
        wire_fail(wire);
    else if (sent < wanted)
        arm_write(wire);
    tidy_out(wire);
}

void wire_flush(struct wire *wire)
{
    if (wire_pending(wire) && is_writable(wire))
        write_out(wire, NULL, 0);
}

void wire_send(struct wire *wire, struct slice bytes, struct slice tail)
{
    const struct slice parts[] = {bytes, tail};
    /* TLS wants the same bytes again after it could not write, so they must lie where they stay. */
    if (is_writable(wire) && !wire->ssl && bytes.len > SMALL_SEND) {
        write_out(wire, parts, 2);
        return;
    }
    buf_add_slice(wire_out(wire), bytes);
    buf_add_slice(&wire->out, tail);
    if (wire_pending(wire) > SMALL_SEND)
        wire_flush(wire);
    else
        wire_flush_later(wire);
}

static void on_connected(struct wire *wire)
{
    wire->connecting = false;
    if (wire_has_error(wire)) {
        wire_fail(wire);
        return;
    }
    if (wire->reading)
        event_add(&wire->read_event, NULL);
    if (wire->ssl) {
        wire->shaking = true;
        tls_handshake(wire);
    } else if (wire->ops->on_ready) {
        wire->ops->on_ready(wire);
    }
}

static void on_write_event(evutil_socket_t fd, short what, void *arg)
{
    struct wire *wire = arg;
    (void)fd;
    (void)what;
    event_del(&wire->write_event);
    wire->writing = false;
    if (wire->connecting)
        on_connected(wire);
    else if (wire->shaking)
        tls_handshake(wire);
    if (!is_writable(wire))
        return;
    wire_flush(wire);
    if (wire_pending(wire) == 0 && !wire->failed)
        wire->ops->on_drained(wire);
    if (wire->fd >= 0 && wire->ssl && wire->reading && !wire->failed)
        event_active(&wire->read_event, EV_READ, 1); /* a read may have been waiting to write */
}

void wire_shutdown(struct wire *wire)
{
    if (wire->fd < 0)
        return;
    wire_flush(wire);
    if (wire->ssl && !wire->shaking && !wire->connecting) {
        ERR_clear_error();
        SSL_shutdown(wire->ssl);
        ERR_clear_error();
    }
    shutdown(wire->fd, SHUT_WR);
}

/* ---- life ---- */

static void run_task(void *arg)
{
    struct wire *wire = arg;
    if (wire->fd < 0)
        return;
    if (!wire->failed)
        wire_flush(wire);
    if (!wire->failed || wire->told)
        return;
    wire->told = true;
    wire->ops->on_failed(wire);
}

void wire_open(struct wire *wire, struct loop *loop, int fd, SSL *ssl, bool connecting, const struct wire_ops *ops)
{
    *wire = (struct wire){.loop = loop, .ops = ops, .ssl = ssl, .fd = fd, .reading = true, .connecting = connecting};
    wire->task = (struct loop_task){.fn = run_task, .arg = wire};
    buf_init(&wire->out, OUT_MAX);
    event_assign(&wire->read_event, loop_base(loop), fd, EV_READ | EV_PERSIST, on_read_event, wire);
    event_assign(&wire->write_event, loop_base(loop), fd, EV_WRITE | EV_PERSIST, on_write_event, wire);
    if (ssl)
        wire->shaking = !connecting;
    if (connecting)
        arm_write(wire);
    else
        event_add(&wire->read_event, NULL);
}

void wire_close(struct wire *wire)
{
    if (wire->fd < 0 || !wire->loop)
        return;
    event_del(&wire->read_event);
    event_del(&wire->write_event);
    if (wire->ssl) {
        if (!wire->failed)
            SSL_set_shutdown(wire->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(wire->ssl);
        wire->ssl = NULL;
    }
    close(wire->fd);
    wire->fd = -1;
    buf_fini(&wire->out);
    wire->out_sent = 0;
}

bool wire_is_open(const struct wire *wire)
{
    return wire->loop && wire->fd >= 0;
}
