/* mask: covers what the user brings and does not say: code, quotations, cited lines.
 *
 * Only the places are looked at that were noted while the text was normalised. Where it is not sure that something is
 * brought, it stays: a line that is indented may be prose, and an apostrophe mostly opens nothing.
 */
#include "passage.h"

static void mask(struct passage *p, size_t start, size_t end)
{
    memset(p->text + start, PASSAGE_MASK, end - start);
}

/* The next such mark from number k on. */
static size_t find_mark(const struct passage *p, char c, size_t k)
{
    while (k < p->mark_count && p->text[p->marks[k]] != c)
        k++;
    return k;
}

/* The first mark behind at, from number k on. */
static size_t mark_behind(const struct passage *p, size_t at, size_t k)
{
    while (k < p->mark_count && p->marks[k] <= at)
        k++;
    return k;
}

static bool begins_line(const struct passage *p, size_t at)
{
    return at == 0 || p->text[at - 1] == '\n';
}

/* ---- code ---- */

static size_t find_fence(const struct passage *p, size_t k)
{
    k = find_mark(p, '`', k);
    while (k < p->mark_count && memcmp(p->text + p->marks[k], "```", 3) != 0)
        k = find_mark(p, '`', k + 1);
    return k;
}

/* A fence that is never closed reaches to the end: that is how it is shown, too. */
static void mask_fences(struct passage *p)
{
    for (size_t k = find_fence(p, 0); k < p->mark_count; k = find_fence(p, k)) {
        size_t last = find_fence(p, k + 3), at = p->marks[k];
        bool closed = last < p->mark_count;
        size_t end = closed ? p->marks[last] + 3u : p->len;
        mask(p, at, end);
        p->text[at] = '\n';
        if (closed)
            p->text[end - 1] = '\n';
        p->code = true;
        k = closed ? last + 3 : p->mark_count;
    }
}

/* Of three tildes or more at the start of a line, with or without the name of a language; they adorn prose, too. */
static size_t find_tildes(const struct passage *p, size_t k, bool named)
{
    for (k = find_mark(p, '~', k); k < p->mark_count; k = find_mark(p, '~', k + 1)) {
        size_t at = p->marks[k], end = passage_line_end(p, at), behind = at;
        while (behind < end && p->text[behind] == '~')
            behind++;
        struct slice name = slice_trim(slice_of(p->text + behind, end - behind));
        if (begins_line(p, at) && behind - at >= 3 && memchr(name.data, ' ', name.len) == NULL &&
            memchr(name.data, '~', name.len) == NULL && (named || name.len == 0))
            break;
    }
    return k;
}

static void mask_tilde_fences(struct passage *p)
{
    for (size_t k = find_tildes(p, 0, true); k < p->mark_count; k = find_tildes(p, k, true)) {
        size_t last = find_tildes(p, k + 1, false);
        if (last == p->mark_count)
            return;
        mask(p, p->marks[k], passage_line_end(p, p->marks[last]));
        p->code = true;
        k = last + 1;
    }
}

static void mask_inline_code(struct passage *p)
{
    for (size_t k = find_mark(p, '`', 0); k < p->mark_count; k = find_mark(p, '`', k + 1)) {
        size_t last = find_mark(p, '`', k + 1), at = p->marks[k];
        if (last == p->mark_count || p->marks[last] >= passage_line_end(p, at))
            continue;
        mask(p, at, p->marks[last] + 1u);
        p->code = true;
        k = last;
    }
}

/* A call: a bracket right behind a name. "mistake(s)" is none. */
static bool calls(struct slice line)
{
    for (size_t at = slice_find(line, SLICE("("), 1); at < line.len; at = slice_find(line, SLICE("("), at + 1)) {
        char before = line.data[at - 1];
        if ((ascii_is_alpha(before) || before == '_') && !slice_starts(slice_part(line, at, line.len), SLICE("(s)")))
            return true;
    }
    return false;
}

/* What a line of prose does not hold. */
static bool looks_like_code(struct slice line)
{
    static const char *const signs[] = {
        " = ", "==", "!=", "+=", "=>", "->", "::", "</", "/>", "&&", "||", "#include", "[]", "\":"};
    static const char *const beginnings[] = {"$ ", "<", "//", "/*", "import ", "return "};
    static const char *const ends[] = {"{", "}", ");"};
    bool is = calls(line);
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !is; i++)
        is = slice_find(line, slice_from(signs[i]), 0) != SLICE_NOT_FOUND;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings && !is; i++)
        is = slice_starts(line, slice_from(beginnings[i]));
    for (size_t i = 0; i < sizeof ends / sizeof *ends && !is; i++)
        is = slice_ends(line, slice_from(ends[i]));
    return is;
}

static bool is_indented(const struct passage *p, size_t line)
{
    size_t from = line ? passage_origin(p, line - 1) + 1 : 0;
    return passage_is_indented(slice_part(p->original, from, p->original.len));
}

/* Indented lines behind an empty one, of which half look like code, by the first of them. Where the block ends. */
static size_t mask_block(struct passage *p, size_t start)
{
    enum { LOOK_AT_LINES = 8 };
    size_t lines = 0, code = 0, end = start;
    for (size_t at = start, stop; at < p->len; at = stop + 1) {
        stop = passage_line_end(p, at);
        if (stop == at)
            continue;
        if (!is_indented(p, at))
            break;
        if (lines++ < LOOK_AT_LINES)
            code += looks_like_code(slice_of(p->text + at, stop - at));
        end = stop;
    }
    if (code > 0 && code * 2 >= (lines < LOOK_AT_LINES ? lines : LOOK_AT_LINES)) {
        mask(p, start, end);
        p->code = true;
    }
    return end;
}

static void mask_indented(struct passage *p)
{
    size_t end = is_indented(p, 0) ? mask_block(p, 0) : 0;
    for (size_t k = 0; k < p->mark_count; k++) {
        size_t at = p->marks[k];
        if (at >= end && p->text[at] == '\n' && begins_line(p, at) && at + 1 < p->len && is_indented(p, at + 1))
            end = mask_block(p, at + 1);
    }
}

/* ---- quotations ---- */

/* An apostrophe opens no quotation where it stands for what was left out: 'cause, 'em, the '90s, it 's. */
static bool is_apostrophe(struct slice behind)
{
    static const char *const cut[] = {"cause", "cos", "cuz",  "em", "bout", "til", "till", "tis", "twas", "round",
                                      "n",     "ya",  "nuff", "s",  "m",    "re",  "ve",   "ll",  "d",    "t"};
    size_t end = 0;
    while (end < behind.len && ascii_is_alpha(behind.data[end]))
        end++;
    bool is = behind.len == 0 || strchr(" \n'0123456789", behind.data[0]) != NULL;
    for (size_t i = 0; i < sizeof cut / sizeof *cut && !is; i++)
        is = slice_is(slice_part(behind, 0, end), cut[i]);
    return is;
}

/* Where blanks part no words only the mark itself says that it opens. In German the same one closes: in front of a
 * blank or a stop. */
static bool is_opening_mark(const struct passage *p, size_t at)
{
    static const char *const marks[] = {"\xE2\x80\x9C", "\xE3\x80\x8C", "\xE3\x80\x8E"};
    size_t from = passage_origin(p, at);
    struct slice original = slice_part(p->original, from, p->original.len);
    bool opens = false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks && !opens; i++)
        opens = slice_starts(original, slice_from(marks[i]));
    return opens && ((unsigned char)p->text[at + 1] >= 0x80 || ascii_is_alpha(p->text[at + 1]));
}

static bool opens_quote(const struct passage *p, size_t at)
{
    if (!passage_begins_word(p, at))
        return p->text[at] == '"' && is_opening_mark(p, at);
    return p->text[at] == '"' || !is_apostrophe(slice_of(p->text + at + 1, p->len - at - 1));
}

static bool closes_quote(const struct passage *p, size_t at)
{
    char behind = at + 1 < p->len ? p->text[at + 1] : ' ';
    if (ascii_is_alpha(behind) || ascii_is_digit(behind))
        return false;
    return p->text[at] == '"' || (p->text[at - 1] != ' ' && (unsigned char)behind < 0x80);
}

/* Where the quotation that opens at at closes before stop; stop when it does not. */
static size_t quote_end(const struct passage *p, size_t at, size_t stop)
{
    const char *close = p->text + at, *end = p->text + stop;
    while ((close = memchr(close + 1, p->text[at], (size_t)(end - close - 1))) != NULL)
        if (closes_quote(p, (size_t)(close - p->text)))
            return (size_t)(close - p->text);
    return stop;
}

static void mask_quotes(struct passage *p, char quote)
{
    enum { QUOTE_MIN = 12 }; /* shorter ones are titles and words */
    for (size_t k = find_mark(p, quote, 0); k < p->mark_count; k = find_mark(p, quote, k)) {
        size_t at = p->marks[k], stop = passage_line_end(p, at), end = at;
        if (opens_quote(p, at)) {
            end = quote_end(p, at, stop);
            if (end < stop && end - at - 1 >= QUOTE_MIN)
                mask(p, at + 1, end);
        }
        k = mark_behind(p, end, k); /* where this one does not close on the line, none behind it does */
    }
}

/* A whole message in quotation marks, those within doubled, is what a table had in a cell: the user speaks. */
static void unwrap_cell(struct passage *p)
{
    const char *end = p->text + p->len, *at = p->text + 1;
    while (end > p->text && (end[-1] == ' ' || end[-1] == '\n'))
        end--;
    if (end - p->text < 2 || p->text[0] != '"' || *--end != '"')
        return;
    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        if (at + 1 == end || at[1] != '"')
            return;
        at += 2;
    }
    p->text[0] = p->text[end - p->text] = ' ';
}

static void mask_cited_lines(struct passage *p)
{
    for (size_t k = find_mark(p, '>', 0); k < p->mark_count; k = find_mark(p, '>', k + 1))
        if (begins_line(p, p->marks[k]))
            mask(p, p->marks[k], passage_line_end(p, p->marks[k]));
}

void passage_mask(struct passage *p)
{
    mask_fences(p);
    mask_tilde_fences(p);
    mask_inline_code(p);
    mask_indented(p);
    unwrap_cell(p);
    mask_quotes(p, '"');
    mask_quotes(p, '\'');
    mask_cited_lines(p);
}
