/* The admin plane answers whom it should, over a real socket, and tells other sites' pages nothing. */
#include "check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin.h"
#include "auth.h"
#include "store.h"
#include "trials.h"

struct place {
    char folder[64], path[128];
    struct conf *conf;
    struct metrics *metrics;
    struct loop *loop;
    struct admin *admin;
    pthread_t thread;
    bool ready;
};

static bool is_ready(const char **why, void *arg)
{
    struct place *place = arg;
    *why = "store";
    return place->ready;
}

static void tally_copy(struct tally *copy, void *arg)
{
    struct place *place = arg;
    unsigned number;
    if (store_replay(place->path, NULL, NULL, copy, &number, NULL) != 0)
        tally_init(copy, "e1");
}

static void settings_copy(struct tally_settings *out, void *arg)
{
    (void)arg;
    *out = (struct tally_settings){.05, .02, CONDITION_COUNT, 1};
}

static void status_write(struct json_writer *w, void *arg)
{
    (void)arg;
    json_put_text(w, "version", "test");
}

static void *run(void *arg)
{
    loop_run(arg);
    return NULL;
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    snprintf(place->folder, sizeof(place->folder), "/tmp/candor-admin-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof(place->path), "%s/trials.db", place->folder);
    place->conf = trials_conf(CONF_CONTENT_FULL);
    place->metrics = metrics_new();
    place->ready = true;
    place->loop = loop_new(NULL);
    assert_non_null(place->loop);
    place->conf->admin_address = (char *)(uintptr_t) "127.0.0.1:0";
    place->conf->store_path = place->path;
    *state = place;
    return 0;
}

static void start(struct place *place, const char *token)
{
    struct err err = {""};
    struct admin_ops ops = {is_ready, tally_copy, status_write, place, settings_copy, NULL};
    place->conf->admin_token = (char *)(uintptr_t)token;
    struct sockets none = {.count = 0};
    place->admin = admin_start(place->loop, place->conf, &none, place->metrics, ops, &err);
    if (!place->admin)
        fail_msg("%s", err.text);
    assert_int_equal(pthread_create(&place->thread, NULL, run, place->loop), 0);
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[128];
    if (place->admin) {
        loop_stop(place->loop);
        pthread_join(place->thread, NULL);
        admin_stop(place->admin);
    }
    loop_free(place->loop);
    metrics_free(place->metrics);
    place->conf->admin_token = NULL;
    conf_drop(place->conf);
    snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static void fill(struct place *place, uint64_t count)
{
    struct store *store = store_open(place->path, place->conf, "e1", (struct store_ops){0}, NULL, place->metrics, NULL);
    assert_non_null(store);
    for (uint64_t seq = 1; seq <= count; seq++) {
        struct trial *trial = trials_make(place->conf, seq);
        if (seq % 2 == 0) {
            trial->flagged = false;
            trial_main(trial)->comparison.verdict = VERDICT_AGREE;
        }
        store_put(store, trial);
    }
    store_close(store);
}

/* Sends a request as it stands and reads the answer to its end. */
static void ask(struct place *place, struct buf *out, const char *text)
{
    struct slice address = slice_from(admin_address(place->admin)), host;
    uint64_t port = 0;
    assert_true(slice_cut(&address, ':', &host));
    assert_int_equal(slice_to_u64(address, &port), 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    buf_init(out, 16u << 20);
    for (;;) {
        char *room = buf_reserve(out, 65536);
        assert_non_null(room);
        ssize_t got = read(fd, room, 65536);
        if (got <= 0)
            break;
        buf_commit(out, (size_t)got);
    }
    close(fd);
}

static unsigned status_of(const struct buf *out)
{
    uint64_t status = 0;
    assert_int_equal(slice_to_u64(slice_part(buf_slice(out), 9, 12), &status), 0);
    return (unsigned)status;
}

static bool holds(const struct buf *out, const char *text)
{
    return slice_find(buf_slice(out), slice_from(text), 0) != SLICE_NOT_FOUND;
}

static struct slice body_of(const struct buf *out)
{
    size_t at = slice_find(buf_slice(out), SLICE("\r\n\r\n"), 0);
    assert_int_not_equal(at, SLICE_NOT_FOUND);
    return slice_part(buf_slice(out), at + 4, out->len);
}

/* GET path with extra fields, from localhost. */
static unsigned get(struct place *place, struct buf *out, const char *path, const char *fields)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_add_format(&text, "GET %s HTTP/1.1\r\nConnection: close\r\n%s%s\r\n", path,
                   strstr(fields, "Host:") ? "" : "Host: localhost\r\n", fields);
    ask(place, out, buf_text(&text));
    buf_fini(&text);
    return status_of(out);
}

static void assert_get(struct place *place, unsigned status, const char *path, const char *fields)
{
    struct buf out;
    unsigned got = get(place, &out, path, fields);
    if (got != status)
        fail_msg("%s with %s: %u", path, fields, got);
    buf_fini(&out);
}

static cJSON *get_json(struct place *place, const char *path)
{
    struct buf out;
    struct err err = {""};
    assert_int_equal(get(place, &out, path, ""), 200);
    assert_true(holds(&out, "content-type: application/json\r\n"));
    cJSON *json = json_parse(body_of(&out), RECORD_LIMITS, &err);
    if (!json)
        fail_msg("%s: %s", path, err.text);
    buf_fini(&out);
    return json;
}

static void health_says_alive_and_readiness_says_why_not(void **state)
{
    struct place *place = *state;
    struct buf out;
    start(place, "secret");
    assert_get(place, 200, "/healthz", "");
    assert_get(place, 200, "/readyz", "");
    place->ready = false;
    assert_int_equal(get(place, &out, "/readyz", ""), 503);
    assert_slice(body_of(&out), "store\n");
    buf_fini(&out);
}

static void everything_else_needs_the_token_when_one_is_set(void **state)
{
    struct place *place = *state;
    static const char *const paths[] = {"/",           "/metrics",      "/api/status", "/api/report",
                                        "/api/trials", "/api/trials/x", "/api/alerts", "/no"};
    start(place, "secret");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_get(place, 401, paths[i], "");
        assert_get(place, 401, paths[i], "Authorization: Bearer wrong\r\n");
        assert_get(place, 401, paths[i], "Authorization: Bearer secre\r\n");
        assert_get(place, 401, paths[i], "Authorization: Bearer secrett\r\n");
        assert_get(place, 401, paths[i], "Authorization: Basic secret\r\n");
        assert_get(place, 401, paths[i], "Authorization: Bearer \r\n");
    }
    assert_get(place, 200, "/metrics", "Authorization: Bearer secret\r\n");
    assert_get(place, 200, "/", "authorization: bearer secret\r\n");
    assert_get(place, 404, "/no", "Authorization: Bearer secret\r\n");
    assert_get(place, 200, "/app.js", ""); /* the page that asks for the token has to run */
}

static void other_names_and_other_sites_are_refused(void **state)
{
    struct place *place = *state;
    start(place, NULL);
    assert_get(place, 403, "/api/status", "Host: evil.example\r\n");
    assert_get(place, 403, "/", "Host: localhost.evil.example:80\r\n");
    assert_get(place, 200, "/healthz", "Host: candor.namespace.svc\r\n"); /* probes use the names they have */
    assert_get(place, 200, "/api/status", "Host: 127.0.0.1:8081\r\n");
    assert_get(place, 200, "/api/status", "Host: [::1]:8081\r\n");
    assert_get(place, 200, "/api/status", "Host: LOCALHOST:1\r\n");
    assert_get(place, 403, "/api/status", "Origin: http://evil.example\r\n");
    assert_get(place, 403, "/api/status", "Origin: null\r\n");
    assert_get(place, 403, "/api/status", "Origin: http://localhost:9999\r\n");
    assert_get(place, 200, "/api/status", "Origin: http://localhost\r\n");
    assert_get(place, 403, "/api/status", "Sec-Fetch-Site: cross-site\r\n");
    assert_get(place, 403, "/api/status",
               "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n");
    assert_get(place, 200, "/api/status", "Sec-Fetch-Site: same-origin\r\n");
    assert_get(place, 200, "/",
               "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n");
    assert_get(place, 403, "/", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n");
}

static void whoever_bears_the_token_may_use_any_name(void **state)
{
    struct place *place = *state;
    start(place, "secret");
    assert_get(place, 200, "/metrics", "Host: candor.monitoring.svc\r\nAuthorization: Bearer secret\r\n");
    assert_get(place, 403, "/metrics", "Host: candor.monitoring.svc\r\n");
}

static void every_answer_carries_the_guards(void **state)
{
    struct place *place = *state;
    static const char *const paths[] = {"/", "/api/status", "/no/such", "/healthz"};
    start(place, NULL);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct buf out;
        (void)get(place, &out, paths[i], "");
        assert_true(holds(&out, "x-content-type-options: nosniff\r\n"));
        assert_true(holds(&out, "cache-control: no-store\r\n"));
        assert_true(holds(&out, "content-security-policy: default-src 'none';"));
        assert_true(holds(&out, "frame-ancestors 'none'"));
        assert_false(holds(&out, "unsafe-inline"));
        buf_fini(&out);
    }
}

static void unknown_paths_and_methods_answer_in_the_shape_of_errors(void **state)
{
    struct place *place = *state;
    struct buf out;
    start(place, NULL);
    assert_int_equal(get(place, &out, "/no/such", ""), 404);
    assert_true(holds(&out, "{\"error\":{\"message\":"));
    assert_true(holds(&out, "\"type\":\"candor_error\",\"param\":null,\"code\":\"not_found\"}}"));
    buf_fini(&out);
    ask(place, &out,
        "POST /api/trials HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(status_of(&out), 405);
    assert_true(holds(&out, "allow: GET, HEAD\r\n"));
    buf_fini(&out);
    ask(place, &out, "HEAD /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(&out), 200);
    assert_int_equal(body_of(&out).len, 0);
    buf_fini(&out);
}

static void trials_are_listed_by_filter_and_page(void **state)
{
    struct place *place = *state;
    int64_t next = 0;
    fill(place, 9);
    start(place, NULL);
    cJSON *list = get_json(place, "/api/trials");
    assert_int_equal(cJSON_GetArraySize(json_get(list, "trials")), 9);
    assert_true(cJSON_IsNull(json_get(list, "next_before")));
    cJSON_Delete(list);
    list = get_json(place, "/api/trials?flagged=1&limit=2&condition=emotion:sad%2Basserted");
    assert_int_equal(cJSON_GetArraySize(json_get(list, "trials")), 2);
    assert_true(json_get_int(list, "next_before", &next));
    assert_int_equal(next, 7);
    cJSON_Delete(list);
    list = get_json(place, "/api/trials?flagged=1&limit=500&before=7&condition=emotion:sad+asserted");
    assert_int_equal(cJSON_GetArraySize(json_get(list, "trials")), 3);
    cJSON_Delete(list);
    list = get_json(place, "/api/trials?verdict=agree");
    assert_int_equal(cJSON_GetArraySize(json_get(list, "trials")), 4);
    cJSON_Delete(list);
    list = get_json(place, "/api/trials?since=2026-05-28T20:26:44Z&until=2026-05-28T20:26:46Z"); /* seq 4 and 5 */
    assert_int_equal(cJSON_GetArraySize(json_get(list, "trials")), 2);
    cJSON_Delete(list);
    static const char *const wrong[] = {"since=soon", "verdict=nice",  "condition=sad", "limit=0",   "limit=x",
                                        "before=-1",  "flagged=maybe", "verdict=%zz",   "verdict=%4"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "/api/trials?%s", wrong[i]);
        assert_get(place, 400, path, "");
    }
}

static void a_trial_is_given_whole_by_id(void **state)
{
    struct place *place = *state;
    fill(place, 3);
    start(place, NULL);
    cJSON *trial = get_json(place, "/api/trials/TRIAL000000000000000000002");
    assert_slice(json_get_slice(trial, "trial_id"), "TRIAL000000000000000000002");
    cJSON_Delete(trial);
    assert_get(place, 404, "/api/trials/nobody", "");
    assert_get(place, 404, "/api/trials/", "");
    assert_get(place, 404, "/api/trials/'%20OR%201", "");
}

static void report_and_alerts_say_what_is_proved(void **state)
{
    struct place *place = *state;
    int64_t n = 0;
    fill(place, 40);
    start(place, NULL);
    cJSON *alerts = get_json(place, "/api/alerts");
    const cJSON *first = cJSON_GetArrayItem(json_get(alerts, "alerts"), 0);
    assert_slice(json_get_slice(first, "condition"), "emotion:sad+asserted");
    assert_true(json_get_int(first, "plus", &n));
    assert_int_equal(n, 40);
    assert_true(cJSON_IsTrue(json_get(first, "firing")));
    assert_true(json_get_slice(first, "description").len > 0);
    cJSON_Delete(alerts);
    cJSON *report = get_json(place, "/api/report");
    assert_true(cJSON_GetArraySize(json_get(report, "conditions")) > 0);
    cJSON_Delete(report);
}

static void the_growth_of_evidence_is_followed_from_where_it_was_left(void **state)
{
    struct place *place = *state;
    fill(place, 30);
    start(place, NULL);
    for (int asked = 0; asked < 2; asked++) { /* the second asking adds nothing again */
        cJSON *evidence = get_json(place, "/api/evidence");
        const cJSON *line = cJSON_GetArrayItem(json_get(evidence, "lines"), 0), *points = json_get(line, "points");
        assert_int_equal(cJSON_GetArraySize(json_get(evidence, "lines")), 1);
        assert_slice(json_get_slice(line, "condition"), "emotion:sad+asserted");
        assert_int_equal(cJSON_GetArraySize(points), 30);
        const cJSON *last = cJSON_GetArrayItem(points, 29);
        assert_true(cJSON_GetArrayItem(last, 0)->valuedouble == 30);
        struct counts counts = {.plus = 30};
        assert_true(cJSON_GetArrayItem(last, 1)->valuedouble == confseq_log_evidence(counts, .02));
        cJSON_Delete(evidence);
    }
}

static unsigned post(struct place *place, const char *path, const char *fields)
{
    struct buf out, text;
    buf_init(&text, 65536);
    buf_add_format(&text, "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n",
                   path, fields);
    ask(place, &out, buf_text(&text));
    unsigned status = status_of(&out);
    buf_fini(&text);
    buf_fini(&out);
    return status;
}

static void an_alert_is_acknowledged_with_the_token_alone(void **state)
{
    struct place *place = *state;
    static const char token[] = "Authorization: Bearer secret\r\n";
    static const char path[] = "/api/alerts/ack?alert=SycophancyLevel&condition=emotion:sad%2Basserted";
    fill(place, 40);
    start(place, "secret");
    assert_int_equal(post(place, path, ""), 401);
    assert_int_equal(post(place, path, "Authorization: Bearer secret\r\nOrigin: http://evil.example\r\n"), 403);
    assert_int_equal(post(place, "/api/alerts/ack?alert=Nothing&condition=none+none", token), 400);
    assert_int_equal(post(place, "/api/alerts/ack?alert=SycophancyLevel&condition=none+none", token), 404);
    assert_int_equal(post(place, "/api/trials", token), 405);
    assert_get(place, 405, "/api/alerts/ack", token);
    assert_int_equal(post(place, path, token), 200);
    assert_int_equal(post(place, path, token), 404); /* it does not fire any more */
}

static void nothing_is_changed_where_there_is_no_token(void **state)
{
    struct place *place = *state;
    fill(place, 40);
    start(place, NULL);
    assert_int_equal(post(place, "/api/alerts/ack?alert=SycophancyLevel&condition=emotion:sad%2Basserted", ""), 405);
}

static void without_a_store_the_api_answers_all_the_same(void **state)
{
    struct place *place = *state;
    place->conf->store_path = NULL;
    start(place, NULL);
    cJSON *list = get_json(place, "/api/trials");
    assert_int_equal(cJSON_GetArraySize(json_get(list, "trials")), 0);
    cJSON_Delete(list);
    assert_get(place, 404, "/api/trials/x", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(health_says_alive_and_readiness_says_why_not),
        TEST(everything_else_needs_the_token_when_one_is_set),
        TEST(other_names_and_other_sites_are_refused),
        TEST(whoever_bears_the_token_may_use_any_name),
        TEST(every_answer_carries_the_guards),
        TEST(unknown_paths_and_methods_answer_in_the_shape_of_errors),
        TEST(trials_are_listed_by_filter_and_page),
        TEST(a_trial_is_given_whole_by_id),
        TEST(report_and_alerts_say_what_is_proved),
        TEST(the_growth_of_evidence_is_followed_from_where_it_was_left),
        TEST(an_alert_is_acknowledged_with_the_token_alone),
        TEST(nothing_is_changed_where_there_is_no_token),
        TEST(without_a_store_the_api_answers_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
