/* defuse: one pass; at each byte that can begin something dangerous a short table is asked. See defuse.h. */
#include "defuse.h"

#define DOT "\xc2\xb7"

/* What may follow "<" or "</" and be a fence or a template's token; compared without case. */
static const char *const fence_names[] = {
    "msg-", "earlier-", "belief-",       "answer-",     "a1-",    "a2-",  "|",
    "s>",   "think",    "start_of_turn", "end_of_turn", "system", "user", "assistant",
};
static const char *const bracket_names[] = {"INST]", "/INST]", "SYSTEM]", "/SYSTEM]"};

/* Keys of the verdict that no other text uses, wherever they stand, */
static const char *const own_keys[] = {
    "claim_a",    "claim_b",     "answers_a",        "answers_b",        "stance_a",
    "stance_b",   "uncertain_a", "uncertain_b",      "acknowledges_a",   "acknowledges_b",
    "corrects_a", "corrects_b",  "refuses_unsafe_a", "refuses_unsafe_b",
};
/* and those that other texts use too: only as a key, in quotes with a colon behind. */
static const char *const shared_keys[] = {"relation", "supported", "sure"};

static bool starts_nocase(struct slice rest, const char *text)
{
    struct slice wanted = slice_from(text);
    return rest.len >= wanted.len && slice_equal_nocase(slice_part(rest, 0, wanted.len), wanted);
}

static bool starts_with_any(struct slice rest, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (starts_nocase(rest, names[i]))
            return true;
    return false;
}
#define STARTS_WITH_ANY(rest, names) starts_with_any(rest, names, sizeof(names) / sizeof *(names))

static struct slice after_blanks(struct slice rest)
{
    while (rest.len && ascii_is_space(rest.data[0]))
        rest = slice_part(rest, 1, rest.len);
    return rest;
}

/* rest begins behind "<". */
static bool is_fence(struct slice rest)
{
    rest = after_blanks(rest);
    if (rest.len && (rest.data[0] == '/' || rest.data[0] == '\\'))
        rest = after_blanks(slice_part(rest, 1, rest.len));
    return STARTS_WITH_ANY(rest, fence_names);
}

/* rest begins with the key: behind it stand a quote, however escaped, and a colon. */
static bool is_quoted_key(struct slice rest, const char *key)
{
    if (!starts_nocase(rest, key))
        return false;
    rest = slice_part(rest, strlen(key), rest.len);
    bool quoted = false;
    while (rest.len && (strchr("\\\"'`", rest.data[0]) || (unsigned char)rest.data[0] >= 0x80)) {
        quoted = true;
        rest = slice_part(rest, 1, rest.len);
    }
    rest = after_blanks(rest);
    return quoted && rest.len && rest.data[0] == ':';
}

static bool is_key(struct slice text, size_t at)
{
    struct slice rest = slice_part(text, at, text.len);
    char before = at ? text.data[at - 1] : ' ';
    if (ascii_is_alpha(before) || before == '_')
        return false;
    if (STARTS_WITH_ANY(rest, own_keys))
        return true;
    for (size_t i = 0; i < sizeof shared_keys / sizeof *shared_keys; i++)
        if (is_quoted_key(rest, shared_keys[i]))
            return true;
    return false;
}

static bool is_dangerous(struct slice text, size_t at, const char *nonce)
{
    struct slice rest = slice_part(text, at, text.len);
    if (*nonce && starts_nocase(rest, nonce))
        return true;
    if (at && text.data[at - 1] == '<')
        return is_fence(rest);
    if (at && text.data[at - 1] == '[')
        return STARTS_WITH_ANY(rest, bracket_names);
    return strchr("cCaAsSuUrR", text.data[at]) && text.data[at] && is_key(text, at);
}

void defuse_add(struct buf *out, struct slice text, const char *nonce)
{
    size_t copied = 0;
    for (size_t at = 0; at < text.len; at++) {
        if (!is_dangerous(text, at, nonce))
            continue;
        buf_add(out, text.data + copied, at - copied);
        /* Behind the nonce's first byte, in front of all else. */
        bool nonce_here = *nonce && starts_nocase(slice_part(text, at, text.len), nonce);
        if (nonce_here)
            buf_add(out, text.data + at, 1);
        buf_add_text(out, DOT);
        copied = nonce_here ? at + 1 : at;
    }
    if (copied < text.len)
        buf_add(out, text.data + copied, text.len - copied);
}

bool defuse_needed(struct slice text)
{
    for (size_t at = 0; at < text.len; at++)
        if (is_dangerous(text, at, ""))
            return true;
    return false;
}
