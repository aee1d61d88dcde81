/* report: the study's table for this deployment, from its store or from exported records.
 *
 * Both ways count the same rows in arrival order, so an export gives the digits of the store it came from. A whole
 * epoch of a store is replayed from its outcomes, which outlive the texts that retention erases; a part of the time
 * is counted from them too. With --max-gap it is a gate: exit 1 where a gap is proved larger.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "cmd.h"
#include "history.h"
#include "label_store.h"
#include "report.h"
#include "store.h"

#define MAX_GATES 64

struct report_options {
    const char *config, *records, *epoch, *candidate;
    bool grouped;
    enum history_by by;
    int64_t since_ms, until_ms;
    enum report_format format;
    const char *gates[MAX_GATES];
    size_t gate_count;
};

/* Takes a gate that can be read, so that a misspelt one fails before anything is printed. */
static int take_gate(const char *gate, void *arg)
{
    struct report_options *options = arg;
    struct tally nothing;
    struct report_input input = {.tally = &nothing, .settings = tally_settings_default()};
    struct err err = {""};
    struct buf why;
    if (options->gate_count == MAX_GATES)
        return cmd_usage("report", "--max-gap is given more than %d times", MAX_GATES);
    tally_init(&nothing, "");
    buf_init(&why, 4096);
    int readable = report_exceeds(&input, slice_from(gate), &why, &err);
    buf_fini(&why);
    if (readable < 0)
        return cmd_usage("report", "--max-gap: %s", err.text);
    options->gates[options->gate_count++] = gate;
    return 0;
}

static int take_time(const char *name, const char *value, int64_t *wall_ms)
{
    if (clock_parse(slice_from(value), clock_wall_ms(), wall_ms) == 0)
        return 0;
    return cmd_usage("report", "%s wants a time or an age, such as 2026-11-24 or 7d, not '%s'", name, value);
}

static int take_since(const char *value, void *arg)
{
    return take_time("--since", value, &((struct report_options *)arg)->since_ms);
}

static int take_until(const char *value, void *arg)
{
    return take_time("--until", value, &((struct report_options *)arg)->until_ms);
}

static int take_format(const char *value, void *arg)
{
    if (report_format_parse(slice_from(value), &((struct report_options *)arg)->format))
        return 0;
    return cmd_usage("report", "--format is table, json, csv or html, not '%s'", value);
}

static int take_by(const char *value, void *arg)
{
    struct report_options *options = arg;
    options->grouped = true;
    if (history_by_parse(slice_from(value), &options->by))
        return 0;
    return cmd_usage("report", "--by is model, tag or day, not '%s'", value);
}

static int options_parse(int argc, char **argv, struct report_options *options)
{
    const struct cmd_option known[] = {
        {"config", 'c', .text = &options->config},
        {"records", 0, .text = &options->records},
        {"since", 0, .take = take_since},
        {"until", 0, .take = take_until},
        {"epoch", 0, .text = &options->epoch},
        {"candidate", 0, .text = &options->candidate},
        {"by", 0, .take = take_by},
        {"format", 0, .take = take_format},
        {"max-gap", 0, .take = take_gate},
    };
    int code = CMD_OPTIONS("report", argc, argv, known, options);
    if (code == 0 && optind < argc)
        code = cmd_usage("report", "'%s' is no option", argv[optind]);
    if (code == 0 && !options->config && !options->records)
        code = cmd_usage("report", "name the configuration with -c FILE or an export with --records FILE");
    return code;
}

/* ---- reading ---- */

struct counted {
    struct tally tally;
    struct report_trace *trace; /* for the page only; NULL: nobody wants it */
    struct report_pairs *pairs; /* NULL: out of memory, there are none */
    struct history_group *groups;
    size_t group_count;
    unsigned epoch_number, epochs_pooled;
    struct label_figures labels;
};

struct reading {
    struct history *history;
    const struct report_options *options;
    struct report_pairs *pairs;
    struct err *err;
};

static bool in_window(const struct report_options *options, int64_t wall_ms)
{
    return (!options->since_ms || wall_ms >= options->since_ms) && (!options->until_ms || wall_ms < options->until_ms);
}

static int read_line(struct slice line, size_t number, void *arg)
{
    struct reading *reading = arg;
    struct record_summary record;
    int rc = record_read(line, reading->options->candidate, &record, reading->err);
    if (rc > 0)
        return 0; /* this trial knows nothing of that candidate */
    if (rc < 0 || history_add(reading->history, &record, reading->err))
        return err_prefix(reading->err, "%s:%zu:1", reading->options->records, number);
    if (reading->pairs && in_window(reading->options, record.wall_ms))
        report_pairs_offer(reading->pairs, line);
    return 0;
}

static int read_file(struct reading *reading)
{
    return cmd_each_line_of(reading->options->records, read_line, reading, reading->err) ? -1 : 0;
}

static int take_summary(const struct record_summary *summary, void *arg)
{
    struct reading *reading = arg;
    return history_add(reading->history, summary, reading->err);
}

static int read_pairs(const char *store, const struct report_options *options, const char *epoch,
                      struct report_pairs *pairs, struct err *err)
{
    struct store_filter period = {.epoch = epoch, .since_ms = options->since_ms, .until_ms = options->until_ms};
    return pairs && !options->candidate ? report_pairs_read(pairs, store, &period, err) : 0;
}

/* ---- choosing what to count ---- */

/* The epoch that was asked for, 0 for all of them; says on stderr what is left out or mixed. */
static int choose_epoch(const struct history *history, const struct report_options *options, unsigned *chosen,
                        struct err *err)
{
    unsigned epochs = history_epochs(history);
    *chosen = history_last_epoch(history);
    if (options->epoch && strcmp(options->epoch, "all") == 0) {
        if (epochs < 2)
            return 0;
        *chosen = 0;
        fprintf(
            stderr,
            "candor report: %u epochs are pooled. Models, prompts, rules or judge changed between them, so the figures "
            "are of a mixture and no alert's guarantee covers them.\n",
            epochs);
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

static int take_outcome(const struct tally_trial *trial, void *arg)
{
    struct counted *out = arg;
    tally_add(&out->tally, trial);
    if (out->trace)
        report_trace_add(out->trace, trial);
    return 0;
}

static int take_labelled(const struct tally_trial *trial, void *arg)
{
    struct counted *out = arg;
    if (trial->counted && !trial->missing)
        label_figures_people(&out->labels, trial->has_outcome ? trial->x : 0, &trial->people);
    return take_outcome(trial, out);
}

static int make_groups(const struct history *history, const struct history_filter *filter,
                       const struct report_options *options, struct counted *out, struct err *err)
{
    if (!options->grouped)
        return 0;
    out->groups = calloc(HISTORY_GROUPS, sizeof *out->groups);
    if (!out->groups)
        return err_set(err, "out of memory");
    out->group_count = history_groups(history, filter, options->by, out->groups);
    return 0;
}

static int count_history(const struct history *history, const struct report_options *options, struct counted *out,
                         struct err *err)
{
    struct history_filter filter = {.since_ms = options->since_ms, .until_ms = options->until_ms};
    if (choose_epoch(history, options, &filter.epoch, err))
        return -1;
    tally_init(&out->tally, history_tally_name(history, &filter));
    (void)history_each(history, &filter, take_labelled, out);
    label_figures_tally(&out->labels, &out->tally);
    out->epochs_pooled = filter.epoch ? 1 : history_epochs(history);
    out->epoch_number = filter.epoch ? filter.epoch : history_last_epoch(history);
    return make_groups(history, &filter, options, out, err);
}

static int count_records(const struct report_options *options, struct counted *out, struct err *err)
{
    struct reading reading = {history_new(), options, options->candidate ? NULL : out->pairs, err};
    if (!reading.history)
        return err_set(err, "out of memory");
    int rc = read_file(&reading);
    size_t repeats = rc == 0 ? history_close(reading.history) : 0;
    if (repeats)
        fprintf(stderr, "candor report: %zu trials stood in the records more than once and were counted once.\n",
                repeats);
    if (rc == 0)
        rc = count_history(reading.history, options, out, err);
    history_free(reading.history);
    return rc;
}

static void take_label(uint64_t seq, int x, bool same_verdict, bool by_hand, void *arg)
{
    history_label(arg, seq, x, same_verdict, by_hand);
}

/* A part of a store, several epochs of it, or groups. */
static int count_part(const struct report_options *options, const char *store, struct counted *out, struct err *err)
{
    struct reading reading = {history_new(), options, NULL, err};
    if (!reading.history)
        return err_set(err, "out of memory");
    int rc = store_summaries(store, options->candidate, take_summary, &reading, err);
    if (rc == 0) {
        (void)history_close(reading.history);
        if (!options->candidate)
            rc = label_store_each(store, take_label, reading.history, err);
    }
    if (rc == 0)
        rc = count_history(reading.history, options, out, err);
    if (rc == 0)
        rc = read_pairs(store, options, out->epochs_pooled > 1 ? NULL : out->tally.epoch, out->pairs, err);
    history_free(reading.history);
    return rc;
}

/* A whole epoch, by replay of the store's outcomes. */
static int count_epoch(const struct report_options *options, const char *store, struct counted *out, struct err *err)
{
    char epoch[33];
    int rc = store_epoch(store, options->epoch, epoch, &out->epoch_number, err);
    tally_init(&out->tally, epoch);
    if (rc == 1 && options->epoch)
        return err_set(err, "there is no epoch '%.40s' in the store %s", options->epoch, store);
    if (rc == 0 && !options->epoch && out->epoch_number > 1)
        fprintf(stderr, "candor report: this is the latest epoch, number %u, %s. --epoch all pools them.\n",
                out->epoch_number, out->tally.epoch);
    if (rc == 0)
        rc = store_outcomes(store, epoch, options->candidate, 0, take_outcome, out, err);
    if (rc == 0) {
        label_figures_tally(&out->labels, &out->tally);
        if (!options->candidate)
            rc = label_store_people(store, epoch, &out->labels, err);
    }
    if (rc == 0)
        rc = read_pairs(store, options, epoch, out->pairs, err);
    return rc < 0 ? -1 : 0;
}

static int count_trials(const struct report_options *options, const struct conf *conf, struct counted *out,
                        struct err *err)
{
    bool whole = !options->since_ms && !options->until_ms && !options->grouped &&
                 !(options->epoch && strcmp(options->epoch, "all") == 0);
    if (options->records)
        return count_records(options, out, err);
    if (!conf->store_path)
        return err_set(err, "%s: nothing is stored (there is no store.url), so there is nothing to report", conf->path);
    return whole ? count_epoch(options, conf->store_path, out, err) : count_part(options, conf->store_path, out, err);
}

/* A gate on a candidate whose name is misspelt would never close. */
static int check_candidate(const char *name, const struct conf *conf, const struct tally *tally, struct err *err)
{
    if (!name || tally->seq != 0 || (conf && conf_candidate(conf, name)))
        return 0;
    return err_set(err, "no trial knows of a candidate '%.40s'%s", name,
                   conf ? ", and no more does the configuration" : "");
}

/* ---- printing ---- */

static int run_gates(const struct report_input *input, const struct report_options *options)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < options->gate_count; i++) {
        struct err err = {""};
        struct buf why;
        buf_init(&why, 4096);
        if (report_exceeds(input, slice_from(options->gates[i]), &why, &err) == 1)
            code = EXIT_NO;
        fprintf(stderr, "candor report: %s\n", buf_text(&why));
        buf_fini(&why);
    }
    return code;
}

static int print_report(const struct counted *counted, const struct conf *conf, const struct report_options *options)
{
    struct report_input input = {.tally = &counted->tally,
                                 .settings = tally_settings_of(conf),
                                 .since_ms = options->since_ms,
                                 .until_ms = options->until_ms,
                                 .self_judged = conf && conf_judges_itself(conf),
                                 .colour = cmd_colour(stdout),
                                 .trace = counted->trace,
                                 .epochs_pooled = counted->epochs_pooled,
                                 .pairs = counted->pairs,
                                 .labels = options->candidate ? NULL : &counted->labels,
                                 .candidate = options->candidate,
                                 .groups = counted->groups,
                                 .group_count = counted->group_count,
                                 .by = options->by};
    if (counted->epoch_number)
        input.settings.epoch_number = counted->epoch_number;
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
    struct counted counted = {.epochs_pooled = 1, .pairs = report_pairs_new()};
    struct tally_settings settings = tally_settings_of(conf);
    if (options.format == REPORT_HTML)
        counted.trace = report_trace_new(&settings); /* without memory for it there is one plot less */
    if (count_trials(&options, conf, &counted, &err) || check_candidate(options.candidate, conf, &counted.tally, &err))
        code = cmd_fail(EXIT_FAILED, &err);
    else
        code = print_report(&counted, conf, &options);
    report_trace_free(counted.trace);
    report_pairs_free(counted.pairs);
    free(counted.groups);
    conf_drop(conf);
    return code;
}
