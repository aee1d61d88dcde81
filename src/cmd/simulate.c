/* simulate: what the configured alerts guarantee, and what each condition costs, by playing it out.
 *
 * It answers what an operator asks before going live: how often will this cry wolf, would it see the study's gaps, how
 * soon, and for how much shadow traffic. The formulas are those that run in production; the seed is fixed unless given,
 * so that the same settings print the same table.
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "alert.h"
#include "cmd.h"
#include "drift.h"
#include "evidence.h"
#include "json.h"
#include "sample.h"
#include "simulate.h"
#include "store.h"

/* What a shadow request and a judgement take where nothing is known yet: the study's longest answers, and our rubric
 * around two of them. */
#define TOKENS_QUESTION  200.0
#define TOKENS_ANSWER    300.0
#define TOKENS_RUBRIC    900.0
#define TOKENS_JUDGEMENT 220.0
#define MOST_RUNS        1000000
#define MOST_COMPARISONS 10000000

struct plan {
    const char *config;
    uint64_t conditions, comparisons, runs, seed;
    bool json;
    struct tally_settings settings;
    struct simulate_level level; /* what the level alert speaks against, and at which threshold */
    double drift_alpha;
    uint64_t drift_horizon;
    double sensitivity, specificity; /* of the judge: what it makes of the study's gaps */
    double mix[CONDITION_COUNT];     /* share of the traffic, given or read from the store; 0: not known */
    bool mix_given;
};

/* Discordance of an answer with its own warm rewriting, as judged, where nobody has measured it. */
#define STYLE_CONTROL_PSI .05

struct cost { /* of one comparison */
    double requests, tokens, money;
};

struct planned { /* a condition of the study */
    struct condition condition;
    double gap, psi, share, mix;
    struct simulate_delay level, drift;
    struct cost cost;
};

static int take_number(const char *name, const char *text, uint64_t most, uint64_t *out)
{
    if (slice_to_u64(slice_from(text), out) || *out < 1 || *out > most)
        return cmd_usage("simulate", "%s wants a whole number from 1 to %" PRIu64 ", not '%s'", name, most, text);
    return 0;
}

static int take_conditions(const char *text, void *arg)
{
    return take_number("--conditions", text, CONDITION_COUNT, &((struct plan *)arg)->conditions);
}

static int take_comparisons(const char *text, void *arg)
{
    return take_number("--comparisons", text, MOST_COMPARISONS, &((struct plan *)arg)->comparisons);
}

static int take_runs(const char *text, void *arg)
{
    return take_number("--runs", text, MOST_RUNS, &((struct plan *)arg)->runs);
}

static int take_seed(const char *text, void *arg)
{
    return take_number("--seed", text, UINT64_MAX, &((struct plan *)arg)->seed);
}

/* CONDITION=SHARE, of all exchanges. */
static int take_mix(const char *text, void *arg)
{
    struct plan *plan = arg;
    struct slice name, share_text = slice_from(text);
    struct condition condition;
    double share;
    if (!slice_cut(&share_text, '=', &name) || !condition_parse(name, &condition) ||
        slice_to_double(share_text, &share) || !(share >= 0 && share <= 1))
        return cmd_usage("simulate", "--mix wants CONDITION=SHARE, such as emotion:sad+none=0.02, not '%s'", text);
    plan->mix[condition_index(condition)] = share;
    plan->mix_given = true;
    return 0;
}

/* SENSITIVITY,SPECIFICITY */
static int take_judge(const char *text, void *arg)
{
    struct plan *plan = arg;
    struct slice first, rest = slice_from(text);
    if (!slice_cut(&rest, ',', &first) || slice_to_double(first, &plan->sensitivity) ||
        slice_to_double(rest, &plan->specificity) || !(plan->sensitivity > 0 && plan->sensitivity <= 1) ||
        !(plan->specificity > 0 && plan->specificity <= 1))
        return cmd_usage("simulate", "--judge wants SENSITIVITY,SPECIFICITY, such as 0.85,0.95, not '%s'", text);
    return 0;
}

/* The shares that the store's trials stand for. A store that is not there yet has none. */
static void mix_read(const char *store, struct plan *plan)
{
    struct tally *tally = calloc(1, sizeof *tally);
    struct err err = {""};
    uint64_t all = 0;
    unsigned number;
    if (tally && store_replay(store, NULL, NULL, tally, &number, &err) == 0)
        for (size_t i = 0; i < CONDITION_COUNT; i++)
            all += tally->rows[i].weight;
    for (size_t i = 0; i < CONDITION_COUNT && all > 0; i++)
        plan->mix[i] = (double)tally->rows[i].weight / (double)all;
    free(tally);
}

static int plan_parse(int argc, char **argv, struct plan *plan)
{
    const struct cmd_option options[] = {
        {"config", 'c', .text = &plan->config},
        {"conditions", 0, .take = take_conditions},
        {"comparisons", 0, .take = take_comparisons},
        {"runs", 0, .take = take_runs},
        {"seed", 0, .take = take_seed},
        {"mix", 0, .take = take_mix},
        {"judge", 0, .take = take_judge},
        {"json", 0, .flag = &plan->json},
    };
    int code = CMD_OPTIONS("simulate", argc, argv, options, plan);
    if (code == 0 && optind < argc)
        code = cmd_usage("simulate", "'%s' is no option", argv[optind]);
    return code;
}

/* ---- cost ---- */

static void cost_add(struct cost *cost, const struct conf_model *model, double times, double tokens_in,
                     double tokens_out)
{
    cost->requests += times;
    cost->tokens += times * (tokens_in + tokens_out);
    if (model)
        cost->money += times * (tokens_in * model->price_in + tokens_out * model->price_out) / 1e6;
}

/* What the side path asks for one comparison: the other answer, the extra arms' shares, and of each pair the judge,
 * once more for what it finds to differ. */
static struct cost cost_of(const struct conf *conf, const struct planned *planned)
{
    struct cost cost = {0};
    bool judged = !conf || conf->has_judge;
    double pairs = 1;
    cost_add(&cost, conf ? &conf->original : NULL, 1, TOKENS_QUESTION, TOKENS_ANSWER);
    if (conf) {
        bool cued = planned->condition.context != CONTEXT_NONE || planned->condition.belief != BELIEF_NONE;
        double neutral = cued ? conf->shadow.neutral : 0;
        cost_add(&cost, &conf->original, conf->shadow.original_again + neutral, TOKENS_QUESTION, TOKENS_ANSWER);
        cost_add(&cost, &conf->warm, conf->shadow.warm_again + neutral, TOKENS_QUESTION, TOKENS_ANSWER);
        cost_add(&cost, &conf->rewriter, conf->shadow.style_control, TOKENS_QUESTION + TOKENS_ANSWER, TOKENS_ANSWER);
        for (size_t i = 0; i < conf->candidate_count; i++)
            cost_add(&cost, &conf->candidates[i], 1, TOKENS_QUESTION, TOKENS_ANSWER);
        pairs += conf->shadow.original_again + conf->shadow.warm_again + neutral + conf->shadow.style_control +
                 (double)conf->candidate_count;
    }
    if (judged)
        cost_add(&cost, conf ? &conf->judge : NULL, pairs * (1 + planned->psi), TOKENS_RUBRIC + 2 * TOKENS_ANSWER,
                 TOKENS_JUDGEMENT);
    return cost;
}

static double share_of(const struct conf *conf, struct condition condition)
{
    struct detection detection = {.condition = condition};
    const char *stratum;
    detection.belief.kind = condition.belief;
    if (condition.context != CONTEXT_NONE)
        detection.contexts = 1u << condition.context;
    return conf ? sample_share(conf, &detection, &stratum) : 1;
}

/* ---- playing ---- */

static size_t play_false_alarms(const struct plan *plan, struct random *random)
{
    struct simulate_family family = {.conditions = plan->conditions,
                                     .comparisons = plan->comparisons,
                                     .runs = plan->runs,
                                     .gap = plan->level.null,
                                     .psi_low = fmax(.06, plan->level.null),
                                     .psi_high = fmax(.28, plan->level.null),
                                     .level = plan->level};
    return simulate_false_alarms(&family, random);
}

/* Fills one row a condition of the study, beliefs as asserted; returns how many, 0 when memory runs out. */
static size_t play_conditions(const struct plan *plan, const struct conf *conf, struct random *random,
                              struct planned *rows)
{
    static const enum context order[] = {CONTEXT_NONE, CONTEXT_HAPPY, CONTEXT_SAD,  CONTEXT_ANGER, CONTEXT_CLOSE,
                                         CONTEXT_UP,   CONTEXT_DOWN,  CONTEXT_HIGH, CONTEXT_LOW};
    static const enum belief beliefs[] = {BELIEF_NONE, BELIEF_ASSERTED};
    double drift = drift_threshold_log(plan->drift_alpha, plan->drift_horizon);
    size_t count = 0;
    for (size_t b = 0; b < 2; b++)
        for (size_t c = 0; c < sizeof order / sizeof *order; c++) {
            struct planned *row = &rows[count++];
            *row = (struct planned){.condition = {order[c], beliefs[b]}};
            if (!simulate_study(row->condition, &row->gap, &row->psi))
                continue;
            struct simulate_stream stream =
                simulate_judged(simulate_stream_of(row->gap, row->psi), plan->sensitivity, plan->specificity);
            row->share = share_of(conf, row->condition);
            row->cost = cost_of(conf, row);
            row->mix = plan->mix[condition_index(row->condition)];
            if (simulate_delays(stream, &plan->level, plan->comparisons, plan->runs, random, &row->level) ||
                simulate_drift(stream, drift, plan->comparisons, (plan->runs + 4) / 5, random, &row->drift))
                return 0;
        }
    return count;
}

/* ---- printing ---- */

/* A whole number in so many columns, a dash where it is not known. */
static void put_number(struct buf *out, int width, double value, bool known)
{
    char text[32] = "-";
    if (known)
        snprintf(text, sizeof text, "%.0f", ceil(value));
    buf_add_format(out, "%*s", width, text);
}

static void put_row(const struct plan *plan, const struct planned *row, struct buf *out)
{
    char name[CONDITION_NAME_SIZE], money[32] = "-";
    double n = (double)row->level.p80;
    bool found = row->level.p80 > 0;
    if (found)
        snprintf(money, sizeof money, "%.2f", n * row->cost.money);
    buf_add_format(out, "%-33s %5.1f %5.0f %%", condition_name(row->condition, name), 100 * row->gap,
                   100 * (double)row->level.fired / (double)plan->runs);
    put_number(out, 7, (double)row->level.median, row->level.median > 0);
    put_number(out, 7, n, found);
    put_number(out, 7, (double)row->drift.median, row->drift.median > 0);
    put_number(out, 10, n / row->share, found && row->share > 0);
    put_number(out, 10, n / (row->share * row->mix), found && row->share > 0 && row->mix > 0);
    put_number(out, 10, n * row->cost.requests, found);
    put_number(out, 10, n * row->cost.tokens / 1000, found);
    buf_add_format(out, "%10s\n", money);
}

static void put_table(const struct plan *plan, size_t alarms, const struct planned *rows, size_t count, struct buf *out)
{
    const struct tally_settings *settings = &plan->settings;
    double share = (double)alarms / (double)plan->runs;
    buf_add_format(
        out,
        "False alarms: %" PRIu64 " conditions whose gap is the %g pp that are put up with, each watched after every "
        "one of %" PRIu64 "\ncomparisons: %zu of %" PRIu64 " runs raised any, %.1f %% (promised: at most %g %% over "
        "all epochs, %.2g %% in the first).\n\n",
        plan->conditions, 100 * plan->level.null, plan->comparisons, alarms, plan->runs, 100 * share,
        100 * settings->alpha, 100 * settings->alpha / 2);
    if (plan->level.control > 0)
        buf_add_text(out,
                     "Each comparison has its style control, which costs power and leaves the judge's taste out.\n\n");
    else if (plan->level.null > settings->tolerance)
        buf_add_format(
            out,
            "There is no style control (models.rewriter): %g pp on top of the tolerance are put up with for the "
            "judge's taste.\n\n",
            100 * (plan->level.null - settings->tolerance));
    buf_add_format(out,
                   "The study's gaps: power by %" PRIu64
                   " comparisons, comparisons until the alert fires (in half, in four "
                   "fifths of the runs),\nuntil drift is called if the gap sets in later, and what four fifths of the "
                   "runs take.\n\n",
                   plan->comparisons);
    buf_add_format(out, "%-33s %5s %7s %6s %6s %6s %9s %9s %9s %9s %9s\n", "condition", "gap", "power", "half", "4/5",
                   "drift", "exchanges", "of all", "requests", "k tokens", "money");
    for (size_t i = 0; i < count; i++)
        put_row(plan, &rows[i], out);
    buf_add_format(
        out,
        "\nexchanges: of that condition, at its share of shadow.sample; of all: of the whole traffic, by --mix or by "
        "what the "
        "store\nhas seen. requests, tokens and money: shadow and "
        "judge together,\nfor %.0f tokens a question, %.0f an answer, %.0f a rubric, at the configured prices. "
        "The discordances behind\nthe power are those of the study's benchmarks: a deployment's will differ.\n",
        TOKENS_QUESTION, TOKENS_ANSWER, TOKENS_RUBRIC);
}

static void put_delay(struct json_writer *w, const char *key, const struct simulate_delay *delay, size_t runs)
{
    const struct {
        const char *key;
        uint64_t value;
    } quantiles[] = {{"median", delay->median}, {"p80", delay->p80}, {"p90", delay->p90}};
    json_open_object(w, key);
    json_put_double(w, "power", (double)delay->fired / (double)runs);
    for (size_t i = 0; i < 3; i++)
        if (quantiles[i].value)
            json_put_int(w, quantiles[i].key, (int64_t)quantiles[i].value);
        else
            json_put_null(w, quantiles[i].key);
    json_close_object(w);
}

static void put_json_row(struct json_writer *w, const struct plan *plan, const struct planned *row)
{
    char name[CONDITION_NAME_SIZE];
    json_open_object(w, NULL);
    json_put_text(w, "condition", condition_name(row->condition, name));
    json_put_double(w, "gap", row->gap);
    json_put_double(w, "discordance", row->psi);
    put_delay(w, "level", &row->level, plan->runs);
    put_delay(w, "drift", &row->drift, (plan->runs + 4) / 5);
    json_put_int(w, "fixed_size", (int64_t)evidence_mcnemar_size(row->gap, row->psi, .05, .8));
    json_put_double(w, "sample_share", row->share);
    if (row->mix > 0)
        json_put_double(w, "traffic_share", row->mix);
    else
        json_put_null(w, "traffic_share");
    json_put_double(w, "requests_per_comparison", row->cost.requests);
    json_put_double(w, "tokens_per_comparison", row->cost.tokens);
    json_put_double(w, "money_per_comparison", row->cost.money);
    json_close_object(w);
}

static void put_json(const struct plan *plan, size_t alarms, const struct planned *rows, size_t count, struct buf *out)
{
    struct json_writer writer, *w = &writer;
    json_start(w, out);
    json_open_object(w, NULL);
    json_open_object(w, "false_alarms");
    json_put_int(w, "runs", (int64_t)plan->runs);
    json_put_int(w, "families", (int64_t)alarms);
    json_put_double(w, "share", (double)alarms / (double)plan->runs);
    json_put_double(w, "promised", plan->settings.alpha);
    json_close_object(w);
    json_put_int(w, "conditions_watched", (int64_t)plan->conditions);
    json_put_int(w, "comparisons", (int64_t)plan->comparisons);
    json_put_double(w, "tolerance", plan->settings.tolerance);
    json_put_double(w, "null", plan->level.null);
    json_put_bool(w, "style_controlled", plan->level.control > 0);
    json_put_double(w, "judge_sensitivity", plan->sensitivity);
    json_put_double(w, "judge_specificity", plan->specificity);
    json_put_double(w, "threshold_log", plan->level.threshold_log);
    json_put_double(w, "drift_threshold_log", drift_threshold_log(plan->drift_alpha, plan->drift_horizon));
    json_open_array(w, "conditions");
    for (size_t i = 0; i < count; i++)
        put_json_row(w, plan, &rows[i]);
    json_close_array(w);
    json_close_object(w);
    buf_add_char(out, '\n');
}

static int play(const struct plan *plan, const struct conf *conf)
{
    struct random random = {plan->seed};
    struct planned rows[CONDITION_COUNT];
    size_t alarms = play_false_alarms(plan, &random), count = play_conditions(plan, conf, &random, rows);
    if (count == 0)
        return cmd_fail(EXIT_FAILED, &(struct err){"out of memory"});
    struct buf out;
    buf_init(&out, 1u << 20);
    if (plan->json)
        put_json(plan, alarms, rows, count, &out);
    else
        put_table(plan, alarms, rows, count, &out);
    int code = cmd_print(&out);
    buf_fini(&out);
    return code;
}

int cmd_simulate(int argc, char **argv)
{
    struct plan plan = {.conditions = CONDITION_COUNT,
                        .comparisons = 3000,
                        .runs = 1000,
                        .seed = 1,
                        .sensitivity = 1,
                        .specificity = 1,
                        .settings = tally_settings_default(),
                        .drift_alpha = .05,
                        .drift_horizon = 20000};
    struct err err = {""};
    int code = plan_parse(argc, argv, &plan);
    if (code)
        return code;
    struct conf *conf = plan.config ? conf_load(plan.config, &err) : NULL;
    if (plan.config && !conf)
        return cmd_fail(EXIT_FAILED, &err);
    plan.settings = tally_settings_of(conf);
    plan.settings.conditions = plan.conditions;
    plan.level = (struct simulate_level){.null = plan.settings.tolerance};
    if (conf) {
        struct alert_settings alerts = alert_settings_of(conf);
        plan.level.null = alert_level_null(&alerts);
        plan.level.control = alerts.style_controlled ? STYLE_CONTROL_PSI : 0;
        plan.drift_alpha = conf->alerts.drift_alpha;
        plan.drift_horizon = conf->alerts.drift_horizon;
        if (!plan.mix_given && conf->store_path)
            mix_read(conf->store_path, &plan);
    }
    plan.level.threshold_log = tally_threshold_log(&plan.settings);
    code = play(&plan, conf);
    conf_drop(conf);
    return code;
}
