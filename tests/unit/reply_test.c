/* reply: what an answer says, in each dialect, whole and streamed. */
#include "check.h"

#include "inflate.h"
#include "reply.h"

struct fixture {
    struct arena *arena;
    struct reply reply;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.arena = arena_new(1 << 20);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static const struct reply *read_reply(void **state, enum endpoint endpoint, bool stream, const char *body)
{
    struct fixture *fixture = *state;
    reply_read(endpoint, stream, slice_from(body), fixture->arena, &fixture->reply);
    return &fixture->reply;
}

static void a_whole_chat_completion_is_read(void **state)
{
    const struct reply *r = read_reply(state, ENDPOINT_CHAT, false,
                                       "{\"model\":\"m-1\",\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,"
                                       "\"message\":{\"role\":\"assistant\","
                                       "\"content\":\"Canberra.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_"
                                       "tokens\":5,\"completion_tokens\":2}}");
    assert_true(r->complete && !r->unparsed && !r->is_error);
    assert_slice(r->text, "Canberra.");
    assert_slice(r->finish_reason, "stop");
    assert_slice(r->model, "m-1");
    assert_int_equal(r->tokens_in, 5);
    assert_int_equal(r->tokens_out, 2);
}

static void a_streamed_chat_completion_reads_the_same(void **state)
{
    const struct reply *r = read_reply(
        state, ENDPOINT_CHAT, true,
        ": OPENROUTER PROCESSING\n\n"
        "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n"
        "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
        "data: "
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"OTHER\"}},{\"index\":0,\"delta\":{\"content\":\"Can\"}}]}"
        "\n\n"
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"berra\"},\"finish_reason\":null}],\"usage\":null}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n");
    assert_true(r->complete && !r->unparsed && !r->is_error);
    assert_slice(r->text, "Canberra");
    assert_int_equal(r->tokens_out, 2);
}

static void a_stream_that_breaks_off_is_not_complete(void **state)
{
    const struct reply *r = read_reply(state, ENDPOINT_CHAT, true,
                                       "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Can\"}}]}\n\n");
    assert_false(r->complete);
    r = read_reply(state, ENDPOINT_CHAT, true,
                   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Can\"}}]}\n\ndata: "
                   "{\"error\":{\"message\":\"x\"}}\n\n");
    assert_true(r->is_error);
    r = read_reply(state, ENDPOINT_CHAT, true, "this is no stream");
    assert_true(r->unparsed);
    r = read_reply(state, ENDPOINT_CHAT, false, "{\"error\":{\"message\":\"quota\"}}");
    assert_true(r->is_error);
    r = read_reply(state, ENDPOINT_CHAT, false, "<html>");
    assert_true(r->unparsed);
}

static void reasoning_is_kept_apart_from_the_answer(void **state)
{
    const struct reply *r = read_reply(state, ENDPOINT_CHAT, false,
                                       "{\"choices\":[{\"message\":{\"reasoning_content\":\"hm\",\"content\":\"<think>"
                                       "Sydney? No.</think>\\nCanberra\"},\"finish_reason\":\"stop\"}]}");
    assert_slice(r->text, "Canberra");
    assert_true(r->has_reasoning);
    r = read_reply(state, ENDPOINT_CHAT, false,
                   "{\"choices\":[{\"message\":{\"content\":\"<think>never ends\"},\"finish_reason\":\"length\"}]}");
    assert_int_equal(r->text.len, 0);
    r = read_reply(
        state, ENDPOINT_CHAT, false, /* the opening tag was in the prompt */
        "{\"choices\":[{\"message\":{\"content\":\"Sydney? No.\\n</think>\\n\\nCanberra\"},\"finish_reason\":"
        "\"stop\"}]}");
    assert_slice(r->text, "Canberra");
    assert_true(r->has_reasoning);
    r = read_reply(
        state, ENDPOINT_CHAT, false,
        "{\"choices\":[{\"message\":{\"content\":\"Write <think> and </think>.\"},\"finish_reason\":\"stop\"}]}");
    assert_slice(r->text, "Write <think> and </think>.");
    assert_false(r->has_reasoning);
    r = read_reply(state, ENDPOINT_CHAT, false,
                   "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"thinking\",\"thinking\":[]},{\"type\":"
                   "\"text\",\"text\":\"Yes\"}]},\"finish_reason\":\"stop\"}]}");
    assert_slice(r->text, "Yes");
}

static void tool_calls_compare_by_name_and_sorted_arguments(void **state)
{
    const struct reply *r = read_reply(
        state, ENDPOINT_CHAT, true,
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":"
        "\"find\",\"arguments\":\"\"}}]}}]}\n\n"
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"b\\\": "
        "1,\"}}]}}]}\n\n"
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"a\\\":[2]"
        "}\"}},{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"go\",\"arguments\":\"{}\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n");
    assert_slice(r->tool_calls, "find({\"a\":[2],\"b\":1})\ngo({})\n");
    r = read_reply(state, ENDPOINT_CHAT, false,
                   "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"a\","
                   "\"function\":{\"name\":\"f\",\"arguments\":{\"z\":1,\"a\":2}}},"
                   "{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"not "
                   "json\"}}]},\"finish_reason\":\"tool_calls\"}]}");
    assert_slice(r->tool_calls, "f({\"a\":2,\"z\":1})\ng(not json)\n");
}

static void calls_without_number_and_id_are_told_apart_by_their_names(void **state)
{
    const struct reply *r = read_reply(
        state, ENDPOINT_CHAT, true,
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"}\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
        "\"finish_reason\":\"tool_calls\"}]}\n\n");
    assert_slice(r->tool_calls, "f({})\ng({})\n");
}

static void a_character_torn_between_deltas_costs_only_itself(void **state)
{
    const struct reply *r = read_reply(
        state, ENDPOINT_CHAT, true,
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\\\ud83d \\ud83d\\ude00 \\ud83d\"}}]}\n\n"
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\ude00 ok\\u0000\"},\"finish_reason\":\"stop\"}]}\n\n");
    assert_false(r->unparsed);
    assert_slice(r->text, "\\ud83d \xF0\x9F\x98\x80 \xEF\xBF\xBD\xEF\xBF\xBD ok\xEF\xBF\xBD");
}

static void a_responses_stream_that_tells_wholes_only_is_read(void **state)
{
    const struct reply *r = read_reply(
        state, ENDPOINT_RESPONSES, true,
        "data: {\"type\":\"response.output_text.done\",\"text\":\"One. \"}\n\n"
        "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Two.\"}\n\n"
        "data: {\"type\":\"response.output_text.done\",\"text\":\"Two.\"}\n\n"
        "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"reasoning\"}}\n\n"
        "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\",\"call_id\":\"c\","
        "\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}\n\n"
        "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}\n\n");
    assert_slice(r->text, "One. Two.");
    assert_slice(r->tool_calls, "f({\"a\":1})\n");
    assert_true(r->has_reasoning && r->complete);
}

static void a_responses_answer_is_read_whole_and_streamed(void **state)
{
    const struct reply *r =
        read_reply(state, ENDPOINT_RESPONSES, false,
                   "{\"model\":\"m\",\"status\":\"completed\",\"output\":[{\"type\":\"reasoning\"},{\"type\":"
                   "\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]},"
                   "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}],\"usage\":{"
                   "\"input_tokens\":3,\"output_tokens\":4}}");
    assert_slice(r->text, "Hi");
    assert_slice(r->finish_reason, "stop");
    assert_slice(r->tool_calls, "f({})\n");
    assert_int_equal(r->tokens_in, 3);
    r = read_reply(
        state, ENDPOINT_RESPONSES, true,
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hel\"}\n\n"
        "data: {\"type\":\"response.something.new\",\"delta\":\"x\"}\n\n"
        "data: {\"type\":\"response.output_text.delta\",\"delta\":\"lo\"}\n\n"
        "data: "
        "{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":"
        "\"max_output_tokens\"},\"output\":[]}}\n\n");
    assert_slice(r->text, "Hello");
    assert_slice(r->finish_reason, "length");
    assert_true(r->complete);
    r = read_reply(state, ENDPOINT_RESPONSES, true,
                   "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"output\":[]}}\n\n");
    assert_true(r->is_error);
}

static void what_the_provider_did_itself_is_noticed(void **state)
{
    static const struct {
        enum endpoint endpoint;
        bool stream, acted;
        const char *body;
    } cases[] = {
        {ENDPOINT_RESPONSES, false, true,
         "{\"status\":\"completed\",\"output\":[{\"type\":\"web_search_call\"},{\"type\":\"message\",\"content\":[]}]"
         "}"},
        {ENDPOINT_RESPONSES, false, false,
         "{\"status\":\"completed\",\"output\":[{\"type\":\"reasoning\"},{\"type\":\"function_call\",\"name\":\"f\"},"
         "{\"type\":\"message\",\"content\":[]}]}"},
        {ENDPOINT_RESPONSES, true, true,
         "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"code_interpreter_call\"}}\n\n"},
        {ENDPOINT_CHAT, false, true,
         "{\"choices\":[{\"message\":{\"content\":\"a\",\"annotations\":[{\"type\":\"url_citation\"}]}}]}"},
        {ENDPOINT_CHAT, false, false, "{\"choices\":[{\"message\":{\"content\":\"a\",\"annotations\":[]}}]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read_reply(state, cases[i].endpoint, cases[i].stream, cases[i].body)->server_acted,
                         cases[i].acted);
}

static void a_legacy_completion_is_read(void **state)
{
    const struct reply *r =
        read_reply(state, ENDPOINT_COMPLETIONS, true,
                   "data: {\"choices\":[{\"index\":0,\"text\":\"a\"}]}\n\ndata: "
                   "{\"choices\":[{\"index\":0,\"text\":\"b\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    assert_slice(r->text, "ab");
    assert_true(r->complete);
}

static void a_gzip_bomb_stops_at_the_cap(void **state)
{
    (void)state;
    /* gzip -9 of 40 bytes 'a' */
    static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0x4c,
                                           0x24, 0x0e, 0x00, 0x00, 0x25, 0x8a, 0x5b, 0xc9, 0x28, 0x00, 0x00, 0x00};
    struct buf out;
    buf_init(&out, 20);
    assert_int_equal(inflate_body(SLICE("gzip"), slice_of((const char *)packed, sizeof packed), &out), -1);
    assert_true(out.len <= 20);
    assert_int_equal(inflate_body(SLICE("br"), SLICE("x"), &out), -1);
    buf_fini(&out);
    buf_init(&out, 100);
    assert_int_equal(inflate_body(SLICE("gzip"), slice_of((const char *)packed, sizeof packed), &out), 0);
    assert_int_equal(out.len, 40);
    buf_fini(&out);
    buf_init(&out, 20);
    assert_int_equal(inflate_body(SLICE(""), SLICE("plain"), &out), 0);
    assert_slice(buf_slice(&out), "plain");
    buf_fini(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_chat_completion_is_read),
        TEST(a_streamed_chat_completion_reads_the_same),
        TEST(a_stream_that_breaks_off_is_not_complete),
        TEST(reasoning_is_kept_apart_from_the_answer),
        TEST(tool_calls_compare_by_name_and_sorted_arguments),
        TEST(calls_without_number_and_id_are_told_apart_by_their_names),
        TEST(a_character_torn_between_deltas_costs_only_itself),
        TEST(a_responses_stream_that_tells_wholes_only_is_read),
        TEST(a_responses_answer_is_read_whole_and_streamed),
        TEST(what_the_provider_did_itself_is_noticed),
        TEST(a_legacy_completion_is_read),
        TEST(a_gzip_bomb_stops_at_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
