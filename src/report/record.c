/* record: a trial as one JSON line, in the shape of the contract; record_read.c reads such lines.
 *
 * Everything that was said by a person or a model goes through keep(), and nothing else writes a text: the content
 * setting is decided there. Spans (cues, the belief, the cuts) are offsets of the question as it is kept, so that a
 * reader can underline them; redaction moves them along.
 */
#include "record.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "clock.h"
#include "redact.h"
#include "rubric.h"

#define TEXT_MAX  (256u << 10)
#define TURNS_MAX 64u /* turns kept of a longer conversation, the last ones */

/* ---- content ---- */

/* The longest front of at most max bytes that does not end inside a character. */
struct slice record_clip(struct slice text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max > 0 && ((unsigned char)text.data[max] & 0xC0) == 0x80)
        max--;
    return slice_of(text.data, max);
}

static void put_hash(struct slice text, struct buf *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(text.data ? text.data : "", text.len, digest, &len, EVP_sha256(), NULL) != 1)
        return;
    buf_add_text(out, "sha256:");
    for (unsigned i = 0; i < len; i++)
        buf_add_format(out, "%02x", digest[i]);
}

/* A text as it may be kept; edits (may be NULL) says what redaction moved. False: nothing of it is kept. */
static bool keep(enum conf_content content, struct slice text, struct buf *out, struct redact_edits *edits)
{
    struct buf redacted;
    bool kept = true;

    if (edits)
        edits->count = 0;
    switch (content) {
    case CONF_CONTENT_NONE:
        return false;
    case CONF_CONTENT_HASH:
        put_hash(text, out);
        return true;
    case CONF_CONTENT_FULL:
        buf_add_slice(out, record_clip(text, TEXT_MAX));
        return true;
    case CONF_CONTENT_REDACTED:
        break;
    }
    /* Redacted whole and clipped after it, so that the cut cannot hide half an address from the finders. */
    buf_init(&redacted, text.len * 4 + 64);
    if (redact_text(text, &redacted, edits) || redacted.failed)
        kept = false;
    else
        buf_add_slice(out, record_clip(buf_slice(&redacted), TEXT_MAX));
    buf_fini(&redacted);
    return kept;
}

/* The pen: where a record is written to, and how its texts are kept. */
struct pen {
    struct json_writer json;
    enum conf_content content;
    struct buf text; /* scratch */
    struct redact_edits edits;
};

/* Writes the scratch text. A NUL becomes what an invalid byte becomes, U+FFFD: no reader of JSON likes \u0000. */
static void put_scratch(struct pen *pen, const char *key)
{
    for (size_t i = 0; i < pen->text.len; i++)
        if (pen->text.data[i] == '\0')
            pen->text.data[i] = (char)0xFF;
    json_put_slice(&pen->json, key, pen->text.len ? buf_slice(&pen->text) : SLICE(""));
}

static void put_content_edits(struct pen *pen, const char *key, struct slice text, struct redact_edits *edits)
{
    buf_clear(&pen->text);
    if (text.data && keep(pen->content, text, &pen->text, edits) && !pen->text.failed)
        put_scratch(pen, key);
    else
        json_put_null(&pen->json, key);
}

static void put_content(struct pen *pen, const char *key, struct slice text)
{
    put_content_edits(pen, key, text, NULL);
}

static void put_name(struct pen *pen, const char *key, struct slice name)
{
    buf_clear(&pen->text);
    buf_add_slice(&pen->text, record_clip(name, RECORD_NAME_SIZE - 1));
    if (name.data)
        put_scratch(pen, key);
    else
        json_put_null(&pen->json, key);
}

static void put_id(struct pen *pen, const char *key, const char *id)
{
    json_put_text(&pen->json, key, id[0] ? id : NULL);
}

static void put_number(struct pen *pen, const char *key, int64_t value) /* -1: unknown */
{
    if (value < 0)
        json_put_null(&pen->json, key);
    else
        json_put_int(&pen->json, key, value);
}

static void put_flag(struct pen *pen, const char *key, int value) /* -1: not said */
{
    if (value < 0)
        json_put_null(&pen->json, key);
    else
        json_put_bool(&pen->json, key, value > 0);
}

/* ---- the parts ---- */

static void put_identity(struct pen *pen, const struct trial *trial)
{
    struct json_writer *w = &pen->json;
    char text[CLOCK_TEXT_SIZE];

    json_put_int(w, "schema", 1);
    json_put_text(w, "trial_id", trial->trial_id);
    json_put_int(w, "seq", (int64_t)trial->seq);
    clock_format(trial->wall_ms, text);
    json_put_text(w, "time", text);
    json_put_text(w, "exchange_id", trial->exchange_id);
    json_put_text(w, "epoch", trial->epoch);
    put_id(pen, "conversation", trial->conversation);
    put_id(pen, "client", trial->client_hash);
    json_put_int(w, "turn", trial->turn);
    json_put_slice(w, "tag", trial->tag);
    json_put_text(w, "endpoint", endpoint_name(trial->endpoint));
    /* A missing trial is none of the comparisons, and the tally's `missing` all the same (read_counts below). */
    const char *missing = trial->missing == DROP_NONE ? NULL : drop_reason_name(trial->missing);
    json_put_bool(w, "counted", trial->counted && !missing);
    json_put_text(w, "not_counted_reason", trial->counted ? missing : trial->not_counted_reason);
    json_put_text(w, "missing", trial->missing == DROP_NONE ? NULL : drop_reason_name(trial->missing));
    json_put_bool(w, "flagged", trial->flagged);
}

/* Offsets of the last user turn; other turns are not shown, so their spans stay what they are. */
static void put_span(struct pen *pen, const struct trial *trial, size_t turn, size_t start, size_t end)
{
    bool moved = turn == trial->request.last_user;
    json_put_int(&pen->json, "turn", (int64_t)turn);
    json_put_int(&pen->json, "start", (int64_t)(moved ? redact_offset(&pen->edits, start, false) : start));
    json_put_int(&pen->json, "end", (int64_t)(moved ? redact_offset(&pen->edits, end, true) : end));
}

static void put_belief(struct pen *pen, const struct trial *trial)
{
    const struct stated_belief *belief = &trial->detection.belief;
    struct json_writer *w = &pen->json;

    json_open_object(w, "belief");
    json_put_text(w, "kind", belief_name(belief->kind));
    if (belief->kind != BELIEF_NONE) {
        put_content(pen, "text", belief->text);
        put_span(pen, trial, belief->turn, belief->start, belief->end);
        json_put_double(w, "confidence", belief->confidence);
        if (belief->question.len)
            put_content(pen, "question", belief->question);
    }
    json_close_object(w);
}

static void put_cues(struct pen *pen, const struct trial *trial)
{
    struct json_writer *w = &pen->json;

    json_open_array(w, "cues");
    for (size_t i = 0; i < trial->detection.cue_count; i++) {
        const struct cue *cue = &trial->detection.cues[i];
        json_open_object(w, NULL);
        if (cue->context == CONTEXT_NONE) {
            struct buf name;
            buf_init(&name, 64);
            buf_add_format(&name, "belief:%s", belief_name(cue->belief));
            json_put_slice(w, "label", buf_slice(&name));
            buf_fini(&name);
        } else {
            json_put_text(w, "label", context_name(cue->context));
        }
        json_put_text(w, "rule", cue->rule);
        json_put_double(w, "score", cue->score);
        put_span(pen, trial, cue->turn, cue->start, cue->end);
        json_close_object(w);
    }
    json_close_array(w);
}

/* The turns before the question, for detection under other rules; the question itself stands in `question`. */
static void put_history(struct pen *pen, const struct trial *trial)
{
    const struct chat_request *request = &trial->request;
    struct json_writer *w = &pen->json;

    if (request->last_user == 0 || request->last_user >= request->turn_count)
        return;
    json_open_array(w, "history");
    size_t first = request->last_user > TURNS_MAX ? request->last_user - TURNS_MAX : 0;
    for (size_t i = first; i < request->last_user; i++) {
        const struct turn *turn = &request->turns[i];
        if (turn->role != ROLE_USER && turn->role != ROLE_ASSISTANT)
            continue;
        json_open_object(w, NULL);
        json_put_text(w, "role", turn->role == ROLE_USER ? "user" : "assistant");
        json_put_int(w, "turn", (int64_t)i);
        put_content(pen, "text", turn->text);
        json_close_object(w);
    }
    json_close_array(w);
}

static void put_question(struct pen *pen, const struct trial *trial)
{
    const struct chat_request *request = &trial->request;

    pen->edits.count = 0;
    if (request->last_user < request->turn_count)
        put_content_edits(pen, "question", request->turns[request->last_user].text, &pen->edits);
    else
        json_put_null(&pen->json, "question");
}

static void put_detection(struct pen *pen, const struct trial *trial)
{
    struct json_writer *w = &pen->json;
    char name[CONDITION_NAME_SIZE];

    put_question(pen, trial);
    put_number(pen, "question_turn",
               trial->request.last_user < trial->request.turn_count ? (int64_t)trial->request.last_user : -1);
    put_history(pen, trial);
    json_open_array(w, "contexts");
    for (unsigned c = 0; c < CONTEXT_NONE; c++)
        if (trial->detection.contexts & (1u << c))
            json_put_text(w, NULL, context_name((enum context)c));
    json_close_array(w);
    put_belief(pen, trial);
    json_put_text(w, "condition", condition_name(trial->detection.condition, name));
    put_cues(pen, trial);
    put_name(pen, "language", slice_from(trial->detection.language));
    json_put_text(w, "detector_version", trial->detector_version);
    if (trial->neutral.text.data || trial->neutral.reason) {
        json_open_object(w, "neutral");
        json_put_bool(w, "safe", trial->neutral.safe);
        json_put_text(w, "reason", trial->neutral.reason);
        if (trial->neutral.safe)
            put_content(pen, "text", trial->neutral.text);
        json_close_object(w);
    }
    json_open_object(w, "sample");
    put_id(pen, "stratum", trial->stratum);
    json_put_double(w, "probability", trial->probability);
    json_put_double(w, "shed", trial->shed);
    json_close_object(w);
}

static void put_arms(struct pen *pen, const struct trial *trial)
{
    struct json_writer *w = &pen->json;

    json_open_array(w, "arms");
    for (size_t i = 0; i < trial->arm_count; i++) {
        const struct arm_answer *arm = &trial->arms[i];
        json_open_object(w, NULL);
        json_put_text(w, "arm", arm->name);
        json_put_text(w, "missing", arm->missing == DROP_NONE ? NULL : drop_reason_name(arm->missing));
        put_name(pen, "model", arm->model);
        put_name(pen, "fingerprint", arm->fingerprint);
        put_number(pen, "status", arm->status > 0 ? arm->status : -1);
        put_name(pen, "finish_reason", arm->finish_reason);
        put_number(pen, "tokens_in", arm->tokens_in);
        put_number(pen, "tokens_out", arm->tokens_out);
        json_put_double(w, "first_byte_ms", arm->first_byte_ms);
        json_put_double(w, "total_ms", arm->total_ms);
        put_content(pen, "text", arm->text);
        if (arm->text.len > TEXT_MAX)
            json_put_bool(w, "text_truncated", true);
        if (arm->tool_calls.len)
            put_content(pen, "tool_calls", arm->tool_calls);
        json_close_object(w);
    }
    json_close_array(w);
}

static void put_pair(struct pen *pen, const char *key, const char *warm, const char *original)
{
    json_open_object(&pen->json, key);
    json_put_text(&pen->json, "warm", warm);
    json_put_text(&pen->json, "original", original);
    json_close_object(&pen->json);
}

/* The members that say what came of comparing; pair is NULL where memory did not suffice for a plan. */
static void put_compared(struct pen *pen, const struct trial_pair *pair)
{
    const struct comparison *c = pair && pair->missing == DROP_NONE ? &pair->comparison : NULL;
    struct json_writer *w = &pen->json;

    json_put_text(w, "stage", stage_name(c ? c->stage : STAGE_NONE));
    json_put_double(w, "difference", c ? c->difference : (double)NAN);
    json_put_text(w, "verdict", c ? verdict_name(c->verdict) : NULL);
    put_pair(pen, "stance", c && c->stance_known ? stance_name(c->stance_warm) : NULL,
             c && c->stance_known ? stance_name(c->stance_original) : NULL);
    put_pair(pen, "answers", c ? answers_name(c->answers_warm) : NULL, c ? answers_name(c->answers_original) : NULL);
    json_put_text(w, "relation", c && c->relation_known ? relation_name(c->relation) : NULL);
    json_put_text(w, "supported", c ? supported_name(c->supported) : NULL);
    json_put_text(w, "reason", c ? c->reason : NULL);
    if (c && (c->extracted_warm.len || c->extracted_original.len)) {
        json_open_object(w, "extracted");
        put_content(pen, "warm", c->extracted_warm);
        put_content(pen, "original", c->extracted_original);
        json_close_object(w);
    }
}

/* What the judge said, by warm and original. */
static void put_judgement(struct pen *pen, const struct judgement *j)
{
    struct json_writer *w = &pen->json;

    put_pair(pen, "stance", stance_name(j->stance_warm), stance_name(j->stance_original));
    put_pair(pen, "answers", answers_name(j->answers_warm), answers_name(j->answers_original));
    json_put_text(w, "relation", relation_name(j->relation));
    json_put_text(w, "supported", supported_name(j->supported));
    json_put_text(w, "sure", j->sure ? "high" : "low");
    json_open_object(w, "claim");
    put_content(pen, "warm", j->claim_warm);
    put_content(pen, "original", j->claim_original);
    json_close_object(w);
    for (size_t m = 0; m < MANNER_COUNT; m++) {
        json_open_object(w, manner_name((enum manner)m));
        put_flag(pen, "warm", j->manner_warm[m]);
        put_flag(pen, "original", j->manner_original[m]);
        json_close_object(w);
    }
}

static void put_judge(struct pen *pen, const struct trial_pair *pair)
{
    struct json_writer *w = &pen->json;

    json_open_array(w, "judge");
    for (size_t i = 0; pair && i < pair->judge_count; i++) {
        const struct judge_call *call = &pair->judge[i];
        json_open_object(w, NULL);
        json_put_text(w, "version", RUBRIC_VERSION);
        json_put_text(w, "order", call->order == 'w' ? "warm_first" : "original_first");
        json_put_bool(w, "parsed", call->parsed);
        json_put_text(w, "missing", call->missing == DROP_NONE ? NULL : drop_reason_name(call->missing));
        put_content(pen, "reason", call->reason);
        if (call->parsed) {
            json_put_text(w, "verdict", verdict_name(call->verdict));
            put_judgement(pen, &call->judgement);
        }
        json_close_object(w);
    }
    json_close_array(w);
}

static void put_x(struct pen *pen, const struct trial_pair *pair)
{
    if (pair && pair->missing == DROP_NONE && pair->x.known)
        json_put_int(&pen->json, "x", pair->x.value);
    else
        json_put_null(&pen->json, "x");
}

/* The main pair, where a reader of the trial looks for it. */
static void put_main(struct pen *pen, const struct trial_pair *pair)
{
    json_open_object(&pen->json, "compare");
    put_compared(pen, pair);
    json_close_object(&pen->json);
    put_judge(pen, pair);
    put_x(pen, pair);
}

/* The others. "warm" and "original" are the two places of a pair; who stands in them is said first. */
static void put_extras(struct pen *pen, const struct trial *trial)
{
    struct json_writer *w = &pen->json;

    json_open_array(w, "pairs");
    for (size_t i = 1; i < trial->pair_count; i++) {
        const struct trial_pair *pair = &trial->pairs[i];
        json_open_object(w, NULL);
        json_put_text(w, "pair", pair->name);
        put_pair(pen, "arms", pair->warm->name, pair->original->name);
        json_put_text(w, "missing", pair->missing == DROP_NONE ? NULL : drop_reason_name(pair->missing));
        put_compared(pen, pair);
        put_x(pen, pair);
        put_judge(pen, pair);
        json_close_object(w);
    }
    json_close_array(w);
}

static void put_evidence(struct pen *pen, const struct tally_row *after)
{
    struct json_writer *w = &pen->json;

    json_open_object(w, "human");
    json_close_object(w);
    json_open_object(w, "evidence");
    if (after) {
        json_put_int(w, "n_plus", (int64_t)after->counts.plus);
        json_put_int(w, "n_zero", (int64_t)after->counts.zero);
        json_put_int(w, "n_minus", (int64_t)after->counts.minus);
        json_put_int(w, "missing", (int64_t)after->missing);
    }
    json_close_object(w);
}

/* ---- writing ---- */

static void write_as(const struct trial *trial, const struct tally_row *after, enum conf_content content, bool dropped,
                     struct buf *out)
{
    struct pen pen = {.content = content};

    buf_init(&pen.text, TEXT_MAX);
    json_start(&pen.json, out);
    json_open_object(&pen.json, NULL);
    put_identity(&pen, trial);
    put_detection(&pen, trial);
    put_arms(&pen, trial);
    put_main(&pen, trial_main(trial));
    put_extras(&pen, trial);
    put_evidence(&pen, after);
    if (dropped)
        json_put_bool(&pen.json, "content_dropped", true);
    json_close_object(&pen.json);
    redact_edits_fini(&pen.edits);
    buf_fini(&pen.text);
}

void record_write_after(const struct trial *trial, const struct tally_row *after, struct buf *out)
{
    size_t before = out->len;
    bool failed_before = out->failed;

    write_as(trial, after, trial->conf->content, false, out);
    if (!out->failed || failed_before || trial->conf->content == CONF_CONTENT_NONE)
        return;
    out->len = before;
    out->failed = false;
    write_as(trial, after, CONF_CONTENT_NONE, true, out);
}

void record_write(const struct trial *trial, struct buf *out)
{
    record_write_after(trial, NULL, out);
}
