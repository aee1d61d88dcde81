/* passage: normalising with a way back, and cutting into sentences. See passage.h for what and why.
 *
 * The text is gone through once, sixteen bytes at a time, and of whatever may open a mask or end a sentence a note is
 * kept, so that all that follows looks at these places only.
 */
#include "passage.h"

#include <assert.h>
#include <endian.h>

/* ---- normalising ---- */

struct replacement {
    uint32_t from;
    char to; /* '\0': it goes */
};

/* In order. */
static const struct replacement replacements[] = {
    {0x00A0, ' '},  {0x00AB, '"'},  {0x00B4, '\''}, {0x00BB, '"'},  {0x02BC, '\''},  {0x2007, ' '}, {0x200B, '\0'},
    {0x200C, '\0'}, {0x200D, '\0'}, {0x2018, '\''}, {0x2019, '\''}, {0x201A, '\''},  {0x201C, '"'}, {0x201D, '"'},
    {0x201E, '"'},  {0x2026, '.'},  {0x202F, ' '},  {0x2039, '\''}, {0x203A, '\''},  {0x3000, ' '}, {0x300C, '"'},
    {0x300D, '"'},  {0x300E, '"'},  {0x300F, '"'},  {0xFEFF, '\0'}, {UINT32_MAX, 0},
};

/* From here on the text goes on with the byte at next of the original: what stood before it has left nothing. */
static void leave_gap(struct passage *p, size_t next)
{
    while (p->gap_count && p->gaps[p->gap_count - 1].at >= p->len)
        p->gap_count--;
    p->gaps[p->gap_count++] = (struct gap){(uint32_t)p->len, (uint32_t)(next - p->len)};
}

static void put(struct passage *p, char c)
{
    p->text[p->len++] = c;
}

static void put_mark(struct passage *p, char c)
{
    p->marks[p->mark_count++] = (uint16_t)p->len;
    put(p, c);
}

static void put_opening(struct passage *p, char c)
{
    p->opens = true;
    put_mark(p, c);
}

static bool follows_blank(const struct passage *p)
{
    return p->len == 0 || p->text[p->len - 1] == ' ' || p->text[p->len - 1] == '\n';
}

/* Blanks collapse into one, and into nothing at the start of a line. */
static void put_blank(struct passage *p, size_t next)
{
    if (follows_blank(p))
        leave_gap(p, next);
    else
        put(p, ' ');
}

/* And into nothing at its end. */
static void put_line_end(struct passage *p, size_t at)
{
    if (p->len && p->text[p->len - 1] == ' ') {
        p->len--;
        leave_gap(p, at);
    }
    put_mark(p, '\n');
}

/* next: what of the original comes behind it. */
static void put_plain(struct passage *p, char c, size_t next)
{
    switch (c) {
    case '.':
    case '!':
    case '?':
        put_mark(p, c);
        break;
    case '"':
    case '`':
    case '>':
        put_opening(p, c);
        break;
    case '\'':
    case '~':
        if (passage_begins_word(p, p->len))
            put_opening(p, c);
        else
            put(p, c);
        break;
    case ' ':
        put_blank(p, next);
        break;
    default:
        put(p, c);
    }
}

/* Emphasis around words: *so*, **very**, _never_. Between letters or digits a mark may mean something. */
static bool is_emphasis(struct slice s, size_t at)
{
    if (s.data[at] != '*' && s.data[at] != '_')
        return false;
    bool before = at > 0 && (ascii_is_alpha(s.data[at - 1]) || ascii_is_digit(s.data[at - 1]));
    bool after = at + 1 < s.len && (ascii_is_alpha(s.data[at + 1]) || ascii_is_digit(s.data[at + 1]));
    return !(before && after);
}

static void put_ascii(struct passage *p, struct slice s, size_t at)
{
    char c = s.data[at];
    if (c == '\n') {
        put_line_end(p, at);
        p->opens = p->opens || passage_is_indented(slice_part(s, at + 1, s.len));
    } else if (is_emphasis(s, at)) {
        leave_gap(p, at + 1);
    } else {
        put_plain(p, c < ' ' || c == 0x7f ? ' ' : ascii_lower(c), at + 1);
    }
}

/* Full-width marks end sentences, too. */
static bool is_wide_stop(uint32_t character)
{
    return character == 0x3002 || character == 0xFF01 || character == 0xFF1F;
}

static void put_character(struct passage *p, struct slice s, size_t at, size_t len, uint32_t character)
{
    const struct replacement *replacement = replacements;
    while (replacement->from < character)
        replacement++;
    if (replacement->from == character) {
        if (replacement->to)
            put_plain(p, replacement->to, at + len);
        leave_gap(p, at + len);
        return;
    }
    /* Capital letters of Latin-1 lie 32 below their small ones, but for the multiplication sign. */
    bool capital = character >= 0xC0 && character <= 0xDE && character != 0xD7;
    if (is_wide_stop(character))
        p->marks[p->mark_count++] = (uint16_t)p->len;
    p->wide = p->wide < p->len ? p->wide : p->len;
    for (size_t k = 0; k < len; k++)
        put(p, capital && k == 1 ? (char)(s.data[at + k] + 32) : s.data[at + k]);
}

/* Sixteen bytes, which any compiler knows to compare at once: all bits of a byte are set where it is so. */
typedef int8_t bytes16 __attribute__((vector_size(16)));

/* What goes into the text as it is, but for capitals: most of any text. A blank does where none follows. */
static bytes16 are_plain(bytes16 bytes, bytes16 next)
{
    bytes16 signs = (bytes == '.') | (bytes == '?') | (bytes == '>') | (bytes == '`') | (bytes == '*') |
                    (bytes == '_') | (bytes == '\'');
    bytes16 between = (bytes > '"') & (bytes < '~'); /* other signs are below, DEL and what is beyond ASCII above */
    return (between & ~signs) | ((bytes == ' ') & (next != ' '));
}

static size_t count_first(bytes16 are)
{
    uint64_t halves[2];
    memcpy(halves, &are, sizeof are);
    size_t first = eight_before(~le64toh(halves[0]));
    return first < 8 ? first : 8 + eight_before(~le64toh(halves[1]));
}

/* Takes what is plain of the first sixteen bytes; the one behind them is looked at, too. */
static size_t put_sixteen(struct passage *p, const char *from)
{
    bytes16 bytes, next;
    memcpy(&bytes, from, sizeof bytes);
    memcpy(&next, from + 1, sizeof next);
    bytes16 small = bytes | ((bytes >= 'A') & (bytes <= 'Z') & 0x20);
    memcpy(p->text + p->len, &small, sizeof small); /* what is not plain is written over */
    size_t taken = count_first(are_plain(bytes, next));
    p->len += taken;
    return taken;
}

/* Where the plain bytes end. */
static size_t put_plain_bytes(struct passage *p, struct slice s, size_t at)
{
    enum { SIXTEEN = sizeof(bytes16) };
    char end[SIXTEEN + 1] = {0};
    if (at < s.len && s.data[at] == ' ' && follows_blank(p))
        return at;
    for (; s.len - at > SIXTEEN; at += SIXTEEN) {
        size_t taken = put_sixteen(p, s.data + at);
        if (taken < SIXTEEN)
            return at + taken;
    }
    memcpy(end, s.data + at, s.len - at);
    return at + put_sixteen(p, end);
}

static void normalise(struct passage *p, size_t from, size_t to)
{
    struct slice s = slice_of(p->original.data, to);
    assert(to - from + p->len <= PASSAGE_MAX);
    for (size_t at = put_plain_bytes(p, s, from); at < to; at = put_plain_bytes(p, s, at)) {
        uint32_t character = (unsigned char)s.data[at];
        size_t len = character < 0x80 ? 1 : utf8_char(slice_of(s.data + at, to - at), &character);
        if (len == 1)
            put_ascii(p, s, at);
        else if (len > 1)
            put_character(p, s, at, len, character);
        else
            put_mark(p, '?'); /* not UTF-8; patterns are never shown it */
        at += len ? len : 1;
    }
    memset(p->text + p->len, 0, PASSAGE_SLACK);
}

/* ---- sentences ---- */

static bool is_word_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '\'' || (unsigned char)c >= 0x80;
}

/* A full stop after an initial or one of these words ends no sentence. */
static bool is_abbreviation(const struct passage *p, size_t start, size_t stop)
{
    enum { LONGEST = 6 };
    static const char words[][LONGEST + 1] = {
        "mr",   "mrs", "ms",  "dr",  "st", "vs",     "prof", "jr", "sr",   "lt",  "col", "gen", "rev", "hon",  "sgt",
        "capt", "mt",  "e.g", "i.e", "cf", "approx", "ca",   "ft", "corp", "inc", "ltd", "cir", "vol", "dept", "bros"};
    size_t from = stop;
    while (from > start && (is_word_byte(p->text[from - 1]) || p->text[from - 1] == '.'))
        from--;
    struct slice word = slice_of(p->text + from, stop - from);
    if (word.len == 1) /* but not of "A&E." */
        return ascii_is_alpha(word.data[0]) && word.data[0] != 'i' && (from == 0 || p->text[from - 1] != '&');
    if (word.len >= 3 && word.data[word.len - 2] == '.' && word.data[1] == '.' && stop + 1 < p->len) /* u.s., j.k. */
        return true;
    for (size_t i = 0; word.len <= LONGEST && i < sizeof words / sizeof *words; i++)
        if (words[i][0] == word.data[0] && slice_is(word, words[i]))
            return true;
    return false;
}

/* Length of a full-width end of sentence at at: they need no blank after them. */
static size_t wide_stop(const struct passage *p, size_t at, bool *asks)
{
    if (at + 3 > p->len)
        return 0;
    *asks = memcmp(p->text + at, "\xEF\xBC\x9F", 3) == 0;
    bool stop = *asks || memcmp(p->text + at, "\xE3\x80\x82", 3) == 0 || memcmp(p->text + at, "\xEF\xBC\x81", 3) == 0;
    return stop ? 3 : 0;
}

static void add_sentence(struct passage *p, size_t start, size_t end, bool asks)
{
    while (start < end && (p->text[start] == ' ' || p->text[start] == '\n'))
        start++;
    while (end > start && (p->text[end - 1] == ' ' || p->text[end - 1] == '\n'))
        end--;
    if (start == end || p->count == SENTENCES_MAX)
        return;
    p->sentences[p->count++] = (struct sentence){.start = (uint32_t)start,
                                                 .end = (uint32_t)end,
                                                 .asks = asks,
                                                 .starts_line = start == 0 || p->text[start - 1] == '\n'};
}

static bool is_stop(char c)
{
    return c == '.' || c == '!' || c == '?';
}

/* If a sentence ends at at, its end behind closing marks; else 0. */
static size_t sentence_end(const struct passage *p, size_t start, size_t at, bool *asks)
{
    char c = p->text[at];
    *asks = false;
    if (c == '\n')
        return at + 1;
    size_t wide = (unsigned char)c >= 0xE3 ? wide_stop(p, at, asks) : 0;
    if (wide)
        return at + wide;
    if (!is_stop(c))
        return 0;
    size_t end = at;
    while (end < p->len && is_stop(p->text[end])) {
        *asks = *asks || p->text[end] == '?';
        end++;
    }
    if (end == at + 1 && c == '.' && is_abbreviation(p, start, at))
        return 0;
    while (end < p->len && strchr("\"')]", p->text[end]))
        end++;
    return end >= p->len || p->text[end] == ' ' || p->text[end] == '\n' ? end : 0;
}

/* Where the next mark stands, from number *k and from at on; limit when there is none before. */
static size_t next_mark(const struct passage *p, size_t *k, size_t at, size_t limit)
{
    while (*k < p->mark_count && p->marks[*k] < at)
        ++*k;
    return *k < p->mark_count && p->marks[*k] < limit ? p->marks[*k] : limit;
}

/* Where to cut a run-on that has become too long at at: at a blank, or in front of the character there. */
static size_t cut_of(const struct passage *p, size_t start, size_t at)
{
    for (size_t blank = at + 1; blank-- > start + 1;)
        if (p->text[blank] == ' ')
            return blank;
    while (at > start + 1 && ((unsigned char)p->text[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static void split(struct passage *p)
{
    size_t start = 0, k = 0;
    for (size_t at = 0; at < p->len;) {
        size_t longest = start + SENTENCE_BYTES_MAX;
        bool asks = false;
        at = next_mark(p, &k, at, longest < p->len ? longest : p->len);
        if (at == p->len)
            break;
        size_t end = sentence_end(p, start, at, &asks);
        if (!end && at >= longest)
            end = cut_of(p, start, at);
        if (end) {
            add_sentence(p, start, end, asks);
            start = end;
        }
        at = end > at ? end : at + 1;
    }
    add_sentence(p, start, p->len, false);
}

/* The ends of a long text, with a line between them. */
static void normalise_ends(struct passage *p)
{
    size_t head = PASSAGE_HEAD, tail = p->original.len - PASSAGE_TAIL;
    while (head > 0 && ((unsigned char)p->original.data[head] & 0xC0) == 0x80)
        head--;
    while (tail < p->original.len && ((unsigned char)p->original.data[tail] & 0xC0) == 0x80)
        tail++;
    normalise(p, 0, head);
    put_line_end(p, head);
    leave_gap(p, tail);
    normalise(p, tail, p->original.len);
}

void passage_read(struct passage *p, struct slice original)
{
    p->original = original;
    p->len = p->count = p->gap_count = p->mark_count = 0;
    p->wide = PASSAGE_MAX;
    p->code = false;
    p->opens = passage_is_indented(original);
    p->cut = original.len > PASSAGE_HEAD + PASSAGE_TAIL;
    if (p->cut)
        normalise_ends(p);
    else
        normalise(p, 0, original.len);
    if (p->opens)
        passage_mask(p);
    passage_unwrap(p);
    split(p);
}

size_t passage_origin(const struct passage *p, size_t at)
{
    size_t low = 0, high = p->gap_count; /* the last gap at or before it is below high, and not below low */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->gaps[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? at + p->gaps[low - 1].left_out : at;
}

void passage_span(const struct passage *p, size_t start, size_t end, size_t *original_start, size_t *original_end)
{
    if (start >= end) {
        *original_start = *original_end = start < p->len ? passage_origin(p, start) : p->original.len;
        return;
    }
    size_t last = passage_origin(p, end - 1), len = 1;
    if ((unsigned char)p->original.data[last] >= 0xC0 && (unsigned char)p->text[end - 1] < 0x80) {
        uint32_t code_point = 0; /* a wide character that became a plain one */
        len = utf8_char(slice_part(p->original, last, p->original.len), &code_point);
    }
    *original_start = passage_origin(p, start);
    *original_end = last + (len ? len : 1);
}
