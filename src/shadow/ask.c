/* ask: one request of the side path, from its reservation to its end: an arm's answer, the classifier about a pair, or
 * the judge about one. Each is settled with what it used, teaches the pace of its endpoint, and leaves its trial in
 * ask_leave. See side.h.
 */
#include <stdlib.h>

#include "classify.h"
#include "clock.h"
#include "side.h"
#include "steps.h"

static const char *ask_arm_name(const struct ask *ask)
{
    switch (ask->kind) {
    case ASK_ARM:
        return ask->answer->name;
    case ASK_CLASSIFIER:
        return "classifier";
    case ASK_JUDGE:
        break;
    }
    return "judge";
}

static const struct conf_model *ask_model(const struct ask *ask)
{
    const struct conf *conf = ask->trial->conf;
    switch (ask->kind) {
    case ASK_ARM:
        return arms_model(conf, ask->answer);
    case ASK_CLASSIFIER:
        return &conf->classifier;
    case ASK_JUDGE:
        break;
    }
    return &conf->judge;
}

size_t ask_place(const struct ask *ask)
{
    switch (ask->kind) {
    case ASK_ARM:
        return arms_place(ask->answer);
    case ASK_CLASSIFIER:
        return PLACE_CLASSIFIER;
    case ASK_JUDGE:
        break;
    }
    return PLACE_JUDGE;
}

bool ask_dispensable(const struct ask *ask)
{
    const struct trial_pair *main = trial_main(ask->trial);
    switch (ask->kind) {
    case ASK_ARM:
        return ask->answer != main->warm && ask->answer != main->original;
    case ASK_CLASSIFIER:
        return ask->trial->conf->has_judge || ask->pair != main;
    case ASK_JUDGE:
        break;
    }
    return ask->pair != main;
}

static void ask_worst_case(const struct ask *ask, uint64_t *tokens_in, uint64_t *tokens_out)
{
    switch (ask->kind) {
    case ASK_ARM:
        arms_worst_case(ask->trial, ask->answer, tokens_in, tokens_out);
        break;
    case ASK_CLASSIFIER:
        arms_classifier_worst_case(ask->pair, tokens_in, tokens_out);
        break;
    case ASK_JUDGE:
        arms_judge_worst_case(ask->trial, ask->pair, tokens_in, tokens_out);
        break;
    }
}

struct ask *ask_new(struct shadow *shadow, struct trial *trial, enum ask_kind kind, struct arm_answer *answer,
                    struct trial_pair *pair)
{
    struct ask *ask = calloc(1, sizeof *ask);
    if (!ask)
        return NULL;
    *ask = (struct ask){.shadow = shadow, .trial = trial, .kind = kind, .answer = answer, .pair = pair};
    uint64_t tokens_in = 0, tokens_out = 0;
    ask_worst_case(ask, &tokens_in, &tokens_out);
    ask->tokens = tokens_in + tokens_out;
    ask->money = arms_price(ask_model(ask), tokens_in, tokens_out);
    return ask;
}

/* ---- its end ---- */

static void count_request(struct ask *ask, enum drop_reason missing)
{
    const char *outcome = missing == DROP_NONE ? "done" : drop_reason_name(missing);
    metric_add(METRIC(ask->shadow->metrics, "candor_shadow_requests_total", ask_arm_name(ask), outcome), 1);
}

/* The trial goes on when nothing of it is under way any more. */
static void ask_leave(struct ask *ask)
{
    struct trial *trial = ask->trial;
    bool arm = ask->kind == ASK_ARM;
    struct pipeline *pipeline = ask->shadow->pipeline;
    if (arm) {
        ask->answer->state = ARM_ENDED;
        lines_join_arms(ask->shadow, trial); /* what waited for this answer */
    }
    free(ask);
    if (--trial->pending > 0)
        return;
    if (arm)
        pipeline_answered(pipeline, trial);
    else
        pipeline_judged(pipeline, trial);
}

/* What the classifier does not settle goes on as if it had not been asked. */
static void ask_classified(struct ask *ask, bool same, const char *outcome)
{
    metric_add(METRIC(ask->shadow->metrics, "candor_classifier_total", outcome), 1);
    if (same)
        compare_classified(&ask->pair->comparison);
    else
        lines_join_judge(ask->shadow, ask->trial, ask->pair);
}

void ask_refuse(struct ask *ask, enum drop_reason reason)
{
    count_request(ask, reason);
    switch (ask->kind) {
    case ASK_ARM:
        ask->answer->missing = reason;
        break;
    case ASK_CLASSIFIER:
        ask_classified(ask, false, drop_reason_name(reason));
        break;
    case ASK_JUDGE:
        ask->pair->judge[0].missing = reason;
        break;
    }
    ask_leave(ask);
}

static void ask_settle(struct ask *ask, int64_t tokens_in, int64_t tokens_out, bool known)
{
    struct shadow *shadow = ask->shadow;
    uint64_t tokens = known ? (uint64_t)(tokens_in + tokens_out) : ask->tokens;
    double money = known ? arms_price(ask_model(ask), (uint64_t)tokens_in, (uint64_t)tokens_out) : ask->money;
    budget_settle(&shadow->budget, ask->tokens, ask->money, tokens, money);
    metric_add(METRIC(shadow->metrics, "candor_shadow_tokens_total", ask_arm_name(ask)), tokens);
    shadow->spent += money;
    metric_set(shadow->money, shadow->spent);
}

static void ask_learn(struct ask *ask, unsigned status, uint64_t retry_after_ms)
{
    struct shadow *shadow = ask->shadow;
    size_t place = ask_place(ask);
    budget_learn(&shadow->budget, place, status, retry_after_ms, loop_now_ns(shadow->loop));
    metric_set(METRIC(shadow->metrics, "candor_shadow_rate", ask_model(ask)->name),
               shadow->budget.endpoints[place].rate);
}

/* A request that found nobody, or was refused, cost nothing: an outage must not eat the day's budget. Any other that
 * does not say what it used is taken at its reservation. */
static bool never_worked(enum fetch_outcome outcome, unsigned status)
{
    return outcome == FETCH_UNREACHABLE || (outcome == FETCH_DONE && status >= 400);
}

static void on_answered(const struct fetch_answer *fetched, void *arg)
{
    struct ask *ask = arg;
    struct shadow *shadow = ask->shadow;
    struct arm_answer *answer = ask->answer;
    arms_read(ask->trial, answer, fetched, &shadow->names);
    bool known = answer->tokens_in >= 0 && answer->tokens_out >= 0;
    if (never_worked(fetched->outcome, fetched->status))
        ask_settle(ask, 0, 0, true);
    else
        ask_settle(ask, answer->tokens_in, answer->tokens_out, known);
    ask_learn(ask, fetched->status, fetched->retry_after_ms);
    trial_note_ask(ask->trial, &(struct ask_note){.arm = ask_arm_name(ask),
                                                  .model = ask_model(ask),
                                                  .address = fetched->address,
                                                  .started_ms = ask->started_ms,
                                                  .ended_ms = clock_wall_ms(),
                                                  .missing = answer->missing,
                                                  .status = (int)fetched->status,
                                                  .answered_by = answer->model,
                                                  .finish_reason = answer->finish_reason,
                                                  .tokens_in = answer->tokens_in,
                                                  .tokens_out = answer->tokens_out});
    count_request(ask, answer->missing);
    ask_leave(ask);
    lines_pump(shadow);
}

static void on_classified(const struct classified *classified, void *arg)
{
    struct ask *ask = arg;
    struct shadow *shadow = ask->shadow;
    enum drop_reason missing = classified->missing;
    if (never_worked(classified->fetch, classified->status))
        ask_settle(ask, 0, 0, true);
    else
        ask_settle(ask, classified->tokens, 0, classified->tokens >= 0);
    ask_learn(ask, classified->status, classified->retry_after_ms);
    trial_note_ask(ask->trial, &(struct ask_note){.arm = ask_arm_name(ask),
                                                  .model = ask_model(ask),
                                                  .address = classified->address,
                                                  .started_ms = ask->started_ms,
                                                  .ended_ms = clock_wall_ms(),
                                                  .missing = missing,
                                                  .status = (int)classified->status,
                                                  .tokens_in = classified->tokens,
                                                  .tokens_out = -1});
    count_request(ask, missing);
    ask_classified(ask, classified->same, classified_name(classified));
    ask_leave(ask);
    lines_pump(shadow);
}

static void on_judged(const struct judging *judging, void *arg)
{
    struct ask *ask = arg;
    struct shadow *shadow = ask->shadow;
    struct trial_pair *pair = ask->pair;
    memcpy(pair->judge, judging->calls, sizeof pair->judge);
    pair->judge_count = judging->call_count;
    enum drop_reason missing = pair->judge_count ? pair->judge[pair->judge_count - 1].missing : DROP_MEMORY;
    for (size_t i = 0; i < pair->judge_count; i++)
        if (pair->judge[i].missing == DROP_NONE && !pair->judge[i].parsed)
            metric_add(shadow->judge_invalid, 1);
    ask_settle(ask, judging->tokens_in, judging->tokens_out, judging->tokens_known);
    ask_learn(ask, judging->status, judging->retry_after_ms);
    trial_note_ask(ask->trial, &(struct ask_note){.arm = ask_arm_name(ask),
                                                  .model = ask_model(ask),
                                                  .address = judging->address,
                                                  .started_ms = ask->started_ms,
                                                  .ended_ms = clock_wall_ms(),
                                                  .missing = missing,
                                                  .status = (int)judging->status,
                                                  .tokens_in = judging->tokens_known ? judging->tokens_in : -1,
                                                  .tokens_out = judging->tokens_known ? judging->tokens_out : -1});
    count_request(ask, missing);
    ask_leave(ask);
    lines_pump(shadow);
}

/* ---- its start ---- */

bool ask_start(struct ask *ask)
{
    struct fetcher *fetcher = ask->shadow->fetcher;
    struct trial *trial = ask->trial;
    ask->started_ms = clock_wall_ms();
    switch (ask->kind) {
    case ASK_ARM:
        return arms_start(fetcher, trial, ask->answer, on_answered, ask) == 0;
    case ASK_CLASSIFIER:
        return classify_start(fetcher, trial->conf, ask->pair->entailment, on_classified, ask) == 0;
    case ASK_JUDGE:
        break;
    }
    trial_pair_input(trial, ask->pair, &ask->input);
    return judge_start(fetcher, trial->conf, &ask->input, arms_earlier(trial), trial->arena, on_judged, ask) == 0;
}
