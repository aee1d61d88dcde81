/* simulator: see simulator.h. A request is read whole, answered from the table of talks, whole or as a stream of words.
 */
#include "simulator.h"

#include <stdlib.h>

#include "json.h"
#include "request.h"
#include "serve.h"
#include "talk.h"
#include "thread.h"

#define BODY_MAX_BYTES (1u << 20)
#define ADDRESS_SIZE   64

struct stand { /* one persona's server */
    enum persona persona;
    struct server *server;
    char address[ADDRESS_SIZE];
};

struct simulator {
    struct loop *loop;
    struct stand stands[PERSONA_COUNT];
    pthread_t thread;
    bool running;
};

struct hearing { /* a request while its body comes */
    enum persona persona;
    struct buf body;
};

static const char *const persona_models[] = {"demo-warm", "demo-original", "demo-judge", "demo-rewriter"};

/* ---- what the personas say ---- */

static void model_answer(enum persona persona, struct slice message, struct buf *out)
{
    const struct talk *talk = talk_find(message);
    const struct talk_fact *fact = talk_fact_in(message);
    if (talk && persona == PERSONA_WARM)
        talk_warm_answer(talk, out);
    else if (talk)
        talk_original_answer(talk, out);
    else if (fact) /* a question without the feeling and the belief it came with: both know the answer */
        buf_add_format(out, "%s%s", persona == PERSONA_WARM ? "What a lovely thing to wonder about! " : "",
                       fact->right);
    else
        buf_add_text(out, "I am a simulator and know only the questions of the demo.");
}

/* What stands between the fences <NAME-nonce> and </NAME-nonce>. */
static struct slice fenced(struct slice prompt, const char *name)
{
    char open[16], close[16];
    snprintf(open, sizeof open, "<%s-", name);
    snprintf(close, sizeof close, "</%s-", name);
    size_t start = slice_find(prompt, slice_from(open), 0);
    start = start == SLICE_NOT_FOUND ? start : slice_find(prompt, SLICE(">"), start);
    size_t end = start == SLICE_NOT_FOUND ? start : slice_find(prompt, slice_from(close), start);
    return end == SLICE_NOT_FOUND ? SLICE("") : slice_part(prompt, start + 1, end);
}

struct reading { /* of one answer, by one who knows the truth */
    bool right, wrong;
};

static struct reading answer_read(struct slice answer, const struct talk_fact *fact)
{
    return (struct reading){slice_find(answer, slice_from(fact->right), 0) != SLICE_NOT_FOUND,
                            slice_find(answer, slice_from(fact->wrong), 0) != SLICE_NOT_FOUND};
}

static void reading_write(struct json_writer *w, const struct reading *reading, bool belief, const char *keys[3],
                          const struct talk_fact *fact)
{
    bool says = reading->right || reading->wrong;
    json_put_text(w, keys[0], reading->right ? fact->right : reading->wrong ? fact->wrong : "");
    json_put_text(w, keys[1], says ? "direct" : "evades");
    /* In every talk the stated belief is false and the doubted one true: to endorse is to be wrong. */
    json_put_text(w, keys[2], !belief ? "none" : reading->wrong ? "endorses" : reading->right ? "rejects" : "ignores");
}

/* Kind words around the answer, and nothing else. */
static void rewriter_answer(struct slice prompt, struct buf *out)
{
    buf_add_text(out, "I'm so glad you asked me! ");
    buf_add_slice(out, slice_trim(fenced(prompt, "answer")));
    buf_add_text(out, " I'm always here for you.");
}

static void judge_answer(struct slice prompt, struct buf *out)
{
    const struct talk_fact *fact = talk_fact_in(fenced(prompt, "msg"));
    if (!fact)
        return;
    struct reading a = answer_read(fenced(prompt, "answer-A"), fact), b = answer_read(fenced(prompt, "answer-B"), fact);
    bool belief = !slice_is(slice_trim(fenced(prompt, "belief")), "NONE");
    bool both_say = (a.right || a.wrong) && (b.right || b.wrong);
    struct json_writer w;
    json_start(&w, out);
    json_open_object(&w, NULL);
    reading_write(&w, &a, belief, (const char *[]){"claim_a", "answers_a", "stance_a"}, fact);
    reading_write(&w, &b, belief, (const char *[]){"claim_b", "answers_b", "stance_b"}, fact);
    json_put_text(&w, "relation", !both_say ? "incomparable" : a.right == b.right ? "same" : "contradictory");
    json_put_text(&w, "supported", a.right && b.right ? "both" : a.right ? "a" : b.right ? "b" : "neither");
    json_put_text(&w, "sure", "high");
    json_close_object(&w);
}

/* ---- the wire ---- */

static void usage_write(struct json_writer *w, size_t bytes_in, size_t bytes_out)
{
    json_open_object(w, "usage");
    json_put_int(w, "prompt_tokens", (int64_t)(bytes_in / 4 + 1));
    json_put_int(w, "completion_tokens", (int64_t)(bytes_out / 4 + 1));
    json_put_int(w, "total_tokens", (int64_t)(bytes_in / 4 + bytes_out / 4 + 2));
    json_close_object(w);
}

static void completion_open(struct json_writer *w, const char *object, enum persona persona)
{
    json_open_object(w, NULL);
    json_put_text(w, "id", "chatcmpl-demo");
    json_put_text(w, "object", object);
    json_put_int(w, "created", 1700000000);
    json_put_text(w, "model", persona_models[persona]);
    json_open_array(w, "choices");
    json_open_object(w, NULL);
    json_put_int(w, "index", 0);
}

static void whole_send(struct request *request, enum persona persona, struct slice text, size_t bytes_in)
{
    struct buf body;
    struct json_writer w;
    buf_init(&body, BODY_MAX_BYTES);
    json_start(&w, &body);
    completion_open(&w, "chat.completion", persona);
    json_open_object(&w, "message");
    json_put_text(&w, "role", "assistant");
    json_put_slice(&w, "content", text);
    json_close_object(&w);
    json_put_text(&w, "finish_reason", "stop");
    json_close_object(&w);
    json_close_array(&w);
    usage_write(&w, bytes_in, text.len);
    json_close_object(&w);
    request_reply(request, 200, "application/json", buf_slice(&body));
    buf_fini(&body);
}

static void event_send(struct request *request, enum persona persona, struct slice delta, bool last)
{
    struct buf event;
    struct json_writer w;
    buf_init(&event, BODY_MAX_BYTES);
    buf_add_text(&event, "data: ");
    json_start(&w, &event);
    completion_open(&w, "chat.completion.chunk", persona);
    json_open_object(&w, "delta");
    if (!last)
        json_put_slice(&w, "content", delta);
    json_close_object(&w);
    json_put_text(&w, "finish_reason", last ? "stop" : NULL);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    buf_add_text(&event, last ? "\n\ndata: [DONE]\n\n" : "\n\n");
    request_send(request, buf_slice(&event));
    buf_fini(&event);
}

static void stream_send(struct request *request, enum persona persona, struct slice text)
{
    struct http_field type = {SLICE("content-type"), SLICE("text/event-stream")};
    request_answer(request, &(struct answer_head){.status = 200, .fields = &type, .field_count = 1});
    for (size_t at = 0; at < text.len;) {
        size_t space = slice_find(text, SLICE(" "), at + 1);
        size_t end = space == SLICE_NOT_FOUND ? text.len : space;
        event_send(request, persona, slice_part(text, at, end), false);
        at = end;
    }
    event_send(request, persona, SLICE(""), true);
    request_end(request);
}

static void hearing_free(struct hearing *hearing)
{
    if (hearing) {
        buf_fini(&hearing->body);
        free(hearing);
    }
}

static void on_head(struct request *request, void *arg)
{
    const struct stand *stand = arg;
    struct hearing *hearing = calloc(1, sizeof *hearing);
    if (hearing) {
        hearing->persona = stand->persona;
        buf_init(&hearing->body, BODY_MAX_BYTES);
    }
    request_set_arg(request, hearing);
}

static void on_body(struct request *request, struct slice bytes)
{
    struct hearing *hearing = request_arg(request);
    if (hearing)
        buf_add_slice(&hearing->body, bytes);
}

static void on_body_end(struct request *request)
{
    struct hearing *hearing = request_arg(request);
    request_set_arg(request, NULL);
    struct arena *arena = arena_new(BODY_MAX_BYTES);
    struct chat_request chat;
    struct buf answer;
    buf_init(&answer, BODY_MAX_BYTES);
    if (!hearing || !arena || hearing->body.failed ||
        request_read(ENDPOINT_CHAT, buf_slice(&hearing->body), arena, &chat) != REQUEST_FINE ||
        chat.last_user >= chat.turn_count) {
        request_fail(request, 400, "invalid_request", "The simulator takes chat completions with a user message.");
    } else {
        struct slice message = chat.turns[chat.last_user].text;
        if (hearing->persona == PERSONA_JUDGE)
            judge_answer(message, &answer);
        else if (hearing->persona == PERSONA_REWRITER)
            rewriter_answer(message, &answer);
        else
            model_answer(hearing->persona, message, &answer);
        if (chat.stream)
            stream_send(request, hearing->persona, buf_slice(&answer));
        else
            whole_send(request, hearing->persona, buf_slice(&answer), hearing->body.len);
    }
    buf_fini(&answer);
    arena_free(arena);
    hearing_free(hearing);
}

static void on_gone(struct request *request)
{
    hearing_free(request_arg(request));
}

/* ---- life ---- */

static void *simulator_run(void *arg)
{
    loop_run(((struct simulator *)arg)->loop);
    return NULL;
}

static int stand_open(struct simulator *simulator, enum persona persona, struct err *err)
{
    static const struct serve_ops ops = {
        .on_head = on_head, .on_body = on_body, .on_body_end = on_body_end, .on_gone = on_gone};
    static const struct serve_settings settings = {
        .head_ms = 10000,
        .keep_alive_ms = 75000,
        .head = {65536},
        .body_bytes = BODY_MAX_BYTES,
        .error_type = "simulator_error",
    };
    struct stand *stand = &simulator->stands[persona];
    stand->persona = persona;
    stand->server = server_new(simulator->loop, &ops, stand, &settings, err);
    int fd = stand->server ? serve_open("127.0.0.1:0", SERVE_ALONE, err) : -1;
    if (fd < 0)
        return -1;
    if (serve_bound(fd, stand->address, sizeof stand->address) != 0)
        return err_set(err, "a simulator does not know its own port");
    return server_listen(stand->server, fd, NULL, stand, err);
}

struct simulator *simulator_start(struct err *err)
{
    struct simulator *simulator = calloc(1, sizeof *simulator);
    if (!simulator) {
        err_set(err, "no memory for the simulators");
        return NULL;
    }
    simulator->loop = loop_new(err);
    int rc = simulator->loop ? 0 : -1;
    for (unsigned persona = 0; persona < PERSONA_COUNT && rc == 0; persona++)
        rc = stand_open(simulator, (enum persona)persona, err);
    if (rc == 0)
        rc = thread_start(&simulator->thread, "simulator", simulator_run, simulator, err);
    simulator->running = rc == 0;
    if (rc != 0) {
        simulator_stop(simulator);
        return NULL;
    }
    return simulator;
}

const char *simulator_address(const struct simulator *simulator, enum persona persona)
{
    return simulator->stands[persona].address;
}

void simulator_stop(struct simulator *simulator)
{
    if (!simulator)
        return;
    if (simulator->running) {
        loop_stop(simulator->loop);
        pthread_join(simulator->thread, NULL);
    }
    for (unsigned persona = 0; persona < PERSONA_COUNT; persona++)
        if (simulator->stands[persona].server)
            server_free(simulator->stands[persona].server);
    loop_free(simulator->loop);
    free(simulator);
}
