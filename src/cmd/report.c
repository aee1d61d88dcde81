/* report: the study's table for this deployment, from its store or from exported records.
 *
 * Both ways read the same rows and count them in arrival order, so an export gives the digits of the store it came
 * from. With --max-gap it is a gate: exit 1 where a gap is proved larger.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "cmd.h"
#include "history.h"
#include "report.h"
#include "store.h"

#define MAX_GATES 64

struct report_options {
    const char *config, *records, *epoch;
    int64_t since_ms, until_ms;
    enum report_format format;
    const char *gates[MAX_GATES];
    size_t gate_count;
};

static int options_set(struct report_options *options, int option, const char *value)
{
    int64_t now = clock_wall_ms();
    switch (option) {
    case 'c':
        options->config = value;
        return 0;
    case 'r':
        options->records = value;
        return 0;
    case 'e':
        options->epoch = value;
        return 0;
    case 's':
        if (clock_parse(slice_from(value), now, &options->since_ms))
            return cmd_usage("report", "--since wants a time or an age, such as 2026-11-24 or 7d, not '%s'", value);
        return 0;
    case 'u':
        if (clock_parse(slice_from(value), now, &options->until_ms))
            return cmd_usage("report", "--until wants a time or an age, such as 2026-11-24 or 7d, not '%s'", value);
        return 0;
    case 'f':
        if (!report_format_parse(slice_from(value), &options->format))
            return cmd_usage("report", "--format is table, json, csv or html, not '%s'", value);
        return 0;
    case 'g':
        if (options->gate_count == MAX_GATES)
            return cmd_usage("report", "--max-gap is given more than %d times", MAX_GATES);
        options->gates[options->gate_count++] = value;
        return 0;
    default:
        return cmd_usage("report", "the options are -c, --records, --since, --until, --epoch, --format and --max-gap");
    }
}

static int options_parse(int argc, char **argv, struct report_options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},  {"records", required_argument, NULL, 'r'},
        {"epoch", required_argument, NULL, 'e'},   {"since", required_argument, NULL, 's'},
        {"until", required_argument, NULL, 'u'},   {"format", required_argument, NULL, 'f'},
        {"max-gap", required_argument, NULL, 'g'}, {0}};
    int option, code = 0;
    opterr = 0;
    while (code == 0 && (option = getopt_long(argc, argv, "c:", known, NULL)) != -1)
        code = options_set(options, option, optarg);
    if (code == 0 && optind < argc)
        code = cmd_usage("report", "'%s' is no option", argv[optind]);
    if (code == 0 && !options->config && !options->records)
        code = cmd_usage("report", "name the configuration with -c FILE or an export with --records FILE");
    return code;
}

/* ---- reading ---- */

struct reading {
    struct history *history;
    const char *name; /* of the file, for errors */
    struct err *err;
};

static int read_line(struct slice line, size_t number, void *arg)
{
    struct reading *reading = arg;
    struct record_summary record;
    if (record_read(line, &record, reading->err) || history_add(reading->history, &record, reading->err))
        return err_prefix(reading->err, "%s:%zu:1: ", reading->name, number);
    return 0;
}

static int read_row(struct slice row, void *arg)
{
    struct reading *reading = arg;
    struct record_summary record;
    return record_read(row, &record, reading->err) || history_add(reading->history, &record, reading->err) ? -1 : 0;
}

static int read_file(struct reading *reading)
{
    bool standard = strcmp(reading->name, "-") == 0;
    FILE *in = standard ? stdin : fopen(reading->name, "re");
    if (!in)
        return err_set(reading->err, "%s: %s", reading->name, strerror(errno));
    int rc = cmd_each_line(in, read_line, reading, reading->err);
    if (!standard)
        fclose(in);
    return rc ? -1 : 0;
}

static int read_store(struct reading *reading, const struct conf *conf)
{
    struct store_filter filter = {.flagged = -1, .oldest_first = true};
    if (!conf->store_path)
        return err_set(reading->err, "%s: nothing is stored (there is no store.url), so there is nothing to report",
                       conf->path);
    return store_read(conf->store_path, &filter, read_row, reading, reading->err) ? -1 : 0;
}

/* ---- choosing and printing ---- */

/* The epoch that was asked for, 0 for all of them; says on stderr what is left out or mixed. */
static int choose_epoch(const struct history *history, const struct report_options *options, unsigned *chosen,
                        struct err *err)
{
    unsigned epochs = history_epochs(history);
    *chosen = history_last_epoch(history);
    if (options->epoch && strcmp(options->epoch, "all") == 0) {
        if (epochs > 1) {
            *chosen = 0;
            fprintf(stderr,
                    "candor report: %u epochs are pooled. Models, prompts, rules or judge changed between them, so the "
                    "figures are of a mixture and no alert's guarantee covers them.\n",
                    epochs);
        }
    } else if (options->epoch) {
        *chosen = history_find_epoch(history, slice_from(options->epoch));
        if (*chosen == 0)
            return err_set(err, "there is no epoch '%.40s' in these records", options->epoch);
    } else if (epochs > 1) {
        fprintf(stderr, "candor report: the records hold %u epochs; this is the latest, %s. --epoch all pools them.\n",
                epochs, history_epoch(history, *chosen));
    }
    return 0;
}

static int run_gates(const struct report_input *input, const struct report_options *options)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < options->gate_count; i++) {
        struct err err = {""};
        struct buf why;
        buf_init(&why, 4096);
        int larger = report_exceeds(input, slice_from(options->gates[i]), &why, &err);
        if (larger < 0)
            code = cmd_usage("report", "%s", err.text);
        else
            fprintf(stderr, "candor report: %s\n", buf_text(&why));
        if (larger == 1 && code == EXIT_DONE)
            code = EXIT_NO;
        buf_fini(&why);
    }
    return code;
}

static bool same_model(const struct conf_model *a, const struct conf_model *b)
{
    if (a->url_count == 0 || b->url_count == 0 || strcmp(a->urls[0].text, b->urls[0].text) != 0)
        return false;
    return !a->model || !b->model || strcmp(a->model, b->model) == 0;
}

static int print_report(const struct history *history, const struct conf *conf, const struct report_options *options,
                        struct err *err)
{
    struct history_filter filter = {.since_ms = options->since_ms, .until_ms = options->until_ms};
    if (choose_epoch(history, options, &filter.epoch, err))
        return cmd_fail(EXIT_FAILED, err);
    struct tally tally;
    history_tally(history, &filter, &tally);
    struct report_input input = {.tally = &tally,
                                 .settings = tally_settings_default(),
                                 .since_ms = options->since_ms,
                                 .until_ms = options->until_ms,
                                 .colour = cmd_colour(stdout),
                                 .epochs_pooled =
                                     filter.epoch || history_epochs(history) < 2 ? 1 : history_epochs(history)};
    if (filter.epoch)
        input.settings.epoch_number = filter.epoch;
    if (conf) {
        input.settings.alpha = conf->alerts.alpha;
        input.settings.tolerance = conf->alerts.tolerance;
        input.self_judged =
            conf->has_judge && (same_model(&conf->judge, &conf->warm) || same_model(&conf->judge, &conf->original));
    }
    struct buf out;
    buf_init(&out, 64u << 20);
    report_write(&input, options->format, &out);
    int code = cmd_print(&out);
    buf_fini(&out);
    int gates = run_gates(&input, options);
    return code == EXIT_DONE ? gates : code;
}

int cmd_report(int argc, char **argv)
{
    struct report_options options = {.format = REPORT_TABLE};
    struct err err = {""};
    int code = options_parse(argc, argv, &options);
    if (code)
        return code;
    struct conf *conf = options.config ? conf_load(options.config, &err) : NULL;
    if (options.config && !conf)
        return cmd_fail(EXIT_FAILED, &err);
    struct reading reading = {history_new(), options.records, &err};
    if (!reading.history) {
        err_set(&err, "out of memory");
        code = -1;
    } else {
        code = options.records ? read_file(&reading) : read_store(&reading, conf);
    }
    if (code) {
        code = cmd_fail(EXIT_FAILED, &err);
    } else {
        size_t repeats = history_close(reading.history);
        if (repeats)
            fprintf(stderr, "candor report: %zu trials stood in the records more than once and were counted once.\n",
                    repeats);
        code = print_report(reading.history, conf, &options, &err);
    }
    history_free(reading.history);
    conf_drop(conf);
    return code;
}
