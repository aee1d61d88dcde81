/* connection: a client's connection and the request on it. Internal to serve (serve.c, connection.c, answer.c). */
#ifndef CANDOR_NET_CONNECTION_H
#define CANDOR_NET_CONNECTION_H

#include "serve.h"
#include "wire.h"

#define PEER_TEXT_SIZE 48

struct connection;
struct guard; /* counts connections by address */

enum connection_phase {
    PHASE_IDLE,   /* between requests */
    PHASE_HEAD,   /* some bytes of a head are there */
    PHASE_BODY,   /* the handler has the head, the body comes */
    PHASE_ANSWER, /* the request is complete */
    PHASE_LINGER  /* our side is shut; what still comes is thrown away, so that the client sees the answer */
};

struct request {
    void *arg;
    uint64_t started_ns, complete_ns; /* first byte of the head, last byte of the body */
    uint64_t body_left, body_seen;    /* by Content-Length; all that came */
    uint64_t body_until_ns;           /* when it must have ended; 0: never */
    uint64_t body_seen_before;        /* what had come when it was last looked whether it still comes */
    uint64_t answer_left;             /* of a Content-Length we announced */
    struct http_chunked chunked;
    struct http_head *head; /* on the parser's stack, or owned, see head_bytes */
    struct buf head_bytes;  /* the copy that an owned head points into */
    enum http_framing framing, answer_framing;
    unsigned minor;
    bool live; /* a handler holds it */
    bool answered, ended, keep_alive, to_head, pressed, body_paused;
};

struct connection {
    struct wire wire;
    struct server *server;
    struct connection *next, **link; /* in the server's list */
    struct request request;
    struct loop_timer deadline;
    struct loop_task task; /* goes on with pipelined bytes, or frees */
    struct buf in;         /* the beginning of a head, or pipelined bytes */
    size_t scanned;        /* belongs to the codec */
    size_t lingered;
    void *tag;
    enum connection_phase phase;
    uint64_t guard_key;
    bool read_ended; /* the client has shut its side */
    bool closed;
    char peer[PEER_TEXT_SIZE];
};

struct listener;

struct server {
    struct loop *loop;
    const struct serve_ops *ops;
    void *arg;
    struct serve_settings settings;
    struct listener *listeners;
    struct connection *connections;
    size_t connection_count, busy_count;
    struct loop_timer starved; /* accepting goes on after a while, even when nothing was closed here */
    bool draining, is_starved;
    struct guard *guard;
    int64_t date_second;
    char date[32];
};

static inline struct connection *connection_of(const struct request *request)
{
    return (struct connection *)((uintptr_t)request - offsetof(struct connection, request));
}

/* connection.c */
void connection_open(struct server *server, int fd, SSL *ssl, void *tag, const char *peer, uint64_t guard_key);
void connection_close(struct connection *connection); /* on_gone has been called where it must be */
void connection_break(struct connection *connection); /* tells the handler, and closes */
/* The server is going: serves what has come already, then closes. */
void connection_drain(struct connection *connection);
/* The answer is written as a whole: the next request, or the end. */
void connection_answered(struct connection *connection);
/* Refuses what the client sent with an answer of ours, and closes in peace. */
void connection_refuse(struct connection *connection, unsigned status, const char *message);

/* answer.c */
void answer_on_drained(struct connection *connection);
struct slice server_date(struct server *server);

/* serve.c: accepting may have stopped for want of room. */
void server_connection_closed(struct server *server, struct connection *connection);

#endif
