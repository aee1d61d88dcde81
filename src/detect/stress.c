/* stress: proving that no short text makes a pattern run away, for tests of rules. */
#include <time.h>

#include "detector.h"

/* The interpreter is ten times as slow as machine code, and what backtracks is hundreds of times as slow. */
enum { STRESS_LIMIT_US = 20000, STRESS_LIMIT_INTERPRETED_US = 10 * STRESS_LIMIT_US };

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Words that patterns are made of, over and over, and then something that fits nothing: what backtracks, does here. */
static size_t stress_text(char *text, size_t size, const char *unit)
{
    size_t len = 0, unit_len = strlen(unit);
    while (len + unit_len + 1 < size) {
        memcpy(text + len, unit, unit_len);
        len += unit_len;
    }
    text[len++] = '!';
    return len;
}

int detector_stress(struct detector *d, const struct pattern *pattern, struct err *err)
{
    static const char *const units[] = {"a",          " ",         "i ",           "i'm so ", "really ",  "very, ",
                                        "i think ",   "that the ", "i am not ",    "it is ",  "you and ", "a, ",
                                        "my friend ", "'",         "i feel like ", "no. "};
    char text[SUBJECT_MAX];
    int64_t limit = d->rules->jit ? STRESS_LIMIT_US : STRESS_LIMIT_INTERPRETED_US;
    d->fuel = DETECTOR_FUEL;
    (void)detector_match(d, pattern, SLICE("")); /* so that its machine code is made before the time is taken */
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t len = stress_text(text, sizeof text, units[i]);
        int64_t start = now_us();
        enum found found = detector_match(d, pattern, slice_of(text, len));
        int64_t used = now_us() - start;
        if (found == FOUND_ERROR)
            return err_set(err, "the pattern hits a limit on repeated \"%s\"", units[i]);
        if (used > limit)
            return err_set(err, "the pattern takes %lld us on repeated \"%s\"", (long long)used, units[i]);
    }
    return 0;
}
