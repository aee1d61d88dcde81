/* http1_names: see http1_names.h. Both lists are short and only consulted for unusual names and values. */
#include "http1_names.h"

#include "http1_chars.h"

#define NAME_MAX_LETTERS 24

/* The names themselves, and their letters alone. */
static const struct {
    const char *name, *letters;
} deciding[] = {
    {"transfer-encoding", "transferencoding"},
    {"content-length", "contentlength"},
    {"host", "host"},
    {"connection", "connection"},
    {"keep-alive", "keepalive"},
    {"te", "te"},
    {"trailer", "trailer"},
    {"expect", "expect"},
    {"upgrade", "upgrade"},
    {"authorization", "authorization"},
    {"api-key", "apikey"},
    {"proxy-authorization", "proxyauthorization"},
    {"proxy-connection", "proxyconnection"},
    {"x-candor-id", "xcandorid"},
    {"x-candor-shadow", "xcandorshadow"},
    {"x-candor-shadow-of", "xcandorshadowof"},
};

static int hex_value(char c)
{
    char low = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool http_name_is_disguise(struct slice name)
{
    char letters[NAME_MAX_LETTERS];
    size_t count = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (c == '%' && i + 2 < name.len && hex_value(name.data[i + 1]) >= 0 && hex_value(name.data[i + 2]) >= 0) {
            c = (char)(hex_value(name.data[i + 1]) * 16 + hex_value(name.data[i + 2]));
            i += 2;
        }
        if (!ascii_is_alpha(c))
            continue;
        if (count == sizeof letters)
            return false;
        letters[count++] = ascii_lower(c);
    }
    for (size_t i = 0; i < sizeof deciding / sizeof deciding[0]; i++)
        if (slice_is(slice_of(letters, count), deciding[i].letters))
            return !slice_equal_nocase(name, slice_from(deciding[i].name));
    return false;
}

static bool is_one_off(struct slice name, struct slice of)
{
    size_t shorter = name.len < of.len ? name.len : of.len, longer = name.len + of.len - shorter;
    size_t front = 0, back = 0;
    if (longer - shorter > 1)
        return false;
    while (front < shorter && ascii_lower(name.data[front]) == of.data[front])
        front++;
    while (back < shorter - front && ascii_lower(name.data[name.len - 1 - back]) == of.data[of.len - 1 - back])
        back++;
    return front + back + 1 == longer;
}

bool http_name_is_misspelt(struct slice name)
{
    if (name.len < 13 || name.len > 18)
        return false;
    return is_one_off(name, SLICE("content-length")) || is_one_off(name, SLICE("transfer-encoding"));
}

bool http_name_is_no_trailer(struct slice name)
{
    static const char *const others[] = {"cookie",       "content-type",  "content-encoding",   "content-range",
                                         "max-forwards", "cache-control", "proxy-authenticate", "www-authenticate"};
    for (size_t i = 0; i < sizeof deciding / sizeof deciding[0]; i++)
        if (slice_equal_nocase(name, slice_from(deciding[i].name)))
            return true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (slice_equal_nocase(name, slice_from(others[i])))
            return true;
    return http_name_is_disguise(name) || http_name_is_misspelt(name);
}

bool http_value_hides_field(struct slice value)
{
    const struct slice hidden[] = {SLICE("transfer-encoding"), SLICE("content-length")};
    const char *at = value.data, *end = value.data + value.len, *colon;
    while (at < end && (colon = memchr(at, ':', (size_t)(end - at)))) {
        size_t len = (size_t)(colon - value.data);
        while (len && (value.data[len - 1] == ' ' || value.data[len - 1] == '\t'))
            len--;
        for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
            if (len >= hidden[i].len && slice_equal_nocase(slice_part(value, len - hidden[i].len, len), hidden[i]))
                return true;
        at = colon + 1;
    }
    return false;
}
