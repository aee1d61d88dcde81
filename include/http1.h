/* http1: one strict HTTP/1.1 codec, for requests and responses, clients, upstreams and the admin plane.
 *
 * It parses heads that are complete in memory into slices of that memory, decodes chunked bodies incrementally, and
 * writes heads. It rejects whatever two parsers could read differently (RFC 9112; every rule is a named test in
 * tests/unit/http1_test.c): bare CR or LF, control bytes, obs-fold, space before a colon, duplicate or signed lengths,
 * Transfer-Encoding other than one `chunked`, both framings at once. Pure: no sockets, no clock, no allocation.
 */
#ifndef CANDOR_HTTP1_H
#define CANDOR_HTTP1_H

#include "buf.h"

#define HTTP_MAX_FIELDS   100
#define HTTP_MAX_TARGET   8192
#define HTTP_MAX_TRAILERS 8192 /* bytes */

struct http_field {
    struct slice name;
    struct slice value; /* trimmed */
};

enum http_framing {
    HTTP_BODY_NONE,
    HTTP_BODY_LENGTH,
    HTTP_BODY_CHUNKED,
    HTTP_BODY_UNTIL_CLOSE /* responses only */
};

/* A parsed head; every slice points into the bytes it was parsed from. */
struct http_head {
    /* Requests: the path begins with "/" or is "*", the query with "?" or is empty. The absolute form is reduced to
     * them: "http://host/x?y" to "/x" and "?y", and where it has no path, to "/" (which then lies in no bytes of the
     * peer's). */
    struct slice method, path, query;
    unsigned status; /* responses */
    struct slice reason;
    unsigned minor; /* HTTP/1.minor */
    struct http_field fields[HTTP_MAX_FIELDS];
    size_t field_count;
    enum http_framing framing;
    uint64_t content_length; /* with HTTP_BODY_LENGTH */
    bool keep_alive;         /* what the peer's version and Connection allow */
    bool expect_continue;    /* requests */
    bool upgrade;            /* requests that ask for it; responses: 101 */
    size_t head_bytes;       /* from the first byte to the end of the blank line */
};

struct http_limits {
    size_t head_bytes;
};

enum http_result {
    HTTP_COMPLETE, /* the head is parsed */
    HTTP_PARTIAL,  /* more bytes are needed */
    HTTP_INVALID   /* refused; see http_error */
};

struct http_error {
    unsigned status; /* for a request: what to answer (400, 405, 413, 414, 417, 431, 501, 505); a bad response: 502 */
    const char *reason; /* a fixed sentence of ours, safe to log and to send */
};

/* bytes holds all that has come of this head so far. *scanned is 0 for a new head and belongs to the codec between
 * calls: bytes before it were checked and are not looked at again, so a dripping sender costs linear time. Bytes that
 * can never become a valid head are refused as soon as they are seen. */
enum http_result http_parse_request(struct slice bytes, size_t *scanned, struct http_limits limits,
                                    struct http_head *head, struct http_error *error);
/* to_head: the response answers a HEAD request and has no body. */
enum http_result http_parse_response(struct slice bytes, size_t *scanned, struct http_limits limits, bool to_head,
                                     struct http_head *head, struct http_error *error);

/* The first field of that name (ASCII case ignored); data NULL when there is none. */
struct slice http_get(const struct http_head *head, const char *name);
/* True when a comma-separated list, "a, b", holds the token. */
bool http_list_has(struct slice list, struct slice token);

/* ---- chunked bodies, decoded as they come ---- */
struct http_chunked {
    enum {
        CHUNK_SIZE,
        CHUNK_EXTENSION,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        CHUNK_TRAILER,
        CHUNK_END
    } state;
    uint64_t left;     /* bytes of the current chunk still to come */
    unsigned digits;   /* of the size line */
    size_t line_bytes; /* of the extension or the trailers */
    unsigned trailer_state;
    unsigned name_len; /* of a trailer; one more than there is room for when it is longer */
    char name[28];
};

void http_chunked_init(struct http_chunked *chunked);
/* Takes bytes from the front of input (advances it) until some body bytes are found or input ends. *body is a slice
 * of the input, empty when there were none. HTTP_COMPLETE: the body and its trailers have ended, input starts with
 * what follows. HTTP_PARTIAL: call again while input is not empty, then when more has come. Trailers are checked and
 * dropped. */
enum http_result http_chunked_next(struct http_chunked *chunked, struct slice *input, struct slice *body,
                                   struct http_error *error);

/* ---- writing ---- */
/* "POST /x?y HTTP/1.1\r\n" and "HTTP/1.1 200 OK\r\n" (reason NULL: the standard phrase). */
void http_put_request_line(struct buf *out, struct slice method, struct slice path, struct slice query);
void http_put_status_line(struct buf *out, unsigned status, const char *reason);
/* Refuses (buf fails) a name that is no token or a value with CR, LF or NUL. */
void http_put_field(struct buf *out, struct slice name, struct slice value);
void http_put_end(struct buf *out);
/* The size line in front of a chunk of len bytes, written to line; returns its length. */
#define HTTP_CHUNK_LINE_SIZE 20
size_t http_chunk_line(char line[HTTP_CHUNK_LINE_SIZE], size_t len);
const char *http_reason(unsigned status);

/* Parses nothing but checks: is this a token (a method, a field name)? */
bool http_is_token(struct slice s);

#endif
