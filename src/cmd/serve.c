/* serve: runs the proxy in the foreground. */
#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd.h"
#include "daemon.h"

int cmd_serve(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {0}};
    const char *path = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        if (option != 'c')
            return cmd_usage("serve", "-c FILE is all it takes");
        path = optarg;
    }
    if (!path || optind < argc)
        return cmd_usage("serve", "name the configuration with -c FILE");
    /* Keys and messages are in memory: no core file, and no debugger of the same user. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);

    struct err err = {""};
    struct conf *conf = conf_load(path, &err);
    if (!conf)
        return cmd_fail(EXIT_NO, &err);
    struct log *log = log_new(STDERR_FILENO, conf->log_level, conf->log_format);
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
