/* compare: pairs of answers in, verdicts out, one JSON line each. Without -c no judge is asked: what text alone cannot
 * decide stays undecided, with its difference all the same. A line that is no pair stops the run with its number.
 */
#include <getopt.h>

#include "cmd.h"
#include "pair_line.h"

#define ARENA_BYTES  (32u << 20)
#define OUTPUT_BYTES (1u << 20)

static int compare_line(struct slice line, size_t number, void *arg)
{
    struct err *err = arg;
    struct pair_line pair;
    if (slice_trim(line).len == 0)
        return 0;
    if (pair_line_read(line, &pair, err) != 0) {
        err_prefix(err, "<stdin>:%zu", number);
        pair_line_fini(&pair);
        return -1;
    }
    struct arena *arena = arena_new(ARENA_BYTES);
    struct buf out;
    struct comparison comparison = {.reason = "memory"};
    buf_init(&out, OUTPUT_BYTES);
    if (arena)
        compare_texts(&pair.input, arena, &comparison);
    pair_line_write(&pair, &comparison, &out);
    int code = cmd_print(&out);
    buf_fini(&out);
    arena_free(arena);
    pair_line_fini(&pair);
    if (code != EXIT_DONE)
        return err_set(err, "the output could not be written");
    return 0;
}

int cmd_compare(int argc, char **argv)
{
    struct err err = {""};
    if (getopt(argc, argv, "") != -1 || optind < argc)
        return cmd_usage("compare", "it takes no arguments and reads JSON Lines");
    if (cmd_each_line(stdin, compare_line, &err, &err) != 0)
        return cmd_fail(EXIT_FAILED, &err);
    return EXIT_DONE;
}
