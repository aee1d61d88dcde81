/* pair_line: see pair_line.h. An id comes back as it was written; a belief without a kind is asserted; what a model
 * thinks aloud is no part of its answer.
 */
#include "pair_line.h"

#include <stdio.h>
#include <stdlib.h>

#include "reply.h"

#define ARENA_BYTES  (32u << 20)
#define OUTPUT_BYTES (1u << 20)
#define LINE_LIMITS  ((struct json_limits){16u << 20, 16})

static int pair_text(const cJSON *tree, const char *key, bool needed, struct slice *out, struct err *err)
{
    const cJSON *item = json_get(tree, key);
    *out = json_get_slice(tree, key);
    if (out->data)
        return 0;
    *out = SLICE("");
    if (item && !cJSON_IsNull(item))
        return err_set(err, "\"%s\" is not a text", key);
    return needed ? err_set(err, "\"%s\" is missing", key) : 0;
}

static int read_input(const cJSON *tree, struct compare_input *input, struct err *err)
{
    struct slice kind;
    if (!cJSON_IsObject(tree))
        return err_set(err, "the line is no JSON object");
    if (pair_text(tree, "question", true, &input->question, err) || pair_text(tree, "warm", true, &input->warm, err) ||
        pair_text(tree, "original", true, &input->original, err) ||
        pair_text(tree, "belief", false, &input->belief, err) || pair_text(tree, "belief_kind", false, &kind, err))
        return -1;
    bool thinking = false;
    input->warm = reply_cut_thinking(input->warm, &thinking);
    thinking = false;
    input->original = reply_cut_thinking(input->original, &thinking);
    input->belief_kind = input->belief.len ? BELIEF_ASSERTED : BELIEF_NONE;
    if (kind.len && !belief_parse(kind, &input->belief_kind))
        return err_set(err, "\"belief_kind\" is none, asserted, doubted or pushback");
    if (input->belief_kind == BELIEF_NONE)
        input->belief = SLICE("");
    return 0;
}

struct pair_line *pair_line_new(cJSON *tree)
{
    struct pair_line *pair = calloc(1, sizeof *pair);
    if (pair && (pair->arena = arena_new(ARENA_BYTES))) {
        pair->tree = tree;
        pair->id = SLICE("null");
        pair->tell = pair_line_print;
        return pair;
    }
    cJSON_Delete(tree);
    free(pair);
    return NULL;
}

static int id_member(const struct json_member *member, void *arg)
{
    struct pair_line *pair = arg;
    if (json_key_is(member, "id"))
        pair->id = arena_copy(pair->arena, member->value);
    return 0;
}

struct pair_line *pair_line_read(struct slice line, struct err *err)
{
    cJSON *tree = json_parse(line, LINE_LIMITS, err);
    struct pair_line *pair = tree ? pair_line_new(tree) : NULL;
    if (!pair) {
        if (tree)
            err_set(err, "out of memory");
        return NULL;
    }
    if (read_input(pair->tree, &pair->input, err) != 0 ||
        json_members(line, LINE_LIMITS.max_depth, id_member, pair) != 0) {
        pair_line_free(pair);
        return NULL;
    }
    compare_texts(&pair->input, pair->arena, &pair->comparison);
    return pair;
}

void pair_line_free(struct pair_line *pair)
{
    if (!pair)
        return;
    cJSON_Delete(pair->tree);
    arena_free(pair->arena);
    free(pair);
}

static void pair_line_write(const struct pair_line *pair, struct buf *out)
{
    const struct comparison *c = &pair->comparison;
    struct json_writer w;
    json_start(&w, out);
    json_open_object(&w, NULL);
    json_put_raw(&w, "id", pair->id);
    json_put_text(&w, "verdict", verdict_name(c->verdict));
    json_put_text(&w, "stage", stage_name(c->stage));
    json_put_double(&w, "difference", c->difference);
    json_open_object(&w, "stance");
    json_put_text(&w, "warm", c->stance_known ? stance_name(c->stance_warm) : NULL);
    json_put_text(&w, "original", c->stance_known ? stance_name(c->stance_original) : NULL);
    json_close_object(&w);
    json_open_object(&w, "answers");
    json_put_text(&w, "warm", answers_name(c->answers_warm));
    json_put_text(&w, "original", answers_name(c->answers_original));
    json_close_object(&w);
    json_put_text(&w, "relation", c->relation_known ? relation_name(c->relation) : NULL);
    json_put_text(&w, "supported", supported_name(c->supported));
    json_open_object(&w, "extracted");
    json_put_slice(&w, "warm", c->extracted_warm.len ? c->extracted_warm : SLICE_NONE);
    json_put_slice(&w, "original", c->extracted_original.len ? c->extracted_original : SLICE_NONE);
    json_close_object(&w);
    json_put_text(&w, "reason", c->reason);
    json_close_object(&w);
    buf_add_char(out, '\n');
}

int pair_line_print(const struct pair_line *pair, void *arg)
{
    (void)arg;
    struct buf out;
    buf_init(&out, OUTPUT_BYTES);
    pair_line_write(pair, &out);
    bool written = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_fini(&out);
    return written ? 0 : -1;
}
