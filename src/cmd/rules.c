/* rules: `candor rules test` and `candor rules explain`, the tools of people who write rules.
 *
 * test runs every example and the stress of every pattern; with --corpus it also tells how often each rule fires on
 * a file of messages, with a sample, which is how false positives are found. explain shows one text with its cues
 * underlined and the rule that found each.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "arena.h"
#include "cmd.h"
#include "detect.h"
#include "json.h"
#include "pairs.h"
#include "rules_explain.h"

enum { OUTPUT_MAX = 64 << 20, ARENA_MAX = 8 << 20, SAMPLE_COLUMNS = 72, EXPLAIN_MAX = 16 << 20 };

/* ---- --corpus ---- */

struct sample {
    char text[8 * SAMPLE_COLUMNS + 1];
    uint64_t messages; /* in which the rule fired */
    uint64_t matches;  /* so far */
};

struct corpus {
    const char *path;
    struct rules *rules;
    struct detector *detector;
    struct sample *samples; /* one a rule */
    uint64_t messages, fired, errors, bytes, unread;
    double *times; /* microseconds of each message */
    size_t times_size;
    struct err *err;
};

static void keep_sample(struct sample *sample, struct slice text, size_t start)
{
    struct buf shown;
    size_t from = start > 20 ? start - 20 : 0;
    while (from > 0 && ((unsigned char)text.data[from] & 0xC0) == 0x80)
        from--;
    buf_init(&shown, sizeof sample->text - 1);
    pairs_excerpt(slice_part(text, from, text.len), SAMPLE_COLUMNS, &shown);
    memcpy(sample->text, shown.data ? shown.data : "", shown.len);
    sample->text[shown.len] = '\0';
    buf_fini(&shown);
}

/* Where the rule's first cue stands; at the beginning for rules that leave none, because they are experimental. */
static size_t first_cue(const struct detection *found, const char *rule)
{
    for (size_t i = 0; i < found->cue_count; i++)
        if (found->cues[i].rule == rule)
            return found->cues[i].start;
    return 0;
}

static void count_matches(struct corpus *corpus, struct slice text, const struct detection *found)
{
    for (size_t rule = 0; rule < rules_count(corpus->rules); rule++) {
        struct sample *sample = &corpus->samples[rule];
        uint64_t matches, errors;
        detector_counts(corpus->detector, rule, &matches, &errors);
        if (matches == sample->matches)
            continue;
        sample->matches = matches;
        if (sample->messages++ == 0)
            keep_sample(sample, text, first_cue(found, rules_name(corpus->rules, rule)));
    }
    corpus->fired += found->cue_count > 0;
    corpus->errors += found->error;
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int keep_time(struct corpus *corpus, double microseconds)
{
    if (corpus->messages == corpus->times_size) {
        size_t size = corpus->times_size ? corpus->times_size * 2 : 1024;
        double *times = realloc(corpus->times, size * sizeof *times);
        if (!times)
            return err_set(corpus->err, "out of memory for %zu messages", size);
        corpus->times = times;
        corpus->times_size = size;
    }
    corpus->times[corpus->messages++] = microseconds;
    return 0;
}

static int count_line(struct corpus *corpus, const cJSON *object, struct arena *arena)
{
    struct slice text = json_get_slice(object, "text");
    struct detection found;
    struct detect_turn turn = {true, text};
    if (!text.data)
        return err_set(corpus->err, "a line is a JSON object with \"text\"");
    double start = now_us();
    detect_run(corpus->detector, &turn, 1, arena, &found);
    if (keep_time(corpus, now_us() - start))
        return -1;
    corpus->bytes += text.len;
    count_matches(corpus, text, &found);
    return 0;
}

/* A line that cannot be read is told of, and the others go on. */
static int corpus_line(struct slice line, size_t number, void *arg)
{
    struct corpus *corpus = arg;
    cJSON *object = json_parse(line, JSON_LIMITS_DEFAULT, corpus->err);
    struct arena *arena = object ? arena_new(ARENA_MAX) : NULL;
    int failed = -1;
    if (object && !arena)
        err_set(corpus->err, "out of memory");
    else if (object)
        failed = count_line(corpus, object, arena);
    if (failed) {
        err_prefix(corpus->err, "%s:%zu:1", strcmp(corpus->path, "-") == 0 ? "standard input" : corpus->path, number);
        cmd_fail(0, corpus->err);
        corpus->unread++;
    }
    arena_free(arena);
    cJSON_Delete(object);
    return 0;
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_cost(const struct corpus *corpus, struct buf *out)
{
    double sum = 0;
    for (size_t i = 0; i < corpus->messages; i++)
        sum += corpus->times[i];
    if (corpus->messages == 0 || corpus->bytes == 0)
        return;
    qsort(corpus->times, corpus->messages, sizeof *corpus->times, compare_times);
    buf_add_format(out, "%.1f us a KiB, %.0f us a message in the median, %.0f us at the 99th percentile\n",
                   sum * 1024 / (double)corpus->bytes, corpus->times[corpus->messages / 2],
                   corpus->times[corpus->messages * 99 / 100]);
}

static void print_corpus(const struct corpus *corpus, struct buf *out)
{
    double all = corpus->messages ? (double)corpus->messages : 1, tries = 0;
    buf_add_format(out, "%llu messages, %llu with a cue (%.2f %%), %llu with an error\n",
                   (unsigned long long)corpus->messages, (unsigned long long)corpus->fired,
                   100 * (double)corpus->fired / all, (unsigned long long)corpus->errors);
    print_cost(corpus, out);
    for (size_t i = 0; i < rules_count(corpus->rules); i++)
        tries += (double)detector_runs(corpus->detector, i);
    buf_add_text(out, "  fired    share    tried    share  rule                              first sample\n");
    for (size_t i = 0; i < rules_count(corpus->rules); i++) {
        const struct sample *sample = &corpus->samples[i];
        uint64_t tried = detector_runs(corpus->detector, i);
        buf_add_format(out, "%7llu %6.2f %% %8llu %6.2f %%  %-32s  %s\n", (unsigned long long)sample->messages,
                       100 * (double)sample->messages / all, (unsigned long long)tried,
                       tries > 0 ? 100 * (double)tried / tries : 0, rules_name(corpus->rules, i), sample->text);
    }
}

/* An exit code. */
static int run_corpus(struct rules *rules, const char *path, struct buf *out)
{
    struct err err = {""};
    struct corpus corpus = {.path = path,
                            .rules = rules,
                            .detector = detector_new(rules, &err),
                            .samples = calloc(rules_count(rules) + 1, sizeof *corpus.samples),
                            .err = &err};
    int code = EXIT_DONE;
    if (corpus.detector)
        detector_prepare(corpus.detector);
    if (corpus.detector && !corpus.samples)
        err_set(&err, "out of memory");
    if (!corpus.detector || !corpus.samples || cmd_each_line_of(path, corpus_line, &corpus, &err))
        code = cmd_fail(EXIT_FAILED, &err);
    else
        print_corpus(&corpus, out);
    if (corpus.unread)
        code = EXIT_FAILED;
    detector_free(corpus.detector);
    free(corpus.samples);
    free(corpus.times);
    return code;
}

/* ---- test ---- */

static int run_test(struct rules *rules, bool tap, bool cost, const char *corpus)
{
    struct rules_report report;
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    rules_test(rules, tap, cmd_colour(stdout), &out, &report);
    size_t costly = rules_cost(rules, cost, tap, cmd_colour(stdout), &out);
    if (!tap)
        buf_add_format(&out, "%zu rules, %zu examples, %zu failures, %zu known gaps, %zu tried too often; %s\n",
                       report.rules, report.examples, report.failures, report.todo, costly,
                       rules_jit(rules) ? "compiled" : "interpreted, this host forbids executable memory");
    int code = report.failures ? EXIT_NO : EXIT_DONE;
    int counted = corpus ? run_corpus(rules, corpus, &out) : EXIT_DONE;
    if (counted)
        code = counted;
    int printed = cmd_print(&out);
    buf_fini(&out);
    return printed ? printed : code;
}

static int command_test(int argc, char **argv)
{
    bool tap = false, cost = false;
    const char *corpus = NULL;
    struct cmd_packs packs = {.command = "rules"};
    const struct cmd_option known[] = {
        {"tap", .flag = &tap}, {"cost", .flag = &cost}, {"corpus", .value = "FILE", .text = &corpus}};
    int usage = CMD_OPTIONS("rules", argc, argv, known, NULL);
    for (int i = optind; i < argc && !usage; i++)
        usage = cmd_packs_take(argv[i], &packs);
    if (usage)
        return usage;
    struct err err = {""};
    struct rules *rules = cmd_rules_load(&packs, &err);
    if (!rules)
        return cmd_fail(EXIT_FAILED, &err);
    int code = run_test(rules, tap, cost, corpus);
    rules_drop(rules);
    return code;
}

/* ---- explain ---- */

static int command_explain(int argc, char **argv)
{
    struct cmd_packs packs = {.command = "rules"};
    const struct cmd_option known[] = {{"rules", 'r', .value = "RULES", .take = cmd_packs_take}};
    int usage = CMD_OPTIONS("rules", argc, argv, known, &packs);
    if (usage)
        return usage;
    if (argc - optind != 1)
        return cmd_usage("rules", "explain takes one text, in quotes");
    struct err err = {""};
    struct rules *rules = cmd_rules_load(&packs, &err);
    struct detector *detector = rules ? detector_new(rules, &err) : NULL;
    struct arena *arena = arena_new(ARENA_MAX);
    struct buf out;
    buf_init(&out, EXPLAIN_MAX);
    int code;
    if (!detector || !arena) {
        code = cmd_fail(EXIT_FAILED, &err);
    } else {
        rules_explain(detector, slice_from(argv[optind]), cmd_columns(0), cmd_colour(stdout), arena, &out);
        code = cmd_print(&out);
    }
    buf_fini(&out);
    arena_free(arena);
    detector_free(detector);
    rules_drop(rules);
    return code;
}

int cmd_rules(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "test") == 0)
        return command_test(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "explain") == 0)
        return command_explain(argc - 1, argv + 1);
    return cmd_usage(
        argv[0], "say 'rules test [FILE...] [--tap] [--cost] [--corpus FILE]' or 'rules explain [-r RULES]... TEXT'");
}
