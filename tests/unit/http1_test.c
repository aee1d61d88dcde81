/* http1: every rule of the wire is a named row. Each row is parsed in one piece, split at every byte, and dripped byte
 * by byte: the verdict must not depend on how the bytes come.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "http1.h"

static const struct http_limits limits = {65536};

struct row {
    const char *name;
    unsigned status; /* 0: accepted; HTTP_PARTIAL rows: 1 */
    struct slice bytes;
};

#define PARTIAL 1
#define ROW(n, s, text)                                                                                                \
    {                                                                                                                  \
        n, s,                                                                                                          \
        {                                                                                                              \
            text, sizeof(text) - 1                                                                                     \
        }                                                                                                              \
    }
#define GET(fields)    "GET / HTTP/1.1\r\n" fields "\r\n"
#define HOSTED(fields) "GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define POST(fields)   "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

static const struct row requests[] = {
    ROW("a plain request is accepted", 0, HOSTED("")),
    ROW("one leading CRLF is forgiven", 0, "\r\n" HOSTED("")),
    ROW("two leading CRLFs are refused", 400, "\r\n\r\n" HOSTED("")),
    ROW("a leading LF is refused", 400, "\n" HOSTED("")),
    ROW("a request line that ends in LF alone is refused", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ROW("a field that ends in LF alone is refused", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
    ROW("a blank line of LF alone is refused", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    ROW("a CR inside a request line is refused", 400, "GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a CR inside a value is refused", 400, HOSTED("X: a\rb\r\n")),
    ROW("a line that ends in CR CR LF is refused", 400, HOSTED("X: a\r\r\n")),
    ROW("NUL in a value is refused", 400, HOSTED("X: a\0b\r\n")),
    ROW("NUL in a name is refused", 400, HOSTED("X\0: a\r\n")),
    ROW("NUL in the target is refused", 400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a control character in a value is refused", 400,
        HOSTED("X: a\x01"
               "b\r\n")),
    ROW("a vertical tab in a value is refused", 400,
        HOSTED("X: a\x0b"
               "b\r\n")),
    ROW("DEL in a value is refused", 400, HOSTED("X: a\x7f\r\n")),
    ROW("a tab in a value is accepted", 0, HOSTED("X: a\tb\r\n")),
    ROW("UTF-8 in a value is accepted", 0, HOSTED("X: \xc3\xa4\r\n")),
    ROW("an empty value is accepted", 0, HOSTED("X:\r\n")),
    ROW("a folded field is refused", 400, HOSTED("X: a\r\n b\r\n")),
    ROW("a field folded by a tab is refused", 400, HOSTED("X: a\r\n\tb\r\n")),
    ROW("a first field that begins with space is refused", 400, GET(" Host: a\r\n")),
    ROW("space before the colon is refused", 400, GET("Host : a\r\n")),
    ROW("a tab before the colon is refused", 400, GET("Host\t: a\r\n")),
    ROW("a field without a colon is refused", 400, HOSTED("X\r\n")),
    ROW("an empty name is refused", 400, HOSTED(": a\r\n")),
    ROW("a space inside a name is refused", 400, HOSTED("X Y: a\r\n")),
    ROW("a name that is no token is refused", 400, HOSTED("X(: a\r\n")),
    ROW("a name beyond ASCII is refused", 400, HOSTED("X\xc3\xa4: a\r\n")),

    ROW("no Host is refused", 400, GET("X: a\r\n")),
    ROW("no Host is accepted in HTTP/1.0", 0, "GET / HTTP/1.0\r\n\r\n"),
    ROW("two Hosts are refused", 400, HOSTED("Host: a\r\n")),
    ROW("two Hosts are refused in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
    ROW("an empty Host is refused", 400, GET("Host:\r\n")),
    ROW("a Host with a user is refused", 400, GET("Host: u@a\r\n")),
    ROW("a Host with a path is refused", 400, GET("Host: a/b\r\n")),
    ROW("a Host that is a list is refused", 400, GET("Host: a, b\r\n")),
    ROW("a Host with a space is refused", 400, GET("Host: a b\r\n")),
    ROW("a Host with an empty port is refused", 400, GET("Host: a:\r\n")),
    ROW("a Host with a word for a port is refused", 400, GET("Host: a:http\r\n")),
    ROW("a Host with a port beyond 65535 is refused", 400, GET("Host: a:65536\r\n")),
    ROW("a Host with a port is accepted", 0, GET("Host: a.example:8080\r\n")),
    ROW("an IPv6 Host is accepted", 0, GET("Host: [::1]:8080\r\n")),
    ROW("an IPv6 Host without its bracket is refused", 400, GET("Host: [::1\r\n")),
    ROW("an IPv6 Host with a zone is refused", 400, GET("Host: [fe80::1%eth0]\r\n")),

    ROW("HTTP/1.2 is refused", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    ROW("HTTP/2.0 is refused", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ROW("HTTP/0.9 without a version is refused", 400, "GET /\r\n\r\n"),
    ROW("a version in lower case is refused", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    ROW("a version with a leading zero is refused", 400, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
    ROW("a version with more digits is refused", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    ROW("space behind the version is refused", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    ROW("two spaces before the target are refused", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("two spaces before the version are refused", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a tab for a space is refused", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("space before the method is refused", 400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a method that is no token is refused", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an unknown method is not implemented", 501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a method in lower case is another method", 501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("CONNECT is not allowed", 405, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    ROW("TRACE is not allowed", 405, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("PRI of HTTP/2 is refused", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ROW("a TLS hello is refused", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"),

    ROW("a space in the target is refused", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a fragment in the target is refused", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("bytes beyond 0x7e in the target are refused", 400, "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a backslash in the path is refused", 400, "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an escaped NUL in the target is refused", 400, "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an overlong escape in the target is refused", 400, "GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("brackets in the query are accepted", 0, "GET /a?include[]=b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a target that is no path is refused", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an empty target is refused", 400, "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an asterisk is refused for GET", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an asterisk is accepted for OPTIONS", 0, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target of the same host is accepted", 0, "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target of another host is refused", 400, "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target with a user is refused", 400, "GET http://u@a/x HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    ROW("an absolute target without a host is refused", 400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target of another scheme is refused", 400, "GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target without a path is accepted", 0, "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target without a host and a path is refused", 400, "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target of a query alone is refused", 400, "GET http://?a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an absolute target of another host without a path is refused", 400,
        "GET http://b?a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a query without a path is refused", 400, "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an asterisk with a query is refused", 400, "OPTIONS *?a HTTP/1.1\r\nHost: a\r\n\r\n"),

    ROW("a Content-Length is accepted", 0, POST("Content-Length: 10\r\n")),
    ROW("a Content-Length of zero is accepted", 0, POST("Content-Length: 0\r\n")),
    ROW("an empty Content-Length is refused", 400, POST("Content-Length:\r\n")),
    ROW("a signed Content-Length is refused", 400, POST("Content-Length: +1\r\n")),
    ROW("a negative Content-Length is refused", 400, POST("Content-Length: -1\r\n")),
    ROW("a Content-Length with leading zeros is refused", 400, POST("Content-Length: 010\r\n")),
    ROW("a hexadecimal Content-Length is refused", 400, POST("Content-Length: 0x10\r\n")),
    ROW("a Content-Length with a space inside is refused", 400, POST("Content-Length: 1 0\r\n")),
    ROW("a Content-Length that is a list is refused", 400, POST("Content-Length: 1, 1\r\n")),
    ROW("a Content-Length of sixteen digits is refused", 400, POST("Content-Length: 1000000000000000\r\n")),
    ROW("a Content-Length of fifteen digits is accepted", 0, POST("Content-Length: 100000000000000\r\n")),
    ROW("two equal Content-Lengths are refused", 400, POST("Content-Length: 1\r\nContent-Length: 1\r\n")),
    ROW("two Content-Lengths are refused", 400, POST("Content-Length: 1\r\nContent-Length: 2\r\n")),
    ROW("chunked is accepted", 0, POST("Transfer-Encoding: chunked\r\n")),
    ROW("chunked in any case is accepted", 0, POST("Transfer-Encoding: Chunked\r\n")),
    ROW("chunked with a Content-Length is refused", 400, POST("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")),
    ROW("chunked in HTTP/1.0 is refused", 400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ROW("chunked twice is refused", 400, POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
    ROW("gzip is refused", 400, POST("Transfer-Encoding: gzip\r\n")),
    ROW("gzip before chunked is refused", 400, POST("Transfer-Encoding: gzip, chunked\r\n")),
    ROW("identity is refused", 400, POST("Transfer-Encoding: identity\r\n")),
    ROW("an empty Transfer-Encoding is refused", 400, POST("Transfer-Encoding:\r\n")),
    ROW("quoted chunked is refused", 400, POST("Transfer-Encoding: \"chunked\"\r\n")),
    ROW("chunked with a parameter is refused", 400, POST("Transfer-Encoding: chunked;a=b\r\n")),
    ROW("chunked behind a comma is refused", 400, POST("Transfer-Encoding: ,chunked\r\n")),
    ROW("chunked as a Content-Encoding is refused", 400, POST("Content-Length: 1\r\nContent-Encoding: chunked\r\n")),
    ROW("Transfer_Encoding is refused", 400, POST("Content-Length: 1\r\nTransfer_Encoding: chunked\r\n")),
    ROW("Content_Length is refused", 400, POST("Content-Length: 1\r\nContent_Length: 2\r\n")),
    ROW("Transfer-%45ncoding is refused", 400, POST("Content-Length: 1\r\nTransfer-%45ncoding: chunked\r\n")),
    ROW("TransferEncoding is refused", 400, POST("Content-Length: 1\r\nTransferEncoding: chunked\r\n")),
    ROW("Transfer--Encoding is refused", 400, POST("Content-Length: 1\r\nTransfer--Encoding: chunked\r\n")),
    ROW("a control header in disguise is refused", 400, HOSTED("x_candor_shadow: off\r\n")),
    ROW("a credential in disguise is refused", 400, HOSTED("Author_ization: x\r\n")),
    ROW("a framing field with a letter more is refused", 400, POST("Transfer-EncodingX: chunked\r\n")),
    ROW("a framing field with a letter less is refused", 400, POST("ontent-Length: 5\r\n")),
    ROW("a framing field with another letter is refused", 400, POST("Transfer-Encodinq: chunked\r\n")),
    ROW("a name two letters off is accepted", 0, POST("X-Content-Length: 5\r\n")),
    ROW("a tab beside a length is refused", 400, POST("Content-Length: \t5\r\n")),
    ROW("spaces beside a length are accepted", 0, POST("Content-Length:  5 \r\n")),
    ROW("two different Content-Types are refused", 400, POST("Content-Type: a/b\r\nContent-Type: a/c\r\n")),
    ROW("CONNECT to a host and a port is not allowed", 405, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("CONNECT to no port is malformed", 400, "CONNECT a: HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an escaped line end in the path is refused", 400, "GET /a%0d%0Ab HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("an escaped line end in the query is accepted", 0, "GET /a?b%0A HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("a method that does not end is refused", 400, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ROW("a framing field hidden in a value is refused", 400, POST("X: a Transfer-Encoding: chunked\r\n")),
    ROW("an ordinary name with an underscore is accepted", 0, HOSTED("x_request_id: 1\r\n")),

    ROW("100-continue is accepted", 0, POST("Content-Length: 1\r\nExpect: 100-continue\r\n")),
    ROW("another expectation is refused", 417, POST("Content-Length: 1\r\nExpect: 200-ok\r\n")),
    ROW("two expectations are refused", 417, POST("Expect: 100-continue\r\nExpect: 100-continue\r\n")),

    ROW("a fragment of a method waits", PARTIAL, "GE"),
    ROW("a fragment of a target waits", PARTIAL, "GET /he"),
    ROW("a fragment of a version waits", PARTIAL, "GET /hello HTTP/1."),
    ROW("a request line without its LF waits", PARTIAL, "GET /hello HTTP/1.1\r"),
    ROW("a fragment of a field waits", PARTIAL, "GET /hello HTTP/1.1\r\nHos"),
    ROW("a head without its blank line waits", PARTIAL, "GET /hello HTTP/1.1\r\nHost: a\r\n"),
    ROW("a head without its last LF waits", PARTIAL, "GET /hello HTTP/1.1\r\nHost: a\r\n\r"),
};

static unsigned verdict(enum http_result result, const struct http_error *error)
{
    return result == HTTP_COMPLETE ? 0 : result == HTTP_PARTIAL ? PARTIAL : error->status;
}

/* A copy of exactly that size, so that a sanitizer sees every read beyond it. */
static struct slice exact_copy(struct slice bytes)
{
    char *copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.len);
    return slice_of(copy, bytes.len);
}

static unsigned parse_pieces(struct slice bytes, const size_t *ends, size_t count)
{
    size_t scanned = 0;
    struct http_head head;
    struct http_error error = {0};
    enum http_result result = HTTP_PARTIAL;
    for (size_t i = 0; i < count && result == HTTP_PARTIAL; i++) {
        struct slice piece = exact_copy(slice_part(bytes, 0, ends[i]));
        result = http_parse_request(piece, &scanned, limits, &head, &error);
        free((void *)(uintptr_t)piece.data);
    }
    return verdict(result, &error);
}

static void a_row_has_its_verdict_however_it_comes(void **state)
{
    const struct row *row = *state;
    size_t *each = calloc(row->bytes.len + 1, sizeof *each);
    assert_non_null(each);
    for (size_t i = 0; i < row->bytes.len; i++)
        each[i] = i + 1;
    assert_int_equal(parse_pieces(row->bytes, &row->bytes.len, 1), row->status);
    unsigned dripped = parse_pieces(row->bytes, each, row->bytes.len);
    assert_true(dripped == row->status || (dripped >= 400 && row->status >= 400));
    for (size_t i = 1; i < row->bytes.len; i++) {
        const size_t split[] = {i, row->bytes.len};
        unsigned torn = parse_pieces(row->bytes, split, 2);
        assert_true(torn == row->status || (torn >= 400 && row->status >= 400));
    }
    free(each);
}

static enum http_result parse(const char *text, struct http_head *head, struct http_error *error)
{
    size_t scanned = 0;
    return http_parse_request(slice_from(text), &scanned, limits, head, error);
}

static void a_head_is_taken_apart(void **state)
{
    struct http_head head;
    struct http_error error;
    (void)state;
    assert_int_equal(parse("POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nX-Thing:  two words \t\r\nContent-Length: 12\r\n"
                           "Connection: Keep-Alive, x-thing\r\n\r\nbody",
                           &head, &error),
                     HTTP_COMPLETE);
    assert_slice(head.method, "POST");
    assert_slice(head.path, "/v1/x");
    assert_slice(head.query, "?y=1");
    assert_int_equal(head.minor, 1);
    assert_int_equal(head.field_count, 4);
    assert_slice(http_get(&head, "x-THING"), "two words");
    assert_null(http_get(&head, "absent").data);
    assert_true(http_list_has(http_get(&head, "connection"), SLICE("X-Thing")));
    assert_false(http_list_has(http_get(&head, "connection"), SLICE("close")));
    assert_int_equal(head.framing, HTTP_BODY_LENGTH);
    assert_int_equal(head.content_length, 12);
    assert_true(head.keep_alive);
}

static void an_absolute_target_is_reduced_to_its_path(void **state)
{
    static const struct {
        const char *text, *path, *query;
    } rows[] = {
        {"GET http://a:80/x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", "/x", "?y"},
        {"GET HTTP://a/ HTTP/1.1\r\nHost: A\r\n\r\n", "/", ""},
        {"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "/", ""},
        {"POST https://a:8?y HTTP/1.1\r\nHost: a:8\r\n\r\n", "/", "?y"},
        {"GET http://a?u=http://b/c HTTP/1.1\r\nHost: a\r\n\r\n", "/", "?u=http://b/c"},
        {"OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "*", ""},
        {"OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "/", ""},
        {"OPTIONS http://a?y HTTP/1.1\r\nHost: a\r\n\r\n", "/", "?y"},
    };
    struct http_head head;
    struct http_error error;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse(rows[i].text, &head, &error), HTTP_COMPLETE);
        assert_slice(head.path, rows[i].path);
        assert_slice(head.query, rows[i].query);
    }
}

static void keeping_alive_follows_version_and_connection(void **state)
{
    static const struct {
        const char *text;
        bool keep_alive;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
    };
    struct http_head head;
    struct http_error error;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse(rows[i].text, &head, &error), HTTP_COMPLETE);
        assert_int_equal(head.keep_alive, rows[i].keep_alive);
    }
}

static void expect_of_http_1_0_is_ignored(void **state)
{
    struct http_head head;
    struct http_error error;
    (void)state;
    assert_int_equal(parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", &head, &error),
                     HTTP_COMPLETE);
    assert_false(head.expect_continue);
}

static unsigned verdict_of(const char *text, size_t head_bytes)
{
    size_t scanned = 0;
    struct http_head head;
    struct http_error error = {0};
    enum http_result result =
        http_parse_request(slice_from(text), &scanned, (struct http_limits){head_bytes}, &head, &error);
    return verdict(result, &error);
}

static void a_hundred_fields_are_the_limit(void **state)
{
    struct buf text;
    (void)state;
    for (int count = 100; count <= 101; count++) {
        buf_init(&text, 65536);
        buf_add_text(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < count; i++)
            buf_add_text(&text, "X: y\r\n");
        buf_add_text(&text, "\r\n");
        assert_int_equal(verdict_of(buf_text(&text), 65536), count == 100 ? 0 : 431);
        buf_fini(&text);
    }
}

static void too_many_fields_are_refused_before_the_head_ends(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 65536);
    buf_add_text(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i <= 100; i++)
        buf_add_text(&text, "X: y\r\n");
    const size_t ends[] = {20, text.len - 1, text.len};
    assert_int_equal(parse_pieces(buf_slice(&text), ends, 2), PARTIAL);
    assert_int_equal(parse_pieces(buf_slice(&text), ends, 3), 431);
    buf_fini(&text);
}

static void a_head_beyond_its_limit_is_refused_before_it_ends(void **state)
{
    (void)state;
    const char *whole = "GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789\r\n\r\n";
    assert_int_equal(verdict_of(whole, strlen(whole)), 0);
    assert_int_equal(verdict_of(whole, strlen(whole) - 1), 431);
    assert_int_equal(verdict_of("GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789", 30), 431);
}

static void a_long_target_is_refused_before_its_line_ends(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 65536);
    buf_add_text(&text, "GET /");
    for (int i = 0; i < HTTP_MAX_TARGET - 1; i++)
        buf_add_char(&text, 'a');
    assert_int_equal(verdict_of(buf_text(&text), 65536), PARTIAL);
    buf_add_text(&text, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(verdict_of(buf_text(&text), 65536), 0);
    buf_clear(&text);
    buf_add_text(&text, "GET /");
    for (int i = 0; i < HTTP_MAX_TARGET + 64; i++)
        buf_add_char(&text, 'a');
    assert_int_equal(verdict_of(buf_text(&text), 65536), 414);
    buf_fini(&text);
}

/* ---- responses ---- */

static const struct row responses[] = {
    ROW("a response with a length is accepted", 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
    ROW("a response without a reason is accepted", 0, "HTTP/1.1 200 \r\n\r\n"),
    ROW("a response without the space before the reason is accepted", 0, "HTTP/1.1 200\r\n\r\n"),
    ROW("a response of HTTP/2 is refused", 502, "HTTP/2 200 OK\r\n\r\n"),
    ROW("a response that is no HTTP is refused", 502, "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ROW("a status of two digits is refused", 502, "HTTP/1.1 20 OK\r\n\r\n"),
    ROW("a status of four digits is refused", 502, "HTTP/1.1 2000 OK\r\n\r\n"),
    ROW("a status below 100 is refused", 502, "HTTP/1.1 099 OK\r\n\r\n"),
    ROW("a response with both framings is refused", 502,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ROW("a response with two lengths is refused", 502,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n"),
    ROW("a response with a bare LF is refused", 502, "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\n"),
    ROW("a response with a folded field is refused", 502, "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"),
    ROW("a chunked response of HTTP/1.0 is refused", 502, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ROW("a leading CRLF in front of a response is refused", 502, "\r\nHTTP/1.1 200 OK\r\n\r\n"),
};

static void a_response_has_its_verdict(void **state)
{
    const struct row *row = *state;
    struct http_head head;
    struct http_error error = {0};
    size_t scanned = 0;
    struct slice bytes = exact_copy(row->bytes);
    assert_int_equal(verdict(http_parse_response(bytes, &scanned, limits, false, &head, &error), &error), row->status);
    free((void *)(uintptr_t)bytes.data);
}

static void a_response_is_framed_by_status_and_fields(void **state)
{
    static const struct {
        const char *text;
        bool to_head;
        enum http_framing framing;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false, HTTP_BODY_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true, HTTP_BODY_NONE},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, HTTP_BODY_CHUNKED},
        {"HTTP/1.1 200 OK\r\n\r\n", false, HTTP_BODY_UNTIL_CLOSE},
        {"HTTP/1.1 204 No Content\r\n\r\n", false, HTTP_BODY_NONE},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, HTTP_BODY_NONE},
        {"HTTP/1.1 103 Early Hints\r\n\r\n", false, HTTP_BODY_NONE},
    };
    struct http_head head;
    struct http_error error;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t scanned = 0;
        assert_int_equal(
            http_parse_response(slice_from(rows[i].text), &scanned, limits, rows[i].to_head, &head, &error),
            HTTP_COMPLETE);
        assert_int_equal(head.framing, rows[i].framing);
    }
}

/* ---- chunked bodies ---- */

static const struct row chunks[] = {
    ROW("chunks are accepted", 0, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
    ROW("chunk sizes of either case are accepted", 0, "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
    ROW("leading zeros of a chunk size are accepted", 0, "003\r\nabc\r\n000\r\n\r\n"),
    ROW("an extension is accepted", 0, "3;a\r\nabc\r\n0;b=c\r\n\r\n"),
    ROW("a quoted extension is accepted", 0, "3;a=\"b;\\\"c\"\r\nabc\r\n0\r\n\r\n"),
    ROW("trailers are accepted", 0, "0\r\nX: y\r\nZ:\r\n\r\n"),
    ROW("a trailer that frames is refused", 400, "0\r\nContent-Length: 5\r\n\r\n"),
    ROW("a trailer that routes is refused", 400, "0\r\nX: y\r\nhost: a\r\n\r\n"),
    ROW("a trailer that authorises in disguise is refused", 400, "0\r\nAuthorization_: a\r\n\r\n"),
    ROW("a trailer with a long name is accepted", 0, "0\r\nX-A-Name-Of-More-Than-Thirty-Letters: y\r\n\r\n"),
    ROW("an unfinished chunk waits", PARTIAL, "3\r\nab"),
    ROW("a body without its last line waits", PARTIAL, "3\r\nabc\r\n0\r\n"),
    ROW("an empty chunk size is refused", 400, "\r\n\r\n"),
    ROW("a chunk size with 0x is refused", 400, "0x3\r\nabc\r\n0\r\n\r\n"),
    ROW("a signed chunk size is refused", 400, "+3\r\nabc\r\n0\r\n\r\n"),
    ROW("a negative chunk size is refused", 400, "-3\r\nabc\r\n0\r\n\r\n"),
    ROW("space before a chunk size is refused", 400, " 3\r\nabc\r\n0\r\n\r\n"),
    ROW("space behind a chunk size is refused", 400, "3 \r\nabc\r\n0\r\n\r\n"),
    ROW("an underscore in a chunk size is refused", 400, "1_0\r\nabc\r\n0\r\n\r\n"),
    ROW("a chunk size of thirteen digits is refused", 400, "0000000000003\r\nabc\r\n0\r\n\r\n"),
    ROW("a chunk size that overflows is refused", 400, "fffffffffffffffff\r\nabc\r\n"),
    ROW("a chunk size that ends in LF alone is refused", 400, "3\nabc\r\n0\r\n\r\n"),
    ROW("a chunk size that ends in CR alone is refused", 400, "3\rabc\r\n0\r\n\r\n"),
    ROW("chunk data without its CRLF is refused", 400, "3\r\nabc0\r\n\r\n"),
    ROW("chunk data that ends in LF alone is refused", 400, "3\r\nabc\n0\r\n\r\n"),
    ROW("chunk data that is longer than its size is refused", 400, "3\r\nabcd\r\n0\r\n\r\n"),
    ROW("an extension without a name is refused", 400, "3;\r\nabc\r\n0\r\n\r\n"),
    ROW("an extension with a space is refused", 400, "3; a\r\nabc\r\n0\r\n\r\n"),
    ROW("an extension with an empty value is refused", 400, "3;a=\r\nabc\r\n0\r\n\r\n"),
    ROW("an extension with a bare LF is refused", 400, "3;a\nabc\r\n0\r\n\r\n"),
    ROW("an extension with a bare CR is refused", 400, "3;a\rb\r\nabc\r\n0\r\n\r\n"),
    ROW("an extension with NUL is refused", 400, "3;a\0\r\nabc\r\n0\r\n\r\n"),
    ROW("an unclosed quoted extension is refused", 400, "3;a=\"b\r\nabc\r\n0\r\n\r\n"),
    ROW("a trailer without a colon is refused", 400, "0\r\nX\r\n\r\n"),
    ROW("a trailer with a space before the colon is refused", 400, "0\r\nX : y\r\n\r\n"),
    ROW("a folded trailer is refused", 400, "0\r\nX: y\r\n z\r\n\r\n"),
    ROW("a trailer that ends in LF alone is refused", 400, "0\r\nX: y\n\r\n"),
    ROW("a last line of LF alone is refused", 400, "0\r\n\n"),
};

static unsigned decode(struct slice bytes, size_t step, struct buf *out)
{
    struct http_chunked chunked;
    struct http_error error = {0};
    enum http_result result = HTTP_PARTIAL;
    http_chunked_init(&chunked);
    for (size_t at = 0; at < bytes.len && result == HTTP_PARTIAL; at += step) {
        struct slice piece = exact_copy(slice_part(bytes, at, at + step)), input = piece, body;
        do {
            result = http_chunked_next(&chunked, &input, &body, &error);
            buf_add_slice(out, body);
        } while (result == HTTP_PARTIAL && input.len);
        free((void *)(uintptr_t)piece.data);
    }
    return verdict(result, &error);
}

static void a_chunked_body_has_its_verdict_however_it_comes(void **state)
{
    const struct row *row = *state;
    struct buf whole, torn;
    buf_init(&whole, 4096);
    assert_int_equal(decode(row->bytes, row->bytes.len, &whole), row->status);
    for (size_t step = 1; step < row->bytes.len; step++) {
        buf_init(&torn, 4096);
        assert_int_equal(decode(row->bytes, step, &torn), row->status);
        assert_true(slice_equal(buf_slice(&torn), buf_slice(&whole)));
        buf_fini(&torn);
    }
    buf_fini(&whole);
}

static void chunks_are_joined_and_what_follows_is_left(void **state)
{
    struct slice input = SLICE("3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\nGET "), body;
    struct http_chunked chunked;
    struct http_error error;
    struct buf out;
    (void)state;
    buf_init(&out, 64);
    http_chunked_init(&chunked);
    while (http_chunked_next(&chunked, &input, &body, &error) == HTTP_PARTIAL)
        buf_add_slice(&out, body);
    assert_string_equal(buf_text(&out), "abcde");
    assert_slice(input, "GET ");
    buf_fini(&out);
}

static void extensions_and_trailers_have_their_limits(void **state)
{
    struct buf text, out;
    (void)state;
    for (int trailer = 0; trailer < 2; trailer++) {
        buf_init(&text, 65536);
        buf_init(&out, 64);
        buf_add_text(&text, trailer ? "0\r\nX: " : "1;");
        for (int i = 0; i < 9000; i++)
            buf_add_char(&text, 'a');
        assert_int_equal(decode(buf_slice(&text), text.len, &out), 400);
        buf_fini(&text);
        buf_fini(&out);
    }
}

/* ---- writing ---- */

static void heads_are_written_and_line_ends_never_get_in(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 4096);
    http_put_status_line(&out, 404, NULL);
    http_put_field(&out, SLICE("X"), SLICE("y"));
    http_put_end(&out);
    assert_string_equal(buf_text(&out), "HTTP/1.1 404 Not Found\r\nX: y\r\n\r\n");
    buf_clear(&out);
    http_put_field(&out, SLICE("X"), SLICE("a\r\nY: b"));
    assert_true(out.failed);
    buf_clear(&out);
    http_put_field(&out, SLICE("X y"), SLICE("a"));
    assert_true(out.failed);
    buf_fini(&out);
}

static void chunk_lines_are_lower_hexadecimal(void **state)
{
    char line[HTTP_CHUNK_LINE_SIZE];
    (void)state;
    assert_slice(slice_of(line, http_chunk_line(line, 0x1a2f)), "1a2f\r\n");
    assert_slice(slice_of(line, http_chunk_line(line, 1)), "1\r\n");
    assert_int_equal(http_chunk_line(line, SIZE_MAX), 18);
}

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static size_t add_rows(struct CMUnitTest *tests, size_t at, const struct row *rows, size_t count, CMUnitTestFunction fn)
{
    for (size_t i = 0; i < count; i++)
        tests[at++] =
            (struct CMUnitTest){.name = rows[i].name, .test_func = fn, .initial_state = (void *)(uintptr_t)&rows[i]};
    return at;
}

int main(void)
{
    static const struct CMUnitTest single[] = {
        cmocka_unit_test(a_head_is_taken_apart),
        cmocka_unit_test(an_absolute_target_is_reduced_to_its_path),
        cmocka_unit_test(keeping_alive_follows_version_and_connection),
        cmocka_unit_test(expect_of_http_1_0_is_ignored),
        cmocka_unit_test(a_hundred_fields_are_the_limit),
        cmocka_unit_test(too_many_fields_are_refused_before_the_head_ends),
        cmocka_unit_test(a_head_beyond_its_limit_is_refused_before_it_ends),
        cmocka_unit_test(a_long_target_is_refused_before_its_line_ends),
        cmocka_unit_test(a_response_is_framed_by_status_and_fields),
        cmocka_unit_test(chunks_are_joined_and_what_follows_is_left),
        cmocka_unit_test(extensions_and_trailers_have_their_limits),
        cmocka_unit_test(heads_are_written_and_line_ends_never_get_in),
        cmocka_unit_test(chunk_lines_are_lower_hexadecimal),
    };
    static struct CMUnitTest tests[ROWS(single) + ROWS(requests) + ROWS(responses) + ROWS(chunks)];
    memcpy(tests, single, sizeof single);
    size_t at = add_rows(tests, ROWS(single), requests, ROWS(requests), a_row_has_its_verdict_however_it_comes);
    at = add_rows(tests, at, responses, ROWS(responses), a_response_has_its_verdict);
    add_rows(tests, at, chunks, ROWS(chunks), a_chunked_body_has_its_verdict_however_it_comes);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
