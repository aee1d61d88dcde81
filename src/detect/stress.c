/* stress: proving that no short text makes a pattern run away, for tests of rules.
 *
 * Two kinds of texts are tried. Words that many patterns are made of stand over and over. And each example, which leads
 * into the pattern where no made-up word would, is pumped: at every place what stands before it is said again and
 * again, and then something that fits nothing. What backtracks, does here. All end as an example does, so that a
 * pattern is not spared because a letter it cannot do without is missing.
 */
#include <time.h>

#include "detector.h"

enum {
    /* The interpreter is ten times as slow as machine code, and what backtracks is hundreds of times as slow. */
    STRESS_LIMIT_US = 20000,
    STRESS_LIMIT_INTERPRETED_US = 10 * STRESS_LIMIT_US,
    PUMPED_BYTES = 320,  /* enough for squares of the length to hit the limit */
    PUMPED_EXAMPLES = 3, /* of a rule */
    EXAMPLE_BYTES = 100
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* One text: head, the unit over and over, and the end. */
static int try_text(struct detector *d, const struct pattern *pattern, struct slice head, struct slice unit,
                    struct slice end, size_t size, struct err *err)
{
    char text[SUBJECT_MAX];
    size_t len = 0, repeated = size - 1 - end.len;
    memcpy(text, head.data, head.len);
    for (len = head.len; len + unit.len <= repeated; len += unit.len)
        memcpy(text + len, unit.data, unit.len);
    text[len++] = '~';
    memcpy(text + len, end.data, end.len);
    d->fuel = DETECTOR_FUEL;
    int64_t start = now_us();
    enum found found = detector_match(d, pattern, slice_of(text, len + end.len));
    int64_t used = now_us() - start;
    if (found == FOUND_ERROR)
        return err_set(err, "the pattern hits a limit on \"%.*s\" and then repeated \"%.*s\"", SLICE_ARGS(head),
                       SLICE_ARGS(unit));
    if (used > (d->rules->jit ? STRESS_LIMIT_US : STRESS_LIMIT_INTERPRETED_US))
        return err_set(err, "the pattern takes %lld us on \"%.*s\" and then repeated \"%.*s\"", (long long)used,
                       SLICE_ARGS(head), SLICE_ARGS(unit));
    return 0;
}

/* The last word of a text, with the blank before it. */
static struct slice last_word(struct slice text)
{
    size_t at = text.len;
    while (at > 1 && text.data[at - 1] != ' ')
        at--;
    return slice_part(text, at > 0 ? at - 1 : 0, text.len);
}

static int pump(struct detector *d, const struct pattern *pattern, struct slice example, struct err *err)
{
    size_t before = 0, last = 0; /* where the last two characters begin */
    for (size_t len, at = 0; (len = utf8_char(slice_part(example, at, example.len), NULL)) > 0;
         before = last, last = at) {
        at += len;
        struct slice head = slice_part(example, 0, at), end = slice_part(example, at, example.len);
        const struct slice units[] = {slice_part(head, last, at), slice_part(head, before, at), last_word(head),
                                      SLICE("a"), SLICE(" ")};
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (try_text(d, pattern, head, units[i], end, PUMPED_BYTES, err))
                return -1;
    }
    return 0;
}

int detector_stress(struct detector *d, const struct pattern *pattern, const struct example_list *examples,
                    struct err *err)
{
    static const char *const units[] = {"a",          " ",         "i ",           "i'm so ", "really ",  "very, ",
                                        "i think ",   "that the ", "i am not ",    "it is ",  "you and ", "a, ",
                                        "my friend ", "'",         "i feel like ", "no. "};
    char texts[PUMPED_EXAMPLES][EXAMPLE_BYTES];
    struct slice pumped[PUMPED_EXAMPLES] = {SLICE("")};
    size_t count = 0;
    (void)detector_match(d, pattern, SLICE("")); /* so that its machine code is made before the time is taken */
    for (; examples && count < examples->count && count < PUMPED_EXAMPLES; count++) {
        passage_read(&d->passage, examples->items[count].text);
        size_t len = d->passage.len < EXAMPLE_BYTES ? d->passage.len : EXAMPLE_BYTES;
        while (len > 0 && !utf8_valid(slice_of(d->passage.text, len)))
            len--; /* it was cut in a character */
        memcpy(texts[count], d->passage.text, len);
        pumped[count] = slice_of(texts[count], len);
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (try_text(d, pattern, SLICE(""), slice_from(units[i]), pumped[0], SUBJECT_MAX, err))
            return -1;
    for (size_t i = 0; i < count; i++)
        if (pump(d, pattern, pumped[i], err))
            return -1;
    return 0;
}
