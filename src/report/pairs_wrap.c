/* pairs_wrap: see pairs_wrap.h and pairs.h. */
#include "pairs_wrap.h"

#include "pairs.h"

struct range {
    uint32_t first, last;
};

static bool within(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}
#define WITHIN(c, table) within((c), (table), sizeof(table) / sizeof((table)[0]))

/* Combining marks and joiners: they add nothing to the width. */
static const struct range zero_width[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},   {0x93C, 0x93C},
    {0x941, 0x948},   {0x94D, 0x94D},   {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E},   {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x200C, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1F3FB, 0x1F3FF}};

/* The wide of Unicode's East Asian Width. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},   {0x23F3, 0x23F3},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},
    {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},   {0x26FA, 0x26FA},
    {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},
    {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},
    {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6B},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18D08}, {0x1B000, 0x1B2FB}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C},
    {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E},
    {0x1F550, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F},
    {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6D7}, {0x1F6DC, 0x1F6DF},
    {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F7F0, 0x1F7F0}, {0x1F90C, 0x1F93A},
    {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD}};

/* Controls, and what reorders or hides text: bidi controls, invisible signs, separators, tags. */
static const struct range never_raw[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
                                         {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
                                         {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};

unsigned wrap_columns(uint32_t c)
{
    return WITHIN(c, zero_width) ? 0 : WITHIN(c, wide) ? 2 : 1;
}

size_t pairs_columns(struct slice escaped)
{
    size_t columns = 0;
    for (size_t i = 0; i < escaped.len;) {
        uint32_t c = 0;
        size_t len = utf8_char(slice_part(escaped, i, escaped.len), &c);
        columns += wrap_columns(c);
        i += len ? len : 1;
    }
    return columns;
}

void pairs_escape(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t c = 0;
        size_t len = utf8_char(slice_part(text, i, text.len), &c);
        if (len == 0) {
            buf_add_format(out, "\\x%02x", (unsigned char)text.data[i]);
            len = 1;
        } else if (c == '\t') {
            buf_add_text(out, "    ");
        } else if (c == '\n' || !WITHIN(c, never_raw)) {
            buf_add(out, text.data + i, len);
        } else if (c != '\r' || slice_part(text, i + 1, i + 2).len == 0 || text.data[i + 1] != '\n') {
            buf_add_format(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
        }
        i += len;
    }
}

void pairs_excerpt(struct slice text, unsigned columns, struct buf *out)
{
    struct buf escaped;
    unsigned used = 0;
    size_t end = 0, fits = 0;

    /* Four bytes a character and some joiners are enough to fill the columns. */
    buf_init(&escaped, (size_t)columns * 64 + 64);
    pairs_escape(slice_part(text, 0, (size_t)columns * 8), &escaped);
    for (size_t i = 0; i < escaped.len; i++)
        if (escaped.data[i] == '\n')
            escaped.data[i] = ' ';
    while (end < escaped.len) {
        uint32_t c = 0;
        size_t len = utf8_char(slice_part(buf_slice(&escaped), end, escaped.len), &c);
        used += wrap_columns(c);
        if (used > columns)
            break;
        end += len ? len : 1;
        if (used + 3 <= columns)
            fits = end;
    }
    bool whole = end == escaped.len && text.len <= (size_t)columns * 8;
    buf_add(out, escaped.data, whole ? end : fits);
    if (!whole)
        buf_add_text(out, columns >= 3 ? "..." : "");
    buf_fini(&escaped);
}

bool wrap_next(struct slice *rest, unsigned width, struct slice *line, unsigned *columns)
{
    size_t end = 0, space = 0;
    unsigned used = 0, used_at_space = 0;

    *columns = 0;
    if (rest->len == 0)
        return false;
    while (end < rest->len && rest->data[end] != '\n') {
        uint32_t c = 0;
        size_t len = utf8_char(slice_part(*rest, end, rest->len), &c);
        unsigned more = wrap_columns(c);
        if (used + more > width && used > 0)
            break;
        if (c == ' ') {
            space = end;
            used_at_space = used;
        }
        used += more;
        end += len ? len : 1;
    }
    bool cut = end < rest->len && rest->data[end] != '\n';
    if (cut && rest->data[end] != ' ' && space > 0) {
        end = space;
        used = used_at_space;
    }
    *line = slice_of(rest->data, end);
    *columns = used;
    size_t next = end;
    if (next < rest->len && (rest->data[next] == '\n' || rest->data[next] == ' '))
        next++;
    *rest = slice_part(*rest, next, rest->len);
    return true;
}
