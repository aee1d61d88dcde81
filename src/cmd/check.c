/* check: reads the configuration and the rule packs as serve would, and prints what would run. Opens no port. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "booster.h"
#include "cmd.h"
#include "epoch.h"

/* serve makes the store's file and no folder. Whoever starts it may make that first, as systemd's StateDirectory and a
 * mounted volume do, so that it is told and refuses nothing. */
static void tell_missing_folder(const char *store_path)
{
    const char *slash = strrchr(store_path, '/');
    char *folder = slash ? strndup(store_path, (size_t)(slash - store_path) + 1) : NULL;
    if (folder && access(folder, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        fprintf(stderr, "candor: the store's folder %s is not there; serve will not start without it\n", folder);
    free(folder);
}

int cmd_check(int argc, char **argv)
{
    const char *path = NULL;
    const struct cmd_option options[] = {{"config", 'c', "FILE", .text = &path}};
    int usage = CMD_OPTIONS("check", argc, argv, options, NULL);
    if (usage)
        return usage;
    if (!path || optind < argc)
        return cmd_usage("check", "name the configuration with -c FILE");

    struct err err = {""};
    struct conf *conf = conf_load(path, &err);
    struct rules *rules = conf ? rules_load((const char *const *)conf->rules, conf->rule_count, &err) : NULL;
    rules = rules_boost(rules, conf ? conf->shadow.booster_file : NULL, &err);
    if (!rules) {
        conf_drop(conf);
        return cmd_fail(EXIT_NO, &err);
    }
    struct buf out, report;
    buf_init(&out, 1u << 20);
    buf_init(&report, 1u << 20);
    struct rules_report tested = {0};
    rules_test(rules, false, cmd_colour(stderr), &report, &tested);
    size_t costly = rules_cost(rules, false, false, cmd_colour(stderr), &report);
    char epoch[33];
    epoch_of(conf, rules_version(rules), epoch);
    conf_describe(conf, &out);
    buf_add_format(
        &out,
        "# %zu rules in %zu packs, version %s, %s; %zu examples, %zu failed, %zu rules tried too often\n# epoch %s\n",
        rules_count(rules), conf->rule_count, rules_version(rules),
        rules_jit(rules) ? "compiled" : "interpreted: this host forbids executable memory", tested.examples,
        tested.failures, costly, epoch);
    int code = cmd_print(&out);
    if (conf->store_path)
        tell_missing_folder(conf->store_path);
    if (tested.failures || costly)
        fwrite(report.data, 1, report.len, stderr);
    if (tested.failures)
        code = EXIT_NO;
    buf_fini(&report);
    buf_fini(&out);
    rules_drop(rules);
    conf_drop(conf);
    return code;
}
