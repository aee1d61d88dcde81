/* cmd: the subcommands. Each file of src/cmd/ is one; main.c holds the table. Exit codes: 0 done, 1 the answer is no,
 * 2 usage, 3 could not run. Data goes to stdout, everything else to stderr.
 */
#ifndef CANDOR_CMD_H
#define CANDOR_CMD_H

#include "conf.h"
#include "rules.h"

enum { EXIT_DONE = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

typedef int cmd_fn(int argc, char **argv); /* argv[0] is the subcommand's name */

cmd_fn cmd_serve, cmd_check, cmd_demo, cmd_detect, cmd_compare, cmd_report, cmd_rules, cmd_trials, cmd_simulate,
    cmd_alerts, cmd_label, cmd_replay, cmd_eval;

/* Prints "candor: sentence" to stderr, or the sentence alone where it begins with a place in a file; returns code. */
int cmd_fail(int code, const struct err *err);
/* Prints "candor NAME: sentence" and "Try 'candor help NAME'." and returns EXIT_USAGE. */
int cmd_usage(const char *name, const char *format, ...) PRINTF(2, 3);
/* An option: text keeps its value, flag says that it was given, take does with the value what it likes. */
struct cmd_option {
    const char *name;
    char letter;       /* by which it goes as well; 0: none */
    const char *value; /* what its value is called, for a command that has no other option */
    const char **text;
    bool *flag;
    int (*take)(const char *value, void *arg); /* 0, or an exit code once it has said what is wrong */
};
#define CMD_OPTIONS_MAX 24
/* Reads all options; the rest stands from argv[optind] on. Says which there are when one is unknown or lacks its value.
 * 0, or an exit code. */
MUST_USE int cmd_options(const char *command, int argc, char **argv, const struct cmd_option *options, size_t count,
                         void *arg);
#define CMD_OPTIONS(command, argc, argv, options, arg)                                                                 \
    cmd_options((command), (argc), (argv), (options), sizeof(options) / sizeof(*(options)), (arg))
/* Writes buf to stdout whole; 0 or EXIT_FAILED with a sentence. */
int cmd_print(const struct buf *buf);
/* The packs named on the command line of a command. */
struct cmd_packs {
    const char *command;
    const char *paths[64];
    size_t count;
};
/* Adds one, as an option's take does; 0, or an exit code once it has said that there are too many. */
MUST_USE int cmd_packs_take(const char *path, void *packs);
/* Those, or the installed ones where there are none (CANDOR_RULES_DIR in the environment goes first). */
MUST_USE struct rules *cmd_rules_load(const struct cmd_packs *packs, struct err *err);
/* Calls fn for every line of a stream, however long up to 16 MiB; -1 on a read error or a longer line. name: of the
 * file, for what is told; NULL: standard input. */
MUST_USE int cmd_each_line(FILE *in, const char *name, int (*fn)(struct slice line, size_t number, void *arg),
                           void *arg, struct err *err);
/* The same for a file, or for standard input where the path is "-". */
MUST_USE int cmd_each_line_of(const char *path, int (*fn)(struct slice line, size_t number, void *arg), void *arg,
                              struct err *err);
unsigned cmd_columns(unsigned otherwise); /* of the terminal that stdout is; otherwise: where it is none */
bool cmd_colour(FILE *stream);            /* a terminal, and NO_COLOR unset */

#endif
