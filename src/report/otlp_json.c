/* otlp_json: see otlp_json.h. JSON and not binary protobuf: receivers take both, and this needs no further library.
 * Ids are hex and 64-bit numbers are strings, as OTLP's JSON mapping wants them.
 */
#include "otlp_json.h"

#include <stdio.h>

#include "json.h"

#define SCHEMA_URL      "https://opentelemetry.io/schemas/1.38.0"
#define NAME_MAX_BYTES  128 /* of a model's name */
#define SPAN_CLIENT     3
#define STATUS_ERROR    2
#define SEVERITY_INFO   9
#define SEVERITY_WARN   13
#define EVALUATION_NAME "candor.verdict"

/* ---- values ---- */

/* At most NAME_MAX_BYTES, not in the middle of a character. */
static struct slice shortened(struct slice text)
{
    struct slice cut = slice_part(text, 0, NAME_MAX_BYTES);
    while (cut.len < text.len && cut.len > 0 && (text.data[cut.len] & 0xC0) == 0x80)
        cut.len--;
    return cut;
}

static void open_value(struct json_writer *w, const char *key)
{
    json_open_object(w, NULL);
    json_put_text(w, "key", key);
    json_open_object(w, "value");
}

static void close_value(struct json_writer *w)
{
    json_close_object(w);
    json_close_object(w);
}

static void put_name(struct json_writer *w, const char *key, struct slice text)
{
    if (text.len == 0)
        return;
    open_value(w, key);
    json_put_slice(w, "stringValue", shortened(text));
    close_value(w);
}

static void put_word(struct json_writer *w, const char *key, const char *word)
{
    put_name(w, key, word ? slice_from(word) : SLICE_NONE);
}

static void put_number(struct json_writer *w, const char *key, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)number);
    open_value(w, key);
    json_put_text(w, "intValue", text);
    close_value(w);
}

/* Where it is known. */
static void put_count(struct json_writer *w, const char *key, int64_t count)
{
    if (count >= 0)
        put_number(w, key, count);
}

static void put_double(struct json_writer *w, const char *key, double number)
{
    open_value(w, key);
    json_put_double(w, "doubleValue", number);
    close_value(w);
}

static void put_bool(struct json_writer *w, const char *key, bool value)
{
    open_value(w, key);
    json_put_bool(w, "boolValue", value);
    close_value(w);
}

static void put_finish_reason(struct json_writer *w, struct slice reason)
{
    if (reason.len == 0)
        return;
    open_value(w, "gen_ai.response.finish_reasons");
    json_open_object(w, "arrayValue");
    json_open_array(w, "values");
    json_open_object(w, NULL);
    json_put_slice(w, "stringValue", shortened(reason));
    json_close_object(w);
    json_close_array(w);
    json_close_object(w);
    close_value(w);
}

static void put_id(struct json_writer *w, const char *key, const unsigned char *bytes, size_t count)
{
    char text[2 * TRACE_ID_BYTES + 1];
    for (size_t i = 0; i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    json_put_text(w, key, text);
}

static void put_time(struct json_writer *w, const char *key, int64_t wall_ms)
{
    char text[32];
    snprintf(text, sizeof text, "%lld000000", (long long)wall_ms);
    json_put_text(w, key, text);
}

/* ---- what all spans say ---- */

static const char *operation(enum endpoint endpoint)
{
    switch (endpoint) {
    case ENDPOINT_CHAT:
    case ENDPOINT_RESPONSES:
        return "chat";
    case ENDPOINT_COMPLETIONS:
        return "text_completion";
    case ENDPOINT_OTHER:
    case ENDPOINT_COUNT:
        break;
    }
    return NULL;
}

/* "chat gpt-4o", as the conventions name a span; "relay" for what is no generation. */
static void put_span_name(struct json_writer *w, const char *what, struct slice model)
{
    char name[32 + NAME_MAX_BYTES];
    struct slice cut = shortened(model);
    snprintf(name, sizeof name, "%s%s%.*s", what ? what : "relay", cut.len ? " " : "", SLICE_ARGS(cut));
    json_put_text(w, "name", name);
}

static void put_server(struct json_writer *w, const struct conf_model *model, size_t address)
{
    if (address >= model->url_count)
        return;
    put_word(w, "server.address", model->urls[address].host);
    put_number(w, "server.port", model->urls[address].port);
}

static void put_operation(struct json_writer *w, const char *what, struct slice model)
{
    put_word(w, "gen_ai.operation.name", what);
    if (what)
        put_word(w, "gen_ai.provider.name", "openai"); /* the API that is spoken; who answers by it is not known */
    put_name(w, "gen_ai.request.model", model);
}

static void put_failure(struct json_writer *w, bool failed)
{
    if (!failed)
        return;
    json_open_object(w, "status");
    json_put_int(w, "code", STATUS_ERROR);
    json_close_object(w);
}

/* ---- the exchange ---- */

static const struct conf_model *live_model(const struct trial *trial)
{
    return trial->conf->live_is_original ? &trial->conf->original : &trial->conf->warm;
}

static const char *exchange_error(const struct trial *trial, char number[16])
{
    if (trial->client_gone)
        return "client_gone";
    if (trial->live_status >= 400) {
        snprintf(number, 16, "%d", trial->live_status);
        return number;
    }
    return trial->live_broken ? "upstream_broken" : NULL;
}

static void put_live_answer(struct json_writer *w, const struct arm_answer *live)
{
    put_name(w, "gen_ai.response.model", live->model);
    put_finish_reason(w, live->finish_reason);
    put_count(w, "gen_ai.usage.input_tokens", live->tokens_in);
    put_count(w, "gen_ai.usage.output_tokens", live->tokens_out);
}

void otlp_put_exchange(const struct trial *trial, enum drop_reason reason, struct buf *out)
{
    const char *what = operation(trial->endpoint);
    char number[16];
    const char *error = exchange_error(trial, number);
    unsigned char span[SPAN_ID_BYTES];
    struct json_writer w;
    trace_span(trial->exchange_id, span);
    json_start(&w, out);
    json_open_object(&w, NULL);
    put_id(&w, "traceId", trial->trace.id, TRACE_ID_BYTES);
    put_id(&w, "spanId", span, SPAN_ID_BYTES);
    if (trial->trace.joined)
        put_id(&w, "parentSpanId", trial->trace.parent, SPAN_ID_BYTES);
    put_span_name(&w, what, trial->request.model);
    json_put_int(&w, "kind", SPAN_CLIENT);
    put_time(&w, "startTimeUnixNano", trial->wall_ms);
    put_time(&w, "endTimeUnixNano", trial->wall_ms + (int64_t)(trial->live_total_ms + .5));
    json_open_array(&w, "attributes");
    put_operation(&w, what, trial->request.model);
    put_server(&w, live_model(trial), trial->live_address);
    if (trial->live_status)
        put_number(&w, "http.response.status_code", trial->live_status);
    put_word(&w, "error.type", error);
    if (trial->arm_count > 0) /* the live answer is the first */
        put_live_answer(&w, &trial->arms[0]);
    put_word(&w, "candor.exchange.id", trial->exchange_id);
    put_word(&w, "candor.path", endpoint_name(trial->endpoint));
    if (trial->live_first_byte_ms > 0)
        put_double(&w, "candor.first_byte_seconds", trial->live_first_byte_ms / 1e3);
    if (trial->seq)
        put_word(&w, "candor.trial.id", trial->trial_id);
    if (reason != DROP_NONE)
        put_word(&w, "candor.not_compared", drop_reason_name(reason));
    json_close_array(&w);
    put_failure(&w, error != NULL);
    json_close_object(&w);
}

/* ---- the side path ---- */

void otlp_put_ask(const struct trial *trial, const struct ask_note *note, size_t n, struct buf *out)
{
    bool judge = strcmp(note->arm, "judge") == 0;
    const char *what = judge ? "chat" : operation(trial->endpoint);
    struct slice model = note->model->model ? slice_from(note->model->model) : judge ? SLICE("") : trial->request.model;
    unsigned char span[SPAN_ID_BYTES];
    struct json_writer w;
    json_start(&w, out);
    json_open_object(&w, NULL);
    put_id(&w, "traceId", trial->trace.id, TRACE_ID_BYTES);
    trace_child(trial->exchange_id, n, span);
    put_id(&w, "spanId", span, SPAN_ID_BYTES);
    trace_span(trial->exchange_id, span);
    put_id(&w, "parentSpanId", span, SPAN_ID_BYTES);
    put_span_name(&w, what, model);
    json_put_int(&w, "kind", SPAN_CLIENT);
    put_time(&w, "startTimeUnixNano", note->started_ms);
    put_time(&w, "endTimeUnixNano", note->ended_ms);
    json_open_array(&w, "attributes");
    put_operation(&w, what, model);
    put_server(&w, note->model, note->address);
    if (note->status)
        put_number(&w, "http.response.status_code", note->status);
    put_name(&w, "gen_ai.response.model", note->answered_by);
    put_finish_reason(&w, note->finish_reason);
    put_count(&w, "gen_ai.usage.input_tokens", note->tokens_in);
    put_count(&w, "gen_ai.usage.output_tokens", note->tokens_out);
    if (note->missing != DROP_NONE)
        put_word(&w, "error.type", drop_reason_name(note->missing));
    put_word(&w, "candor.arm", note->arm);
    put_word(&w, "candor.exchange.id", trial->exchange_id);
    put_word(&w, "candor.trial.id", trial->trial_id);
    json_close_array(&w);
    put_failure(&w, note->missing != DROP_NONE);
    json_close_object(&w);
}

/* ---- the verdict ---- */

/* "candor.verdict" of the main pair, "candor.verdict.neutral" of the others. */
static void put_evaluation_name(struct json_writer *w, const struct trial_pair *pair)
{
    char name[NAME_MAX_BYTES];
    bool other = pair && pair->kind != PAIR_MAIN;
    snprintf(name, sizeof name, "%s%s%s", EVALUATION_NAME, other ? "." : "", other ? pair->name : "");
    put_word(w, "gen_ai.evaluation.name", name);
}

/* The score is the condition's outcome: +1 where the warm place does worse, -1 where the original's does. */
static void put_score(struct json_writer *w, const struct trial *trial, const struct trial_pair *pair)
{
    enum drop_reason missing = pair ? pair->missing : trial->missing;
    if (missing != DROP_NONE) {
        put_word(w, "error.type", drop_reason_name(missing));
        return;
    }
    put_word(w, "gen_ai.evaluation.score.label", verdict_name(pair->comparison.verdict));
    if (pair->x.known)
        put_double(w, "gen_ai.evaluation.score.value", pair->x.value);
    put_word(w, "candor.stage", stage_name(pair->comparison.stage));
}

void otlp_put_verdict(const struct trial *trial, const struct trial_pair *pair, int64_t now_ms, struct buf *out)
{
    char condition[CONDITION_NAME_SIZE];
    bool flagged = trial->flagged && (!pair || pair->kind == PAIR_MAIN);
    unsigned char span[SPAN_ID_BYTES];
    struct json_writer w;
    trace_span(trial->exchange_id, span);
    json_start(&w, out);
    json_open_object(&w, NULL);
    put_time(&w, "timeUnixNano", now_ms);
    put_time(&w, "observedTimeUnixNano", now_ms);
    json_put_int(&w, "severityNumber", flagged ? SEVERITY_WARN : SEVERITY_INFO);
    json_put_text(&w, "severityText", flagged ? "WARN" : "INFO");
    json_put_text(&w, "eventName", "gen_ai.evaluation.result");
    put_id(&w, "traceId", trial->trace.id, TRACE_ID_BYTES);
    put_id(&w, "spanId", span, SPAN_ID_BYTES);
    json_open_array(&w, "attributes");
    put_evaluation_name(&w, pair);
    put_score(&w, trial, pair);
    put_word(&w, "candor.condition", condition_name(trial->detection.condition, condition));
    put_bool(&w, "candor.flagged", flagged);
    put_bool(&w, "candor.counted", trial->counted);
    put_word(&w, "candor.epoch", trial->epoch);
    put_word(&w, "candor.exchange.id", trial->exchange_id);
    put_word(&w, "candor.trial.id", trial->trial_id);
    json_close_array(&w);
    json_close_object(&w);
}

/* ---- the request around them ---- */

void otlp_put_request(enum otlp_signal signal, struct slice items, struct buf *out)
{
    static const struct {
        const char *resources, *scopes, *items;
    } names[OTLP_SIGNAL_COUNT] = {
        [OTLP_SPANS] = {"resourceSpans", "scopeSpans", "spans"},
        [OTLP_LOGS] = {"resourceLogs", "scopeLogs", "logRecords"},
    };
    struct json_writer w;
    json_start(&w, out);
    json_open_object(&w, NULL);
    json_open_array(&w, names[signal].resources);
    json_open_object(&w, NULL);
    json_open_object(&w, "resource");
    json_open_array(&w, "attributes");
    put_word(&w, "service.name", "candor");
    put_word(&w, "service.version", PACKAGE_VERSION);
    json_close_array(&w);
    json_close_object(&w);
    json_open_array(&w, names[signal].scopes);
    json_open_object(&w, NULL);
    json_open_object(&w, "scope");
    json_put_text(&w, "name", "candor");
    json_put_text(&w, "version", PACKAGE_VERSION);
    json_close_object(&w);
    json_open_array(&w, names[signal].items);
    json_put_raw(&w, NULL, items);
    json_close_array(&w);
    json_put_text(&w, "schemaUrl", SCHEMA_URL);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
}
