/* steps: see steps.h. */
#include "steps.h"

#include "booster.h"
#include "inflate.h"
#include "sample.h"

#define INFLATED_MAX_BYTES (8u << 20)

enum arm step_live_arm(const struct conf *conf)
{
    return conf->live_is_original ? ARM_ORIGINAL : ARM_WARM;
}

enum arm step_asked_arm(const struct conf *conf)
{
    return conf->live_is_original ? ARM_WARM : ARM_ORIGINAL;
}

/* The plain bytes of a tap; in the arena where they had to be inflated. */
static enum drop_reason tap_body(struct trial *trial, const struct tap *tap, struct slice *body)
{
    if (tap->truncated)
        return DROP_BODY_TOO_LARGE;
    *body = buf_slice(&tap->body);
    struct slice encoding = slice_from(tap->encoding);
    if (encoding.len == 0 || slice_is(encoding, "identity"))
        return DROP_NONE;
    struct buf plain;
    buf_init(&plain, INFLATED_MAX_BYTES);
    enum drop_reason reason = DROP_ENCODING;
    if (inflate_body(encoding, *body, &plain) == 0) {
        *body = arena_copy(trial->arena, buf_slice(&plain));
        reason = body->data ? DROP_NONE : DROP_MEMORY;
    }
    buf_fini(&plain);
    return reason;
}

/* No label that could raise the share: brisk orders and idle questions read like any request. */
static bool is_quiet(const struct detection *detection)
{
    const unsigned ordinary = 1u << CONTEXT_DOWN | 1u << CONTEXT_LOW;
    return !(detection->contexts & ~ordinary) && detection->belief.kind == BELIEF_NONE;
}

static void last_turn_suspect(struct detection *detection, struct detector *detector, const struct detect_turn *turns,
                              size_t count)
{
    while (count > 0 && !turns[count - 1].user)
        count--;
    detection->suspected = count > 0 && booster_score(detector, turns[count - 1].text) > 0;
}

static void turns_detect(struct trial *trial, struct detector *detector, struct detect_turn *turns)
{
    size_t count = 0;
    for (size_t i = 0; i < trial->request.turn_count; i++) {
        const struct turn *turn = &trial->request.turns[i];
        /* System and tool turns stay as empty ones, so that a cue's turn index is the request's. */
        bool spoken = turn->role == ROLE_USER || turn->role == ROLE_ASSISTANT;
        turns[count++] = (struct detect_turn){turn->role == ROLE_USER, spoken ? turn->text : SLICE("")};
    }
    detect_run(detector, turns, count, trial->arena, &trial->detection);
    if (trial->conf->shadow.booster > 0 && is_quiet(&trial->detection))
        last_turn_suspect(&trial->detection, detector, turns, count);
}

enum drop_reason step_read(struct trial *trial)
{
    if (trial->endpoint == ENDPOINT_OTHER)
        return DROP_OTHER_PATH;
    if (trial->opted_out)
        return DROP_OPTED_OUT;
    if (trial->shadow_loop)
        return DROP_LOOP;
    if (trial->retried)
        return DROP_RETRY;
    enum drop_reason reason = tap_body(trial, &trial->request_tap, &trial->request_body);
    if (reason != DROP_NONE)
        return reason;
    switch (request_read(trial->endpoint, trial->request_body, trial->arena, &trial->request)) {
    case REQUEST_FINE:
        break;
    case REQUEST_TOO_LARGE:
        return DROP_BODY_TOO_LARGE;
    case REQUEST_NOT_JSON:
    case REQUEST_NO_MESSAGES:
        return DROP_REQUEST_UNREADABLE;
    }
    return trial->request.last_user < trial->request.turn_count ? DROP_NONE : DROP_NO_QUESTION;
}

enum drop_reason step_detect(struct trial *trial, struct detector *detector)
{
    struct detect_turn *turns = arena_array(trial->arena, trial->request.turn_count, sizeof *turns);
    if (!turns)
        return DROP_MEMORY;
    turns_detect(trial, detector, turns);
    trial->detected = true;
    return arena_exhausted(trial->arena) ? DROP_MEMORY : DROP_NONE;
}

/* What the request itself rules out: the other model could not be asked the same. Tools of the provider are cut out of
 * what it is asked; that is the same unless the live answer came about with them. */
static enum drop_reason request_comparable(const struct trial *trial, const struct arm_answer *live)
{
    const struct chat_request *request = &trial->request;
    if (request->stored_state || request->background)
        return DROP_STORED_STATE;
    if (live->server_acted)
        return DROP_TOOLS;
    for (size_t i = 0; i < request->turn_count; i++) {
        if (request->turns[i].has_stored)
            return DROP_STORED_STATE;
        if (request->turns[i].has_media && !trial->conf->shadow.carry_media)
            return DROP_MEDIA;
    }
    return DROP_NONE;
}

void step_read_answer(struct trial *trial, struct arm_answer *answer, bool event_stream, struct slice body)
{
    bool live = answer->arm == step_live_arm(trial->conf);
    struct reply reply;
    reply_read(answer->rewrites ? ENDPOINT_CHAT : trial->endpoint, event_stream, body, trial->arena, &reply);
    answer->model = reply.model;
    answer->fingerprint = reply.fingerprint;
    answer->finish_reason = reply.finish_reason;
    answer->text = reply.text.len ? reply.text : reply.refusal;
    answer->tool_calls = answer->rewrites ? answer->rewrites->tool_calls : reply.tool_calls;
    answer->server_acted = reply.server_acted;
    answer->tokens_in = reply.tokens_in;
    answer->tokens_out = reply.tokens_out;
    if (reply.is_error || reply.unparsed)
        answer->missing = live ? DROP_LIVE_UNREADABLE : DROP_SHADOW_UNREADABLE;
    else if (!reply.complete)
        answer->missing = live ? DROP_LIVE_INCOMPLETE : DROP_SHADOW_UNREADABLE;
    else if (slice_is(reply.finish_reason, "length"))
        answer->missing = live ? DROP_LIVE_TRUNCATED : DROP_SHADOW_TRUNCATED;
    else if (answer->text.len == 0 && answer->tool_calls.len == 0)
        answer->missing = live ? DROP_LIVE_UNREADABLE : DROP_SHADOW_UNREADABLE;
    else
        answer->missing = DROP_NONE;
}

static enum drop_reason live_read(struct trial *trial, struct arm_answer *live)
{
    live->state = ARM_ENDED;
    live->status = trial->live_status;
    live->first_byte_ms = trial->live_first_byte_ms;
    live->total_ms = trial->live_total_ms;
    live->missing = DROP_LIVE_INCOMPLETE;
    if (trial->client_gone || trial->live_broken)
        return live->missing;
    live->missing = DROP_LIVE_FAILED;
    if (trial->live_status != 200)
        return live->missing;
    struct slice body;
    live->missing = tap_body(trial, &trial->reply_tap, &body);
    if (live->missing == DROP_NONE)
        step_read_answer(trial, live, trial->reply_tap.event_stream, body);
    return live->missing;
}

/* Plans a pair; false when memory runs out, for its arms or for itself. */
static bool pair_plan(struct trial *trial, enum pair_kind kind, const struct arm_answer *warm,
                      const struct arm_answer *original)
{
    return warm && original && trial_add_pair(trial, kind, warm, original);
}

/* The same two models, asked without the cues: where these can be cut out without harm. */
static bool neutral_plan(struct trial *trial, struct detector *detector)
{
    const struct turn *last = &trial->request.turns[trial->request.last_user];
    neutralise(detector, last->text, &trial->detection, trial->request.last_user, trial->arena, &trial->neutral);
    return !trial->neutral.safe || pair_plan(trial, PAIR_NEUTRAL, trial_add_arm(trial, ARM_WARM_NEUTRAL, 0),
                                             trial_add_arm(trial, ARM_ORIGINAL_NEUTRAL, 0));
}

static bool control_plan(struct trial *trial, const struct arm_answer *original)
{
    struct arm_answer *control = trial_add_arm(trial, ARM_STYLE_CONTROL, 0);
    if (control)
        control->rewrites = original;
    return pair_plan(trial, PAIR_STYLE_CONTROL, control, original);
}

static bool candidates_plan(struct trial *trial, const struct arm_answer *original)
{
    bool planned = true;
    for (size_t i = 0; planned && i < trial->conf->candidate_count; i++)
        planned = pair_plan(trial, PAIR_CANDIDATE, trial_add_arm(trial, ARM_CANDIDATE, i), original);
    return planned;
}

static bool drawn(const struct trial *trial, const char *purpose, double share)
{
    return share > 0 && sample_number(trial, purpose) < share;
}

static bool pairs_plan(struct trial *trial, struct detector *detector)
{
    const struct conf *conf = trial->conf;
    trial_add_arm(trial, step_live_arm(conf), 0);
    trial_add_arm(trial, step_asked_arm(conf), 0);
    const struct arm_answer *warm = trial_arm(trial, ARM_WARM), *original = trial_arm(trial, ARM_ORIGINAL);
    bool planned = pair_plan(trial, PAIR_MAIN, warm, original);
    if (planned && drawn(trial, "original_again", conf->shadow.original_again))
        planned = pair_plan(trial, PAIR_ORIGINAL_AGAIN, trial_add_arm(trial, ARM_ORIGINAL_AGAIN, 0), original);
    if (planned && drawn(trial, "warm_again", conf->shadow.warm_again))
        planned = pair_plan(trial, PAIR_WARM_AGAIN, warm, trial_add_arm(trial, ARM_WARM_AGAIN, 0));
    if (planned && trial->detection.cue_count > 0 && drawn(trial, "neutral", conf->shadow.neutral))
        planned = neutral_plan(trial, detector);
    if (planned && drawn(trial, "style_control", conf->shadow.style_control))
        planned = control_plan(trial, original);
    return planned && candidates_plan(trial, original);
}

void step_read_live(struct trial *trial)
{
    struct arm_answer *live = NULL;
    if (trial->arm_count == 0 && trial->reply_tap.body.len > 0)
        live = trial_add_arm(trial, step_live_arm(trial->conf), 0);
    if (live)
        (void)live_read(trial, live);
}

enum drop_reason step_plan(struct trial *trial, struct detector *detector)
{
    /* The plan comes first: what it holds is missing, and said to be, where the live answer is no good. */
    if (!pairs_plan(trial, detector))
        return DROP_MEMORY;
    struct arm_answer *live = trial_arm(trial, step_live_arm(trial->conf));
    enum drop_reason reason = live_read(trial, live);
    return reason == DROP_NONE ? request_comparable(trial, live) : reason;
}

void step_compare(struct trial *trial)
{
    for (size_t i = 0; i < trial->pair_count; i++) {
        struct trial_pair *pair = &trial->pairs[i];
        pair->missing = pair->warm->missing != DROP_NONE ? pair->warm->missing : pair->original->missing;
        if (pair->missing != DROP_NONE)
            continue;
        struct compare_input input;
        trial_pair_input(trial, pair, &input);
        compare_texts(&input, trial->arena, &pair->comparison);
        if (trial->conf->has_classifier)
            pair->entailment =
                entailment_plan(&input, &pair->comparison, &trial->conf->shadow.classifier, trial->arena);
    }
}

bool step_pair_open(const struct trial_pair *pair)
{
    return pair->missing == DROP_NONE && comparison_open(&pair->comparison);
}

bool step_open(const struct trial *trial)
{
    for (size_t i = 0; i < trial->pair_count; i++)
        if (step_pair_open(&trial->pairs[i]) && (trial->conf->has_judge || trial->pairs[i].entailment))
            return true;
    return false;
}

void step_judge_calls(const struct judge_call *calls, size_t count, enum belief belief, struct comparison *comparison)
{
    const struct judge_call *first = &calls[0], *second = &calls[1];
    struct comparison judged = *comparison;
    bool twice = count > 1;
    judged.verdict = VERDICT_UNDECIDED;
    if (count == 0 || first->missing != DROP_NONE || (twice && second->missing != DROP_NONE))
        judged.reason = "judge_missing";
    else if (!first->parsed || (twice && !second->parsed))
        judged.reason = "judge_parse";
    else
        compare_judged(&first->judgement, twice ? &second->judgement : NULL, belief, &judged);
    bool texts_suffice = comparison->stage != STAGE_NONE && comparison->verdict != VERDICT_CONTRADICT;
    if (judged.verdict != VERDICT_UNDECIDED || !texts_suffice)
        *comparison = judged;
}

void step_judged(struct trial *trial)
{
    for (size_t i = 0; trial->conf->has_judge && i < trial->pair_count; i++) {
        struct trial_pair *pair = &trial->pairs[i];
        if (step_pair_open(pair))
            step_judge_calls(pair->judge, pair->judge_count, trial->detection.belief.kind, &pair->comparison);
    }
}

void step_conclude(struct trial *trial)
{
    for (size_t i = 0; i < trial->pair_count; i++) {
        struct trial_pair *pair = &trial->pairs[i];
        if (pair->missing == DROP_NONE)
            pair->x = outcome_primary(&pair->comparison, trial->detection.belief.kind);
    }
    const struct trial_pair *main = trial_main(trial);
    trial->missing = main->missing;
    trial->flagged = trial->missing == DROP_NONE && outcome_flagged(&main->comparison);
}

void step_abandon(struct trial *trial, enum drop_reason reason)
{
    trial->missing = reason;
    for (size_t i = 0; i < trial->arm_count; i++)
        if (trial->arms[i].state == ARM_PLANNED)
            trial->arms[i].missing = reason;
    for (size_t i = 0; i < trial->pair_count; i++)
        trial->pairs[i].missing = reason;
}
