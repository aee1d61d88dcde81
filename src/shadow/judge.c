/* judge: see judge.h. One judging is at most two calls (two orders), each at most a few requests: again without an
 * option the endpoint refuses, and once without response_format and with more room where what came back does not parse
 * (servers exist that loop in blanks under a schema, and models that think for longer than the cap). What was learnt of
 * the endpoint in the first call holds for the second.
 */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "post.h"
#include "reply.h"
#include "rubric.h"

#define BLANK_LIMIT      64   /* blank bytes in a row after which the answer is given up */
#define TOKENS_WITH_ROOM 4096 /* of the retry */

struct asking {
    struct fetcher *fetcher;
    struct conf *conf; /* held */
    const struct compare_input *pair;
    struct slice earlier;
    struct arena *arena;
    judge_done_fn *done;
    void *arg;
    struct judging judging;
    bool warm_first;
    bool no_temperature, no_response_format, completion_tokens; /* learnt of the endpoint */
    bool retried;                                               /* this call's one retry is spent */
};

static void asking_end(struct asking *asking)
{
    asking->done(&asking->judging, asking->arg);
    conf_drop(asking->conf);
    free(asking);
}

static struct judge_call *current_call(struct asking *asking)
{
    return &asking->judging.calls[asking->judging.call_count - 1];
}

static void on_answer(const struct fetch_answer *answer, void *arg);

/* ---- one request ---- */

static int request_send(struct asking *asking, struct slice body)
{
    struct post post = {
        .model = &asking->conf->judge,
        .path = SLICE("/chat/completions"),
        .body = body,
        .blank_limit = BLANK_LIMIT,
    };
    int rc = post_start(asking->fetcher, asking->conf, &post, on_answer, asking);
    asking->judging.requests += rc == 0;
    return rc;
}

/* The nonce is fresh for every request: an answer cannot have seen it. */
static int call_send(struct asking *asking)
{
    const char *model = asking->conf->judge.model;
    struct rubric_input input = {
        .pair = asking->pair,
        .earlier = asking->earlier,
        .warm_first = asking->warm_first,
        .model = slice_from(model ? model : "judge"),
        .temperature = !asking->no_temperature,
        .response_format = !asking->no_response_format,
        .completion_tokens = asking->completion_tokens,
        .max_tokens = asking->retried ? TOKENS_WITH_ROOM : 0,
    };
    uint32_t random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return -1;
    snprintf(input.nonce, sizeof input.nonce, "%08x", random);
    struct buf body;
    buf_init(&body, 8u << 20);
    rubric_request(&input, &body);
    int rc = body.failed ? -1 : request_send(asking, buf_slice(&body));
    buf_fini(&body);
    return rc;
}

static int call_start(struct asking *asking, bool warm_first)
{
    asking->warm_first = warm_first;
    asking->retried = false;
    struct judge_call *call = &asking->judging.calls[asking->judging.call_count++];
    *call = (struct judge_call){.order = warm_first ? 'w' : 'o'};
    return call_send(asking);
}

/* ---- its answer ---- */

static void call_missing(struct asking *asking, enum drop_reason reason)
{
    current_call(asking)->missing = reason;
    asking_end(asking);
}

static void call_again(struct asking *asking)
{
    if (call_send(asking) != 0)
        call_missing(asking, DROP_MEMORY);
}

/* Where response_format was already off, the same question at temperature 0 would get the same answer. */
static void call_unparsed(struct asking *asking, bool truncated, struct slice why)
{
    if (!asking->retried && (truncated || !asking->no_response_format)) {
        asking->retried = true;
        asking->no_response_format = true;
        call_again(asking);
        return;
    }
    current_call(asking)->reason = arena_copy(asking->arena, why);
    asking_end(asking);
}

/* A 400 that names an option we sent: true when there is one to leave out from now on. Each is left out once, so this
 * comes to an end. */
static bool option_refused(struct asking *asking, const struct fetch_answer *answer)
{
    const struct {
        struct slice word;
        bool *learnt;
    } options[] = {
        {SLICE("temperature"), &asking->no_temperature},
        {SLICE("response_format"), &asking->no_response_format},
        {SLICE("json_schema"), &asking->no_response_format},
        {SLICE("max_completion_tokens"), &asking->completion_tokens},
    };
    if (answer->status != 400 && answer->status != 422)
        return false;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (*options[i].learnt || slice_find(answer->body, options[i].word, 0) == SLICE_NOT_FOUND)
            continue;
        *options[i].learnt = true;
        return true;
    }
    return false;
}

static void count_tokens(struct asking *asking, const struct reply *reply)
{
    struct judging *judging = &asking->judging;
    if (reply->tokens_in < 0 || reply->tokens_out < 0) {
        judging->tokens_known = false;
        return;
    }
    judging->tokens_in += reply->tokens_in;
    judging->tokens_out += reply->tokens_out;
}

static void call_read(struct asking *asking, struct slice body)
{
    struct judge_call *call = current_call(asking);
    struct reply reply;
    struct err err = {""};
    reply_read(ENDPOINT_CHAT, false, body, asking->arena, &reply);
    count_tokens(asking, &reply);
    bool truncated = slice_is(reply.finish_reason, "length");
    if (reply.unparsed || reply.is_error) {
        call_unparsed(asking, truncated, SLICE("the judge's answer is no chat completion"));
        return;
    }
    if (rubric_read(reply.text, asking->warm_first, asking->arena, &call->judgement, &err) != 0) {
        call_unparsed(asking, truncated, slice_from(err.text));
        return;
    }
    call->parsed = true;
    call->verdict = verdict_derive(&call->judgement, asking->pair->belief_kind);
    bool settled = asking->judging.call_count == 2 || call->verdict == VERDICT_AGREE;
    if (settled)
        asking_end(asking);
    else if (call_start(asking, !asking->warm_first) != 0)
        call_missing(asking, DROP_MEMORY);
}

static void on_answer(const struct fetch_answer *answer, void *arg)
{
    struct asking *asking = arg;
    struct judging *judging = &asking->judging;
    enum drop_reason absence = post_absence(answer);
    judging->outcome = answer->outcome;
    judging->status = answer->status;
    judging->retry_after_ms = answer->retry_after_ms;
    judging->address = answer->address;
    if (answer->outcome != FETCH_DONE && answer->outcome != FETCH_UNREACHABLE)
        judging->tokens_known = false; /* it may have been working for us */
    if (answer->blank)
        call_unparsed(asking, false, SLICE("the judge's answer ran on in blanks"));
    else if (answer->outcome == FETCH_DONE && option_refused(asking, answer))
        call_again(asking);
    else if (absence != DROP_NONE)
        call_missing(asking, absence);
    else
        call_read(asking, answer->body);
}

int judge_start(struct fetcher *fetcher, struct conf *conf, const struct compare_input *pair, struct slice earlier,
                struct arena *arena, judge_done_fn *done, void *arg)
{
    struct asking *asking = calloc(1, sizeof *asking);
    if (!asking)
        return -1;
    *asking = (struct asking){
        .fetcher = fetcher,
        .conf = conf_hold(conf),
        .pair = pair,
        .earlier = earlier,
        .arena = arena,
        .done = done,
        .arg = arg,
        .judging.tokens_known = true,
    };
    unsigned char coin = 0;
    if (getrandom(&coin, 1, 0) == 1 && call_start(asking, coin & 1) == 0)
        return 0;
    conf_drop(asking->conf);
    free(asking);
    return -1;
}
