/* fake_server: an HTTP server on a thread of its own that says what it was told to, byte for byte, and keeps what it
 * was asked. The n-th request gets the n-th step of the script; the last step answers all that follow.
 */
#ifndef CANDOR_TESTS_FAKE_SERVER_H
#define CANDOR_TESTS_FAKE_SERVER_H

#include "str.h"

struct fake_step {
    struct slice answer; /* the raw bytes; none: nothing is said */
    bool close;          /* then the connection is closed, else it is kept */
};
struct fake_server;

/* The steps must outlive it. */
struct fake_server *fake_server_start(const struct fake_step *steps, size_t count);
const char *fake_server_url(const struct fake_server *server); /* "http://127.0.0.1:PORT" */
/* Joins the thread; what was asked can be looked at afterwards. */
void fake_server_stop(struct fake_server *server);
size_t fake_server_count(const struct fake_server *server);
struct slice fake_server_request(const struct fake_server *server, size_t index); /* head and body */
void fake_server_free(struct fake_server *server);

/* A whole answer with its length, written into the caller's room. headers: lines that end in CRLF, or "". */
struct slice fake_answer(char *room, size_t size, unsigned status, const char *headers, const char *body);

#endif
