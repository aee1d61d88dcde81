/* arms: see arms.h. */
#include "arms.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "post.h"
#include "rewrite.h"
#include "steps.h"

#define EARLIER_MAX_BYTES    2000
#define BYTES_PER_TOKEN      3    /* an English token is longer; a reservation may be too high, never too low */
#define OUTPUT_TOKENS        1024 /* where neither the request nor the configuration names a cap */
#define JUDGE_TOKENS         1024
#define JUDGE_PROMPT_BYTES   4000
#define REWRITE_PROMPT_BYTES 2000

enum source { SOURCE_WARM, SOURCE_ORIGINAL, SOURCE_REWRITER, SOURCE_CANDIDATES };
static_assert(SOURCE_CANDIDATES + CONF_MAX_CANDIDATES == ARMS_MODELS, "each model has its names");

/* Which model an arm is, and whether it is asked the neutralised question. */
static const struct {
    enum source source;
    bool neutral;
} arm_kinds[ARM_COUNT] = {
    [ARM_WARM] = {SOURCE_WARM, false},
    [ARM_ORIGINAL] = {SOURCE_ORIGINAL, false},
    [ARM_ORIGINAL_AGAIN] = {SOURCE_ORIGINAL, false},
    [ARM_WARM_AGAIN] = {SOURCE_WARM, false},
    [ARM_ORIGINAL_NEUTRAL] = {SOURCE_ORIGINAL, true},
    [ARM_WARM_NEUTRAL] = {SOURCE_WARM, true},
    [ARM_STYLE_CONTROL] = {SOURCE_REWRITER, false},
    [ARM_CANDIDATE] = {SOURCE_CANDIDATES, false},
};

size_t arms_place(const struct arm_answer *answer)
{
    return arm_kinds[answer->arm].source + answer->candidate;
}

const struct conf_model *arms_model(const struct conf *conf, const struct arm_answer *answer)
{
    switch (arm_kinds[answer->arm].source) {
    case SOURCE_WARM:
        return &conf->warm;
    case SOURCE_ORIGINAL:
        return &conf->original;
    case SOURCE_REWRITER:
        return &conf->rewriter;
    case SOURCE_CANDIDATES:
        break;
    }
    return &conf->candidates[answer->candidate];
}

static void edits_fill(const struct trial *trial, const struct arm_answer *answer, struct request_edits *edits)
{
    const struct conf_model *model = arms_model(trial->conf, answer);
    *edits = (struct request_edits){
        .model = slice_from(model->model),
        .cut_stream = true,
        .store_false = true,
        .cut_identity = true,
        .single_choice = true,
        .cut_server_tools = true,
        .drop_system = model->system_prompt == CONF_PROMPT_DROP,
        .max_tokens = trial->conf->shadow.max_tokens,
    };
    if (model->system_prompt == CONF_PROMPT_REPLACE)
        edits->replace_system = slice_from(model->system_prompt_text);
    if (arm_kinds[answer->arm].neutral)
        edits->last_user_text = trial->neutral.text;
}

/* The request's own bytes with the arm's splices, or the rewriter's task. */
static int body_write(const struct trial *trial, const struct arm_answer *answer, struct buf *body)
{
    if (answer->rewrites) {
        struct slice message = trial->request.turns[trial->request.last_user].text;
        return rewrite_request(trial->conf->rewriter.model, message, answer->rewrites->text,
                               trial->conf->shadow.max_tokens, body);
    }
    struct request_edits edits;
    edits_fill(trial, answer, &edits);
    return request_splice(trial->endpoint, trial->request_body, &edits, body, NULL);
}

int arms_start(struct fetcher *fetcher, struct trial *trial, struct arm_answer *answer, fetch_done_fn *done, void *arg)
{
    struct buf body;
    buf_init(&body, trial->request_body.len + 2 * trial->conf->shadow.max_answer_bytes + 65536);
    int rc = body_write(trial, answer, &body);
    struct post post = {
        .model = arms_model(trial->conf, answer),
        .path = answer->rewrites ? SLICE("/chat/completions") : trial->target,
        .body = buf_slice(&body),
        .client_authorization = trial->authorization,
        .shadow_of = trial->exchange_id,
    };
    if (rc == 0)
        rc = post_start(fetcher, trial->conf, &post, done, arg);
    else
        answer->missing = DROP_REQUEST_UNREADABLE;
    buf_fini(&body);
    return rc;
}

/* Providers name a snapshot for an alias, gateways put a family in front: one name must at least contain the other. */
static bool named_as_asked(const struct conf_model *model, struct slice name)
{
    struct slice asked = slice_from(model->model);
    return slice_find(name, asked, 0) != SLICE_NOT_FOUND || slice_find(asked, name, 0) != SLICE_NOT_FOUND;
}

static bool same_model(const struct trial *trial, const struct arm_answer *answer, struct arms_names *names)
{
    const struct conf_model *model = arms_model(trial->conf, answer);
    size_t which = arms_place(answer);
    if (!model->model || answer->model.len == 0)
        return true;
    if (named_as_asked(model, answer->model)) {
        names->models[which].as_asked = true;
        return true;
    }
    uint64_t name = hash_bytes(0, answer->model.data, answer->model.len);
    if (!names->models[which].as_asked && names->models[which].alias == 0)
        names->models[which].alias = name;
    return !names->models[which].as_asked && names->models[which].alias == name;
}

void arms_read(struct trial *trial, struct arm_answer *answer, const struct fetch_answer *fetched,
               struct arms_names *names)
{
    answer->status = (int)fetched->status;
    answer->first_byte_ms = fetched->first_byte_ms;
    answer->total_ms = fetched->total_ms;
    answer->missing = post_absence(fetched);
    if (answer->missing != DROP_NONE)
        return;
    bool event_stream = slice_starts(fetched->content_type, SLICE("text/event-stream"));
    step_read_answer(trial, answer, event_stream, fetched->body);
    if (answer->missing == DROP_NONE && !same_model(trial, answer, names))
        answer->missing = DROP_SHADOW_MODEL;
}

struct slice arms_earlier(struct trial *trial)
{
    const struct chat_request *request = &trial->request;
    struct buf text;
    buf_init(&text, 65536);
    for (size_t i = 0; i < request->last_user && i < request->turn_count; i++) {
        const struct turn *turn = &request->turns[i];
        if (turn->role != ROLE_USER && turn->role != ROLE_ASSISTANT)
            continue;
        struct slice part = slice_part(turn->text, 0, EARLIER_MAX_BYTES / 4);
        while (part.len && part.len < turn->text.len && (turn->text.data[part.len] & 0xC0) == 0x80)
            part.len--; /* not in the middle of a character */
        buf_add_text(&text, turn->role == ROLE_USER ? "user: " : "assistant: ");
        buf_add_slice(&text, part);
        buf_add_text(&text, part.len < turn->text.len ? " ...\n" : "\n");
    }
    struct slice all = buf_slice(&text);
    if (all.len > EARLIER_MAX_BYTES) { /* the latest matter most: cut at a line */
        size_t start = slice_find(all, SLICE("\n"), all.len - EARLIER_MAX_BYTES);
        all = slice_part(all, start == SLICE_NOT_FOUND ? all.len : start + 1, all.len);
    }
    struct slice copy = arena_copy(trial->arena, all);
    buf_fini(&text);
    return copy;
}

/* A rewriting is as long as what it rewrites, with room for kind words. */
static void rewrite_worst_case(const struct trial *trial, const struct arm_answer *answer, uint64_t *tokens_in,
                               uint64_t *tokens_out)
{
    uint64_t own = answer->rewrites->text.len / BYTES_PER_TOKEN + 1;
    uint64_t cap = trial->conf->shadow.max_tokens;
    *tokens_in = (REWRITE_PROMPT_BYTES + trial->request_body.len) / BYTES_PER_TOKEN + own;
    *tokens_out = cap > 0 ? cap : 2 * own > OUTPUT_TOKENS ? 2 * own : OUTPUT_TOKENS;
}

void arms_worst_case(const struct trial *trial, const struct arm_answer *answer, uint64_t *tokens_in,
                     uint64_t *tokens_out)
{
    const struct chat_request *request = &trial->request;
    if (answer->rewrites) {
        rewrite_worst_case(trial, answer, tokens_in, tokens_out);
        return;
    }
    *tokens_in = trial->request_body.len / BYTES_PER_TOKEN + 1;
    *tokens_out = request->max_tokens > 0              ? (uint64_t)request->max_tokens
                  : trial->conf->shadow.max_tokens > 0 ? trial->conf->shadow.max_tokens
                                                       : OUTPUT_TOKENS;
}

void arms_judge_worst_case(const struct trial *trial, const struct trial_pair *pair, uint64_t *tokens_in,
                           uint64_t *tokens_out)
{
    size_t bytes = JUDGE_PROMPT_BYTES + EARLIER_MAX_BYTES + trial->request_body.len + pair->warm->text.len +
                   pair->original->text.len;
    *tokens_in = 2 * bytes / BYTES_PER_TOKEN;
    *tokens_out = 2 * JUDGE_TOKENS;
}

void arms_classifier_worst_case(const struct trial_pair *pair, uint64_t *tokens_in, uint64_t *tokens_out)
{
    *tokens_in = pair->entailment->bytes / BYTES_PER_TOKEN + 4 * pair->entailment->count;
    *tokens_out = 0;
}

double arms_price(const struct conf_model *model, uint64_t tokens_in, uint64_t tokens_out)
{
    return ((double)tokens_in * model->price_in + (double)tokens_out * model->price_out) / 1e6;
}
