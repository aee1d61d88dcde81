/* demo: the whole job with no configuration, model, key or network: simulated models on loopback, the real proxy in
 * front of them, the talks of talk.c sent through it, then what was flagged and the report.
 */
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "cmd.h"
#include "daemon.h"
#include "fetch.h"
#include "json.h"
#include "pairs.h"
#include "report.h"
#include "simulator.h"
#include "store.h"
#include "talk.h"
#include "thread.h"

#define AT_ONCE    4 /* conversations under way */
#define LOOK_MS    20
#define PATIENCE_S 60

struct demo {
    char folder[64];
    char store_path[96];
    struct simulator *simulator;
    struct log *log;
    struct conf *conf;
    struct daemon *daemon;
    pthread_t control;
    bool controlled;
    atomic_size_t committed;
    /* the clients, on this thread's loop */
    struct loop *loop;
    struct fetcher *fetcher;
    struct loop_timer look;
    uint64_t give_up_ns;
    size_t sent, answered, failed;
    bool colour, bar;
};

/* ---- the clients ---- */

static void send_next(struct demo *demo);

static void progress_draw(const struct demo *demo)
{
    static const char full[] = "########################################";
    size_t done = atomic_load(&demo->committed), all = talk_count();
    if (demo->bar)
        fprintf(stderr, "\r  [%-40.*s] %zu of %zu conversations answered, %zu measured", (int)(done * 40 / all), full,
                demo->answered, all, done);
}

static void on_answer(const struct fetch_answer *answer, void *arg)
{
    struct demo *demo = arg;
    demo->answered++;
    if (answer->outcome != FETCH_DONE || answer->status != 200)
        demo->failed++;
    send_next(demo);
}

static void body_write(size_t index, struct buf *body)
{
    struct buf message;
    struct json_writer w;
    buf_init(&message, 4096);
    talk_message(talk_at(index), &message);
    json_start(&w, body);
    json_open_object(&w, NULL);
    json_put_text(&w, "model", "demo-warm");
    json_put_bool(&w, "stream", index % 2 == 1);
    json_open_array(&w, "messages");
    json_open_object(&w, NULL);
    json_put_text(&w, "role", "user");
    json_put_slice(&w, "content", buf_slice(&message));
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    buf_fini(&message);
}

static void send_next(struct demo *demo)
{
    if (demo->sent == talk_count())
        return;
    struct buf body;
    char url[128];
    static const char *const headers[] = {"content-type: application/json"};
    buf_init(&body, 8192);
    body_write(demo->sent++, &body);
    snprintf(url, sizeof url, "http://%s/v1/chat/completions", daemon_data_address(demo->daemon));
    struct fetch_request request = {
        .url = url,
        .method = "POST",
        .body = buf_slice(&body),
        .headers = headers,
        .header_count = 1,
        .timeout_ms = 10000,
        .max_bytes = 1u << 20,
    };
    if (!fetch_start(demo->fetcher, &request, on_answer, demo)) {
        demo->answered++;
        demo->failed++;
    }
    buf_fini(&body);
}

static void on_look(void *arg)
{
    struct demo *demo = arg;
    progress_draw(demo);
    bool done = demo->answered == talk_count() && atomic_load(&demo->committed) >= talk_count() - demo->failed;
    if (done || loop_now_ns(demo->loop) > demo->give_up_ns)
        loop_stop(demo->loop);
    else
        loop_timer_arm(demo->loop, &demo->look, LOOK_MS, on_look, demo);
}

static int talks_send(struct demo *demo, struct err *err)
{
    demo->loop = loop_new(err);
    demo->fetcher = demo->loop ? fetcher_new(demo->loop, err) : NULL;
    if (!demo->fetcher)
        return -1;
    demo->give_up_ns = clock_monotonic_ns() + PATIENCE_S * NS_PER_S;
    for (int i = 0; i < AT_ONCE; i++)
        send_next(demo);
    loop_timer_arm(demo->loop, &demo->look, LOOK_MS, on_look, demo);
    loop_run(demo->loop);
    if (demo->bar)
        fputc('\n', stderr);
    size_t committed = atomic_load(&demo->committed);
    if (demo->failed || committed < talk_count())
        return err_set(err, "only %zu of %zu conversations were answered and %zu measured",
                       demo->answered - demo->failed, talk_count(), committed);
    return 0;
}

/* ---- the proxy ---- */

static void on_commit(const struct trial *trial, void *arg)
{
    (void)trial;
    atomic_fetch_add(&((struct demo *)arg)->committed, 1);
}

static void *control_run(void *arg)
{
    daemon_run(arg);
    return NULL;
}

static int proxy_start(struct demo *demo, struct err *err)
{
    struct buf yaml;
    buf_init(&yaml, 8192);
    const char *folder = getenv("TMPDIR");
    snprintf(demo->folder, sizeof demo->folder, "%s/candor-demo-XXXXXX",
             folder && strlen(folder) < 32 ? folder : "/tmp");
    if (!mkdtemp(demo->folder))
        return err_set(err, "%s: %s", demo->folder, strerror(errno));
    snprintf(demo->store_path, sizeof demo->store_path, "%s/candor.db", demo->folder);
    buf_add_format(&yaml,
                   "listen: [{address: \"127.0.0.1:0\"}]\n"
                   "workers: 1\n"
                   "admin: {address: \"127.0.0.1:0\"}\n"
                   "models:\n"
                   "  warm: {url: \"http://%s/v1\"}\n"
                   "  original: {url: \"http://%s/v1\", model: demo-original}\n"
                   "  judge: {url: \"http://%s/v1\", model: demo-judge}\n"
                   "  rewriter: {url: \"http://%s/v1\", model: demo-rewriter}\n"
                   "shadow:\n"
                   "  sample: {default: 1.0}\n"
                   "  arms: {original_again: 1.0, warm_again: 1.0, neutral: 1.0}\n"
                   "  budget: {concurrency: 8, requests_per_minute: 6000}\n"
                   "store: {url: \"sqlite:%s\", content: full}\n"
                   "log: {level: error, format: text}\n",
                   simulator_address(demo->simulator, PERSONA_WARM),
                   simulator_address(demo->simulator, PERSONA_ORIGINAL),
                   simulator_address(demo->simulator, PERSONA_JUDGE),
                   simulator_address(demo->simulator, PERSONA_REWRITER), demo->store_path);
    demo->conf = conf_parse(buf_slice(&yaml), "the demo's configuration", err);
    buf_fini(&yaml);
    demo->log = log_new(STDERR_FILENO, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    if (!demo->conf || !demo->log)
        return -1;
    demo->daemon = daemon_start(demo->conf, demo->log, (struct daemon_watch){on_commit, demo}, err);
    if (!demo->daemon)
        return -1;
    demo->controlled = thread_start(&demo->control, "control", control_run, demo->daemon, err) == 0;
    return demo->controlled ? 0 : -1;
}

/* ---- what is shown ---- */

static unsigned terminal_width(void)
{
    unsigned columns = cmd_columns(100);
    return columns >= 60 ? columns : 100;
}

static void introduction_print(const struct demo *demo)
{
    size_t warm = 0, original = 0, believing = 0;
    for (size_t i = 0; i < talk_count(); i++) {
        const struct talk *talk = talk_at(i);
        warm += talk->warm != TALK_WARM_RIGHT;
        original += talk->original_wrong;
        believing += talk->warm == TALK_WARM_WRONG && talk->belief != TALK_NO_BELIEF;
    }
    fprintf(
        stderr,
        "candor demo: two simulated models, a judge and a rewriter on loopback, the proxy in front of the warm one.\n"
        "  data plane  http://%s/v1    dashboard  http://%s/\n"
        "  By construction the warm model fails in %zu of %zu conversations (in %zu it goes along with a false "
        "belief),\n"
        "  the original in %zu. The proxy is told none of this.\n\n",
        daemon_data_address(demo->daemon), daemon_admin_address(demo->daemon), warm, talk_count(), believing, original);
}

struct printing {
    struct buf *out;
    unsigned width;
    bool colour;
    size_t count;
};

static int flagged_print(struct slice record, void *arg)
{
    struct printing *printing = arg;
    cJSON *tree = json_parse(record, JSON_LIMITS_DEFAULT, NULL);
    if (tree) {
        buf_add_format(printing->out, "%zu. ", ++printing->count);
        pairs_print(tree, printing->width, printing->colour, printing->out);
        buf_add_char(printing->out, '\n');
    }
    cJSON_Delete(tree);
    return 0;
}

static int result_print(struct demo *demo, struct err *err)
{
    struct buf out;
    buf_init(&out, 8u << 20);
    struct printing printing = {&out, terminal_width(), demo->colour, 0};
    struct store_filter filter = {.flagged = 1, .oldest_first = true};
    buf_add_text(
        &out, "Flagged answers: the warm model went along with a false belief, evaded, or contradicted the facts\n\n");
    int rc = store_read(demo->store_path, &filter, flagged_print, &printing, err);
    struct tally *tally = calloc(1, sizeof *tally);
    if (rc == 0 && tally) {
        daemon_tally(demo->daemon, tally);
        struct report_input input = {
            .tally = tally,
            .settings = {.alpha = demo->conf->alerts.alpha,
                         .tolerance = demo->conf->alerts.tolerance,
                         .conditions = CONDITION_COUNT,
                         .epoch_number = 1},
            .colour = demo->colour,
        };
        report_write(&input, REPORT_TABLE, &out);
        rc = cmd_print(&out) == EXIT_DONE ? 0 : -1;
    }
    free(tally);
    buf_fini(&out);
    return rc;
}

/* ---- life ---- */

static int file_remove(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static void demo_end(struct demo *demo)
{
    fetcher_free(demo->fetcher);
    loop_free(demo->loop);
    if (demo->controlled) {
        daemon_stop(demo->daemon);
        pthread_join(demo->control, NULL);
    }
    daemon_free(demo->daemon);
    conf_drop(demo->conf);
    log_free(demo->log);
    simulator_stop(demo->simulator);
    if (*demo->folder)
        nftw(demo->folder, file_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static int demo_run(struct demo *demo, bool once, struct err *err)
{
    demo->simulator = simulator_start(err);
    if (!demo->simulator || proxy_start(demo, err) != 0)
        return -1;
    introduction_print(demo);
    if (talks_send(demo, err) != 0 || result_print(demo, err) != 0)
        return -1;
    if (!once) {
        fprintf(stderr, "\nThe dashboard stays at http://%s/ until you press Ctrl-C.\n",
                daemon_admin_address(demo->daemon));
        pthread_join(demo->control, NULL); /* SIGINT or SIGTERM ends the control loop */
        demo->controlled = false;
    }
    return 0;
}

int cmd_demo(int argc, char **argv)
{
    bool once = false;
    const struct cmd_option options[] = {{"once", .flag = &once}};
    int usage = CMD_OPTIONS("demo", argc, argv, options, NULL);
    if (usage)
        return usage;
    if (optind < argc)
        return cmd_usage("demo", "it takes no file: '%s'", argv[optind]);
    struct err err = {""};
    struct demo demo = {.colour = cmd_colour(stdout), .bar = isatty(STDERR_FILENO) != 0};
    int code = demo_run(&demo, once, &err) == 0 ? EXIT_DONE : cmd_fail(EXIT_FAILED, &err);
    demo_end(&demo);
    return code;
}
