/* What comparing two answers of 2 KiB costs without a judge, in microseconds: median and 99th percentile of many pairs
 * of real shape (paragraphs of words that overlap by half). Prints one line; compares nothing but time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "compare.h"

#define ROUNDS       5000
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

int main(void)
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
        struct comparison out;
        uint64_t start = now_ns();
        struct arena *arena = arena_new(8u << 20);
        if (!arena)
            return 1;
        compare_texts(&input, arena, &out);
        arena_free(arena);
        times[round] = now_ns() - start;
    }
    qsort(times, ROUNDS, sizeof *times, compare_times);
    printf("compare, 2 x %d bytes: median %.1f us, 99%% %.1f us\n", ANSWER_BYTES, (double)times[ROUNDS / 2] / 1e3,
           (double)times[ROUNDS * 99 / 100] / 1e3);
    return 0;
}
