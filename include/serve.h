/* serve: the HTTP/1.1 server side of a loop: listening sockets, client connections, and the request on each.
 *
 * A connection serves one request at a time (pipelined ones wait in the kernel and a small buffer). It enforces the
 * codec's rules, the deadlines of each phase, and the connection limits, and it answers malformed requests itself.
 * The relay and the admin plane are its users. All on the loop's thread; callbacks must not free the request.
 */
#ifndef CANDOR_SERVE_H
#define CANDOR_SERVE_H

#include "http1.h"
#include "loop.h"

struct server;  /* the listeners and connections of one loop */
struct request; /* one request on a connection; lives from on_head to its end */
struct tls_server;

/* The methods the codec lets through, as Allow says them. */
#define SERVE_ALLOW "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

struct serve_ops {
    /* The head is there. Set the handler's state with request_set_arg; answer now or later. */
    void (*on_head)(struct request *request, void *server_arg);
    /* Body bytes, unframed, good during the call only. */
    void (*on_body)(struct request *request, struct slice bytes);
    void (*on_body_end)(struct request *request);
    /* Everything kept is written, after request_send reported pressure. May be NULL. */
    void (*on_drained)(struct request *request);
    /* The client hung up or broke the protocol before the answer had ended; the request is dead after the call. */
    void (*on_gone)(struct request *request);
    /* The answer's last byte is written; the request is dead after the call. May be NULL. */
    void (*on_done)(struct request *request);
};

struct serve_settings {
    uint64_t head_ms, body_ms, keep_alive_ms;
    struct http_limits head;
    size_t body_bytes;                /* a larger request body is answered 413 */
    unsigned body_rate;               /* bytes a second; one that comes slower for ten is answered 408; 0 = any */
    unsigned connections;             /* 0 = no limit */
    unsigned connections_per_address; /* 0 = no limit */
    const char *error_type;           /* "candor_error", in the OpenAI error shape */
    bool brief_head; /* request_head is good during on_head only; false: until the request's end, at the price of a copy
                      */
};

MUST_USE struct server *server_new(struct loop *loop, const struct serve_ops *ops, void *arg,
                                   const struct serve_settings *settings, struct err *err);
/* Takes over a listening, non-blocking descriptor; holds tls. NULL: plain. tag is given back by request_listener. */
MUST_USE int server_listen(struct server *server, int fd, struct tls_server *tls, void *tag, struct err *err);
/* New settings and TLS contexts for connections accepted from now on (SIGHUP). */
void server_configure(struct server *server, const struct serve_settings *settings);
/* Of the listeners with that tag; a plain one stays plain, and TLS stays TLS. */
void server_set_tls(struct server *server, const void *tag, struct tls_server *tls);
/* Stops accepting; idle connections close now, busy ones after their answer (with Connection: close). */
void server_drain(struct server *server);
size_t server_connections(const struct server *server);
void server_free(struct server *server); /* breaks what is left */

/* Whether the address is the socket's alone; or it is the first of several there, over which the kernel spreads
 * clients; or one more of these. All but the last find out when somebody else listens there. */
enum serve_share { SERVE_ALONE, SERVE_FIRST, SERVE_JOIN };
/* Opens a listening socket for "127.0.0.1:8080", "[::1]:0", "unix:/path". Non-blocking, close-on-exec. -1 and a
 * sentence. */
MUST_USE int serve_open(const char *address, enum serve_share share, struct err *err);
/* Does this listening socket listen where serve_open would? */
bool serve_is_at(int fd, const char *address);
/* "127.0.0.1:40123": where it really listens (port 0 asks the kernel). */
MUST_USE int serve_bound(int fd, char *text, size_t size);

const struct http_head *request_head(const struct request *request);
void *request_listener(const struct request *request); /* the tag of server_listen */
void request_set_arg(struct request *request, void *arg);
void *request_arg(const struct request *request);
struct slice request_peer(const struct request *request); /* the address of the client, without port */

/* Stops and resumes the delivery of body bytes (back-pressure from upstream). */
void request_pause(struct request *request);
void request_resume(struct request *request);

/* The answer: head once (fields without framing and Connection, which are ours), then bytes, then the end. */
struct answer_head {
    unsigned status;
    const char *reason; /* NULL: the standard phrase */
    const struct http_field *fields;
    size_t field_count;
    bool has_length; /* else chunked (or until close for an HTTP/1.0 client) */
    uint64_t length;
};
void request_answer(struct request *request, const struct answer_head *head);
/* 1xx in front of the answer, fields as they are. */
void request_interim(struct request *request, unsigned status, const struct http_field *fields, size_t field_count);
/* Small pieces leave together, at request_flush or at the end of the turn; what the socket does not take is kept.
 * True: enough is kept (64 KiB), wait for on_drained. */
bool request_send(struct request *request, struct slice bytes);
void request_flush(struct request *request);
void request_end(struct request *request);   /* the answer is complete */
void request_break(struct request *request); /* the answer cannot be completed: cut the connection, never a clean end */

/* A whole small answer. */
void request_reply(struct request *request, unsigned status, const char *content_type, struct slice body);
/* {"error":{"message","type","param":null,"code"}}, the shape of every error of ours. */
void serve_error_body(struct buf *out, const char *type, const char *code, const char *message);
void request_fail(struct request *request, unsigned status, const char *code, const char *message);

#endif
