/* replay: recorded trials once more, through other rules, another judge, or this version's own comparing; and what
 * that changes. The store is opened for reading only.
 *
 * Without a judge to ask, what the recorded judge said is taken again where the belief it was asked about is still the
 * same; without -r the recorded cues are.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "cmd.h"
#include "detect.h"
#include "pair_line.h"
#include "pairs.h"
#include "record.h"
#include "steps.h"
#include "store.h"

enum { TURNS_MAX = 512 };
#define OUTPUT_BYTES (1u << 20)

/* What a trial comes to. */
struct outcome_of {
    struct condition condition;
    enum verdict verdict;
    bool has_x, flagged;
    int x;
};

struct replay {
    struct detector *detector; /* NULL: the recorded cues stand */
    struct pair_judge *judge;  /* NULL: the recorded judge's words stand */
    const char *pair;          /* "candidate:NAME", "style_control", ...; NULL: the main one */
    const char *records;       /* the file they stand in; NULL: a store */
    bool json;
    struct err *err;
    uint64_t trials, missing, textless;
    /* told of, on the thread that prints */
    uint64_t replayed, conditions_changed, outcomes_changed, flags[2];
    uint64_t verdicts[VERDICT_COUNT][VERDICT_COUNT]; /* from, to */
};

/* Before and after, in the pair's arena. */
struct change {
    struct outcome_of before, after;
};

/* ---- reading a record ---- */

/* The one of a list whose member key is name. */
static const cJSON *one_of(const cJSON *list, const char *key, struct slice name)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
    {
        if (slice_equal(json_get_slice(one, key), name))
            return one;
    }
    return NULL;
}

/* Where a pair beside the main one stands in a record, with its arms, its judge and what came of it; NULL: the trial
 * has no such pair. */
static const cJSON *pair_of(const struct replay *replay, const cJSON *record)
{
    return one_of(json_get(record, "pairs"), "pair", slice_from(replay->pair));
}

/* Who stands in a place of the replayed pair. */
static const cJSON *arm_of(const struct replay *replay, const cJSON *record, const char *place)
{
    struct slice name =
        replay->pair ? json_get_slice(json_get(pair_of(replay, record), "arms"), place) : slice_from(place);
    return one_of(json_get(record, "arms"), "arm", name);
}

static bool is_text(struct slice text)
{
    return text.data && !slice_starts(text, SLICE("sha256:"));
}

static bool read_pair(const struct replay *replay, const cJSON *record, struct compare_input *out)
{
    const cJSON *warm = arm_of(replay, record, "warm"), *original = arm_of(replay, record, "original"),
                *belief = json_get(record, "belief");
    bool neutral = replay->pair && strcmp(replay->pair, pair_kind_name(PAIR_NEUTRAL)) == 0;
    *out = (struct compare_input){.question = neutral ? json_get_slice(json_get(record, "neutral"), "text")
                                                      : json_get_slice(record, "question"),
                                  .warm = json_get_slice(warm, "text"),
                                  .original = json_get_slice(original, "text"),
                                  .warm_tool_calls = json_get_slice(warm, "tool_calls"),
                                  .original_tool_calls = json_get_slice(original, "tool_calls")};
    if (belief_parse(json_get_slice(belief, "kind"), &out->belief_kind) && out->belief_kind != BELIEF_NONE)
        out->belief = json_get_slice(belief, "text");
    return is_text(out->question) && is_text(out->warm) && is_text(out->original);
}

static void detect_again(struct replay *replay, struct pair_line *pair, struct condition *condition)
{
    struct detect_turn turns[TURNS_MAX];
    struct detection found;
    size_t count = 0;
    const cJSON *turn;
    cJSON_ArrayForEach(turn, json_get(pair->tree, "history"))
    {
        if (count < TURNS_MAX - 1 && json_get_slice(turn, "text").data)
            turns[count++] =
                (struct detect_turn){slice_is(json_get_slice(turn, "role"), "user"), json_get_slice(turn, "text")};
    }
    turns[count++] = (struct detect_turn){true, pair->input.question};
    detect_run(replay->detector, turns, count, pair->arena, &found);
    *condition = found.condition;
    pair->input.belief_kind = found.belief.kind;
    pair->input.belief = found.belief.kind == BELIEF_NONE ? SLICE("") : arena_copy(pair->arena, found.belief.text);
}

static bool both(const cJSON *call, const char *key, struct slice *warm, struct slice *original)
{
    *warm = json_get_slice(json_get(call, key), "warm");
    *original = json_get_slice(json_get(call, key), "original");
    return warm->data && original->data;
}

static bool supported_read(struct slice word, enum supported *out)
{
    for (unsigned s = 0; s < SUPPORTED_COUNT; s++)
        if (slice_is(word, supported_name((enum supported)s))) {
            *out = (enum supported)s;
            return true;
        }
    return false;
}

static struct judge_call call_read(const cJSON *call)
{
    struct judge_call out = {.order = slice_is(json_get_slice(call, "order"), "warm_first") ? 'w' : 'o'};
    struct judgement *said = &out.judgement;
    struct slice warm, original;
    if (json_get_slice(call, "missing").data)
        out.missing = DROP_SHADOW_UNREACHABLE;
    out.parsed = both(call, "stance", &warm, &original) && stance_parse(warm, &said->stance_warm) &&
                 stance_parse(original, &said->stance_original) && both(call, "answers", &warm, &original) &&
                 answers_parse(warm, &said->answers_warm) && answers_parse(original, &said->answers_original) &&
                 relation_parse(json_get_slice(call, "relation"), &said->relation) &&
                 supported_read(json_get_slice(call, "supported"), &said->supported);
    said->sure = slice_is(json_get_slice(call, "sure"), "high");
    return out;
}

/* What the recorded judge said of it holds while it is asked about the same belief. */
static void judge_again(const struct replay *replay, struct pair_line *pair, bool same_belief)
{
    const cJSON *calls = json_get(replay->pair ? pair_of(replay, pair->tree) : pair->tree, "judge"), *call;
    struct judge_call read[2];
    size_t count = 0;
    cJSON_ArrayForEach(call, calls)
    {
        if (count < 2)
            read[count++] = call_read(call);
    }
    if (!comparison_open(&pair->comparison) || count == 0)
        return;
    if (same_belief)
        step_judge_calls(read, count, pair->input.belief_kind, &pair->comparison);
    else
        pair->comparison.reason = "belief_changed";
}

static bool outcome_recorded(const struct replay *replay, const cJSON *record, struct outcome_of *out)
{
    const cJSON *pair = replay->pair ? pair_of(replay, record) : record,
                *compared = replay->pair ? pair : json_get(record, "compare");
    int64_t x;
    *out = (struct outcome_of){0};
    if (!condition_parse(json_get_slice(record, "condition"), &out->condition) ||
        !verdict_parse(json_get_slice(compared, "verdict"), &out->verdict))
        return false;
    out->has_x = json_get_int(pair, "x", &x);
    out->x = out->has_x ? (int)x : 0;
    if (!replay->pair) /* what raises a flag is the main one's alone */
        (void)json_get_bool(record, "flagged", &out->flagged);
    return true;
}

/* ---- telling ---- */

static void put_outcome(struct json_writer *w, const char *key, const struct outcome_of *outcome)
{
    char name[CONDITION_NAME_SIZE];
    json_open_object(w, key);
    json_put_text(w, "condition", condition_name(outcome->condition, name));
    json_put_text(w, "verdict", verdict_name(outcome->verdict));
    if (outcome->has_x)
        json_put_int(w, "x", outcome->x);
    else
        json_put_null(w, "x");
    json_put_bool(w, "flagged", outcome->flagged);
    json_close_object(w);
}

static void put_line(const struct pair_line *pair, const struct change *change, bool json, struct buf *out)
{
    struct slice id = json_get_slice(pair->tree, "trial_id");
    if (json) {
        struct json_writer w;
        json_start(&w, out);
        json_open_object(&w, NULL);
        json_put_slice(&w, "trial_id", id);
        put_outcome(&w, "before", &change->before);
        put_outcome(&w, "after", &change->after);
        json_put_double(&w, "difference", pair->comparison.difference);
        json_put_text(&w, "stage", stage_name(pair->comparison.stage));
        json_put_text(&w, "reason", pair->comparison.reason);
        json_close_object(&w);
    } else {
        char before[CONDITION_NAME_SIZE], after[CONDITION_NAME_SIZE];
        pairs_excerpt(id, ID_SIZE, out);
        if (condition_index(change->before.condition) != condition_index(change->after.condition))
            buf_add_format(out, "  %s -> %s", condition_name(change->before.condition, before),
                           condition_name(change->after.condition, after));
        if (change->before.verdict != change->after.verdict)
            buf_add_format(out, "  %s -> %s", verdict_name(change->before.verdict),
                           verdict_name(change->after.verdict));
        if (change->before.flagged != change->after.flagged)
            buf_add_text(out, change->after.flagged ? "  now flagged" : "  no longer flagged");
    }
    buf_add_char(out, '\n');
}

static int tell(const struct pair_line *pair, void *arg)
{
    struct replay *replay = arg;
    struct change *change = pair->more;
    struct outcome_of *before = &change->before, *after = &change->after;
    after->verdict = pair->comparison.verdict;
    after->has_x = outcome_signed(&pair->comparison, pair->input.belief_kind, &after->x);
    after->flagged = !replay->pair && outcome_flagged(&pair->comparison);
    bool moved = condition_index(before->condition) != condition_index(after->condition);
    bool other_x = before->has_x != after->has_x || before->x != after->x;
    replay->replayed++;
    replay->conditions_changed += moved;
    replay->outcomes_changed += other_x;
    replay->flags[0] += before->flagged;
    replay->flags[1] += after->flagged;
    replay->verdicts[before->verdict][after->verdict]++;
    if (!replay->json && !moved && !other_x && before->verdict == after->verdict && before->flagged == after->flagged)
        return 0;
    struct buf out;
    buf_init(&out, OUTPUT_BYTES);
    put_line(pair, change, replay->json, &out);
    int code = cmd_print(&out);
    buf_fini(&out);
    return code == EXIT_DONE ? 0 : -1;
}

static void put_summary(const struct replay *replay, FILE *out)
{
    fprintf(out, "\n%llu trials: %llu replayed, %llu without a comparison, %llu without their texts\n",
            (unsigned long long)replay->trials, (unsigned long long)replay->replayed,
            (unsigned long long)replay->missing, (unsigned long long)replay->textless);
    fprintf(out, "conditions changed %llu, outcomes (x) changed %llu, flagged %llu before and %llu after\n\n",
            (unsigned long long)replay->conditions_changed, (unsigned long long)replay->outcomes_changed,
            (unsigned long long)replay->flags[0], (unsigned long long)replay->flags[1]);
    fprintf(out, "%-26s %8s %8s\n", "verdict", "before", "after");
    for (unsigned v = 0; v < VERDICT_COUNT; v++) {
        unsigned long long before = 0, after = 0;
        for (unsigned other = 0; other < VERDICT_COUNT; other++) {
            before += replay->verdicts[v][other];
            after += replay->verdicts[other][v];
        }
        if (before || after)
            fprintf(out, "%-26s %8llu %8llu\n", verdict_name((enum verdict)v), before, after);
    }
    for (unsigned from = 0; from < VERDICT_COUNT; from++)
        for (unsigned to = 0; to < VERDICT_COUNT; to++)
            if (from != to && replay->verdicts[from][to])
                fprintf(out, "  %s -> %s: %llu\n", verdict_name((enum verdict)from), verdict_name((enum verdict)to),
                        (unsigned long long)replay->verdicts[from][to]);
}

/* ---- one record ---- */

static int replay_pair(struct replay *replay, struct pair_line *pair)
{
    struct change *change = pair->more;
    struct slice belief = pair->input.belief;
    enum belief kind = pair->input.belief_kind;
    change->after.condition = change->before.condition;
    if (replay->detector)
        detect_again(replay, pair, &change->after.condition);
    compare_texts(&pair->input, pair->arena, &pair->comparison);
    pair->tell = tell;
    pair->arg = replay;
    if (replay->judge)
        return pair_judge_put(replay->judge, pair);
    judge_again(replay, pair, kind == pair->input.belief_kind && slice_equal(belief, pair->input.belief));
    int rc = tell(pair, replay);
    pair_line_free(pair);
    return rc;
}

static int replay_record(struct slice line, struct replay *replay)
{
    cJSON *record = json_parse(line, RECORD_LIMITS, replay->err);
    struct outcome_of before;
    if (!record)
        return -1;
    replay->trials++;
    if (!outcome_recorded(replay, record, &before)) {
        replay->missing++;
        cJSON_Delete(record);
        return 0;
    }
    struct pair_line *pair = pair_line_new(record);
    struct change *change = pair ? arena_alloc(pair->arena, sizeof *change) : NULL;
    if (!change) {
        pair_line_free(pair);
        return err_set(replay->err, "out of memory");
    }
    if (!read_pair(replay, pair->tree, &pair->input)) {
        replay->textless++;
        pair_line_free(pair);
        return 0;
    }
    change->before = before;
    pair->more = change;
    return replay_pair(replay, pair) ? err_set(replay->err, "cannot write to standard output") : 0;
}

static int on_line(struct slice line, size_t number, void *arg)
{
    struct replay *replay = arg;
    return replay_record(line, replay) ? err_prefix(replay->err, "%s:%zu:1", replay->records, number) : 0;
}

static int on_row(struct slice record, void *arg)
{
    return replay_record(record, arg);
}

/* ---- the command line ---- */

struct replay_options {
    const char *config, *store, *records, *judge, *pair;
    struct cmd_packs packs;
    bool json;
};

static int options_parse(int argc, char **argv, struct replay_options *options)
{
    const struct cmd_option known[] = {
        {"config", 'c', .text = &options->config}, {"store", .text = &options->store},
        {"records", .text = &options->records},    {"rules", 'r', .take = cmd_packs_take},
        {"judge", .text = &options->judge},        {"pair", .text = &options->pair},
        {"json", .flag = &options->json},
    };
    int usage = CMD_OPTIONS("replay", argc, argv, known, &options->packs);
    if (usage)
        return usage;
    if (optind < argc)
        return cmd_usage("replay", "'%s' is no option", argv[optind]);
    if (options->store && options->records)
        return cmd_usage("replay", "--store and --records exclude each other");
    if (!options->config && !options->store && !options->records)
        return cmd_usage("replay", "name the trials with -c FILE, --store PATH or --records FILE");
    return 0;
}

static int read_trials(const struct replay_options *options, const struct conf *conf, struct replay *replay)
{
    struct store_filter filter = {.flagged = -1, .oldest_first = true};
    struct slice store = slice_from(options->store);
    if (options->records) {
        replay->records = options->records;
        return cmd_each_line_of(options->records, on_line, replay, replay->err) ? -1 : 0;
    }
    const char *path = !options->store                         ? conf->store_path
                       : slice_starts(store, SLICE("sqlite:")) ? options->store + strlen("sqlite:")
                                                               : options->store;
    if (!path)
        return err_set(replay->err, "%s keeps no trials: it has no 'store'", options->config);
    /* A row that cannot be read leaves its sentence in err, and stops the reading. */
    return store_read(path, &filter, on_row, replay, replay->err) || replay->err->text[0] ? -1 : 0;
}

/* Another judge is the one of --judge, or of -c where the trials come from elsewhere. */
static int judge_open(const struct replay_options *options, struct replay *replay)
{
    const char *path = options->judge ? options->judge : options->store || options->records ? options->config : NULL;
    struct conf *conf = path ? conf_load(path, replay->err) : NULL;
    if (!path)
        return 0;
    if (!conf)
        return -1;
    if (conf->has_judge)
        replay->judge = pair_judge_start(conf, replay->err);
    else
        err_set(replay->err, "%s: models.judge is not there, so there is no judge to ask", path);
    conf_drop(conf);
    return replay->judge ? 0 : -1;
}

static int replay_run(struct replay_options *options, const struct conf *conf, struct replay *replay)
{
    struct rules *rules = NULL;
    int rc = 0;
    if (options->packs.count) {
        rules = cmd_rules_load(&options->packs, replay->err);
        replay->detector = rules ? detector_new(rules, replay->err) : NULL;
        rc = replay->detector ? 0 : -1;
    }
    if (rc == 0)
        rc = judge_open(options, replay);
    if (rc == 0)
        rc = read_trials(options, conf, replay);
    if (replay->judge && pair_judge_stop(replay->judge) != 0 && rc == 0)
        rc = err_set(replay->err, "cannot write to standard output");
    detector_free(replay->detector);
    rules_drop(rules);
    return rc;
}

int cmd_replay(int argc, char **argv)
{
    struct replay_options options = {.packs = {.command = "replay"}};
    struct err err = {""};
    int code = options_parse(argc, argv, &options);
    if (code)
        return code;
    struct replay *replay = calloc(1, sizeof *replay);
    struct conf *conf = options.config ? conf_load(options.config, &err) : NULL;
    if (!replay)
        err_set(&err, "out of memory");
    if (!replay || (options.config && !conf)) {
        code = cmd_fail(EXIT_FAILED, &err);
    } else {
        replay->err = &err;
        replay->json = options.json;
        replay->pair = options.pair && strcmp(options.pair, pair_kind_name(PAIR_MAIN)) != 0 ? options.pair : NULL;
        code = replay_run(&options, conf, replay) ? cmd_fail(EXIT_FAILED, &err) : EXIT_DONE;
        if (code == EXIT_DONE)
            put_summary(replay, options.json ? stderr : stdout);
    }
    free(replay);
    conf_drop(conf);
    return code;
}
