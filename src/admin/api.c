/* api: the JSON, metrics and health paths of the admin plane.
 *
 * The store is read on the control thread: by indexed queries of at most LIMIT_MAX rows and BODY_BYTES, so that the
 * loop is held for milliseconds. The live path runs on other threads and does not notice.
 */
#include "api.h"

#include <stdlib.h>

#include "alert_store.h"
#include "clock.h"
#include "label_store.h"
#include "report.h"
#include "store.h"

#define LIMIT_USUAL 50u
#define LIMIT_MAX   500u
#define BODY_BYTES  (6u << 20) /* of records in one list; at least one record always fits */

/* ---- queries ---- */

int api_query_get(struct slice query, const char *name, char *out, size_t size)
{
    struct slice part, rest = query;
    while (slice_cut(&rest, '&', &part)) {
        struct slice value = part, key;
        if (!slice_cut(&value, '=', &key) || !slice_is(key, name))
            continue;
        size_t len = 0;
        for (size_t i = 0; i < value.len; i++) {
            char c = value.data[i];
            if (c == '%') {
                char hex[3] = {0};
                char *end;
                if (i + 2 >= value.len)
                    return -1;
                memcpy(hex, value.data + i + 1, 2);
                c = (char)strtol(hex, &end, 16);
                if (end != hex + 2)
                    return -1;
                i += 2;
            }
            if (c == '\0' || len + 1 >= size)
                return -1;
            out[len++] = c;
        }
        out[len] = '\0';
        return len > 0;
    }
    return 0;
}

void api_fail(struct api_answer *answer, unsigned status, const char *code, const char *message)
{
    struct json_writer w;
    answer->status = status;
    answer->type = "application/json";
    buf_clear(&answer->body);
    json_start(&w, &answer->body);
    json_open_object(&w, NULL);
    json_open_object(&w, "error");
    json_put_text(&w, "message", message);
    json_put_text(&w, "type", "candor_error");
    json_put_null(&w, "param");
    json_put_text(&w, "code", code);
    json_close_object(&w);
    json_close_object(&w);
}

/* ---- health and metrics ---- */

static void get_health(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    (void)context, (void)query;
    answer->type = "text/plain; charset=utf-8";
    buf_add_text(&answer->body, "ok\n");
}

static void get_ready(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    const char *why = NULL;
    (void)query;
    bool ready = context->ops->ready(&why, context->ops->arg);
    answer->status = ready ? 200 : 503;
    answer->type = "text/plain; charset=utf-8";
    buf_add_format(&answer->body, "%s\n", ready ? "ready" : why ? why : "not ready");
}

/* Whoever names OpenMetrics in a version we write (1.x, or none named) gets it, unless at q=0. */
static bool accepts_openmetrics(struct slice accept)
{
    struct slice range, part = SLICE_NONE;
    while (slice_cut(&accept, ',', &range)) {
        bool refused = false;
        (void)slice_cut(&range, ';', &part);
        if (!slice_equal_nocase(slice_trim(part), SLICE("application/openmetrics-text")))
            continue;
        while (slice_cut(&range, ';', &part)) {
            part = slice_trim(part);
            refused |= slice_is(part, "q=0") || slice_starts(part, SLICE("version=0."));
        }
        if (!refused)
            return true;
    }
    return false;
}

static void get_metrics(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    bool open = accepts_openmetrics(query->accept);
    answer->type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                        : "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(context->metrics, open ? METRICS_OPENMETRICS : METRICS_TEXT, &answer->body);
}

static void get_status(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    struct json_writer w;
    (void)query;
    json_start(&w, &answer->body);
    json_open_object(&w, NULL);
    context->ops->status(&w, context->ops->arg);
    json_close_object(&w);
}

/* ---- what is proved ---- */

static struct tally *tally_get(const struct api_context *context, struct tally_settings *settings,
                               struct api_answer *answer)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (!tally) {
        api_fail(answer, 503, "overloaded", "The server is out of memory.");
        return NULL;
    }
    context->ops->tally(tally, context->ops->arg);
    context->ops->settings(settings, context->ops->arg);
    return tally;
}

/* What stands beside the counts of the report's epoch in the store; without it, or where it cannot be read, nothing. */
static void report_beside(const char *store, struct report_input *input, struct report_pairs *pairs,
                          struct label_figures *labels)
{
    struct store_filter period = {.epoch = input->tally->epoch};
    label_figures_tally(labels, input->tally);
    if (!store || !input->tally->epoch[0])
        return;
    if (label_store_people(store, input->tally->epoch, labels, NULL) == 0)
        input->labels = labels;
    if (pairs && report_pairs_read(pairs, store, &period, NULL) == 0)
        input->pairs = pairs;
}

static void get_report(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    struct report_input input = {.self_judged = conf_judges_itself(context->conf) != NULL};
    struct tally *tally = tally_get(context, &input.settings, answer);
    struct report_pairs *pairs = report_pairs_new();
    struct label_figures labels = {0};
    (void)query;
    if (tally) {
        input.tally = tally;
        report_beside(context->conf->store_path, &input, pairs, &labels);
        report_write(&input, REPORT_JSON, &answer->body);
    }
    report_pairs_free(pairs);
    free(tally);
}

static void get_evidence(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    struct tally_settings settings;
    struct err err = {""};
    struct tally *tally = tally_get(context, &settings, answer);
    (void)query;
    if (tally && growth_write(context->growth, context->conf->store_path, tally, &settings, &answer->body, &err) != 0)
        api_fail(answer, 503, "store_unavailable", err.text);
    free(tally);
}

/* The level alerts as the tally gives them, for a deployment without a store to follow. */
static size_t alerts_of_tally(const struct tally *tally, const struct alert_settings *settings,
                              struct alert out[ALERT_WATCH_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        const struct tally_row *row = &tally->rows[i];
        if (row->trials == 0)
            continue;
        struct alert *alert = &out[count++];
        *alert = (struct alert){.kind = ALERT_LEVEL,
                                .condition = condition_at(i),
                                .counts = row->counts,
                                .unknown = row->missing + row->undecided,
                                .threshold_log = tally_threshold_log(&settings->tally),
                                .null = alert_level_null(settings),
                                .watching = true,
                                .uncalibrated = true};
        alert->counts.zero += alert->unknown; /* as a zero each is taken into the evidence */
        alert->at[0] = alert->counts.minus;
        alert->at[1] = alert->counts.zero;
        alert->at[2] = alert->counts.plus;
        alert->log_evidence = confseq_log_evidence(alert->counts, alert->null);
        alert->firing = alert->log_evidence >= alert->threshold_log;
        alert->fired_seq = alert->firing ? tally->seq : 0;
        memcpy(alert->epoch, tally->epoch, sizeof(alert->epoch));
    }
    return count;
}

static void health_write(const struct health *health, struct json_writer *w)
{
    json_open_array(w, "health");
    for (int check = 0; check < HEALTH_COUNT; check++) {
        struct buf one;
        buf_init(&one, 4096);
        alert_write_health_json(health, (enum health_check)check, &one);
        if (!one.failed)
            json_put_raw(w, NULL, buf_slice(&one));
        buf_fini(&one);
    }
    json_close_array(w);
}

static void alerts_write(const struct api_context *context, const struct alert_settings *settings,
                         const struct alert *alerts, size_t count, const struct health *health, struct buf *out)
{
    struct json_writer w;

    json_start(&w, out);
    json_open_object(&w, NULL);
    json_put_double(&w, "alpha", settings->tally.alpha);
    json_put_double(&w, "tolerance", settings->tally.tolerance);
    json_put_int(&w, "epoch_number", (int64_t)settings->tally.epoch_number);
    json_put_bool(&w, "suspended", health_fails(health));
    json_open_array(&w, "alerts");
    for (size_t i = 0; i < count; i++) {
        struct buf one;
        buf_init(&one, 64u << 10);
        alert_write_json(&alerts[i], settings, context->conf->path[0] ? context->conf->path : NULL, &one);
        if (!one.failed)
            json_put_raw(&w, NULL, buf_slice(&one));
        buf_fini(&one);
    }
    json_close_array(&w);
    health_write(health, &w);
    json_close_object(&w);
}

static void get_alerts(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    struct alert_settings settings = alert_settings_of(context->conf);
    struct tally *tally = tally_get(context, &settings.tally, answer);
    struct alert *alerts = calloc(ALERT_WATCH_MAX, sizeof(*alerts));
    struct health health = {0};
    (void)query;
    if (tally && alerts) {
        size_t count = context->ops->alerts ? context->ops->alerts(alerts, &health, context->ops->arg) : 0;
        if (count == 0)
            count = alerts_of_tally(tally, &settings, alerts);
        alerts_write(context, &settings, alerts, count, &health, &answer->body);
    } else if (tally) {
        api_fail(answer, 503, "overloaded", "The server is out of memory.");
    }
    free(alerts);
    free(tally);
}

/* Acknowledges ?alert=&condition=. The store is replayed for it on the control thread; it is a person's rare act. */
static void post_acknowledgement(const struct api_context *context, const struct api_query *query,
                                 struct api_answer *answer)
{
    char alert[64], name[64];
    enum alert_kind kind;
    struct condition condition;
    struct err err = {""};

    if (api_query_get(query->query, "alert", alert, sizeof(alert)) <= 0 ||
        api_query_get(query->query, "condition", name, sizeof(name)) <= 0 ||
        !alert_kind_parse(slice_from(alert), &kind) || !condition_parse(slice_from(name), &condition)) {
        api_fail(answer, 400, "invalid_query",
                 "Name the alert and its condition: ?alert=SycophancyLevel&condition=none+none.");
        return;
    }
    const struct alert_settings settings = alert_settings_of(context->conf);
    int result = context->conf->store_path
                     ? alert_store_acknowledge(context->conf->store_path, &settings, kind, condition, &err)
                     : 1;
    if (result < 0)
        api_fail(answer, 503, "store_unavailable", err.text);
    else if (result > 0)
        api_fail(answer, 404, "not_found", "This alert is not firing.");
    else
        buf_add_text(&answer->body, "{\"acknowledged\":true}");
}

/* ---- trials ---- */

struct filter_text {
    char verdict[64], condition[64], epoch[64], model[256], tag[64], flagged[8], limit[24], before[24], since[40],
        until[40];
};

static bool parse_number(const char *text, uint64_t *out)
{
    return slice_to_u64(slice_from(text), out) == 0;
}

/* A time or an age; "" leaves the end open. */
static bool parse_time(const char *text, int64_t *wall_ms)
{
    return !text[0] || clock_parse(slice_from(text), clock_wall_ms(), wall_ms) == 0;
}

/* The filter a query asks for; NULL, or what is wrong with it. */
static const char *filter_parse(struct slice query, struct filter_text *text, struct store_filter *out)
{
    enum verdict verdict;
    struct condition condition;
    uint64_t limit = LIMIT_USUAL;
    struct {
        const char *name;
        char *to;
        size_t size;
        const char **text;
    } const parameters[] = {
        {"verdict", text->verdict, sizeof(text->verdict), &out->verdict},
        {"condition", text->condition, sizeof(text->condition), &out->condition},
        {"epoch", text->epoch, sizeof(text->epoch), &out->epoch},
        {"model", text->model, sizeof(text->model), &out->model},
        {"tag", text->tag, sizeof(text->tag), &out->tag},
        {"flagged", text->flagged, sizeof(text->flagged), NULL},
        {"limit", text->limit, sizeof(text->limit), NULL},
        {"before", text->before, sizeof(text->before), NULL},
        {"since", text->since, sizeof(text->since), NULL},
        {"until", text->until, sizeof(text->until), NULL},
    };

    memset(text, 0, sizeof(*text));
    *out = (struct store_filter){.flagged = -1};
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        int found = api_query_get(query, parameters[i].name, parameters[i].to, parameters[i].size);
        if (found < 0)
            return "A query parameter is malformed.";
        if (found > 0 && parameters[i].text)
            *parameters[i].text = parameters[i].to;
    }
    if (out->verdict && strcmp(out->verdict, "missing") != 0 && !verdict_parse(slice_from(out->verdict), &verdict))
        return "There is no such verdict.";
    if (out->condition && !condition_parse(slice_from(out->condition), &condition))
        return "There is no such condition; one is written like emotion:sad+asserted.";
    if (text->flagged[0]) {
        out->flagged = strcmp(text->flagged, "1") == 0 || strcmp(text->flagged, "true") == 0;
        if (!out->flagged && strcmp(text->flagged, "0") != 0 && strcmp(text->flagged, "false") != 0)
            return "'flagged' is 1 or 0.";
    }
    if (text->limit[0] && (!parse_number(text->limit, &limit) || limit == 0))
        return "'limit' is a number from 1.";
    if (text->before[0] && !parse_number(text->before, &out->before_seq))
        return "'before' is the 'next_before' of an earlier answer.";
    if (!parse_time(text->since, &out->since_ms) || !parse_time(text->until, &out->until_ms))
        return "'since' and 'until' are times like 2026-11-24T08:00 or ages like 24h.";
    out->limit = limit < LIMIT_MAX ? (size_t)limit : LIMIT_MAX;
    return NULL;
}

struct trial_list {
    struct json_writer w;
    size_t count, limit;
    uint64_t last_seq;
    bool more;
};

static int seq_member(const struct json_member *member, void *arg)
{
    uint64_t *seq = arg;
    return slice_is(member->key, "seq") && slice_to_u64(member->value, seq) == 0;
}

static int add_trial(struct slice record, void *arg)
{
    struct trial_list *list = arg;
    uint64_t seq = 0;

    if (list->count == list->limit || (list->count > 0 && list->w.out->len + record.len > BODY_BYTES)) {
        list->more = true;
        return 1;
    }
    if (json_members(record, 64, seq_member, &seq) < 0)
        return 0;
    json_put_raw(&list->w, NULL, record);
    list->last_seq = seq;
    list->count++;
    return 0;
}

static void get_trials(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    struct filter_text text;
    struct store_filter filter;
    struct trial_list list = {.count = 0};
    struct err err = {""};

    const char *wrong = filter_parse(query->query, &text, &filter);
    if (wrong) {
        api_fail(answer, 400, "invalid_query", wrong);
        return;
    }
    list.limit = filter.limit++; /* one more tells whether there is more */
    json_start(&list.w, &answer->body);
    json_open_object(&list.w, NULL);
    json_open_array(&list.w, "trials");
    if (context->conf->store_path && store_read(context->conf->store_path, &filter, add_trial, &list, &err)) {
        api_fail(answer, 503, "store_unavailable", err.text);
        return;
    }
    json_close_array(&list.w);
    if (list.more)
        json_put_int(&list.w, "next_before", (int64_t)list.last_seq);
    else
        json_put_null(&list.w, "next_before");
    json_close_object(&list.w);
}

static void get_trial(const struct api_context *context, const struct api_query *query, struct api_answer *answer)
{
    char id[64];
    struct err err = {""};
    int found = 1;

    if (query->rest.len > 0 && query->rest.len < sizeof(id) && context->conf->store_path) {
        memcpy(id, query->rest.data, query->rest.len);
        id[query->rest.len] = '\0';
        found = store_find(context->conf->store_path, id, &answer->body, &err);
    }
    if (found < 0)
        api_fail(answer, 503, "store_unavailable", err.text);
    else if (found > 0)
        api_fail(answer, 404, "not_found", "There is no such trial.");
}

/* ---- the table of paths ---- */

static const struct route {
    const char *path; /* ends with a slash: a prefix */
    api_fn *get, *post;
} routes[] = {
    {"/healthz", get_health, NULL},
    {"/readyz", get_ready, NULL},
    {"/metrics", get_metrics, NULL},
    {"/api/status", get_status, NULL},
    {"/api/report", get_report, NULL},
    {"/api/evidence", get_evidence, NULL},
    {"/api/alerts", get_alerts, NULL},
    {"/api/alerts/ack", NULL, post_acknowledgement},
    {"/api/labels", api_get_labels, api_post_label},
    {"/api/labels/next", api_get_next_label, NULL},
    {"/api/trials", get_trials, NULL},
    {"/api/trials/", get_trial, NULL},
};

bool api_route(const struct api_context *context, bool post, struct slice path, const struct api_query *query,
               struct api_answer *answer)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        struct slice route = slice_from(routes[i].path);
        bool prefix = slice_ends(route, SLICE("/"));
        if (!(prefix ? slice_starts(path, route) : slice_equal(path, route)))
            continue;
        struct api_query asked = *query;
        asked.rest = slice_part(path, prefix ? route.len : path.len, path.len);
        api_fn *fn = post ? routes[i].post : routes[i].get;
        if (fn)
            fn(context, &asked, answer);
        else
            api_fail(answer, 405, "method_not_allowed", "This path does not take this method.");
        if (answer->body.failed)
            api_fail(answer, 503, "overloaded", "The answer is larger than the server may hold.");
        return true;
    }
    return false;
}
