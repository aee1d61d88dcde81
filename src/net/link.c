/* link: connections to upstream: opening, pooling, and what their sockets report.
 *
 * An idle connection is closed after four seconds, before the servers in use (uvicorn: five) close it under our feet;
 * one that was idle for more than a moment is looked at before it is used again. What little remains of that race is
 * settled in transfer.c.
 */
#include "link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"

#define IDLE_MS         4000
#define LOOK_AFTER_NS   (20 * NS_PER_MS)
#define BAD_NS          (5 * NS_PER_S)
#define HEAD_BYTES_MAX  LOOP_SCRATCH_SIZE
#define READ_MORE_BYTES 16384

static void on_link_task(void *arg)
{
    struct link *link = arg;
    if (link->wire.task.queued)
        loop_defer(link->wire.loop, &link->task);
    else
        free(link);
}

static void unlink_idle(struct link *link)
{
    if (!link->link)
        return;
    *link->link = link->next;
    if (link->next)
        link->next->link = link->link;
    link->link = NULL;
    link->next = NULL;
}

void link_close(struct link *link)
{
    if (link->closed)
        return;
    link->closed = true;
    unlink_idle(link);
    if (link->transfer)
        link->transfer->link = NULL;
    link->transfer = NULL;
    loop_timer_cancel(link->wire.loop, &link->timer);
    wire_close(&link->wire);
    buf_fini(&link->in);
    loop_defer(link->wire.loop, &link->task);
}

void link_close_idle(struct upstream *upstream)
{
    while (upstream->idle)
        link_close(upstream->idle);
}

static void mark_bad(struct link *link)
{
    for (size_t i = 0; i < link->origin->address_count; i++)
        if (&link->origin->addresses[i] == link->address)
            link->address->bad_until_ns = loop_now_ns(link->wire.loop) + BAD_NS;
}

/* The connection is of no more use to its transfer. */
static void link_failed(struct link *link, enum upstream_failure failure, const char *sentence)
{
    struct transfer *transfer = link->transfer;
    if (!link->ready)
        mark_bad(link);
    if (transfer)
        transfer_link_failed(transfer, failure, sentence); /* closes us, after it has taken what was not sent */
    link_close(link);
}

static void on_connect_timeout(void *arg)
{
    link_failed(arg, UPSTREAM_UNREACHABLE, "The upstream did not accept the connection in time.");
}

static void on_idle_timeout(void *arg)
{
    link_close(arg);
}

/* ---- what the socket reports ---- */

static void take_input(struct link *link, struct slice input, bool kept)
{
    struct transfer *transfer = link->transfer;
    if (!kept && link->in.len == 0) {
        transfer_feed(transfer, input);
        return;
    }
    transfer_feed(transfer, buf_slice(&link->in));
}

/* One read. False when nothing was there, or the link is closed. */
static bool read_once(struct link *link)
{
    struct wire *wire = &link->wire;
    bool kept = link->in.len > 0;
    char *at = kept ? buf_reserve(&link->in, READ_MORE_BYTES) : loop_scratch(wire->loop);
    if (!at) {
        link_failed(link, UPSTREAM_INVALID, "The upstream's response head is too large.");
        return false;
    }
    ssize_t got = wire_read(wire, at, kept ? READ_MORE_BYTES : LOOP_SCRATCH_SIZE);
    if (got == WIRE_AGAIN)
        return false;
    if (!link->transfer) { /* in the pool: closed by the server, or it speaks without being asked */
        link_close(link);
        return false;
    }
    if (got == WIRE_FAILED) {
        link_failed(link, UPSTREAM_BROKEN, "The upstream reset the connection.");
        return false;
    }
    if (got == 0) {
        transfer_ended_by_peer(link->transfer);
        link_close(link);
        return false;
    }
    if (kept)
        buf_commit(&link->in, (size_t)got);
    take_input(link, slice_of(at, (size_t)got), kept);
    return !link->closed;
}

static void on_readable(struct wire *wire)
{
    read_once((struct link *)wire); /* its first member */
}

static void on_drained(struct wire *wire)
{
    struct transfer *transfer = ((struct link *)wire)->transfer;
    if (transfer && transfer->ops->on_drained && !transfer->request_ended)
        transfer->ops->on_drained(transfer, transfer->arg);
}

/* Writing failed. The server may have answered before it closed (413, say): read that first. */
static void on_failed(struct wire *wire)
{
    struct link *link = (struct link *)wire;
    if (!link->ready) {
        link_failed(link, UPSTREAM_UNREACHABLE,
                    wire->ssl && wire->shaking ? "The TLS handshake with the upstream failed."
                                               : "The upstream refused the connection.");
        return;
    }
    while (read_once(link) && link->transfer)
        ;
    if (!link->closed)
        link_failed(link, UPSTREAM_BROKEN, "The upstream closed the connection before the request was sent.");
}

static void on_ready(struct wire *wire)
{
    struct link *link = (struct link *)wire;
    link->ready = true;
    loop_timer_cancel(wire->loop, &link->timer);
    wire_flush_later(wire);
    if (wire_pending(wire) == 0)
        on_drained(wire);
}

/* ---- taking and giving back ---- */

static bool still_open(struct link *link)
{
    char byte;
    if (loop_now_ns(link->wire.loop) - link->idle_since_ns < LOOK_AFTER_NS)
        return true;
    ssize_t got = recv(link->wire.fd, &byte, 1, MSG_PEEK);
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

static struct link *take_idle(struct upstream *upstream)
{
    struct link *link;
    while ((link = upstream->idle)) {
        if (!link->wire.failed && still_open(link)) {
            unlink_idle(link);
            loop_timer_cancel(upstream->loop, &link->timer);
            link->reused = true;
            return link;
        }
        link_close(link);
    }
    return NULL;
}

static struct link *open_link(struct upstream *upstream, struct origin *origin, struct address *address,
                              const char **sentence)
{
    static const struct wire_ops ops = {on_readable, on_drained, on_failed, on_ready};
    struct link *link = calloc(1, sizeof *link);
    int on = 1, fd = socket(address->at.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    SSL *ssl = NULL;
    *sentence = "There is no descriptor or memory left for a connection to the upstream.";
    bool https = origin->url->scheme == CONF_HTTPS;
    if (!link || fd < 0 || (https && !(ssl = tls_client_connect(upstream->tls, fd, origin->url->host)))) {
        free(link);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    link->upstream = upstream;
    link->origin = origin;
    link->address = address;
    link->task = (struct loop_task){.fn = on_link_task, .arg = link};
    buf_init(&link->in, HEAD_BYTES_MAX + READ_MORE_BYTES);
    int result = connect(fd, (const struct sockaddr *)&address->at.address, address->at.size);
    bool pending = result == 0 || errno == EINPROGRESS;
    wire_open(&link->wire, upstream->loop, fd, ssl, true, &ops);
    if (!pending) {
        *sentence = "The upstream cannot be reached.";
        mark_bad(link);
        link_close(link);
        return NULL;
    }
    loop_timer_arm(upstream->loop, &link->timer, upstream->conf->timeouts.connect_ms, on_connect_timeout, link);
    return link;
}

static void join(struct transfer *transfer, struct link *link)
{
    link->transfer = transfer;
    link->scanned = 0;
    transfer->link = link;
    transfer->address = (size_t)(link->origin - transfer->upstream->origins);
    link->wire.total_sent = 0;
    if (transfer->paused)
        wire_pause(&link->wire);
    else
        wire_resume(&link->wire);
}

int link_take(struct transfer *transfer, bool from_pool)
{
    struct upstream *upstream = transfer->upstream;
    struct link *link = from_pool ? take_idle(upstream) : NULL;
    struct origin *origin;
    bool waits;
    while (!link) {
        struct address *address = upstream_address(upstream, &origin, &waits);
        if (!address && waits) { /* for the name; see on_resolved */
            transfer->next = upstream->waiting;
            transfer->queue = &upstream->waiting;
            if (transfer->next)
                transfer->next->queue = &transfer->next;
            upstream->waiting = transfer;
            return 0;
        }
        transfer->sentence = "The upstream's name cannot be resolved.";
        if (!address || transfer->attempts >= RESOLVE_MAX_ADDRESSES)
            return -1;
        transfer->attempts++;
        link = open_link(upstream, origin, address, &transfer->sentence);
        if (!link && transfer->attempts >= origin->address_count * upstream->origin_count)
            return -1;
    }
    join(transfer, link);
    return 0;
}

void link_release(struct link *link, bool reusable)
{
    struct upstream *upstream = link->upstream;
    link->transfer = NULL;
    if (!reusable || upstream->closing || wire_pending(&link->wire) || link->wire.failed) {
        link_close(link);
        return;
    }
    buf_fini(&link->in);
    wire_resume(&link->wire);
    link->idle_since_ns = loop_now_ns(upstream->loop);
    link->next = upstream->idle;
    link->link = &upstream->idle;
    if (link->next)
        link->next->link = &link->next;
    upstream->idle = link;
    loop_timer_arm(upstream->loop, &link->timer, IDLE_MS, on_idle_timeout, link);
}
