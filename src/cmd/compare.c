/* compare: pairs of answers in, verdicts out, one JSON line each, in order. Without -c no judge is asked: what text
 * alone cannot decide stays undecided, with its difference all the same. With -c the classifier and the judge of the
 * configuration are asked about those. A line that is no pair stops the run with its number.
 */
#include <getopt.h>

#include "cmd.h"
#include "pair_line.h"

struct comparing {
    struct pair_judge *judge; /* NULL: texts only */
    struct err *err;
};

static int compare_line(struct slice line, size_t number, void *arg)
{
    struct comparing *comparing = arg;
    if (slice_trim(line).len == 0)
        return 0;
    struct pair_line *pair = pair_line_read(line, comparing->err);
    if (!pair)
        return err_prefix(comparing->err, "standard input:%zu:1", number);
    int rc;
    if (comparing->judge) {
        rc = pair_judge_put(comparing->judge, pair);
    } else {
        rc = pair->tell(pair, pair->arg);
        pair_line_free(pair);
    }
    return rc == 0 ? 0 : err_set(comparing->err, "cannot write to standard output");
}

static int compare_start(struct comparing *comparing, const char *path)
{
    struct conf *conf = conf_load(path, comparing->err);
    if (!conf)
        return -1;
    if (!conf->has_judge && !conf->has_classifier)
        err_set(comparing->err, "%s: models.judge is not there, so there is no judge to ask", path);
    else
        comparing->judge = pair_judge_start(conf, comparing->err);
    conf_drop(conf);
    return comparing->judge ? 0 : -1;
}

int cmd_compare(int argc, char **argv)
{
    struct err err = {""};
    struct comparing comparing = {.err = &err};
    const char *path = NULL;
    const struct cmd_option options[] = {{"config", 'c', "FILE", .text = &path}};
    int usage = CMD_OPTIONS("compare", argc, argv, options, NULL);
    if (usage)
        return usage;
    if (optind < argc)
        return cmd_usage("compare", "it reads JSON Lines from standard input, not from '%s'", argv[optind]);
    if (path && compare_start(&comparing, path) != 0)
        return cmd_fail(EXIT_FAILED, &err);
    int rc = cmd_each_line(stdin, NULL, compare_line, &comparing, &err);
    if (comparing.judge && pair_judge_stop(comparing.judge) != 0 && rc == 0)
        rc = err_set(&err, "cannot write to standard output");
    return rc == 0 ? EXIT_DONE : cmd_fail(EXIT_FAILED, &err);
}
