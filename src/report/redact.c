/* redact: finds identifying strings on a folded view of the text, marks them, and writes the text with the marks
 * replaced.
 *
 * The view holds one byte a character: ASCII as it is, look-alikes of digits, spaces and dashes as what they look
 * like, zero-width characters left out, letters of alphabets as LETTER and all else as OTHER. The finders work on the
 * view in the order of the table at the end; what one has marked the later ones leave alone. Each looks at a bounded
 * number of characters from every start, or at disjoint runs, so the whole is linear.
 */
#include "redact.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "redact_view.h"

static const char *const replacements[] = {
    [REDACT_NOTHING] = "",  [REDACT_EMAIL] = "[email]",     [REDACT_PHONE] = "[phone]", [REDACT_CARD] = "[card]",
    [REDACT_KEY] = "[key]", [REDACT_ADDRESS] = "[address]", [REDACT_IBAN] = "[iban]",   [REDACT_NUMBER] = "[number]",
};

/* ---- the view ---- */

static bool is_zero_width(uint32_t c)
{
    return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) ||
           c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F);
}

/* What a character counts as; 0 for one that is left out. */
static unsigned char fold(uint32_t c)
{
    static const uint32_t zeros[] = {0x660, 0x6F0, 0x966, 0x9E6}; /* Arabic, Persian, Devanagari, Bengali */

    if (c < 0x80)
        return c ? (unsigned char)c : VIEW_OTHER;
    if (is_zero_width(c))
        return 0;
    if (c >= 0xFF01 && c <= 0xFF5E)
        return (unsigned char)(c - 0xFF01 + '!');
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
        if (c >= zeros[i] && c <= zeros[i] + 9)
            return (unsigned char)('0' + (c - zeros[i]));
    if (c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000)
        return ' ';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
        return '-';
    return c >= 0xC0 && c < 0x530 ? VIEW_LETTER : VIEW_OTHER;
}

static int view_init(struct redact_view *view, struct slice text)
{
    memset(view, 0, sizeof(*view));
    view->chars = malloc(text.len + 1);
    view->marks = calloc(text.len + 1, 1);
    view->at = malloc((text.len + 1) * sizeof(*view->at));
    if (!view->chars || !view->marks || !view->at)
        return -1;
    for (size_t i = 0; i < text.len;) {
        uint32_t code = 0;
        size_t len = utf8_char(slice_part(text, i, text.len), &code);
        unsigned char c = len ? fold(code) : VIEW_OTHER;
        if (c) {
            view->chars[view->count] = c;
            view->at[view->count++] = i;
        }
        i += len ? len : 1;
    }
    view->chars[view->count] = 0;
    view->at[view->count] = text.len;
    return 0;
}

static void view_fini(struct redact_view *view)
{
    free(view->chars);
    free(view->marks);
    free(view->at);
}

void redact_mark(struct redact_view *view, size_t start, size_t end, enum redact_kind kind)
{
    for (size_t i = start; i < end && i < view->count; i++)
        if (view->marks[i] == REDACT_NOTHING)
            view->marks[i] = (unsigned char)kind;
}

/* ---- e-mail addresses ---- */

static bool is_mailbox_char(unsigned char c)
{
    return view_is_word(c) || c == '.' || c == '+' || c == '%' || c == '-';
}

static bool is_domain_char(unsigned char c)
{
    return view_is_word(c) || c == '.' || c == '-';
}

/* A dot with two letters or more behind it; so that "5@3pm" stays. */
static bool is_domain(const struct redact_view *view, size_t start, size_t end)
{
    for (size_t i = end; i > start + 1; i--) {
        if (view->chars[i - 1] == '.')
            return end - i >= 2;
        if (!view_is_letter(view->chars[i - 1]) && view->chars[i - 1] != '-')
            return false;
    }
    return false;
}

static void find_emails(struct redact_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->chars[i] != '@')
            continue;
        size_t start = i, end = i + 1;
        while (start > 0 && is_mailbox_char(view->chars[start - 1]))
            start--;
        while (end < view->count && is_domain_char(view->chars[end]))
            end++;
        while (end > i + 1 && (view->chars[end - 1] == '.' || view->chars[end - 1] == '-'))
            end--;
        if (start < i && is_domain(view, i + 1, end))
            redact_mark(view, start, end, REDACT_EMAIL);
    }
}

/* ---- addresses of machines ---- */

/* The end of "d.d.d.d" from start, or start. */
static size_t ipv4_end(const struct redact_view *view, size_t start)
{
    size_t i = start;
    for (unsigned octet = 0; octet < 4; octet++) {
        unsigned value = 0;
        size_t digits = 0;
        for (; digits < 4 && view_is_digit(view->chars[i]); digits++, i++)
            value = value * 10 + (unsigned)(view->chars[i] - '0');
        if (digits == 0 || digits > 3 || value > 255)
            return start;
        if (octet < 3 && view->chars[i++] != '.')
            return start;
    }
    if (view_is_word(view->chars[i]) || (view->chars[i] == '.' && view_is_digit(view->chars[i + 1])))
        return start;
    return i;
}

static size_t ipv6_end(const struct redact_view *view, size_t start)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t len = 0, groups = 0;

    while (len < sizeof(text) - 1 && (view_is_hex(view->chars[start + len]) || view->chars[start + len] == ':' ||
                                      view->chars[start + len] == '.')) {
        text[len] = (char)view->chars[start + len];
        if (text[len] != ':' && (len == 0 || text[len - 1] == ':'))
            groups++;
        len++;
    }
    if (view_is_word(view->chars[start + len]))
        return start;
    while (len > 2 && (text[len - 1] == '.' || (text[len - 1] == ':' && text[len - 2] != ':')))
        len--;
    text[len] = '\0';
    return groups >= 3 && inet_pton(AF_INET6, text, &address) == 1 ? start + len : start;
}

/* "00:1A:2b:3C:4d:5E", with dashes too. */
static size_t mac_end(const struct redact_view *view, size_t start)
{
    size_t i = start;
    unsigned char separator = 0;
    for (unsigned pair = 0; pair < 6; pair++) {
        if (pair > 0) {
            if (view->chars[i] != ':' && view->chars[i] != '-')
                return start;
            if (separator && view->chars[i] != separator)
                return start;
            separator = view->chars[i++];
        }
        if (!view_is_hex(view->chars[i]) || !view_is_hex(view->chars[i + 1]))
            return start;
        i += 2;
    }
    return view_is_word(view->chars[i]) || view->chars[i] == separator ? start : i;
}

static void find_addresses(struct redact_view *view)
{
    static size_t (*const ends[])(const struct redact_view *, size_t) = {ipv4_end, mac_end, ipv6_end};

    for (size_t i = 0; i < view->count; i++) {
        unsigned char before = i ? view->chars[i - 1] : ' ';
        if (!view_is_hex(view->chars[i]) && view->chars[i] != ':')
            continue;
        if (view_is_word(before) || before == ':' || (before == '.' && i > 1 && view_is_digit(view->chars[i - 2])))
            continue;
        for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
            size_t end = ends[k](view, i);
            if (end > i) {
                redact_mark(view, i, end, REDACT_ADDRESS);
                break;
            }
        }
    }
}

/* ---- writing ---- */

static int edits_add(struct redact_edits *edits, struct redact_edit edit)
{
    if (edits->count == edits->size) {
        size_t size = edits->size ? edits->size * 2 : 16;
        struct redact_edit *items = realloc(edits->items, size * sizeof(*items));
        if (!items)
            return -1;
        edits->items = items;
        edits->size = size;
    }
    edits->items[edits->count++] = edit;
    return 0;
}

static int write_marked(const struct redact_view *view, struct slice text, struct buf *out, struct redact_edits *edits)
{
    size_t written = 0; /* bytes of text */

    for (size_t i = 0; i < view->count;) {
        unsigned char kind = view->marks[i];
        size_t first = i;
        while (i < view->count && view->marks[i] == kind)
            i++;
        if (kind == REDACT_NOTHING)
            continue;
        struct slice word = slice_from(replacements[kind]);
        buf_add_slice(out, slice_part(text, written, view->at[first]));
        buf_add_slice(out, word);
        written = view->at[i];
        if (edits && edits_add(edits, (struct redact_edit){view->at[first], written, word.len}))
            return -1;
    }
    buf_add_slice(out, slice_part(text, written, text.len));
    return 0;
}

int redact_text(struct slice text, struct buf *out, struct redact_edits *edits)
{
    static void (*const finders[])(struct redact_view *) = {
        redact_find_ibans, redact_find_secrets, find_emails, find_addresses, redact_find_numbers,
    };
    struct redact_view view;
    size_t before = out->len;
    int result = -1;

    if (edits)
        edits->count = 0;
    if (view_init(&view, text) == 0) {
        for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++)
            finders[i](&view);
        result = write_marked(&view, text, out, edits);
    }
    view_fini(&view);
    if (result)
        out->len = before;
    return result;
}

void redact_edits_fini(struct redact_edits *edits)
{
    free(edits->items);
    *edits = (struct redact_edits){NULL, 0, 0};
}

size_t redact_offset(const struct redact_edits *edits, size_t offset, bool end)
{
    size_t moved = offset;
    for (size_t i = 0; i < edits->count && edits->items[i].start < offset; i++) {
        const struct redact_edit *edit = &edits->items[i];
        if (offset < edit->end) { /* inside: to one of its ends */
            moved -= offset - edit->start;
            return end ? moved + edit->len : moved;
        }
        moved = moved - (edit->end - edit->start) + edit->len;
    }
    return moved;
}
