/* main: finds the subcommand in a table and runs it. A new command is one file in src/cmd/ and one row here. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"

struct command {
    const char *name;
    cmd_fn *run;
    const char *synopsis;
    const char *summary;
};

static const struct command commands[] = {
    {"serve", cmd_serve, "-c FILE", "runs the proxy in the foreground"},
    {"check", cmd_check, "-c FILE", "checks configuration and rule packs and prints what would run; opens no port"},
    {"demo", cmd_demo, "[--once]", "shows the whole job with simulated models; needs no configuration"},
    {"alerts", cmd_alerts, "list -c FILE [--json] | ack -c FILE ALERT CONDITION",
     "lists the alerts that stand, with their guarantees, and acknowledges one"},
    {"compare", cmd_compare, "[-c FILE] < PAIRS",
     "says whether two answers differ in substance (JSON Lines in and out)"},
    {"detect", cmd_detect, "[-r RULES]... [-b WEIGHTS] < MESSAGES",
     "says which cues and stated beliefs messages hold (JSON Lines in and out)"},
    {"label", cmd_label, "(-c FILE | --store PATH) [--labeller NAME] [--share S] [--export | --figures]",
     "shows pairs of answers blind and takes down what a person says of them"},
    {"replay", cmd_replay,
     "(-c FILE | --store PATH | --records FILE) [-r RULES]... [--judge FILE] [--pair NAME] [--json]",
     "what recorded trials would give under other rules or another judge; the record stays"},
    {"eval", cmd_eval, "-c FILE [--sad TEXT] [--belief TEXT] [--limit N] [--json] < QUESTIONS",
     "asks both models questions of known truth in the study's conditions"},
    {"rules", cmd_rules, "test [FILE...] [--tap] [--cost] [--corpus FILE] | explain [-r RULES]... TEXT",
     "runs the examples of rule packs, or shows what they find in a text"},
    {"report", cmd_report,
     "(-c FILE | --records FILE) [--since T] [--until T] [--epoch E] [--candidate NAME] [--by B]\n"
     "       [--format F] [--max-gap COND=PP]",
     "the gaps of this deployment with intervals, beside the study's"},
    {"trials", cmd_trials,
     "list|show ID|export|erase (-c FILE|--store PATH) [--verdict V] [--condition C] [--model NAME] [--tag NAME]\n"
     "       [--flagged] [--since T] [--limit N] [--json]; erase: --trial ID | --conversation HASH | --before T",
     "lists, shows, exports and erases the records of trials"},
    {"simulate", cmd_simulate,
     "[-c FILE] [--conditions N] [--comparisons N] [--runs N] [--seed S] [--judge Q] [--json]",
     "what the alerts guarantee and what each condition costs, played out"},
    {NULL, NULL, NULL, NULL},
};

static const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static void help_print(FILE *out)
{
    fputs("candor: a streaming proxy that proves when a warm model trades truth for warmth\n\n"
          "usage: candor COMMAND [ARGUMENTS]\n\n",
          out);
    for (const struct command *command = commands; command->name; command++)
        fprintf(out, "  %-10s %s\n", command->name, command->summary);
    fputs("\n'candor help COMMAND' tells more; 'candor demo' shows it at work.\n", out);
}

/* The synopsis, and where to read on. */
static int help_command(const char *name)
{
    const struct command *command = command_find(name);
    if (!command) {
        fprintf(stderr, "candor: there is no command '%s'; 'candor help' lists them.\n", name);
        return EXIT_USAGE;
    }
    printf("usage: candor %s %s\n\n%s\n\nThe manual page is candor-%s(1).\n", name, command->synopsis, command->summary,
           name);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    opterr = 0; /* commands say themselves what is wrong with their options, in one sentence */
    if (argc < 2) {
        help_print(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        puts("candor " PACKAGE_VERSION);
        return EXIT_DONE;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        if (argc > 2)
            return help_command(argv[2]);
        help_print(stdout);
        return EXIT_DONE;
    }
    const struct command *command = command_find(name);
    if (!command) {
        fprintf(stderr, "candor: there is no command '%s'; 'candor help' lists them.\n", name);
        return EXIT_USAGE;
    }
    if (argc > 2 && strcmp(argv[2], "--help") == 0)
        return help_command(name);
    return command->run(argc - 1, argv + 1);
}
