/* redact_secrets: keys, tokens and passwords, by their known prefixes, by the words that announce them, and by the
 * look of long random strings.
 */
#include "redact_view.h"

#define SECRET_MAX 8192 /* characters looked at from one start */

static bool is_token_char(unsigned char c)
{
    return view_is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}

static size_t run_end(const struct redact_view *view, size_t start, bool (*in)(unsigned char))
{
    size_t i = start;
    while (i - start < SECRET_MAX && in(view->chars[i]))
        i++;
    return i;
}

/* Unlike a word: holds a digit or an upper-case letter behind a lower-case one, or is longer than words are. */
static bool looks_secret(const struct redact_view *view, size_t start, size_t end, size_t longest_word)
{
    for (size_t i = start; i < end; i++) {
        if (view_is_digit(view->chars[i]))
            return true;
        if (i > start && view_is_upper(view->chars[i]) && view_is_lower(view->chars[i - 1]))
            return true;
    }
    return end - start > longest_word;
}

static bool matches(const struct redact_view *view, size_t start, const char *text, bool fold_case)
{
    for (size_t i = 0; text[i]; i++) {
        char c = (char)view->chars[start + i];
        if ((fold_case ? ascii_lower(c) : c) != text[i])
            return false;
    }
    return true;
}

static size_t skip(const struct redact_view *view, size_t start, const char *set, size_t max)
{
    size_t i = start;
    while (i - start < max && view->chars[i] && view->chars[i] < 0x80 && strchr(set, view->chars[i]))
        i++;
    return i;
}

/* ---- known shapes ---- */

static const struct key_prefix {
    const char *text;
    size_t tail; /* at least so many characters behind it */
} key_prefixes[] = {
    {"sk-", 8},   {"sk_live_", 8}, {"sk_test_", 8}, {"rk_live_", 8}, {"pk_live_", 8},    {"pk-", 16},
    {"gsk_", 16}, {"ghp_", 16},    {"gho_", 16},    {"ghs_", 16},    {"github_pat_", 8}, {"glpat-", 8},
    {"xoxb-", 8}, {"xoxp-", 8},    {"xapp-", 8},    {"AKIA", 12},    {"ASIA", 12},       {"AIza", 16},
    {"hf_", 16},  {"eyJ", 12},     {"ya29.", 8},    {"npm_", 16},    {"SG.", 16},        {"whsec_", 8},
};

static void find_prefixed(struct redact_view *view, size_t i)
{
    for (size_t k = 0; k < sizeof(key_prefixes) / sizeof(key_prefixes[0]); k++) {
        if (!matches(view, i, key_prefixes[k].text, false))
            continue;
        size_t tail = i + strlen(key_prefixes[k].text), end = run_end(view, tail, is_token_char);
        while (end > tail && view->chars[end - 1] == '.')
            end--;
        if (end - tail >= key_prefixes[k].tail && looks_secret(view, tail, end, 15))
            redact_mark(view, i, end, REDACT_KEY);
    }
}

/* "Bearer abc123...", "Basic dXNlcjpw...": the scheme stays, the credential goes. */
static void find_credential(struct redact_view *view, size_t i)
{
    static const struct key_prefix schemes[] = {{"bearer", 8}, {"basic", 12}};

    for (size_t k = 0; k < sizeof(schemes) / sizeof(schemes[0]); k++) {
        if (!matches(view, i, schemes[k].text, true))
            continue;
        size_t word = i + strlen(schemes[k].text), start = skip(view, word, " \t:=\"'", 8);
        size_t end = run_end(view, start, is_token_char);
        if (start > word && end - start >= schemes[k].tail && looks_secret(view, start, end, 28))
            redact_mark(view, start, end, REDACT_KEY);
    }
}

/* ---- announced: password=..., "api_key": "...", my password is ... ---- */

static const char *const secret_names[] = {
    "password",      "passwd", "passphrase", "passcode",    "pwd",        "secret",       "api_key",
    "api-key",       "apikey", "api key",    "access_key",  "access key", "access_token", "auth_token",
    "client_secret", "token",  "cookie",     "private_key", "pin",
};

static bool is_value_char(unsigned char c)
{
    return c > ' ' && c != '"' && c != '\'' && c != '`' && c != ',' && c != ';' && c != '<' && c != '>' && c != ')';
}

/* Marks the value that begins behind a secret's name, when it reads like an assignment. */
static void mark_announced(struct redact_view *view, size_t name_end)
{
    size_t gap = skip(view, name_end, " \t\"'`", 4), start = gap;
    bool assigned = false, quoted;

    if (view->chars[gap] == ':' || view->chars[gap] == '=') {
        assigned = view->chars[gap] == '=';
        start = gap + 1;
    } else if (gap > name_end && matches(view, gap, "is ", true)) {
        start = gap + 3;
    } else {
        return;
    }
    size_t value = skip(view, start, " \t\"'`", 8);
    quoted = value > start && view->chars[value - 1] != ' ' && view->chars[value - 1] != '\t';
    size_t end = run_end(view, value, is_value_char);
    while (end > value && (view->chars[end - 1] == '.' || view->chars[end - 1] == '!' || view->chars[end - 1] == '?'))
        end--;
    if (end - value >= 3 && (assigned || quoted || looks_secret(view, value, end, 19)))
        redact_mark(view, value, end, REDACT_KEY);
}

static void find_announced(struct redact_view *view, size_t i)
{
    for (size_t k = 0; k < sizeof(secret_names) / sizeof(secret_names[0]); k++) {
        if (!matches(view, i, secret_names[k], true))
            continue;
        size_t end = i + strlen(secret_names[k]);
        if (!view_is_alnum(view->chars[end]))
            mark_announced(view, end);
    }
}

/* ---- long random strings ---- */

static bool is_random_char(unsigned char c)
{
    return view_is_alnum(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=';
}

/* Words joined by signs have few places where a letter touches a digit; random strings have many. */
static bool looks_random(const struct redact_view *view, size_t start, size_t end)
{
    size_t touches = 0, hex = 0, digits = 0;
    for (size_t i = start; i < end; i++) {
        unsigned char c = view->chars[i], before = i > start ? view->chars[i - 1] : '-';
        if (view_is_alnum(c) && view_is_alnum(before) && view_is_digit(c) != view_is_digit(before))
            touches++;
        hex += view_is_hex(c);
        digits += view_is_digit(c);
    }
    bool all_hex = hex >= 32 && hex + 4 >= end - start && digits > 0 && digits < hex; /* four dashes: a UUID */
    return (end - start >= 20 && touches >= 3) || all_hex;
}

static void find_random(struct redact_view *view)
{
    for (size_t i = 0; i < view->count;) {
        size_t start = i;
        while (i < view->count && is_random_char(view->chars[i]))
            i++;
        if (i > start && looks_random(view, start, i))
            redact_mark(view, start, i, REDACT_KEY);
        if (i == start)
            i++;
    }
}

/* "-----BEGIN ... PRIVATE KEY-----" to its end line, or to the end of the text. */
static void find_key_blocks(struct redact_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->chars[i] != '-' || !matches(view, i, "-----begin ", true))
            continue;
        size_t end = i + 11;
        while (end < view->count && !matches(view, end, "-----end ", true))
            end++;
        while (end < view->count && view->chars[end] != '\n')
            end++;
        redact_mark(view, i, end, REDACT_KEY);
        i = end;
    }
}

void redact_find_secrets(struct redact_view *view)
{
    find_key_blocks(view);
    for (size_t i = 0; i < view->count; i++) {
        if (view->marks[i] != REDACT_NOTHING || (i > 0 && view_is_alnum(view->chars[i - 1])))
            continue;
        find_prefixed(view, i);
        find_credential(view, i);
        find_announced(view, i);
    }
    find_random(view);
}
