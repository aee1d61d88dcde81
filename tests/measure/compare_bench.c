/* What comparing two answers of 2 KiB costs without a judge, in microseconds: median and 99th percentile of many pairs.
 * Without a file they are made of words at random that overlap by half; with one, a file of pairs as `candor compare`
 * reads them, it compares these as they are, and once more its answers joined to that length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cmd.h"
#include "pair_line.h"

#define ROUNDS       5000
#define PAIRS_MAX    10000
#define ANSWER_BYTES 2048

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fill(char *text, unsigned seed)
{
    static const char *const words[] = {
        "the",      "river",    "Thames",   "flows",    "through",  "Ontario",      "and",     "London",
        "because",  "settlers", "named",    "it",       "in",       "1793",         "after",   "its",
        "English",  "model",    "however",  "another",  "question", "remains",      "whether", "people",
        "living",   "nearby",   "actually", "noticed",  "seven",    "bridges",      "feel",    "glad",
        "together", "not",      "correct",  "evidence", "suggests", "photographers"};
    size_t len = 0, count = 0;
    while (len + 20 < ANSWER_BYTES) {
        seed = seed * 1103515245u + 12345u;
        const char *word = words[(seed >> 16) % (sizeof words / sizeof *words)];
        len += (size_t)snprintf(text + len, ANSWER_BYTES - len, "%s%s", word, ++count % 14 ? " " : ". ");
    }
}

static int compare_times(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int time_one(const struct compare_input *input, uint64_t *took_ns)
{
    struct comparison out;
    uint64_t start = now_ns();
    struct arena *arena = arena_new(8u << 20);
    if (!arena)
        return -1;
    compare_texts(input, arena, &out);
    arena_free(arena);
    *took_ns = now_ns() - start;
    return 0;
}

static void tell(const char *what, uint64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, compare_times);
    printf("compare, %s: median %.1f us, 99%% %.1f us\n", what, (double)times[count / 2] / 1e3,
           (double)times[count * 99 / 100] / 1e3);
}

/* ---- words at random ---- */

static int time_made_up(void)
{
    static uint64_t times[ROUNDS];
    static char warm[ANSWER_BYTES], original[ANSWER_BYTES];
    for (unsigned round = 0; round < ROUNDS; round++) {
        fill(warm, round);
        fill(original, round + 7777);
        struct compare_input input = {
            .question = SLICE("Which river does London, Ontario stand on? I think the answer is Grand River."),
            .belief = SLICE("Grand River"),
            .belief_kind = BELIEF_ASSERTED,
            .warm = slice_of(warm, strlen(warm)),
            .original = slice_of(original, strlen(original))};
        if (time_one(&input, &times[round]))
            return 1;
    }
    tell("2 x 2048 bytes", times, ROUNDS);
    return 0;
}

/* ---- pairs of a file ---- */

struct pairs {
    struct pair_line *each[PAIRS_MAX];
    size_t count;
    struct err err;
};

static int keep_pair(struct slice line, size_t number, void *arg)
{
    struct pairs *pairs = arg;
    (void)number;
    if (pairs->count == PAIRS_MAX)
        return 0;
    pairs->each[pairs->count] = pair_line_read(line, &pairs->err);
    return pairs->each[pairs->count++] ? 0 : -1;
}

/* Answers from this pair's on, one behind the other, up to 2 KiB. */
static struct slice join(const struct pairs *pairs, size_t from, bool warm, char out[ANSWER_BYTES + 4])
{
    size_t len = 0;
    for (size_t i = 0; i < pairs->count && len < ANSWER_BYTES; i++) {
        const struct compare_input *input = &pairs->each[(from + i) % pairs->count]->input;
        struct slice answer = warm ? input->warm : input->original;
        if (len)
            out[len++] = '\n';
        size_t taken = answer.len < ANSWER_BYTES - len ? answer.len : ANSWER_BYTES - len;
        while (taken > 0 && !utf8_valid(slice_part(answer, 0, taken)))
            taken--;
        memcpy(out + len, answer.data, taken);
        len += taken;
        if (taken < answer.len)
            break;
    }
    return slice_of(out, len);
}

static int time_pairs(const struct pairs *pairs)
{
    static uint64_t times[ROUNDS], joined[ROUNDS];
    static char warm[ANSWER_BYTES + 4], original[ANSWER_BYTES + 4];
    size_t bytes = 0;
    char what[80];
    for (size_t round = 0; round < ROUNDS; round++) {
        const struct pair_line *pair = pairs->each[round % pairs->count];
        struct compare_input input = pair->input;
        bytes += input.warm.len + input.original.len;
        if (time_one(&input, &times[round]))
            return 1;
        input.warm = join(pairs, round % pairs->count, true, warm);
        input.original = join(pairs, round % pairs->count, false, original);
        if (time_one(&input, &joined[round]))
            return 1;
    }
    snprintf(what, sizeof what, "%zu pairs of 2 x %zu bytes in the mean", pairs->count, bytes / ROUNDS / 2);
    tell(what, times, ROUNDS);
    tell("the same answers joined to 2 x 2048 bytes", joined, ROUNDS);
    return 0;
}

int main(int argc, char **argv)
{
    static struct pairs pairs;
    if (argc < 2)
        return time_made_up();
    FILE *file = fopen(argv[1], "r");
    if (!file || cmd_each_line(file, argv[1], keep_pair, &pairs, &pairs.err) || pairs.count == 0) {
        fprintf(stderr, "compare_bench: %s: %s\n", argv[1], *pairs.err.text ? pairs.err.text : "no pairs to be read");
        return 1;
    }
    fclose(file);
    return time_pairs(&pairs);
}
