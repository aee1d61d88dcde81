/* headers: what passes the proxy, in which direction. */
#include "check.h"

#include <stdio.h>

#include "headers.h"

static void parse(const char *text, struct http_head *head)
{
    size_t scanned = 0;
    struct http_error error;
    assert_int_equal(http_parse_request(slice_from(text), &scanned, (struct http_limits){65536}, head, &error),
                     HTTP_COMPLETE);
}

/* The names that are left, joined by spaces. */
static const char *names(const struct headers *headers)
{
    static char text[1024];
    text[0] = '\0';
    for (size_t i = 0; i < headers->count; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%.*s", i ? " " : "", SLICE_ARGS(headers->fields[i].name));
    }
    return text;
}

static const struct conf_model open_model = {.forward_client_key = true}, closed_model = {.forward_client_key = false};
static struct http_head head;
static struct headers headers;

static void hop_by_hop_fields_stay_behind(void **state)
{
    (void)state;
    parse("POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
          "Trailer: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nProxy-Connection: close\r\nProxy-Authorization: x\r\n"
          "Content-Length: 0\r\nExpect: 100-continue\r\nAccept: */*\r\nX-Stainless-Lang: js\r\n\r\n",
          &head);
    headers_to_upstream(&head, &open_model, SLICE_NONE, false, &headers);
    assert_string_equal(names(&headers), "Accept X-Stainless-Lang");
}

static void what_connection_names_stays_behind(void **state)
{
    (void)state;
    parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Mine\r\nConnection: x-other\r\nX-Mine: 1\r\nX-Other: 2\r\n"
          "X-Third: 3\r\n\r\n",
          &head);
    headers_to_upstream(&head, &open_model, SLICE_NONE, false, &headers);
    assert_string_equal(names(&headers), "X-Third");
}

static void the_proxys_own_fields_are_taken_off_both_ways(void **state)
{
    (void)state;
    parse("GET / HTTP/1.1\r\nHost: a\r\nX-Candor-Shadow: off\r\nx-candor-anything: 1\r\nX-Cando: 2\r\n\r\n", &head);
    headers_to_upstream(&head, &open_model, SLICE_NONE, false, &headers);
    assert_string_equal(names(&headers), "X-Cando");
    headers_to_client(&head, SLICE("ID"), false, &headers);
    assert_string_equal(names(&headers), "X-Cando x-candor-id");
    assert_slice(headers.fields[1].value, "ID");
}

#define CREDENTIALS                                                                                                    \
    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer client\r\napi-key: c\r\nX-Api-Key: c\r\n"                      \
    "OpenAI-Organization: o\r\nOpenAI-Project: p\r\nOpenAI-Beta: b\r\n\r\n"

static void the_clients_credentials_reach_a_model_that_may_see_them(void **state)
{
    (void)state;
    parse(CREDENTIALS, &head);
    headers_to_upstream(&head, &open_model, SLICE_NONE, false, &headers);
    assert_string_equal(names(&headers),
                        "Authorization api-key X-Api-Key OpenAI-Organization OpenAI-Project OpenAI-Beta");
}

static void a_models_own_key_replaces_the_clients_credentials(void **state)
{
    (void)state;
    parse(CREDENTIALS, &head);
    headers_to_upstream(&head, &open_model, SLICE("Bearer ours"), false, &headers);
    assert_string_equal(names(&headers), "OpenAI-Beta authorization");
    assert_slice(headers.fields[1].value, "Bearer ours");
}

static void a_model_that_may_not_see_the_clients_key_does_not(void **state)
{
    (void)state;
    parse(CREDENTIALS, &head);
    headers_to_upstream(&head, &closed_model, SLICE_NONE, false, &headers);
    assert_string_equal(names(&headers), "OpenAI-Beta");
}

static void via_is_added_when_asked_for(void **state)
{
    (void)state;
    parse("GET / HTTP/1.0\r\nVia: 1.1 before\r\n\r\n", &head);
    headers_to_upstream(&head, &open_model, SLICE_NONE, true, &headers);
    assert_string_equal(names(&headers), "Via via");
    assert_slice(headers.fields[1].value, "1.0 candor");
}

static void forwarded_names_the_client_as_rfc_7239_writes_it(void **state)
{
    char value[FORWARDED_SIZE];
    (void)state;
    parse("GET / HTTP/1.0\r\nForwarded: for=a\r\n\r\n", &head);
    headers_to_upstream(&head, &open_model, SLICE_NONE, false, &headers);
    headers_add_forwarded(&headers, SLICE("192.0.2.1"), false, value);
    assert_string_equal(names(&headers), "Forwarded forwarded");
    assert_slice(headers.fields[1].value, "for=192.0.2.1;proto=http");
    headers_add_forwarded(&headers, SLICE("2001:db8::1"), true, value);
    assert_slice(headers.fields[2].value, "for=\"[2001:db8::1]\";proto=https");
    headers_add_forwarded(&headers, SLICE(""), false, value);
    assert_slice(headers.fields[3].value, "for=unknown;proto=http");
}

static void a_full_head_still_has_room_for_ours(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 65536);
    buf_add_text(&text, "GET / HTTP/1.0\r\n");
    for (int i = 0; i < HTTP_MAX_FIELDS; i++)
        buf_add_format(&text, "X-%d: y\r\n", i);
    buf_add_text(&text, "\r\n");
    parse(buf_text(&text), &head);
    headers_to_upstream(&head, &open_model, SLICE("Bearer ours"), true, &headers);
    assert_int_equal(headers.count, HTTP_MAX_FIELDS + 2);
    buf_fini(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hop_by_hop_fields_stay_behind),
        cmocka_unit_test(what_connection_names_stays_behind),
        cmocka_unit_test(the_proxys_own_fields_are_taken_off_both_ways),
        cmocka_unit_test(the_clients_credentials_reach_a_model_that_may_see_them),
        cmocka_unit_test(a_models_own_key_replaces_the_clients_credentials),
        cmocka_unit_test(a_model_that_may_not_see_the_clients_key_does_not),
        cmocka_unit_test(via_is_added_when_asked_for),
        cmocka_unit_test(forwarded_names_the_client_as_rfc_7239_writes_it),
        cmocka_unit_test(a_full_head_still_has_room_for_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
