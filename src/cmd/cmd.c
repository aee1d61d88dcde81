/* cmd: what the subcommands share. See cmd.h. */
#include "cmd.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arena.h"
#include "packs.h"

#define LINE_MAX_BYTES  (16u << 20)
#define PATHS_MAX_BYTES (1u << 20)

/* "FILE:LINE:COLUMN: ...": editors and terminals find the place only where it stands first. */
static bool begins_with_place(const char *text)
{
    const char *end = strstr(text, ": "), *at = end;
    for (int numbers = 0; numbers < 2; numbers++) {
        const char *last = at;
        while (at && at > text && ascii_is_digit(at[-1]))
            at--;
        if (at == last || at <= text + 1 || *--at != ':')
            return false;
    }
    return true;
}

int cmd_fail(int code, const struct err *err)
{
    fprintf(stderr, "%s%s\n", begins_with_place(err->text) ? "" : "candor: ", err->text);
    return code;
}

int cmd_usage(const char *name, const char *format, ...)
{
    fprintf(stderr, "candor %s: ", name);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'candor help %s'.\n", name);
    return EXIT_USAGE;
}

/* ---- options ---- */

static int usage_of(const char *command, const struct cmd_option *options, size_t count)
{
    char list[512] = "";
    if (count == 1)
        return cmd_usage(command, options->letter ? "-%.1s%s%s is all it takes" : "--%s%s%s is all it takes",
                         options->letter ? &options->letter : options->name, options->value ? " " : "",
                         options->value ? options->value : "");
    for (size_t i = 0, len = 0; i < count && len < sizeof list; i++) {
        const char *between = i == 0 ? "" : i + 1 < count ? ", " : " and ";
        len +=
            (size_t)(options[i].letter ? snprintf(list + len, sizeof list - len, "%s-%c", between, options[i].letter)
                                       : snprintf(list + len, sizeof list - len, "%s--%s", between, options[i].name));
    }
    return cmd_usage(command, "the options are %s", list);
}

static int option_take(const struct cmd_option *option, const char *value, void *arg)
{
    if (option->flag)
        *option->flag = true;
    if (option->text)
        *option->text = value;
    return option->take ? option->take(value, arg) : 0;
}

int cmd_options(const char *command, int argc, char **argv, const struct cmd_option *options, size_t count, void *arg)
{
    enum { FIRST = 256 }; /* above every letter */
    struct option known[CMD_OPTIONS_MAX + 1] = {{0}};
    char letters[2 * CMD_OPTIONS_MAX + 1];
    size_t len = 0;
    int found, code = 0;
    assert(count <= CMD_OPTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        bool valued = options[i].text || options[i].take;
        known[i] = (struct option){options[i].name, valued ? required_argument : no_argument, NULL, FIRST + (int)i};
        if (options[i].letter)
            letters[len++] = options[i].letter;
        if (options[i].letter && valued)
            letters[len++] = ':';
    }
    letters[len] = '\0';
    while (code == 0 && (found = getopt_long(argc, argv, letters, known, NULL)) != -1) {
        size_t which = found >= FIRST ? (size_t)(found - FIRST) : 0;
        while (found < FIRST && which < count && (found == '?' || options[which].letter != found))
            which++;
        code = which < count ? option_take(&options[which], optarg, arg) : usage_of(command, options, count);
    }
    return code;
}

int cmd_print(const struct buf *buf)
{
    struct err err = {""};
    if (buf->failed)
        err_set(&err, "the output grew past what it may hold");
    else if (fwrite(buf->data, 1, buf->len, stdout) != buf->len || fflush(stdout) != 0)
        err_set(&err, "cannot write to standard output: %s", strerror(errno));
    else
        return EXIT_DONE;
    return cmd_fail(EXIT_FAILED, &err);
}

static struct rules *rules_installed(struct err *err)
{
    struct arena *arena = arena_new(PATHS_MAX_BYTES);
    char **paths;
    size_t count;
    struct rules *rules = NULL;
    if (!arena)
        err_set(err, "no memory for the names of rule packs");
    else if (packs_installed(arena, "name packs with -r", &paths, &count, err) == 0)
        rules = rules_load((const char *const *)paths, count, err);
    arena_free(arena);
    return rules;
}

int cmd_packs_take(const char *path, void *arg)
{
    struct cmd_packs *packs = arg;
    size_t most = sizeof packs->paths / sizeof *packs->paths;
    if (packs->count == most)
        return cmd_usage(packs->command, "more than %zu rule packs are named", most);
    packs->paths[packs->count++] = path;
    return 0;
}

struct rules *cmd_rules_load(const struct cmd_packs *packs, struct err *err)
{
    return packs->count ? rules_load(packs->paths, packs->count, err) : rules_installed(err);
}

int cmd_each_line(FILE *in, const char *name, int (*fn)(struct slice line, size_t number, void *arg), void *arg,
                  struct err *err)
{
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t len;
    int rc = 0;
    while (rc == 0 && (len = getline(&line, &size, in)) >= 0) {
        number++;
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        if ((size_t)len > LINE_MAX_BYTES)
            rc = err_set(err, "%s:%zu:1: the line is longer than %u MiB", name ? name : "standard input", number,
                         LINE_MAX_BYTES >> 20);
        else if (len > 0)
            rc = fn(slice_of(line, (size_t)len), number, arg);
    }
    if (rc == 0 && ferror(in))
        rc = err_set(err, "cannot read %s: %s", name ? name : "standard input", strerror(errno));
    free(line);
    return rc;
}

int cmd_each_line_of(const char *path, int (*fn)(struct slice line, size_t number, void *arg), void *arg,
                     struct err *err)
{
    if (strcmp(path, "-") == 0)
        return cmd_each_line(stdin, NULL, fn, arg, err);
    FILE *in = fopen(path, "re");
    if (!in)
        return err_set(err, "%s: %s", path, strerror(errno));
    int rc = cmd_each_line(in, path, fn, arg, err);
    fclose(in);
    return rc;
}

unsigned cmd_columns(unsigned otherwise)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
                                                                                                : otherwise;
}

bool cmd_colour(FILE *stream)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fileno(stream)) && !(no && *no);
}
