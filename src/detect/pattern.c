/* pattern: checking one pattern of a pack, and compiling it under limits.
 *
 * Loading only checks, for most patterns are tried late or never, and factoring and machine code cost more than all
 * else. Packs are trusted less than code: \C, callouts and option verbs are refused, sizes are bounded. English
 * patterns run on bytes, which costs half of what UTF mode costs; other languages need classes that know their letters.
 */
#include "factor.h"
#include "ruleset.h"
#include "split.h"

enum { PATTERN_BYTES_MAX = 32768, PARENS_MAX = 48, FACTORED_MAX = 1 << 20 };

/* Behind "(?" only what groups, names and looks around may stand: no flags, callouts, recursion or conditions. */
static bool is_plain_group(struct slice behind)
{
    return behind.len && strchr(":>|=!<'P", behind.data[0]) && !slice_starts(behind, SLICE("P>"));
}

/* How much of what stands at the beginning is refused; 0: none. */
static size_t refused_at(struct slice rest)
{
    if (slice_starts(rest, SLICE("(*")))
        return 2;
    if (slice_starts(rest, SLICE("(?")))
        return is_plain_group(slice_part(rest, 2, rest.len)) ? 0 : 3;
    if (slice_starts(rest, SLICE("\\C")))
        return 2;
    return slice_starts(rest, SLICE("\\g<")) || slice_starts(rest, SLICE("\\g'")) ? 3 : 0;
}

/* Behind the escape there, with what belongs to it: \p{Lu}, \k<name>, \xE9. */
static size_t escape_end(struct slice text, size_t at)
{
    static const char closing[] = {['{'] = '}', ['<'] = '>', ['\''] = '\''};
    char letter = at + 1 < text.len ? text.data[at + 1] : '\0';
    char next = at + 2 < text.len ? text.data[at + 2] : '\0';
    size_t end = at + 2;
    if (!strchr("pPxoNgk", letter) || !letter)
        return end;
    if (next > 0 && (size_t)next < sizeof closing && closing[(size_t)next]) {
        while (end < text.len && (end == at + 2 || text.data[end] != closing[(size_t)next]))
            end++;
        return end + 1;
    }
    return end + (letter == 'x' ? 2 : 1);
}

/* A capital that is to be matched; text.len: there is none. In a class others may stand beside it. */
static size_t capital_at(struct slice text)
{
    for (size_t at = 0; at < text.len;) {
        struct slice rest = slice_part(text, at, text.len);
        char c = text.data[at];
        if (c >= 'A' && c <= 'Z')
            return at;
        if (c == '\\')
            at = escape_end(text, at);
        else if (c == '[')
            at = split_class_end(text, at);
        else if (slice_starts(rest, SLICE("(?P<")) || slice_starts(rest, SLICE("(?<"))) /* a name */
            while (at < text.len && text.data[at] != '>' && text.data[at] != '=' && text.data[at] != '!')
                at++;
        else
            at++;
    }
    return text.len;
}

static int check_syntax(struct slice text, size_t *wrong, struct err *err)
{
    *wrong = 0;
    if (text.len > PATTERN_BYTES_MAX)
        return err_set(err, "the pattern is longer than %d bytes once its macros are in", PATTERN_BYTES_MAX);
    for (size_t at = 0; at < text.len; at++) {
        char c = text.data[at];
        if (c == '[') { /* it may hold any of what is refused elsewhere */
            at = split_class_end(text, at) - 1;
            continue;
        }
        if (c != '(' && c != '\\')
            continue;
        struct slice rest = slice_part(text, at, text.len);
        size_t refused = refused_at(rest);
        *wrong = at;
        if (refused)
            return err_set(err, "a pattern may not hold %.*s", SLICE_ARGS(slice_part(rest, 0, refused)));
        at += c == '\\';
    }
    *wrong = capital_at(text);
    if (*wrong < text.len)
        return err_set(err, "\"%c\" can never be there: what is looked at is lower case", text.data[*wrong]);
    return 0;
}

/* The class or the last parenthesis that is opened and not closed. */
static size_t unclosed_at(struct slice text)
{
    size_t open[PARENS_MAX + 1] = {0}, depth = 0;
    for (size_t at = 0, end; at < text.len; at = end) {
        char c = text.data[at];
        end = c == '[' ? split_class_end(text, at) : at + 1 + (c == '\\');
        if (c == '[' && end >= text.len)
            return at;
        if (c == '(' && depth < PARENS_MAX)
            open[++depth] = at;
        else if (c == ')' && depth > 0)
            depth--;
    }
    return open[depth];
}

/* What the library says, and at which byte: what is missing it misses at the end. */
static void tell_wrong(struct slice text, int why, size_t offset, size_t *wrong, struct err *err)
{
    bool unclosed = why == PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS || why == PCRE2_ERROR_MISSING_SQUARE_BRACKET;
    PCRE2_UCHAR words[160] = "";
    pcre2_get_error_message(why, words, sizeof words);
    *wrong = unclosed ? unclosed_at(text) : offset;
    struct slice rest = slice_part(text, *wrong, *wrong + 24);
    if (rest.len)
        err_set(err, "%s, %s \"%.*s\"", (const char *)words, unclosed ? "of" : "before", SLICE_ARGS(rest));
    else
        err_set(err, "%s, at the end of the pattern", (const char *)words);
}

/* NULL, and what is wrong, and at which byte. */
static pcre2_code *compile(struct slice text, bool unicode, uint32_t options, size_t *wrong, struct err *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) {
        err_set(err, "out of memory for a pattern");
        return NULL;
    }
    pcre2_set_parens_nest_limit(context, PARENS_MAX);
    options |= PCRE2_NEVER_BACKSLASH_C | PCRE2_DOTALL | PCRE2_DUPNAMES | PCRE2_USE_OFFSET_LIMIT;
    options |= unicode ? PCRE2_UTF | PCRE2_UCP : PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    int why = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.data, text.len, options, &why, &offset, context);
    pcre2_compile_context_free(context);
    if (!code)
        tell_wrong(text, why, offset, wrong, err);
    return code;
}

int pattern_check(const struct pattern *pattern, uint32_t *captures, size_t *wrong, struct err *err)
{
    uint32_t cheap = PCRE2_NO_START_OPTIMIZE | PCRE2_NO_AUTO_POSSESS;
    if (check_syntax(pattern->text, wrong, err))
        return -1;
    pcre2_code *code = compile(pattern->text, pattern->unicode, cheap, wrong, err);
    if (!code)
        return -1;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, captures);
    pcre2_code_free(code);
    return 0;
}

pcre2_code *pattern_compile(const struct pattern *pattern, const struct way *way)
{
    struct err ignored = {""};
    size_t nowhere;
    struct buf factored;
    buf_init(&factored, FACTORED_MAX);
    pcre2_code *code = NULL;
    if (factor_pattern(way->text, pattern->unicode, &factored))
        code = compile(buf_slice(&factored), pattern->unicode, 0, &nowhere, &ignored);
    buf_fini(&factored);
    return code ? code : compile(way->text, pattern->unicode, 0, &nowhere, &ignored);
}

bool pattern_host_has_jit(void)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *sample = pcre2_compile((PCRE2_SPTR) "a", 1, 0, &code, &offset, NULL);
    bool has = sample && pcre2_jit_compile(sample, PCRE2_JIT_COMPLETE) == 0;
    pcre2_code_free(sample);
    return has;
}

void pattern_limit(pcre2_match_context *context, bool jit)
{
    pcre2_set_match_limit(context, jit ? MATCH_LIMIT : MATCH_LIMIT_INTERPRETED);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
}
