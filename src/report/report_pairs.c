/* The flagged pairs that say most, for the foot of a report.
 *
 * What says most: a stated belief endorsed before a contradiction before an evasion, then a judge that was sure in both
 * orders, then the distance of the two texts. A few records of each epoch are kept as they are offered; which epoch is
 * reported is known only at the end. Their text is whatever store.content let be kept, and hostile.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "pairs.h"
#include "record.h"
#include "report_view.h"
#include "store.h"

#define MOST_KEPT    320        /* of all epochs together */
#define MOST_BYTES   (64 << 10) /* of one record that is kept */
#define MOST_OFFERED 500        /* of a store's flagged records, which are parsed to be compared */

struct kept {
    char epoch[33];
    double score;
    uint64_t seq;
    char *text;
    size_t len;
};

struct report_pairs {
    struct kept kept[MOST_KEPT];
    size_t count;
};

struct report_pairs *report_pairs_new(void)
{
    return calloc(1, sizeof(struct report_pairs));
}

void report_pairs_free(struct report_pairs *pairs)
{
    if (!pairs)
        return;
    for (size_t i = 0; i < pairs->count; i++)
        free(pairs->kept[i].text);
    free(pairs);
}

/* By so much that nothing else of a record makes up for a lesser verdict. */
static const struct {
    enum verdict verdict;
    double score;
} weights[] = {{VERDICT_WARM_ENDORSES_BELIEF, 8}, {VERDICT_CONTRADICT, 4}, {VERDICT_WARM_EVADES, 0}};
#define VERDICTS_FLAGGED (sizeof weights / sizeof *weights)

static double score_of(const cJSON *record)
{
    const cJSON *compare = json_get(record, "compare"), *call;
    enum verdict verdict;
    double difference = 0, score = 0;
    if (verdict_parse(json_get_slice(compare, "verdict"), &verdict))
        for (size_t i = 0; i < VERDICTS_FLAGGED; i++)
            score += weights[i].verdict == verdict ? weights[i].score : 0;
    cJSON_ArrayForEach(call, json_get(record, "judge")) score += slice_is(json_get_slice(call, "sure"), "high");
    if (json_get_double(compare, "difference", &difference))
        score += difference;
    return score;
}

/* Where a record of this epoch and score goes; NULL: better ones are there. */
static struct kept *room_for(struct report_pairs *pairs, const char *epoch, double score, uint64_t seq)
{
    struct kept *least = NULL;
    size_t same = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        struct kept *kept = &pairs->kept[i];
        if (strcmp(kept->epoch, epoch) != 0)
            continue;
        same++;
        if (!least || kept->score < least->score || (kept->score == least->score && kept->seq < least->seq))
            least = kept;
    }
    if (same < REPORT_PAIRS && pairs->count < MOST_KEPT)
        return &pairs->kept[pairs->count++];
    if (!least || least->score > score || (least->score == score && least->seq > seq))
        return NULL;
    free(least->text);
    return least;
}

void report_pairs_offer(struct report_pairs *pairs, struct slice record)
{
    struct err err;
    bool flagged = false, counted = false;
    int64_t seq = 0;
    if (slice_find(record, SLICE("\"flagged\":true"), 0) == SLICE_NOT_FOUND || record.len > MOST_BYTES)
        return;
    cJSON *tree = json_parse(record, RECORD_LIMITS, &err);
    struct slice epoch = json_get_slice(tree, "epoch");
    if (json_get_bool(tree, "flagged", &flagged) && flagged && json_get_bool(tree, "counted", &counted) && counted &&
        epoch.len < sizeof pairs->kept->epoch && json_get_int(tree, "seq", &seq)) {
        char name[33], *text = malloc(record.len);
        double score = score_of(tree);
        snprintf(name, sizeof name, "%.*s", SLICE_ARGS(epoch));
        struct kept *kept = text ? room_for(pairs, name, score, (uint64_t)seq) : NULL;
        if (kept) {
            memcpy(text, record.data, record.len);
            *kept = (struct kept){.score = score, .seq = (uint64_t)seq, .text = text, .len = record.len};
            memcpy(kept->epoch, name, sizeof name);
        } else {
            free(text);
        }
    }
    cJSON_Delete(tree);
}

struct offering {
    struct report_pairs *pairs;
    size_t count;
};

static int offer_row(struct slice row, void *arg)
{
    struct offering *offering = arg;
    offering->count++;
    report_pairs_offer(offering->pairs, row);
    return 0;
}

int report_pairs_read(struct report_pairs *pairs, const char *store, const struct store_filter *period, struct err *err)
{
    struct offering offering = {.pairs = pairs};
    for (size_t i = 0; i < VERDICTS_FLAGGED && offering.count < MOST_OFFERED; i++) {
        struct store_filter filter = *period;
        filter.flagged = 1;
        filter.verdict = verdict_name(weights[i].verdict);
        filter.limit = MOST_OFFERED - offering.count;
        if (store_read(store, &filter, offer_row, &offering, err))
            return -1;
    }
    return 0;
}

/* ---- telling ---- */

static int order_of_kept(const void *left, const void *right)
{
    const struct kept *a = *(const struct kept *const *)left, *b = *(const struct kept *const *)right;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    return (a->seq < b->seq) - (a->seq > b->seq);
}

/* Those of the reported epoch, or of all of them, the most telling first. */
static size_t choose(const struct report_view *view, const struct kept *chosen[REPORT_PAIRS])
{
    const struct report_pairs *pairs = view->input->pairs;
    const struct kept *all[MOST_KEPT];
    size_t count = 0;
    for (size_t i = 0; pairs && i < pairs->count; i++)
        if (view->input->epochs_pooled > 1 || strcmp(pairs->kept[i].epoch, view->input->tally->epoch) == 0)
            all[count++] = &pairs->kept[i];
    qsort(all, count, sizeof *all, order_of_kept);
    if (count > REPORT_PAIRS)
        count = REPORT_PAIRS;
    memcpy(chosen, all, count * sizeof *all);
    return count;
}

/* A record that is shown; the tree is the reader's own. */
struct shown {
    cJSON *tree;
    struct slice id, condition, verdict, question, belief, warm, original;
};

static struct slice arm_text(const cJSON *record, const char *arm)
{
    const cJSON *each;
    cJSON_ArrayForEach(each, json_get(record, "arms")) if (slice_is(json_get_slice(each, "arm"),
                                                                    arm)) return json_get_slice(each, "text");
    return SLICE_NONE;
}

static bool show(const struct kept *kept, struct shown *out)
{
    struct err err;
    cJSON *tree = json_parse(slice_of(kept->text, kept->len), RECORD_LIMITS, &err);
    *out = (struct shown){.tree = tree,
                          .id = json_get_slice(tree, "trial_id"),
                          .condition = json_get_slice(tree, "condition"),
                          .verdict = json_get_slice(json_get(tree, "compare"), "verdict"),
                          .question = json_get_slice(tree, "question"),
                          .belief = json_get_slice(json_get(tree, "belief"), "text"),
                          .warm = arm_text(tree, arm_name(ARM_WARM)),
                          .original = arm_text(tree, arm_name(ARM_ORIGINAL))};
    return tree != NULL;
}

void report_pairs_json(const struct report_view *view, struct json_writer *w)
{
    const struct kept *chosen[REPORT_PAIRS];
    size_t count = choose(view, chosen);
    json_open_array(w, "telling");
    for (size_t i = 0; i < count; i++) {
        struct shown shown;
        if (!show(chosen[i], &shown))
            continue;
        json_open_object(w, NULL);
        json_put_slice(w, "trial_id", shown.id);
        json_put_slice(w, "condition", shown.condition);
        json_put_slice(w, "verdict", shown.verdict);
        json_close_object(w);
        cJSON_Delete(shown.tree);
    }
    json_close_array(w);
}

void report_pairs_table(const struct report_view *view, struct buf *out)
{
    const struct kept *chosen[REPORT_PAIRS];
    size_t count = choose(view, chosen);
    if (count)
        buf_add_text(out, "\nFlagged pairs that say most (candor trials show -c FILE ID):\n");
    for (size_t i = 0; i < count; i++) {
        struct shown shown;
        if (!show(chosen[i], &shown))
            continue;
        buf_add_text(out, "  ");
        pairs_excerpt(shown.id, 26, out);
        buf_add_text(out, "  ");
        pairs_excerpt(shown.condition, 48, out);
        buf_add_text(out, "  ");
        pairs_excerpt(shown.verdict, 32, out);
        buf_add_char(out, '\n');
        cJSON_Delete(shown.tree);
    }
}

/* Escapes what could hide or reorder text first, and then what HTML would read. */
void report_html_text(struct slice text, struct buf *out)
{
    struct buf plain;
    if (!text.data) {
        buf_add_text(out, "<em>not kept</em>");
        return;
    }
    buf_init(&plain, 8 * text.len + 64);
    pairs_escape(text, &plain);
    for (size_t i = 0; i < plain.len; i++) {
        char c = plain.data[i];
        const char *entity = c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : NULL;
        if (entity)
            buf_add_text(out, entity);
        else
            buf_add_char(out, c);
    }
    buf_fini(&plain);
}

void report_pairs_html(const struct report_view *view, struct buf *out)
{
    const struct kept *chosen[REPORT_PAIRS];
    size_t count = choose(view, chosen);
    if (count == 0)
        return;
    buf_add_text(out,
                 "<h2>Flagged pairs that say most</h2>\n<p class=\"soft\">An anecdote proves nothing; these say what "
                 "the figures are made of.</p>\n");
    for (size_t i = 0; i < count; i++) {
        struct shown shown;
        if (!show(chosen[i], &shown))
            continue;
        const struct {
            const char *name;
            struct slice text;
        } parts[] = {
            {"asked", shown.question}, {"belief", shown.belief}, {"warm", shown.warm}, {"original", shown.original}};
        buf_add_text(out, "<h3>");
        report_html_text(shown.condition, out);
        buf_add_text(out, ": ");
        report_html_text(shown.verdict, out);
        buf_add_text(out, " <span class=\"soft\">");
        report_html_text(shown.id, out);
        buf_add_text(out, "</span></h3>\n<dl>\n");
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            if (p == 1 && !parts[p].text.data)
                continue;
            buf_add_format(out, "<dt>%s</dt><dd>", parts[p].name);
            report_html_text(parts[p].text, out);
            buf_add_text(out, "</dd>\n");
        }
        buf_add_text(out, "</dl>\n");
        cJSON_Delete(shown.tree);
    }
}
