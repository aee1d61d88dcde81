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

static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},  {0x3400, 0x4DBF},
                                    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
                                    {0xFE30, 0xFE4F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

/* Controls, and what reorders or hides text: bidi controls, invisible signs, separators, tags. */
static const struct range never_raw[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
                                         {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
                                         {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};

unsigned wrap_columns(uint32_t c)
{
    return WITHIN(c, zero_width) ? 0 : WITHIN(c, wide) ? 2 : 1;
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
