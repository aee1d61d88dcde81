/* pattern: compiling one pattern of a pack under limits, and proving that no short text makes it run away.
 *
 * Packs are trusted less than code: \C, callouts and option verbs are refused, sizes are bounded. English patterns run
 * on bytes, which costs half of what UTF mode costs; other languages need classes that know their letters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "factor.h"
#include "ruleset.h"

enum { PATTERN_BYTES_MAX = 32768, PARENS_MAX = 48, STRESS_LIMIT_US = 20000, FACTORED_MAX = 1 << 20 };

static int check_syntax(struct slice text, struct err *err)
{
    static const char *const refused[] = {"(*", "(?C", "(?R", "(?&", "(?P>", "(?i", "(?x", "(?0", "(?1"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (slice_find(text, slice_from(refused[i]), 0) != SLICE_NOT_FOUND)
            return err_set(err, "a pattern may not hold %s", refused[i]);
    if (text.len > PATTERN_BYTES_MAX)
        return err_set(err, "the pattern is longer than %d bytes once its macros are in", PATTERN_BYTES_MAX);
    return 0;
}

int pattern_compile(struct pattern *pattern, bool unicode, bool *jit, struct err *err)
{
    if (check_syntax(pattern->text, err))
        return -1;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return err_set(err, "out of memory for a pattern");
    pcre2_set_parens_nest_limit(context, PARENS_MAX);
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_DOTALL | PCRE2_DUPNAMES;
    options |= unicode ? PCRE2_UTF | PCRE2_UCP : PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    int code = 0;
    PCRE2_SIZE offset = 0;
    struct buf factored;
    buf_init(&factored, FACTORED_MAX);
    if (factor_pattern(pattern->text, unicode, &factored))
        pattern->code = pcre2_compile((PCRE2_SPTR)factored.data, factored.len, options, &code, &offset, context);
    buf_fini(&factored);
    if (!pattern->code) /* and for the place of a mistake */
        pattern->code =
            pcre2_compile((PCRE2_SPTR)pattern->text.data, pattern->text.len, options, &code, &offset, context);
    pcre2_compile_context_free(context);
    if (!pattern->code) {
        PCRE2_UCHAR why[160] = "";
        pcre2_get_error_message(code, why, sizeof why);
        struct slice rest = slice_part(pattern->text, offset, offset + 24);
        return err_set(err, "%s, before \"%.*s\"", (const char *)why, SLICE_ARGS(rest));
    }
    if (pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE))
        *jit = false; /* this host forbids executable memory: the interpreter finds the same */
    return 0;
}

void pattern_fini(struct pattern *pattern)
{
    pcre2_code_free(pattern->code);
    pattern->code = NULL;
}

void pattern_limit(pcre2_match_context *context, bool jit)
{
    pcre2_set_match_limit(context, jit ? MATCH_LIMIT : MATCH_LIMIT_INTERPRETED);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
}

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

int pattern_stress(const struct pattern *pattern, struct err *err)
{
    static const char *const units[] = {"a",          " ",         "i ",           "i'm so ", "really ",  "very, ",
                                        "i think ",   "that the ", "i am not ",    "it is ",  "you and ", "a, ",
                                        "my friend ", "'",         "i feel like ", "no. "};
    char text[SUBJECT_MAX];
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    int failed = data && context ? 0 : err_set(err, "out of memory for the stress of a pattern");
    size_t compiled = 0;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_JITSIZE, &compiled);
    if (context)
        pattern_limit(context, compiled > 0);
    for (size_t i = 0; !failed && i < sizeof units / sizeof *units; i++) {
        size_t len = stress_text(text, sizeof text, units[i]);
        int64_t start = now_us();
        int result = pcre2_match(pattern->code, (PCRE2_SPTR)text, len, 0, PCRE2_NO_UTF_CHECK, data, context);
        int64_t used = now_us() - start;
        if (result < PCRE2_ERROR_NOMATCH)
            failed = err_set(err, "the pattern hits a limit on repeated \"%s\"", units[i]);
        else if (used > STRESS_LIMIT_US)
            failed = err_set(err, "the pattern takes %lld us on repeated \"%s\"", (long long)used, units[i]);
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    return failed;
}
