/* trials: the records of a store: list, show, export, erase. Reads the database itself, with or without a running
 * candor; what it erases is gone from the file when it returns.
 */
#include <getopt.h>
#include <stdlib.h>

#include "clock.h"
#include "cmd.h"
#include "pairs.h"
#include "store.h"

#define LIST_LIMIT   50
#define USUAL_WIDTH  80u
#define OUTPUT_BYTES (64u << 20)

struct trials_options {
    const char *config, *store, *verdict, *condition, *model, *tag, *trial, *conversation, *since, *before, *limit;
    bool flagged, json;
    char **rest; /* what is no option */
    int rest_count;
    struct conf *conf;
    const char *path; /* of the database */
};

/* ---- the command line ---- */

static int usage(const char *sentence)
{
    return cmd_usage("trials", "%s", sentence);
}

static int parse_options(int argc, char **argv, struct trials_options *out)
{
    const struct cmd_option known[] = {
        {"config", 'c', .text = &out->config},   {"store", 0, .text = &out->store},
        {"verdict", 0, .text = &out->verdict},   {"condition", 0, .text = &out->condition},
        {"model", 0, .text = &out->model},       {"tag", 0, .text = &out->tag},
        {"flagged", 'f', .flag = &out->flagged}, {"since", 0, .text = &out->since},
        {"limit", 'n', .text = &out->limit},     {"json", 'j', .flag = &out->json},
        {"trial", 0, .text = &out->trial},       {"conversation", 0, .text = &out->conversation},
        {"before", 0, .text = &out->before},
    };
    int code = CMD_OPTIONS("trials", argc, argv, known, NULL);
    out->rest = argv + optind;
    out->rest_count = argc - optind;
    return code;
}

/* The database that --store names, or the one of the configuration. */
static int find_store(struct trials_options *options, struct err *err)
{
    struct slice store = slice_from(options->store);

    if (options->store) {
        options->path = slice_starts(store, SLICE("sqlite:")) ? options->store + strlen("sqlite:") : options->store;
        return 0;
    }
    options->conf = conf_load(options->config, err);
    if (!options->conf)
        return -1;
    options->path = options->conf->store_path;
    return options->path ? 0 : err_set(err, "%s keeps no trials: it has no 'store'", options->config);
}

/* A time or an age; 0 when none was given. */
static int parse_time(const char *name, const char *text, int64_t *out, struct err *err)
{
    *out = 0;
    if (text && (clock_parse(slice_from(text), clock_wall_ms(), out) || *out <= 0))
        return err_set(err, "%s expects a time like 2026-11-24T08:00 or an age like 24h, not '%s'", name, text);
    return 0;
}

static int parse_filter(const struct trials_options *options, struct store_filter *out, struct err *err)
{
    enum verdict verdict;
    struct condition condition;
    uint64_t limit = 0;

    *out = (struct store_filter){.verdict = options->verdict,
                                 .condition = options->condition,
                                 .model = options->model,
                                 .tag = options->tag,
                                 .flagged = options->flagged ? 1 : -1};
    if (options->verdict && !verdict_parse(slice_from(options->verdict), &verdict) &&
        strcmp(options->verdict, "missing") != 0)
        return err_set(err, "there is no verdict '%s'; see candor-trials(1)", options->verdict);
    if (options->condition && !condition_parse(slice_from(options->condition), &condition))
        return err_set(err, "there is no condition '%s'; one is written like emotion:sad+asserted", options->condition);
    if (options->limit && slice_to_u64(slice_from(options->limit), &limit))
        return err_set(err, "--limit expects a number, not '%s'", options->limit);
    out->limit = (size_t)limit;
    return parse_time("--since", options->since, &out->since_ms, err);
}

/* ---- list ---- */

struct listing {
    struct buf out;
    unsigned width;
    bool json;
    size_t count;
    int code;
};

static void list_line(struct listing *listing, const cJSON *record)
{
    bool flagged = false;
    struct slice verdict = json_get_slice(json_get(record, "compare"), "verdict"),
                 missing = json_get_slice(record, "missing");
    struct slice time = json_get_slice(record, "time");
    struct buf *out = &listing->out;

    (void)json_get_bool(record, "flagged", &flagged);
    pairs_excerpt(json_get_slice(record, "trial_id"), ID_SIZE, out);
    buf_add_char(out, ' ');
    pairs_excerpt(slice_part(time, 0, 19), 19, out);
    buf_add_format(out, " %c ", flagged ? '!' : ' ');
    size_t before = out->len;
    pairs_excerpt(missing.data ? missing : verdict, 24, out);
    while (out->len < before + 24 && !out->failed)
        buf_add_char(out, ' ');
    buf_add_char(out, ' ');
    before = out->len;
    pairs_excerpt(json_get_slice(record, "condition"), 24, out);
    while (out->len < before + 24 && !out->failed)
        buf_add_char(out, ' ');
    buf_add_char(out, ' ');
    pairs_excerpt(json_get_slice(record, "question"), listing->width > 130 ? listing->width - 102 : 28, out);
    buf_add_char(out, '\n');
}

/* Each row goes out at once: a store may hold more than memory does. */
static int on_row(struct slice record, void *arg)
{
    struct listing *listing = arg;

    buf_clear(&listing->out);
    if (listing->json) {
        buf_add_slice(&listing->out, record);
        buf_add_char(&listing->out, '\n');
    } else {
        cJSON *tree = json_parse(record, RECORD_LIMITS, NULL);
        if (tree)
            list_line(listing, tree);
        cJSON_Delete(tree);
    }
    listing->count++;
    listing->code = cmd_print(&listing->out);
    return listing->code != EXIT_DONE;
}

static int print_rows(const struct trials_options *options, const struct store_filter *filter, bool json)
{
    struct listing listing = {.width = cmd_columns(USUAL_WIDTH), .json = json, .code = EXIT_DONE};
    struct err err = {""};

    buf_init(&listing.out, OUTPUT_BYTES);
    if (store_read(options->path, filter, on_row, &listing, &err))
        listing.code = cmd_fail(EXIT_FAILED, &err);
    buf_fini(&listing.out);
    return listing.code;
}

static int run_list(const struct trials_options *options, struct err *err)
{
    struct store_filter filter;

    if (options->rest_count > 0)
        return usage("list takes no arguments");
    if (parse_filter(options, &filter, err))
        return cmd_fail(EXIT_USAGE, err);
    if (!options->limit)
        filter.limit = LIST_LIMIT;
    return print_rows(options, &filter, options->json);
}

static int run_export(const struct trials_options *options, struct err *err)
{
    struct store_filter filter;

    if (options->rest_count > 0)
        return usage("export takes no arguments");
    if (parse_filter(options, &filter, err))
        return cmd_fail(EXIT_USAGE, err);
    filter.oldest_first = true;
    return print_rows(options, &filter, true);
}

/* ---- show ---- */

static int show_record(struct buf *record, bool json, struct err *err)
{
    struct buf out;

    buf_init(&out, OUTPUT_BYTES);
    if (json) {
        buf_add_slice(&out, buf_slice(record));
        buf_add_char(&out, '\n');
    } else {
        cJSON *tree = json_parse(buf_slice(record), RECORD_LIMITS, err);
        if (!tree) {
            buf_fini(&out);
            return cmd_fail(EXIT_FAILED, err);
        }
        pairs_print(tree, cmd_columns(USUAL_WIDTH), cmd_colour(stdout), &out);
        cJSON_Delete(tree);
    }
    int code = cmd_print(&out);
    buf_fini(&out);
    return code;
}

static int run_show(const struct trials_options *options, struct err *err)
{
    struct buf record;
    int code;

    if (options->rest_count != 1)
        return usage("show takes the id of one trial or exchange");
    buf_init(&record, OUTPUT_BYTES);
    int found = store_find(options->path, options->rest[0], &record, err);
    if (found == 0) {
        code = show_record(&record, options->json, err);
    } else {
        if (found > 0)
            err_set(err, "there is no trial '%s' in %s", options->rest[0], options->path);
        code = cmd_fail(found > 0 ? EXIT_NO : EXIT_FAILED, err);
    }
    buf_fini(&record);
    return code;
}

/* ---- erase ---- */

static int run_erase(const struct trials_options *options, struct err *err)
{
    const char *trial = options->trial ? options->trial : options->rest_count == 1 ? options->rest[0] : NULL;
    int chosen = (trial != NULL) + (options->conversation != NULL) + (options->before != NULL);
    int64_t before_ms;

    if (chosen != 1 || options->rest_count > (options->trial ? 0 : 1) || (trial && !*trial) ||
        (options->conversation && !*options->conversation))
        return usage("erase needs one of an ID, --trial ID, --conversation HASH and --before TIME");
    if (parse_time("--before", options->before, &before_ms, err))
        return cmd_fail(EXIT_USAGE, err);
    int64_t erased = store_erase(options->path, trial, options->conversation, before_ms, err);
    if (erased < 0)
        return cmd_fail(EXIT_FAILED, err);
    printf("%lld trial%s erased\n", (long long)erased, erased == 1 ? "" : "s");
    return EXIT_DONE;
}

int cmd_trials(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const struct trials_options *options, struct err *err);
    } actions[] = {{"list", run_list}, {"show", run_show}, {"export", run_export}, {"erase", run_erase}};
    struct trials_options options = {0};
    struct err err = {""};

    for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(argv[1], actions[i].name) != 0)
            continue;
        int code = parse_options(argc - 1, argv + 1, &options);
        if (code)
            return code;
        if (!options.config == !options.store)
            return usage("name the configuration with -c FILE, or the database with --store PATH");
        code = find_store(&options, &err) ? cmd_fail(EXIT_FAILED, &err) : actions[i].run(&options, &err);
        conf_drop(options.conf);
        return code;
    }
    return usage(argc > 1 ? "it is list, show, export or erase" : "say list, show ID, export or erase");
}
