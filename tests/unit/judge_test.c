/* The judge's protocol against a scripted endpoint: how often it is asked, in which order, and what is made of answers
 * that are not as asked. Where the warm answer stands is read off the request, since a coin decides it.
 */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "fake_server.h"

#define STEPS_MAX 6

/* What the judge says, as a JSON string in JSON. */
#define SAID(relation, answers_b)                                                                                      \
    "{\\\"claim_a\\\":\\\"first\\\",\\\"answers_a\\\":\\\"direct\\\",\\\"stance_a\\\":\\\"none\\\","                   \
    "\\\"claim_b\\\":\\\"second\\\",\\\"answers_b\\\":\\\"" answers_b "\\\",\\\"stance_b\\\":\\\"none\\\","            \
    "\\\"relation\\\":\\\"" relation "\\\",\\\"supported\\\":\\\"a\\\",\\\"sure\\\":\\\"high\\\"}"
#define COMPLETION(content, finish)                                                                                    \
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" content            \
    "\"},\"finish_reason\":\"" finish "\"}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":3}}"

#define AGREES      COMPLETION(SAID("same", "direct"), "stop")
#define CONTRADICTS COMPLETION(SAID("contradictory", "direct"), "stop")
#define GARBAGE     COMPLETION("I like both answers.", "stop")

struct said {
    unsigned status; /* 0: nothing is said */
    const char *body;
};

struct bench {
    struct loop *loop;
    struct fetcher *fetcher;
    struct arena *arena;
    struct fake_server *server;
    struct fake_step steps[STEPS_MAX];
    char rooms[STEPS_MAX][2048];
    struct judging judging;
    unsigned calls;
    enum belief belief;
    unsigned timeout_ms;
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err = {""};
    bench->loop = loop_new(&err);
    bench->fetcher = fetcher_new(bench->loop, &err);
    bench->arena = arena_new(1u << 20);
    bench->timeout_ms = 10000;
    *state = bench;
    return bench->fetcher && bench->arena ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    fake_server_free(bench->server);
    fetcher_free(bench->fetcher);
    loop_free(bench->loop);
    arena_free(bench->arena);
    free(bench);
    return 0;
}

static void on_done(const struct judging *judging, void *arg)
{
    struct bench *bench = arg;
    bench->judging = *judging;
    bench->calls++;
    loop_stop(bench->loop);
}

static struct conf *conf_for(const struct bench *bench)
{
    char yaml[1024];
    struct err err = {""};
    snprintf(yaml, sizeof yaml,
             "listen: [{address: \"127.0.0.1:0\"}]\n"
             "models:\n"
             "  warm: {url: \"http://127.0.0.1:1/v1\"}\n"
             "  original: {url: \"http://127.0.0.1:1/v1\", model: base}\n"
             "  judge: {url: \"%s/v1\", model: referee}\n"
             "rules: [/dev/null]\n"
             "shadow: {timeout: %ums}\n",
             fake_server_url(bench->server), bench->timeout_ms);
    struct conf *conf = conf_parse(slice_from(yaml), "judge_test.yaml", &err);
    if (!conf)
        fail_msg("%s", err.text);
    return conf;
}

/* Puts one pair before the judge and waits for its end; the server has stopped then. */
static const struct judging *judge(struct bench *bench, const struct said *said, size_t count)
{
    static const struct compare_input pair = {
        .question = {"Is the earth flat?", 18}, .warm = {"WARM says yes", 13}, .original = {"ORIGINAL says no", 16}};
    struct compare_input asked = pair;
    asked.belief_kind = bench->belief;
    for (size_t i = 0; i < count; i++)
        if (said[i].status)
            bench->steps[i].answer = fake_answer(bench->rooms[i], sizeof bench->rooms[i], said[i].status,
                                                 "retry-after: 2\r\n", said[i].body);
    bench->server = fake_server_start(bench->steps, count);
    struct conf *conf = conf_for(bench);
    assert_int_equal(judge_start(bench->fetcher, conf, &asked, SLICE_NONE, bench->arena, on_done, bench), 0);
    conf_drop(conf);
    assert_int_equal(bench->calls, 0); /* never from inside */
    loop_run(bench->loop);
    fake_server_stop(bench->server);
    assert_int_equal(bench->calls, 1);
    assert_int_equal(bench->judging.requests, fake_server_count(bench->server));
    return &bench->judging;
}

static bool asked_with(struct bench *bench, size_t index, const char *text)
{
    return slice_find(fake_server_request(bench->server, index), slice_from(text), 0) != SLICE_NOT_FOUND;
}

static char order_asked(struct bench *bench, size_t index)
{
    struct slice request = fake_server_request(bench->server, index);
    return slice_find(request, SLICE("WARM"), 0) < slice_find(request, SLICE("ORIGINAL"), 0) ? 'w' : 'o';
}

static void agreement_takes_one_call(void **state)
{
    struct bench *bench = *state;
    const struct judging *judging = judge(bench, (struct said[]){{200, AGREES}}, 1);
    assert_int_equal(judging->requests, 1);
    assert_int_equal(judging->call_count, 1);
    assert_true(judging->calls[0].parsed);
    assert_int_equal(judging->calls[0].verdict, VERDICT_AGREE);
    assert_int_equal(judging->calls[0].order, order_asked(bench, 0));
    assert_int_equal(judging->tokens_in, 10);
    assert_int_equal(judging->tokens_out, 3);
    assert_true(judging->tokens_known);
    assert_int_equal(judging->outcome, FETCH_DONE);
    assert_true(slice_starts(fake_server_request(bench->server, 0), SLICE("POST /v1/chat/completions HTTP/1.1\r\n")));
    assert_true(asked_with(bench, 0, "\"model\":\"referee\""));
    assert_true(asked_with(bench, 0, "\"temperature\":0"));
    assert_true(asked_with(bench, 0, "\"response_format\""));
}

static void any_other_verdict_is_asked_once_more_in_swapped_order(void **state)
{
    struct bench *bench = *state;
    const struct judging *judging = judge(bench, (struct said[]){{200, CONTRADICTS}}, 1);
    assert_int_equal(judging->requests, 2);
    assert_int_equal(judging->call_count, 2);
    assert_true(judging->calls[0].order != judging->calls[1].order);
    for (size_t i = 0; i < 2; i++) {
        const struct judge_call *call = &judging->calls[i];
        assert_true(call->parsed);
        assert_int_equal(call->verdict, VERDICT_CONTRADICT);
        assert_int_equal(call->order, order_asked(bench, i));
        /* "a" is supported: it is the warm answer where that stood first. */
        assert_int_equal(call->judgement.supported, call->order == 'w' ? SUPPORTED_WARM : SUPPORTED_ORIGINAL);
        assert_slice(call->order == 'w' ? call->judgement.claim_warm : call->judgement.claim_original, "first");
    }
    assert_int_equal(judging->tokens_in, 20);
}

static void the_fields_are_mapped_from_letters_to_arms(void **state)
{
    struct bench *bench = *state;
    const char *said = COMPLETION(SAID("compatible", "evades"), "stop");
    const struct judging *judging = judge(bench, (struct said[]){{200, said}}, 1);
    assert_int_equal(judging->call_count, 2);
    /* Always B evades, so the two orders name different arms. */
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(judging->calls[i].verdict,
                         judging->calls[i].order == 'w' ? VERDICT_ORIGINAL_EVADES : VERDICT_WARM_EVADES);
}

static void each_request_has_a_nonce_of_its_own(void **state)
{
    struct bench *bench = *state;
    judge(bench, (struct said[]){{200, CONTRADICTS}}, 1);
    struct slice nonces[2];
    for (size_t i = 0; i < 2; i++) {
        struct slice request = fake_server_request(bench->server, i);
        size_t at = slice_find(request, SLICE("<msg-"), 0);
        assert_true(at != SLICE_NOT_FOUND);
        nonces[i] = slice_part(request, at + 5, at + 13);
    }
    assert_false(slice_equal(nonces[0], nonces[1]));
}

static void what_does_not_parse_is_asked_once_without_response_format(void **state)
{
    struct bench *bench = *state;
    const struct judging *judging = judge(bench, (struct said[]){{200, GARBAGE}, {200, AGREES}}, 2);
    assert_int_equal(judging->requests, 2);
    assert_int_equal(judging->call_count, 1);
    assert_true(judging->calls[0].parsed);
    assert_true(asked_with(bench, 0, "\"response_format\""));
    assert_false(asked_with(bench, 1, "\"response_format\""));
    assert_int_equal(order_asked(bench, 0), order_asked(bench, 1));
    assert_int_equal(judging->tokens_in, 20);
}

static void what_never_parses_is_no_judgement(void **state)
{
    const struct judging *judging = judge(*state, (struct said[]){{200, GARBAGE}}, 1);
    assert_int_equal(judging->requests, 2);
    assert_int_equal(judging->call_count, 1);
    assert_false(judging->calls[0].parsed);
    assert_int_equal(judging->calls[0].missing, DROP_NONE);
    assert_true(judging->calls[0].reason.len > 0);
    assert_int_equal(judging->calls[0].verdict, VERDICT_UNDECIDED);
}

static void a_second_call_that_does_not_parse_is_kept_as_such(void **state)
{
    struct said said[] = {{200, CONTRADICTS}, {200, "<html>busy</html>"}};
    const struct judging *judging = judge(*state, said, 2);
    assert_int_equal(judging->requests, 3);
    assert_int_equal(judging->call_count, 2);
    assert_true(judging->calls[0].parsed);
    assert_false(judging->calls[1].parsed);
    assert_true(judging->calls[1].reason.len > 0);
    assert_false(judging->tokens_known);
}

static void a_truncated_verdict_gets_more_room_once(void **state)
{
    struct bench *bench = *state;
    struct said said[] = {{400, "{\"error\":{\"message\":\"response_format is not supported\"}}"},
                          {200, COMPLETION("{\\\"claim_a\\\":", "length")},
                          {200, COMPLETION("{\\\"claim_a\\\":", "length")}};
    const struct judging *judging = judge(bench, said, 3);
    assert_int_equal(judging->requests, 3);
    assert_false(judging->calls[0].parsed);
    assert_true(asked_with(bench, 1, "\"max_tokens\":1024"));
    assert_true(asked_with(bench, 2, "\"max_tokens\":4096"));
}

static void options_the_endpoint_refuses_are_left_out_in_both_calls(void **state)
{
    struct bench *bench = *state;
    struct said said[] = {
        {400, "{\"error\":{\"message\":\"Unsupported value: 'temperature'\",\"param\":\"temperature\"}}"},
        {422, "{\"detail\":\"response_format: json_schema is not known\"}"},
        {400, "{\"error\":{\"message\":\"'max_tokens' is not supported. Use 'max_completion_tokens' instead.\"}}"},
        {200, CONTRADICTS},
    };
    const struct judging *judging = judge(bench, said, 4);
    assert_int_equal(judging->requests, 5);
    assert_int_equal(judging->call_count, 2);
    for (size_t i = 3; i < 5; i++) {
        assert_false(asked_with(bench, i, "\"temperature\""));
        assert_false(asked_with(bench, i, "\"response_format\""));
        assert_false(asked_with(bench, i, "\"max_tokens\""));
        assert_true(asked_with(bench, i, "\"max_completion_tokens\":1024"));
    }
    assert_true(asked_with(bench, 1, "\"response_format\""));
    assert_int_equal(judging->tokens_in, 20); /* refusals cost nothing */
    assert_true(judging->tokens_known);
}

static void an_endpoint_that_refuses_all_the_same_is_not_asked_for_ever(void **state)
{
    struct said said[] = {{400, "{\"error\":\"temperature response_format max_completion_tokens\"}"}};
    const struct judging *judging = judge(*state, said, 1);
    assert_int_equal(judging->requests, 4);
    assert_int_equal(judging->calls[0].missing, DROP_SHADOW_STATUS);
}

static void blanks_without_end_are_retried_like_what_does_not_parse(void **state)
{
    struct bench *bench = *state;
    char blanks[200], body[300];
    snprintf(blanks, sizeof blanks, "%100s", "");
    snprintf(body, sizeof body, "{\"choices\":%s", blanks);
    const struct judging *judging = judge(bench, (struct said[]){{200, body}, {200, AGREES}}, 2);
    assert_int_equal(judging->requests, 2);
    assert_true(judging->calls[0].parsed);
    assert_false(asked_with(bench, 1, "\"response_format\""));
    assert_int_equal(judging->outcome, FETCH_DONE);
}

static void failures_of_the_endpoint_are_missing_with_their_reason(void **state)
{
    static const struct {
        struct said said;
        enum drop_reason missing;
    } cases[] = {
        {{500, "{}"}, DROP_SHADOW_STATUS},
        {{401, "{}"}, DROP_SHADOW_STATUS},
        {{400, "{\"error\":\"too long\"}"}, DROP_SHADOW_STATUS},
        {{429, "{}"}, DROP_BACKOFF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i > 0) { /* a loop runs once */
            teardown(state);
            setup(state);
        }
        const struct judging *judging = judge(*state, &cases[i].said, 1);
        assert_int_equal(judging->requests, 1);
        assert_int_equal(judging->calls[0].missing, cases[i].missing);
        assert_int_equal(judging->status, cases[i].said.status);
        assert_int_equal(judging->retry_after_ms, 2000);
        assert_false(judging->calls[0].parsed);
    }
}

static void silence_is_missing_after_the_timeout(void **state)
{
    struct bench *bench = *state;
    bench->timeout_ms = 100;
    const struct judging *judging = judge(bench, (struct said[]){{0, NULL}}, 1);
    assert_int_equal(judging->calls[0].missing, DROP_SHADOW_TIMEOUT);
    assert_int_equal(judging->outcome, FETCH_TIMEOUT);
    assert_false(judging->tokens_known); /* it may have worked for us */
}

static void an_answer_cut_short_is_missing_and_not_retried(void **state)
{
    struct bench *bench = *state;
    bench->steps[0] = (struct fake_step){SLICE("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), true};
    const struct judging *judging = judge(bench, (struct said[]){{0, NULL}}, 1);
    assert_int_equal(judging->requests, 1);
    assert_int_equal(judging->calls[0].missing, DROP_SHADOW_UNREACHABLE);
    assert_int_equal(judging->outcome, FETCH_BROKEN);
}

static void the_first_order_is_drawn_by_a_coin(void **state)
{
    unsigned warm_first = 0;
    for (unsigned i = 0; i < 40; i++) {
        teardown(state);
        setup(state);
        warm_first += judge(*state, (struct said[]){{200, AGREES}}, 1)->calls[0].order == 'w';
    }
    assert_in_range(warm_first, 1, 39); /* fails by chance once in 5e11 runs */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(agreement_takes_one_call),
        TEST(any_other_verdict_is_asked_once_more_in_swapped_order),
        TEST(the_fields_are_mapped_from_letters_to_arms),
        TEST(each_request_has_a_nonce_of_its_own),
        TEST(what_does_not_parse_is_asked_once_without_response_format),
        TEST(what_never_parses_is_no_judgement),
        TEST(a_second_call_that_does_not_parse_is_kept_as_such),
        TEST(a_truncated_verdict_gets_more_room_once),
        TEST(options_the_endpoint_refuses_are_left_out_in_both_calls),
        TEST(an_endpoint_that_refuses_all_the_same_is_not_asked_for_ever),
        TEST(blanks_without_end_are_retried_like_what_does_not_parse),
        TEST(failures_of_the_endpoint_are_missing_with_their_reason),
        TEST(silence_is_missing_after_the_timeout),
        TEST(an_answer_cut_short_is_missing_and_not_retried),
        TEST(the_first_order_is_drawn_by_a_coin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
