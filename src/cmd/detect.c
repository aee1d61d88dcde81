/* detect: `candor detect [-r RULES]... [-b WEIGHTS]`, JSON Lines in, what was found out.
 *
 * A line is {"id","text"} or {"id","messages":[{"role","content"},...]}, which is read as the proxy reads a request, so
 * that what is tuned offline is what runs. A line that cannot be read is told of, and the others go on. The spans of a
 * line are byte offsets into the text of the turn they name, a turn's number is its place in the messages.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>

#include "arena.h"
#include "booster.h"
#include "cmd.h"
#include "detect.h"
#include "json.h"
#include "request.h"

enum { LINE_ARENA = 64 << 20, OUTPUT_MAX = 64 << 20 };

struct run {
    struct detector *detector;
    struct err *err;
    bool unread; /* some lines could not be read; the others were */
};

/* One line being worked on. */
struct line {
    struct arena *arena;
    struct slice id; /* as it was written: a number may be longer than a double */
    struct detect_turn *turns;
    size_t count;
    size_t last; /* the user's last turn; count: there is none */
};

static int id_member(const struct json_member *member, void *arg)
{
    if (json_key_is(member, "id"))
        *(struct slice *)arg = member->value;
    return 0;
}

static int read_messages(struct line *line, struct slice text, struct err *err)
{
    struct chat_request request;
    if (request_read(ENDPOINT_CHAT, text, line->arena, &request) != REQUEST_FINE)
        return err_set(err, "\"messages\" is a list of turns, each with a role and content");
    line->turns = arena_array(line->arena, request.turn_count, sizeof *line->turns);
    if (!line->turns)
        return err_set(err, "the line is too large");
    for (; line->count < request.turn_count; line->count++) {
        const struct turn *turn = &request.turns[line->count];
        bool spoken = turn->role == ROLE_USER || turn->role == ROLE_ASSISTANT;
        line->turns[line->count] = (struct detect_turn){turn->role == ROLE_USER, spoken ? turn->text : SLICE("")};
    }
    line->last = request.last_user;
    return 0;
}

static int read_line(struct line *line, struct slice whole, const cJSON *object, struct err *err)
{
    const cJSON *messages = json_get(object, "messages");
    struct slice text = json_get_slice(object, "text");
    if (json_members(whole, JSON_LIMITS_DEFAULT.max_depth, id_member, &line->id))
        return err_set(err, "a line is a JSON object");
    if (messages && !cJSON_IsArray(messages))
        return err_set(err, "\"messages\" is a list");
    if (messages)
        return cJSON_GetArraySize(messages) ? read_messages(line, whole, err) : 0;
    if (!text.data)
        return err_set(err, "a line needs \"text\" or \"messages\"");
    line->turns = arena_array(line->arena, 1, sizeof *line->turns);
    if (!line->turns)
        return err_set(err, "the line is too large");
    line->turns[line->count++] = (struct detect_turn){true, text};
    return 0;
}

static void put_labels(struct json_writer *w, const struct detection *found)
{
    json_open_array(w, "labels");
    for (unsigned c = 0; c < CONTEXT_NONE; c++)
        if (found->contexts & (1u << c))
            json_put_text(w, NULL, context_name((enum context)c));
    char name[40];
    snprintf(name, sizeof name, "belief:%s", belief_name(found->belief.kind));
    if (found->belief.kind != BELIEF_NONE)
        json_put_text(w, NULL, name);
    json_close_array(w);
}

static void put_scores(struct json_writer *w, const struct detection *found)
{
    json_open_object(w, "scores");
    for (unsigned c = 0; c < CONTEXT_NONE; c++)
        if (found->scores[c] > 0)
            json_put_double(w, context_name((enum context)c), found->scores[c]);
    for (unsigned b = BELIEF_ASSERTED; b < BELIEF_COUNT; b++) {
        char name[40];
        snprintf(name, sizeof name, "belief:%s", belief_name((enum belief)b));
        if (found->belief_scores[b] > 0)
            json_put_double(w, name, found->belief_scores[b]);
    }
    json_close_object(w);
}

static void put_belief(struct json_writer *w, const struct stated_belief *belief)
{
    if (belief->kind == BELIEF_NONE)
        return;
    json_open_object(w, "belief");
    json_put_text(w, "kind", belief_name(belief->kind));
    json_put_slice(w, "text", belief->text.data ? belief->text : SLICE(""));
    json_put_int(w, "turn", (int64_t)belief->turn);
    json_put_int(w, "start", (int64_t)belief->start);
    json_put_int(w, "end", (int64_t)belief->end);
    json_put_double(w, "confidence", belief->confidence);
    if (belief->question.len)
        json_put_slice(w, "question", belief->question);
    json_close_object(w);
}

static void put_cues(struct json_writer *w, const struct detection *found)
{
    json_open_array(w, "cues");
    for (size_t i = 0; i < found->cue_count; i++) {
        const struct cue *cue = &found->cues[i];
        char name[40];
        snprintf(name, sizeof name, "belief:%s", belief_name(cue->belief));
        json_open_object(w, NULL);
        json_put_text(w, "label", cue->context != CONTEXT_NONE ? context_name(cue->context) : name);
        json_put_text(w, "rule", cue->rule);
        json_put_double(w, "score", cue->score);
        json_put_int(w, "turn", (int64_t)cue->turn);
        json_put_int(w, "start", (int64_t)cue->start);
        json_put_int(w, "end", (int64_t)cue->end);
        json_close_object(w);
    }
    json_close_array(w);
}

static void put_neutral(struct json_writer *w, const struct run *run, const struct line *line,
                        const struct detection *found)
{
    struct neutral neutral = {.safe = true};
    if (line->last < line->count)
        neutralise(run->detector, line->turns[line->last].text, found, line->last, line->arena, &neutral);
    json_put_slice(w, "neutral", neutral.text);
    json_open_array(w, "cuts");
    for (size_t i = 0; i < neutral.cut_count; i++) {
        json_open_object(w, NULL);
        json_put_int(w, "start", (int64_t)neutral.cuts[i].start);
        json_put_int(w, "end", (int64_t)neutral.cuts[i].end);
        json_close_object(w);
    }
    json_close_array(w);
    if (!neutral.safe)
        json_put_text(w, "neutral_refused", neutral.reason);
}

/* Only with weights: how much the booster suspects a cue in the last thing the user said. */
static void put_suspicion(struct json_writer *w, const struct run *run, const struct line *line)
{
    double suspicion =
        line->last < line->count ? booster_score(run->detector, line->turns[line->last].text) : -INFINITY;
    if (isfinite(suspicion))
        json_put_double(w, "suspicion", suspicion);
}

static void put_line(struct json_writer *w, const struct run *run, const struct line *line)
{
    struct detection found;
    detect_run(run->detector, line->turns, line->count, line->arena, &found);
    json_open_object(w, NULL);
    json_put_raw(w, "id", line->id);
    put_labels(w, &found);
    put_scores(w, &found);
    put_belief(w, &found.belief);
    put_cues(w, &found);
    char condition[CONDITION_NAME_SIZE];
    json_put_text(w, "condition", condition_name(found.condition, condition));
    json_put_text(w, "language", found.language);
    if (found.error) {
        json_put_bool(w, "detector_error", true);
        json_open_array(w, "failed");
        for (size_t i = 0; i < found.failed_count; i++)
            json_put_text(w, NULL, found.failed[i]);
        json_close_array(w);
    }
    put_neutral(w, run, line, &found);
    put_suspicion(w, run, line);
    json_close_object(w);
}

static int detect_line(struct slice text, size_t number, void *arg)
{
    struct run *run = arg;
    cJSON *object = json_parse(text, JSON_LIMITS_DEFAULT, run->err);
    struct line line = {.arena = arena_new(LINE_ARENA), .id = SLICE("null")};
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    int failed = -1;
    if (object && !line.arena)
        err_set(run->err, "out of memory");
    else if (object && !cJSON_IsObject(object))
        err_set(run->err, "a line is a JSON object");
    else if (object)
        failed = read_line(&line, text, object, run->err);
    if (failed) {
        err_prefix(run->err, "standard input:%zu:1", number);
        run->unread = true;
        failed = cmd_fail(0, run->err);
    } else {
        struct json_writer w;
        json_start(&w, &out);
        put_line(&w, run, &line);
        buf_add_char(&out, '\n');
        failed = out.failed || fwrite(out.data, 1, out.len, stdout) != out.len
                     ? err_set(run->err, "cannot write standard output")
                     : 0;
    }
    cJSON_Delete(object);
    buf_fini(&out);
    arena_free(line.arena);
    return failed;
}

int cmd_detect(int argc, char **argv)
{
    struct cmd_packs packs = {.command = argv[0]};
    const char *weights = NULL;
    const struct cmd_option known[] = {{"rules", 'r', .take = cmd_packs_take}, {"booster", 'b', .text = &weights}};
    int usage = CMD_OPTIONS(argv[0], argc, argv, known, &packs);
    if (usage)
        return usage;
    if (optind < argc)
        return cmd_usage(argv[0], "messages come on standard input, not as '%s'", argv[optind]);
    struct err err = {""};
    struct rules *rules = rules_boost(cmd_rules_load(&packs, &err), weights, &err);
    struct run run = {.detector = rules ? detector_new(rules, &err) : NULL, .err = &err};
    int code = EXIT_DONE;
    if (!run.detector || cmd_each_line(stdin, NULL, detect_line, &run, &err))
        code = cmd_fail(EXIT_FAILED, &err);
    else if (run.unread)
        code = EXIT_FAILED;
    detector_free(run.detector);
    rules_drop(rules);
    return code;
}
