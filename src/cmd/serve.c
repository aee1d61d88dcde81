/* serve: runs the proxy in the foreground. */
#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd.h"
#include "daemon.h"

/* Without journald the log goes to stderr, and its first line says so. */
static struct log *log_open(const struct conf *conf)
{
    struct err err = {""};
    int journal = conf->log_to == CONF_LOG_JOURNALD ? log_journal_open(LOG_JOURNAL_PATH, &err) : -1;
    if (journal >= 0)
        return log_new(journal, conf->log_level, LOG_FORMAT_JOURNAL);
    struct log *log =
        log_new(conf->log_to == CONF_LOG_STDOUT ? STDOUT_FILENO : STDERR_FILENO, conf->log_level, conf->log_format);
    if (conf->log_to == CONF_LOG_JOURNALD)
        log_warn(log, "logging to stderr", LOG_Z("reason", err.text));
    return log;
}

int cmd_serve(int argc, char **argv)
{
    const char *path = NULL;
    const struct cmd_option options[] = {{"config", 'c', "FILE", .text = &path}};
    int usage = CMD_OPTIONS("serve", argc, argv, options, NULL);
    if (usage)
        return usage;
    if (!path || optind < argc)
        return cmd_usage("serve", "name the configuration with -c FILE");
    /* Keys and messages are in memory: no core file, and no debugger of the same user. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);

    struct err err = {""};
    struct conf *conf = conf_load(path, &err);
    if (!conf)
        return cmd_fail(EXIT_NO, &err);
    struct log *log = log_open(conf);
    struct daemon *daemon = log ? daemon_start(conf, log, (struct daemon_watch){0}, &err) : NULL;
    conf_drop(conf);
    int code = EXIT_DONE;
    if (daemon)
        daemon_run(daemon);
    else
        code = cmd_fail(EXIT_FAILED, &err);
    daemon_free(daemon);
    log_free(log);
    return code;
}
