/* api_labels: the label paths of the admin plane: the next pair to label, a label that comes in, and the figures. Which
 * answer is the warm one never leaves the server; the order is worked out anew from trial and labeller.
 */
#include "api.h"
#include "label_store.h"
#include "record.h"

#define RECORD_BYTES (16u << 20)

static bool store_there(const struct api_context *context, struct api_answer *answer)
{
    if (!context->conf->store_path)
        api_fail(answer, 409, "no_store", "There is no store, so there is nothing to label.");
    else if (context->conf->content == CONF_CONTENT_NONE || context->conf->content == CONF_CONTENT_HASH)
        api_fail(answer, 409, "no_content", "The store keeps no texts (store.content), so there is nothing to show.");
    else
        return true;
    return false;
}

static void put_screen(struct json_writer *w, const struct label_screen *screen)
{
    const cJSON *turn;
    json_put_slice(w, "trial_id", screen->trial_id);
    json_put_slice(w, "question", screen->question);
    json_open_array(w, "earlier");
    cJSON_ArrayForEach(turn, screen->history)
    {
        json_open_object(w, NULL);
        json_put_slice(w, "role", json_get_slice(turn, "role"));
        json_put_slice(w, "text", json_get_slice(turn, "text"));
        json_close_object(w);
    }
    json_close_array(w);
    if (screen->belief.len) {
        json_open_object(w, "belief");
        json_put_text(w, "kind", belief_name(screen->belief_kind));
        json_put_slice(w, "text", screen->belief);
        json_close_object(w);
    } else {
        json_put_null(w, "belief");
    }
    json_put_slice(w, "first", screen->first);
    json_put_slice(w, "second", screen->second);
}

static void put_next(struct slice record, const char *labeller, const struct label_queue *queue,
                     struct api_answer *answer)
{
    struct label_screen screen;
    struct json_writer w;
    cJSON *tree = json_parse(record, RECORD_LIMITS, NULL);
    if (!tree || !label_screen_read(tree, slice_from(labeller), &screen)) {
        api_fail(answer, 503, "store_unavailable", "The record of the next trial cannot be read.");
    } else {
        json_start(&w, &answer->body);
        json_open_object(&w, NULL);
        put_screen(&w, &screen);
        json_put_int(&w, "waiting", (int64_t)queue->waiting);
        json_put_int(&w, "labelled", (int64_t)queue->labelled);
        json_close_object(&w);
    }
    cJSON_Delete(tree);
}

void api_get_next_label(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    char labeller[LABELLER_MAX + 1];
    struct label_queue queue;
    struct err err = {""};
    struct buf record;

    if (api_query_get(query->query, "labeller", labeller, sizeof(labeller)) <= 0 ||
        !labeller_is_valid(slice_from(labeller))) {
        api_fail(answer, 400, "invalid_query", "Say who labels: ?labeller=NAME, of at most 64 bytes.");
        return;
    }
    if (!store_there(context, answer))
        return;
    buf_init(&record, RECORD_BYTES);
    int found =
        label_store_next(context->conf->store_path, context->conf->label_share, labeller, &record, &queue, &err);
    if (found < 0)
        api_fail(answer, 503, "store_unavailable", err.text);
    else if (found > 0)
        answer->status = 204;
    else
        put_next(buf_slice(&record), labeller, &queue, answer);
    buf_fini(&record);
}

/* Copies a member into a text; false when it is none or too long. */
static bool get_name(const cJSON *object, const char *key, char *out, size_t size)
{
    struct slice text = json_get_slice(object, key);
    if (text.len == 0 || text.len >= size)
        return false;
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

static void take_label(const struct api_context *context, const cJSON *sent, struct api_answer *answer)
{
    const struct label_words words = {json_get_slice(sent, "answers_first"),  json_get_slice(sent, "stance_first"),
                                      json_get_slice(sent, "answers_second"), json_get_slice(sent, "stance_second"),
                                      json_get_slice(sent, "relation"),       json_get_slice(sent, "supported"),
                                      json_get_slice(sent, "sure"),           json_get_slice(sent, "note")};
    char trial_id[64], labeller[LABELLER_MAX + 1];
    struct label checked;
    struct err err = {""};

    if (!get_name(sent, "trial_id", trial_id, sizeof(trial_id)) ||
        !get_name(sent, "labeller", labeller, sizeof(labeller)) || !labeller_is_valid(slice_from(labeller))) {
        api_fail(answer, 400, "invalid_label", "A label needs 'trial_id' and 'labeller', of at most 64 bytes.");
        return;
    }
    if (label_read(&words, true, &checked, &err)) {
        api_fail(answer, 400, "invalid_label", err.text);
        return;
    }
    int rc = label_store_put(context->conf->store_path, context->conf->label_share, trial_id, labeller, &words, &err);
    if (rc < 0) {
        api_fail(answer, 503, "store_unavailable", err.text);
    } else if (rc > 0) {
        api_fail(answer, 404, "not_found", "There is no such trial, or it came to no comparison.");
    } else {
        answer->status = 201;
        buf_add_text(&answer->body, "{\"labelled\":true}");
    }
}

void api_post_label(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    struct err err = {""};
    if (!store_there(context, answer))
        return;
    cJSON *sent = json_parse(query->body, JSON_LIMITS_DEFAULT, &err);
    if (cJSON_IsObject(sent))
        take_label(context, sent, answer);
    else
        api_fail(answer, 400, "invalid_label", sent ? "A label is a JSON object." : err.text);
    cJSON_Delete(sent);
}

void api_get_labels(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    struct label_figures figures = {0};
    struct json_writer w;
    struct err err = {""};
    (void)query;
    if (context->conf->store_path && label_store_figures(context->conf->store_path, NULL, &figures, &err)) {
        api_fail(answer, 503, "store_unavailable", err.text);
        return;
    }
    json_start(&w, &answer->body);
    json_open_object(&w, NULL);
    label_figures_json(&figures, &w);
    json_close_object(&w);
}
