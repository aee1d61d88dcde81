/* request: what is read from each endpoint's body, and that a splice changes nothing but what it edits. */
#include "check.h"

#include <stdio.h>

#include "request.h"

struct fixture {
    struct arena *arena;
    struct chat_request request;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.arena = arena_new(16 << 20);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static const struct chat_request *read_fine(void **state, enum endpoint endpoint, const char *body)
{
    struct fixture *fixture = *state;
    assert_int_equal(request_read(endpoint, slice_from(body), fixture->arena, &fixture->request), REQUEST_FINE);
    return &fixture->request;
}

static void assert_spliced(enum endpoint endpoint, const struct request_edits *edits, const char *body,
                           const char *expected)
{
    struct buf out;
    struct err err = {""};
    buf_init(&out, 1 << 20);
    assert_int_equal(request_splice(endpoint, slice_from(body), edits, &out, &err), 0);
    assert_slice(buf_slice(&out), expected);
    buf_fini(&out);
}

static void assert_refused(const struct request_edits *edits, const char *body, const char *why)
{
    struct buf out;
    struct err err = {""};
    buf_init(&out, 1 << 20);
    assert_int_equal(request_splice(ENDPOINT_CHAT, slice_from(body), edits, &out, &err), -1);
    assert_non_null(strstr(err.text, why));
    buf_fini(&out);
}

static void paths_name_their_endpoint(void **state)
{
    (void)state;
    assert_int_equal(request_endpoint(SLICE("/v1/chat/completions")), ENDPOINT_CHAT);
    assert_int_equal(request_endpoint(SLICE("/openai/deployments/x/chat/completions?api-version=1")), ENDPOINT_CHAT);
    assert_int_equal(request_endpoint(SLICE("/v1/responses?x=/y")), ENDPOINT_RESPONSES);
    assert_int_equal(request_endpoint(SLICE("/v1/completions")), ENDPOINT_COMPLETIONS);
    assert_int_equal(request_endpoint(SLICE("/v1/responses/resp_1/cancel")), ENDPOINT_OTHER);
    assert_int_equal(request_endpoint(SLICE("/v1/embeddings")), ENDPOINT_OTHER);
}

static void a_chat_request_is_read(void **state)
{
    const struct chat_request *r =
        read_fine(state, ENDPOINT_CHAT,
                  "{\"model\":\"w\\u0061rm\",\"stream\":true,\"max_completion_tokens\":30,\"n\":2,\"tools\":[{\"type\":"
                  "\"function\",\"function\":{}}],"
                  "\"messages\":[{\"role\":\"developer\",\"content\":\"Be "
                  "kind.\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\\nb\"},"
                  "{\"type\":\"image_url\",\"image_url\":{}},{\"type\":\"text\",\"text\":\"c\"}]},{\"role\":"
                  "\"assistant\",\"content\":null,\"tool_calls\":[]},"
                  "{\"role\":\"tool\",\"content\":\"t\"},{\"role\":\"user\",\"content\":\"caf\\u00e9?\"}]}");
    assert_slice(r->model, "warm");
    assert_true(r->stream && r->has_tools && !r->server_tools && !r->stored_state);
    assert_int_equal(r->n, 2);
    assert_int_equal(r->max_tokens, 30);
    assert_int_equal(r->turn_count, 5);
    assert_int_equal(r->turns[0].role, ROLE_SYSTEM);
    assert_slice(r->turns[1].text, "a\nb\nc");
    assert_true(r->turns[1].has_media && !r->turns[1].raw_is_string);
    assert_true(r->turns[2].has_tool_calls);
    assert_int_equal(r->last_user, 4);
    assert_slice(r->turns[4].text, "caf\xc3\xa9?");
}

static void a_responses_request_is_read(void **state)
{
    const struct chat_request *r = read_fine(
        state, ENDPOINT_RESPONSES,
        "{\"instructions\":\"Short.\",\"previous_response_id\":null,\"input\":[{\"role\":\"user\",\"content\":"
        "[{\"type\":\"input_text\",\"text\":\"hi\"}]},{\"type\":\"function_call_output\",\"output\":\"x\"}],"
        "\"tools\":[{\"type\":\"web_search\"}],\"text\":{\"format\":{\"type\":\"json_schema\"}}}");
    assert_int_equal(r->turn_count, 3);
    assert_int_equal(r->turns[0].role, ROLE_SYSTEM);
    assert_slice(r->turns[1].text, "hi");
    assert_int_equal(r->turns[2].role, ROLE_TOOL);
    assert_true(r->server_tools && r->structured && !r->stored_state);
    r = read_fine(state, ENDPOINT_RESPONSES, "{\"input\":\"hello\",\"prompt\":{\"id\":\"pmpt_1\"}}");
    assert_true(r->stored_state);
    r = read_fine(
        state, ENDPOINT_RESPONSES,
        "{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"},{\"role\":\"user\",\"content\":\"And?\"}]}");
    assert_true(r->stored_state);
    r = read_fine(state, ENDPOINT_RESPONSES, "{\"input\":\"hello\",\"previous_response_id\":\"resp_1\"}");
    assert_slice(r->turns[r->last_user].text, "hello");
    assert_true(r->stored_state);
    r = read_fine(state, ENDPOINT_COMPLETIONS, "{\"prompt\":[\"once\"]}");
    assert_slice(r->turns[r->last_user].text, "once");
}

static void thoughts_of_earlier_answers_are_neither_text_nor_media(void **state)
{
    const struct chat_request *r = read_fine(
        state, ENDPOINT_CHAT,
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},"
        "{\"type\":\"text\",\"text\":\"a\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]}");
    assert_slice(r->turns[0].text, "a");
    assert_false(r->turns[0].has_media);
    assert_true(r->turns[1].has_media);
    assert_false(r->turns[1].has_stored);
    r = read_fine(
        state, ENDPOINT_CHAT,
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}]}]}");
    assert_true(r->turns[0].has_media && r->turns[0].has_stored);
    r = read_fine(
        state, ENDPOINT_CHAT,
        "{\"messages\":[{\"role\":\"assistant\",\"content\":null},{\"role\":\"user\",\"content\":{\"a\":[]}}]}");
    assert_true(!r->turns[0].has_media && r->turns[1].has_media);
    r = read_fine(state, ENDPOINT_RESPONSES,
                  "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"file_id\":\"f\"}]}]}");
    assert_true(r->turns[0].has_stored);
}

static void what_is_no_request_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct chat_request r;
    assert_int_equal(request_read(ENDPOINT_CHAT, SLICE("{\"messages\":"), fixture->arena, &r), REQUEST_NOT_JSON);
    assert_int_equal(request_read(ENDPOINT_CHAT, SLICE("[]"), fixture->arena, &r), REQUEST_NOT_JSON);
    assert_int_equal(request_read(ENDPOINT_CHAT, SLICE("{\"messages\":[],\"m\\u0065ssages\":[]}"), fixture->arena, &r),
                     REQUEST_NOT_JSON);
    assert_int_equal(request_read(ENDPOINT_CHAT, SLICE("{\"model\":\"m\"}"), fixture->arena, &r), REQUEST_NO_MESSAGES);
    assert_int_equal(request_read(ENDPOINT_CHAT, SLICE("{\"messages\":[]}"), fixture->arena, &r), REQUEST_NO_MESSAGES);
    assert_int_equal(request_read(ENDPOINT_CHAT, SLICE("{\"messages\":{}}"), fixture->arena, &r), REQUEST_NO_MESSAGES);
    assert_int_equal(request_read(ENDPOINT_CHAT, SLICE("{\"messages\":[1,null,{\"role\":5}]}"), fixture->arena, &r),
                     REQUEST_FINE);
    assert_int_equal(r.last_user, r.turn_count);
}

static void a_splice_leaves_every_other_byte(void **state)
{
    (void)state;
    struct request_edits edits = {
        .model = SLICE("ba\"se"), .cut_stream = true, .store_false = true, .cut_identity = true, .single_choice = true};
    assert_spliced(
        ENDPOINT_CHAT, &edits,
        " { \"model\" : \"warm\" ,\n \"user\":\"u\",\"temperature\":1.10000000000000000001 , \"stream\":true,"
        "\"stream_options\":{\"include_usage\":true},\"n\":2,\"messages\":[ "
        "{\"role\":\"user\",\"content\":\"h\\u00e9\"} ],\"metadata\":{}}\n",
        " { \"model\" : \"ba\\\"se\",\"temperature\":1.10000000000000000001 , \"stream\":false,"
        "\"messages\":[ {\"role\":\"user\",\"content\":\"h\\u00e9\"} ],\"store\":false}\n");
    assert_spliced(ENDPOINT_RESPONSES, &edits, "{\"input\":\"x\"}",
                   "{\"input\":\"x\",\"model\":\"ba\\\"se\",\"store\":false}");
    assert_spliced(ENDPOINT_CHAT, &(struct request_edits){0}, "{ }", "{ }");
    assert_spliced(ENDPOINT_CHAT, &(struct request_edits){.model = SLICE("m")}, "{ }", "{ \"model\":\"m\"}");
    assert_spliced(ENDPOINT_CHAT, &(struct request_edits){.single_choice = true}, "{\"n\":1}", "{}");
}

static void system_turns_are_dropped_or_replaced(void **state)
{
    (void)state;
    const char *body =
        "{\"messages\":[{\"role\":\"system\",\"content\":\"Be warm.\"}, {\"role\":\"user\",\"content\":\"q\"}]}";
    assert_spliced(ENDPOINT_CHAT, &(struct request_edits){.drop_system = true}, body,
                   "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}");
    assert_spliced(ENDPOINT_CHAT, &(struct request_edits){.replace_system = SLICE("Be \"plain\".")}, body,
                   "{\"messages\":[{\"role\":\"system\",\"content\":\"Be "
                   "\\\"plain\\\".\"},{\"role\":\"user\",\"content\":\"q\"}]}");
    assert_spliced(ENDPOINT_RESPONSES, &(struct request_edits){.replace_system = SLICE("x")},
                   "{\"instructions\":\"warm\",\"input\":\"q\"}", "{\"instructions\":\"x\",\"input\":\"q\"}");
    assert_spliced(ENDPOINT_RESPONSES, &(struct request_edits){.drop_system = true},
                   "{\"instructions\":\"warm\",\"input\":\"q\"}", "{\"input\":\"q\"}");
    /* A prompt that was not there is put where the endpoint wants one; a completion has no place for it. */
    assert_spliced(ENDPOINT_RESPONSES, &(struct request_edits){.replace_system = SLICE("x")},
                   "{\"input\":[{\"role\":\"developer\",\"content\":\"w\"},{\"role\":\"user\",\"content\":\"q\"}]}",
                   "{\"input\":[{\"role\":\"user\",\"content\":\"q\"}],\"instructions\":\"x\"}");
    assert_spliced(ENDPOINT_CHAT, &(struct request_edits){.replace_system = SLICE("x")}, "{\"messages\":[]}",
                   "{\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}");
    assert_spliced(ENDPOINT_COMPLETIONS, &(struct request_edits){.replace_system = SLICE("x")}, "{\"prompt\":[\"q\"]}",
                   "{\"prompt\":[\"q\"]}");
}

static void the_last_user_text_is_replaced_where_it_is_plain(void **state)
{
    (void)state;
    struct request_edits edits = {.last_user_text = SLICE("bare")};
    assert_spliced(ENDPOINT_CHAT, &edits,
                   "{\"messages\":[{\"role\":\"user\",\"content\":\"first\"},{\"content\" : \"sad "
                   "q\",\"role\":\"user\"},{\"role\":\"assistant\",\"content\":\"a\"}]}",
                   "{\"messages\":[{\"role\":\"user\",\"content\":\"first\"},{\"content\" : "
                   "\"bare\",\"role\":\"user\"},{\"role\":\"assistant\",\"content\":\"a\"}]}");
    assert_spliced(ENDPOINT_RESPONSES, &edits, "{\"input\":\"sad q\"}", "{\"input\":\"bare\"}");
    /* One text part is as plain; two, or one beside an image, are not. */
    assert_spliced(ENDPOINT_CHAT, &edits,
                   "{\"messages\":[{\"role\":\"user\",\"content\":[ {\"type\":\"text\",\"text\" : \"sad q\"} ]}]}",
                   "{\"messages\":[{\"role\":\"user\",\"content\":[ {\"type\":\"text\",\"text\" : \"bare\"} ]}]}");
    assert_spliced(ENDPOINT_RESPONSES, &edits,
                   "{\"input\":[{\"role\":\"user\",\"content\":[{\"text\":\"sad q\",\"type\":\"input_text\"}]}]}",
                   "{\"input\":[{\"role\":\"user\",\"content\":[{\"text\":\"bare\",\"type\":\"input_text\"}]}]}");
    static const char *const contents[] = {
        "[]",
        "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]",
        "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]",
        "[{\"type\":\"text\",\"text\":\"a\",\"text\":\"b\"}]",
        "[{\"type\":\"image_url\",\"text\":\"a\"}]",
        "null",
        "\"a\",\"content\":\"b\""};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        char body[256];
        snprintf(body, sizeof body, "{\"messages\":[{\"role\":\"user\",\"content\":%s}]}", contents[i]);
        assert_refused(&edits, body, "not one plain text");
    }
    assert_refused(&edits, "{\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}", "neutralise");
}

static void server_side_tools_are_cut(void **state)
{
    (void)state;
    struct request_edits edits = {.cut_server_tools = true};
    assert_spliced(ENDPOINT_RESPONSES, &edits,
                   "{\"tools\":[{\"type\":\"web_search\"},{\"type\":\"function\",\"name\":\"f\"}],\"tool_choice\":"
                   "\"auto\",\"input\":\"q\"}",
                   "{\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"input\":\"q\"}");
    assert_spliced(ENDPOINT_RESPONSES, &edits, "{\"input\":\"q\",\"tools\":[{\"type\":\"mcp\"}]}", "{\"input\":\"q\"}");
    assert_spliced(ENDPOINT_CHAT, &edits, "{\"web_search_options\":{},\"messages\":[]}", "{\"messages\":[]}");
    assert_spliced(ENDPOINT_RESPONSES, &(struct request_edits){.store_false = true},
                   "{\"background\":true,\"store\":true}", "{\"store\":false}");
}

static void a_body_that_parsers_read_differently_is_not_edited(void **state)
{
    (void)state;
    struct request_edits edits = {.model = SLICE("m")};
    assert_refused(&edits, "{\"model\":\"a\",\"model\":\"b\"}", "'model' twice");
    assert_refused(&edits, "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}", "'model' twice");
    assert_refused(&edits, "{\"model\":\"a\"} x", "well-formed");
    assert_refused(&(struct request_edits){.cut_identity = true}, "{\"user\":\"a\",\"user\":\"b\"}", "'user' twice");
    assert_refused(&(struct request_edits){.drop_system = true},
                   "{\"messages\":[{\"role\":\"user\",\"role\":\"system\",\"content\":\"x\"}]}", "'role' twice");
}

static void a_cap_on_tokens_is_added_only_where_none_is_named(void **state)
{
    (void)state;
    struct request_edits edits = {.max_tokens = 50};
    assert_spliced(ENDPOINT_CHAT, &edits, "{\"messages\":[]}", "{\"messages\":[],\"max_tokens\":50}");
    assert_spliced(ENDPOINT_CHAT, &edits, "{\"max_completion_tokens\":9}", "{\"max_completion_tokens\":9}");
    assert_spliced(ENDPOINT_CHAT, &edits, "{\"max_tokens\":null,\"a\":1}", "{\"a\":1,\"max_tokens\":50}");
    assert_spliced(ENDPOINT_RESPONSES, &edits, "{\"input\":\"x\"}", "{\"input\":\"x\",\"max_output_tokens\":50}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paths_name_their_endpoint),
        TEST(a_chat_request_is_read),
        TEST(a_responses_request_is_read),
        TEST(thoughts_of_earlier_answers_are_neither_text_nor_media),
        TEST(what_is_no_request_is_named),
        TEST(a_splice_leaves_every_other_byte),
        TEST(system_turns_are_dropped_or_replaced),
        TEST(the_last_user_text_is_replaced_where_it_is_plain),
        TEST(server_side_tools_are_cut),
        TEST(a_body_that_parsers_read_differently_is_not_edited),
        TEST(a_cap_on_tokens_is_added_only_where_none_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
