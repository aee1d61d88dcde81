/* Requests off the live path, against a server that misbehaves in every way a model server was seen to. */
#include "fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "fake_server.h"

struct seen {
    unsigned calls;
    enum fetch_outcome outcome;
    unsigned status;
    bool blank;
    char body[256], content_type[64];
    uint64_t retry_after_ms;
    double first_byte_ms, total_ms;
    struct loop *loop;
    unsigned *waiting; /* the loop stops when it comes to zero */
};

struct bench {
    struct loop *loop;
    struct fetcher *fetcher;
    unsigned waiting;
    char room[8192];
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err = {""};
    bench->loop = loop_new(&err);
    bench->fetcher = fetcher_new(bench->loop, &err);
    *state = bench;
    return bench->fetcher ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    fetcher_free(bench->fetcher);
    loop_free(bench->loop);
    free(bench);
    return 0;
}

static void on_done(const struct fetch_answer *answer, void *arg)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->outcome = answer->outcome;
    seen->status = answer->status;
    seen->blank = answer->blank;
    snprintf(seen->body, sizeof seen->body, "%.*s", SLICE_ARGS(answer->body));
    snprintf(seen->content_type, sizeof seen->content_type, "%.*s", SLICE_ARGS(answer->content_type));
    seen->retry_after_ms = answer->retry_after_ms;
    seen->first_byte_ms = answer->first_byte_ms;
    seen->total_ms = answer->total_ms;
    if (--*seen->waiting == 0)
        loop_stop(seen->loop);
}

static struct fetch_request post_to(const char *url)
{
    static const char *const headers[] = {"content-type: application/json", "x-test: yes"};
    return (struct fetch_request){.url = url,
                                  .method = "POST",
                                  .body = SLICE("{\"a\":1}"),
                                  .headers = headers,
                                  .header_count = 2,
                                  .timeout_ms = 10000,
                                  .max_bytes = 1000};
}

static struct fetch *start(struct bench *bench, const struct fetch_request *request, struct seen *seen)
{
    *seen = (struct seen){.loop = bench->loop, .waiting = &bench->waiting};
    bench->waiting++;
    struct fetch *fetch = fetch_start(bench->fetcher, request, on_done, seen);
    assert_non_null(fetch);
    assert_int_equal(seen->calls, 0); /* never from inside */
    return fetch;
}

/* Starts one and runs the loop until it has ended. A loop can be run once: each wait takes one of its own. */
static struct seen ask(struct bench *bench, const struct fetch_request *request)
{
    struct seen seen;
    start(bench, request, &seen);
    loop_run(bench->loop);
    assert_int_equal(seen.calls, 1);
    return seen;
}

static struct seen ask_server(struct bench *bench, struct slice answer, bool close)
{
    struct fake_step step = {answer, close};
    struct fake_server *server = fake_server_start(&step, 1);
    struct fetch_request request = post_to(fake_server_url(server));
    request.blank_limit = 64;
    struct seen seen = ask(bench, &request);
    fake_server_free(server);
    return seen;
}

static void a_post_is_sent_as_it_is_and_its_answer_read(void **state)
{
    struct bench *bench = *state;
    struct fake_step step = {fake_answer(bench->room, sizeof bench->room, 200, "", "{\"b\":2}"), false};
    struct fake_server *server = fake_server_start(&step, 1);
    struct fetch_request request = post_to(fake_server_url(server));
    struct seen seen = ask(bench, &request);
    fake_server_stop(server);
    assert_int_equal(seen.outcome, FETCH_DONE);
    assert_int_equal(seen.status, 200);
    assert_string_equal(seen.body, "{\"b\":2}");
    assert_string_equal(seen.content_type, "application/json");
    assert_true(seen.first_byte_ms > 0 && seen.total_ms >= seen.first_byte_ms);
    struct slice asked = fake_server_request(server, 0);
    assert_true(slice_starts(asked, SLICE("POST / HTTP/1.1\r\n")));
    assert_true(slice_ends(asked, SLICE("\r\n\r\n{\"a\":1}")));
    assert_true(slice_find(asked, SLICE("\r\nx-test: yes\r\n"), 0) != SLICE_NOT_FOUND);
    assert_true(slice_find(asked, SLICE("\r\nAccept-Encoding: identity\r\n"), 0) != SLICE_NOT_FOUND);
    assert_true(slice_find(asked, SLICE("Expect"), 0) == SLICE_NOT_FOUND);
    fake_server_free(server);
}

static void a_body_larger_than_any_buffer_arrives_whole(void **state)
{
    struct bench *bench = *state;
    struct fake_step step = {fake_answer(bench->room, sizeof bench->room, 200, "", "ok"), false};
    struct fake_server *server = fake_server_start(&step, 1);
    struct fetch_request request = post_to(fake_server_url(server));
    size_t len = 3u << 20;
    char *large = malloc(len);
    memset(large, 'x', len);
    large[len - 1] = '!';
    request.body = slice_of(large, len);
    struct seen seen = ask(bench, &request);
    fake_server_stop(server);
    assert_int_equal(seen.outcome, FETCH_DONE);
    assert_true(slice_ends(fake_server_request(server, 0), request.body));
    free(large);
    fake_server_free(server);
}

/* ---- one copy ---- */

struct second {
    struct bench *bench;
    struct fetch_request request;
    struct seen seen;
};

static void on_first_done(const struct fetch_answer *answer, void *arg)
{
    struct second *second = arg;
    assert_int_equal(answer->outcome, FETCH_DONE);
    start(second->bench, &second->request, &second->seen);
}

static void a_post_is_never_sent_twice_when_a_kept_connection_dies(void **state)
{
    struct bench *bench = *state;
    struct fake_step steps[] = {
        {fake_answer(bench->room, sizeof bench->room, 200, "", "one"), false},
        {SLICE_NONE, true}, /* read whole, then gone */
        {SLICE("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntwice"), false},
    };
    struct fake_server *server = fake_server_start(steps, 3);
    struct second second = {.bench = bench, .request = post_to(fake_server_url(server))};
    assert_non_null(fetch_start(bench->fetcher, &second.request, on_first_done, &second));
    loop_run(bench->loop);
    fake_server_stop(server);
    assert_int_equal(second.seen.calls, 1);
    assert_int_equal(second.seen.outcome, FETCH_BROKEN);
    assert_int_equal(fake_server_count(server), 2);
    fake_server_free(server);
}

/* ---- what a server does wrong ---- */

static void an_answer_above_the_cap_is_too_large(void **state)
{
    struct bench *bench = *state;
    char body[1002];
    memset(body, 'x', sizeof body);
    body[1001] = '\0';
    struct slice answer = fake_answer(bench->room, sizeof bench->room, 200, "", body);
    assert_int_equal(ask_server(bench, answer, false).outcome, FETCH_TOO_LARGE);
}

static void an_answer_at_the_cap_is_taken(void **state)
{
    struct bench *bench = *state;
    char body[1001];
    memset(body, 'x', sizeof body);
    body[1000] = '\0';
    struct slice answer = fake_answer(bench->room, sizeof bench->room, 200, "", body);
    assert_int_equal(ask_server(bench, answer, false).outcome, FETCH_DONE);
}

static void a_head_without_end_is_too_large(void **state)
{
    struct bench *bench = *state;
    size_t size = 128u << 10, len = 0;
    char *head = malloc(size);
    len = (size_t)snprintf(head, size, "HTTP/1.1 200 OK\r\n");
    while (len + 64 < size)
        len += (size_t)snprintf(head + len, size - len, "x-filler-%zu: ................\r\n", len);
    struct seen seen = ask_server(bench, slice_of(head, len), false);
    assert_int_equal(seen.outcome, FETCH_TOO_LARGE);
    free(head);
}

static void silence_ends_at_the_timeout(void **state)
{
    struct bench *bench = *state;
    struct fake_step step = {SLICE_NONE, false};
    struct fake_server *server = fake_server_start(&step, 1);
    struct fetch_request request = post_to(fake_server_url(server));
    request.timeout_ms = 80;
    struct seen seen = ask(bench, &request);
    assert_int_equal(seen.outcome, FETCH_TIMEOUT);
    assert_int_equal(seen.status, 0);
    assert_true(seen.total_ms >= 80);
    fake_server_free(server);
}

static void a_port_nobody_listens_on_is_unreachable(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, never listening: the port stays ours and refuses */
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    struct fetch_request request = post_to(url);
    struct seen seen = ask(*state, &request);
    assert_int_equal(seen.outcome, FETCH_UNREACHABLE);
    assert_int_equal(seen.status, 0);
    close(fd);
}

static void other_protocols_are_refused(void **state)
{
    struct fetch_request request = post_to("file:///etc/hostname");
    assert_int_equal(ask(*state, &request).outcome, FETCH_UNREACHABLE);
}

static void an_answer_cut_short_is_broken(void **state)
{
    struct slice cut = SLICE("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
    struct seen seen = ask_server(*state, cut, true);
    assert_int_equal(seen.outcome, FETCH_BROKEN);
    assert_int_equal(seen.status, 200);
    assert_false(seen.blank);
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
    struct slice moved = SLICE("HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    struct seen seen = ask_server(*state, moved, false);
    assert_int_equal(seen.outcome, FETCH_DONE);
    assert_int_equal(seen.status, 307);
}

static void a_body_is_never_unpacked(void **state)
{
    struct slice packed = SLICE("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope");
    struct seen seen = ask_server(*state, packed, false);
    assert_int_equal(seen.outcome, FETCH_DONE);
    assert_string_equal(seen.body, "nope");
}

static void blanks_without_end_inside_an_answer_break_it(void **state)
{
    struct bench *bench = *state;
    int len =
        snprintf(bench->room, sizeof bench->room, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"a\":%100s", "");
    struct seen seen = ask_server(bench, slice_of(bench->room, (size_t)len), false);
    assert_int_equal(seen.outcome, FETCH_BROKEN);
    assert_true(seen.blank);
}

static void escaped_line_ends_without_end_are_blanks_too(void **state)
{
    struct bench *bench = *state;
    int len = snprintf(bench->room, sizeof bench->room, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n\"");
    for (int i = 0; i < 40; i++)
        len += snprintf(bench->room + len, sizeof bench->room - (size_t)len, "\\n");
    assert_true(ask_server(bench, slice_of(bench->room, (size_t)len), false).blank);
}

static void blanks_before_an_answer_keep_it_alive(void **state)
{
    struct bench *bench = *state;
    int len = snprintf(bench->room, sizeof bench->room, "HTTP/1.1 200 OK\r\nContent-Length: 102\r\n\r\n%100s{}", "");
    struct seen seen = ask_server(bench, slice_of(bench->room, (size_t)len), false);
    assert_int_equal(seen.outcome, FETCH_DONE);
    assert_false(seen.blank);
}

static void retry_after_is_read_in_seconds_and_milliseconds(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *headers;
        uint64_t ms;
    } cases[] = {
        {"Retry-After: 7\r\n", 7000},
        {"retry-after-ms: 1500\r\n", 1500},
        {"Retry-After: 1\r\nretry-after-ms: 1500\r\n", 1500},
        {"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", 0},
        {"Retry-After: -3\r\n", 0},
        {"Retry-After: 99999999999999\r\n", 86400000},
    };
    struct fake_step steps[6];
    char rooms[6][256];
    for (size_t i = 0; i < 6; i++)
        steps[i] = (struct fake_step){fake_answer(rooms[i], sizeof rooms[i], 429, cases[i].headers, "{}"), false};
    for (size_t i = 0; i < 6; i++) {
        if (i > 0) { /* a loop runs once */
            teardown(state);
            setup(state);
            bench = *state;
        }
        struct seen seen = ask_server(bench, steps[i].answer, false);
        assert_int_equal(seen.status, 429);
        assert_int_equal(seen.retry_after_ms, cases[i].ms);
    }
}

/* ---- cancelling ---- */

static void freeing_the_fetcher_ends_what_is_under_way(void **state)
{
    struct bench *bench = *state;
    struct fake_step step = {SLICE_NONE, false};
    struct fake_server *server = fake_server_start(&step, 1);
    struct fetch_request request = post_to(fake_server_url(server));
    struct seen first, second;
    start(bench, &request, &first);
    start(bench, &request, &second);
    fetcher_free(bench->fetcher);
    bench->fetcher = NULL;
    assert_int_equal(first.calls, 1);
    assert_int_equal(first.outcome, FETCH_CANCELLED);
    assert_int_equal(second.calls, 1);
    assert_int_equal(second.outcome, FETCH_CANCELLED);
    fake_server_free(server);
}

static void a_header_with_a_line_break_is_refused(void **state)
{
    struct bench *bench = *state;
    struct fetch_request request = post_to("http://127.0.0.1:1/");
    const char *const headers[] = {"authorization: Bearer a\r\nx-smuggled: yes"};
    struct seen seen = {.loop = bench->loop, .waiting = &bench->waiting};
    request.headers = headers;
    request.header_count = 1;
    assert_null(fetch_start(bench->fetcher, &request, on_done, &seen));
    assert_int_equal(seen.calls, 0);
}

static void the_next_address_is_asked_where_one_cannot_be_reached(void **state)
{
    struct bench *bench = *state;
    struct fake_step step = {fake_answer(bench->room, sizeof bench->room, 200, "", "ok"), true};
    struct fake_server *server = fake_server_start(&step, 1);
    const char *const others[] = {"http://127.0.0.1:1/", fake_server_url(server)};
    struct fetch_request request = post_to("http://127.0.0.1:2/");
    request.others = others;
    request.other_count = 2;
    struct seen seen[4];
    for (int i = 0; i < 4; i++)
        start(bench, &request, &seen[i]);
    loop_run(bench->loop);
    fake_server_stop(server);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(seen[i].calls, 1);
        assert_int_equal(seen[i].outcome, FETCH_DONE);
        assert_string_equal(seen[i].body, "ok");
    }
    assert_int_equal(fake_server_count(server), 4);
    fake_server_free(server);
}

static void addresses_of_which_none_can_be_reached_end_once(void **state)
{
    struct bench *bench = *state;
    const char *const others[] = {"http://127.0.0.1:1/", "http://127.0.0.1:2/"};
    struct fetch_request request = post_to("http://127.0.0.1:3/");
    request.others = others;
    request.other_count = 2;
    assert_int_equal(ask(bench, &request).outcome, FETCH_UNREACHABLE);
}

/* Whoever has taken a request may be working on it. */
static void no_other_address_is_asked_what_one_has_taken(void **state)
{
    struct bench *bench = *state;
    struct fake_step taken = {SLICE_NONE, true},
                     step = {fake_answer(bench->room, sizeof bench->room, 200, "", "ok"), true};
    struct fake_server *first = fake_server_start(&taken, 1), *second = fake_server_start(&step, 1);
    const char *const others[] = {fake_server_url(second)};
    struct fetch_request request = post_to(fake_server_url(first));
    request.others = others;
    request.other_count = 1;
    struct seen seen = ask(bench, &request);
    fake_server_stop(first);
    fake_server_stop(second);
    assert_int_equal(seen.outcome, FETCH_BROKEN);
    assert_int_equal(fake_server_count(first), 1);
    assert_int_equal(fake_server_count(second), 0);
    fake_server_free(first);
    fake_server_free(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_post_is_sent_as_it_is_and_its_answer_read),
        TEST(a_body_larger_than_any_buffer_arrives_whole),
        TEST(a_post_is_never_sent_twice_when_a_kept_connection_dies),
        TEST(an_answer_above_the_cap_is_too_large),
        TEST(an_answer_at_the_cap_is_taken),
        TEST(a_head_without_end_is_too_large),
        TEST(silence_ends_at_the_timeout),
        TEST(a_port_nobody_listens_on_is_unreachable),
        TEST(other_protocols_are_refused),
        TEST(an_answer_cut_short_is_broken),
        TEST(a_redirect_is_an_answer_and_not_followed),
        TEST(a_body_is_never_unpacked),
        TEST(blanks_without_end_inside_an_answer_break_it),
        TEST(escaped_line_ends_without_end_are_blanks_too),
        TEST(blanks_before_an_answer_keep_it_alive),
        TEST(retry_after_is_read_in_seconds_and_milliseconds),
        TEST(freeing_the_fetcher_ends_what_is_under_way),
        TEST(a_header_with_a_line_break_is_refused),
        TEST(the_next_address_is_asked_where_one_cannot_be_reached),
        TEST(addresses_of_which_none_can_be_reached_end_once),
        TEST(no_other_address_is_asked_what_one_has_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
