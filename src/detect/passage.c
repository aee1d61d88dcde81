/* passage: normalising with a map back, masking, cutting into sentences. See passage.h for what and why. */
#include "passage.h"

/* ---- normalising ---- */

struct replacement {
    uint32_t from;
    char to; /* '\0': it goes */
};

static const struct replacement replacements[] = {
    {0x00A0, ' '},  {0x2007, ' '},  {0x202F, ' '},  {0x3000, ' '},  {0x2018, '\''}, {0x2019, '\''},
    {0x02BC, '\''}, {0x00B4, '\''}, {0x201C, '"'},  {0x201D, '"'},  {0x201E, '"'},  {0x00AB, '"'},
    {0x00BB, '"'},  {0x2026, '.'},  {0x200B, '\0'}, {0x200C, '\0'}, {0x200D, '\0'}, {0xFEFF, '\0'},
};

static void put(struct passage *p, char c, size_t from)
{
    if (p->len == PASSAGE_MAX)
        return;
    p->text[p->len] = c;
    p->map[p->len++] = (uint32_t)from;
}

/* Blanks collapse into one, and into nothing at the start of a line. */
static void put_blank(struct passage *p, char c, size_t from)
{
    char last = p->len ? p->text[p->len - 1] : '\n';
    if (c == '\n') {
        if (last == ' ')
            p->len--;
        put(p, '\n', from);
    } else if (last != ' ' && last != '\n') {
        put(p, ' ', from);
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
    if (c == '\n')
        put_blank(p, '\n', at);
    else if (ascii_is_space(c))
        put_blank(p, ' ', at);
    else if (c >= 'A' && c <= 'Z')
        put(p, (char)(c + 32), at);
    else if ((unsigned char)c < ' ' || c == 0x7f)
        put_blank(p, ' ', at);
    else if (!is_emphasis(s, at))
        put(p, c, at);
}

static void put_character(struct passage *p, struct slice s, size_t at, size_t len, uint32_t code_point)
{
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++)
        if (replacements[i].from == code_point) {
            if (replacements[i].to == ' ')
                put_blank(p, ' ', at);
            else if (replacements[i].to)
                put(p, replacements[i].to, at);
            return;
        }
    /* Capital letters of Latin-1 lie 32 below their small ones, but for the multiplication sign. */
    bool capital = code_point >= 0xC0 && code_point <= 0xDE && code_point != 0xD7;
    if (p->len + len > PASSAGE_MAX)
        return;
    for (size_t k = 0; k < len; k++)
        put(p, capital && k == 1 ? (char)(s.data[at + k] + 32) : s.data[at + k], at + k);
}

/* Small letters go as they are, and are most of any text; where they end. */
static size_t put_letters(struct passage *p, struct slice s, size_t at)
{
    size_t len = p->len;
    for (; at < s.len && s.data[at] >= 'a' && s.data[at] <= 'z'; at++)
        if (len < PASSAGE_MAX) {
            p->text[len] = s.data[at];
            p->map[len++] = (uint32_t)at;
        }
    p->len = len;
    return at;
}

static void normalise(struct passage *p, size_t from, size_t to)
{
    struct slice s = slice_of(p->original.data, to);
    for (size_t at = from; at < to;) {
        at = put_letters(p, s, at);
        if (at == to)
            break;
        uint32_t code_point = 0;
        bool ascii = (unsigned char)s.data[at] < 0x80;
        size_t len = ascii ? 1 : utf8_char(slice_of(s.data + at, to - at), &code_point);
        if (len <= 1) {
            if (len == 0)
                put(p, '?', at); /* not UTF-8; patterns are never shown it */
            else
                put_ascii(p, s, at);
            at++;
            continue;
        }
        put_character(p, s, at, len, code_point);
        at += len;
    }
}

/* ---- masking ---- */

static void mask(struct passage *p, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        p->text[i] = PASSAGE_MASK;
}

static size_t find(const struct passage *p, const char *needle, size_t from)
{
    size_t at = slice_find(slice_of(p->text, p->len), slice_from(needle), from);
    return at == SLICE_NOT_FOUND ? p->len : at;
}

static size_t line_end(const struct passage *p, size_t from)
{
    const char *end = from < p->len ? memchr(p->text + from, '\n', p->len - from) : NULL;
    return end ? (size_t)(end - p->text) : p->len;
}

/* A fence that is never closed reaches to the end: that is how it is shown, too. */
static void mask_code(struct passage *p)
{
    for (size_t at = find(p, "```", 0); at < p->len; at = find(p, "```", at)) {
        size_t end = find(p, "```", at + 3);
        mask(p, at, end < p->len ? end + 3 : p->len);
        p->text[at] = '\n';
        if (end < p->len)
            p->text[end + 2] = '\n';
        p->code = true;
        at = end < p->len ? end + 3 : p->len;
    }
    for (size_t at = find(p, "`", 0); at < p->len; at = find(p, "`", at + 1)) {
        size_t end = find(p, "`", at + 1);
        if (end >= line_end(p, at))
            continue;
        mask(p, at, end + 1);
        p->code = true;
        at = end;
    }
}

static bool opens_quote(const struct passage *p, size_t at)
{
    return at == 0 || strchr(" \n([", p->text[at - 1]) != NULL;
}

static bool closes_quote(const struct passage *p, size_t at)
{
    return at + 1 >= p->len || !(ascii_is_alpha(p->text[at + 1]) || ascii_is_digit(p->text[at + 1]));
}

static void mask_quotes(struct passage *p)
{
    enum { QUOTE_MIN = 12 }; /* shorter ones are titles and words */
    for (size_t at = find(p, "\"", 0); at < p->len; at = find(p, "\"", at + 1)) {
        if (!opens_quote(p, at))
            continue;
        size_t end = find(p, "\"", at + 1), stop = line_end(p, at);
        while (end < stop && !closes_quote(p, end))
            end = find(p, "\"", end + 1);
        if (end >= stop)
            continue;
        if (end - at - 1 >= QUOTE_MIN)
            mask(p, at + 1, end);
        at = end;
    }
}

static void mask_cited_lines(struct passage *p)
{
    for (size_t at = 0; at < p->len; at = line_end(p, at) + 1)
        if (p->text[at] == '>')
            mask(p, at, line_end(p, at));
}

/* ---- sentences ---- */

static bool is_word_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '\'' || (unsigned char)c >= 0x80;
}

/* A full stop after an initial or one of these words ends no sentence. */
static bool is_abbreviation(const struct passage *p, size_t start, size_t stop)
{
    static const char *const words[] = {"mr",     "mrs", "ms",  "dr",   "st",  "vs",   "prof", "jr",  "sr",   "lt",
                                        "col",    "gen", "rev", "hon",  "sgt", "capt", "mt",   "e.g", "i.e",  "cf",
                                        "approx", "ca",  "ft",  "corp", "inc", "ltd",  "cir",  "vol", "dept", "bros"};
    size_t from = stop;
    while (from > start && (is_word_byte(p->text[from - 1]) || p->text[from - 1] == '.'))
        from--;
    struct slice word = slice_of(p->text + from, stop - from);
    if (word.len == 1)
        return ascii_is_alpha(word.data[0]) && word.data[0] != 'i';
    if (word.len >= 3 && word.data[word.len - 2] == '.' && word.data[1] == '.' && stop + 1 < p->len) /* u.s., j.k. */
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_is(word, words[i]))
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
    if (c != '.' && c != '!' && c != '?')
        return 0;
    size_t end = at;
    while (end < p->len && strchr(".!?", p->text[end])) {
        *asks = *asks || p->text[end] == '?';
        end++;
    }
    if (end == at + 1 && c == '.' && is_abbreviation(p, start, at))
        return 0;
    while (end < p->len && strchr("\"')]", p->text[end]))
        end++;
    return end >= p->len || p->text[end] == ' ' || p->text[end] == '\n' ? end : 0;
}

/* The next byte that may end a sentence; limit when there is none before. */
static size_t next_mark(const struct passage *p, size_t at, size_t limit)
{
    for (; at < limit; at++) {
        unsigned char c = (unsigned char)p->text[at];
        if (c >= 0xE3 || (c < 'A' && (c == '\n' || c == '.' || c == '!' || c == '?')))
            break;
    }
    return at;
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
    size_t start = 0;
    for (size_t at = 0; at < p->len;) {
        size_t longest = start + SENTENCE_BYTES_MAX;
        bool asks = false;
        at = next_mark(p, at, longest < p->len ? longest : p->len);
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

void passage_read(struct passage *p, struct slice original)
{
    p->original = original;
    p->len = p->count = 0;
    p->code = false;
    p->cut = original.len > PASSAGE_HEAD + PASSAGE_TAIL;
    if (p->cut) {
        size_t head = PASSAGE_HEAD, tail = original.len - PASSAGE_TAIL;
        while (head > 0 && ((unsigned char)original.data[head] & 0xC0) == 0x80)
            head--;
        while (tail < original.len && ((unsigned char)original.data[tail] & 0xC0) == 0x80)
            tail++;
        normalise(p, 0, head);
        put_blank(p, '\n', head);
        normalise(p, tail, original.len);
    } else {
        normalise(p, 0, original.len);
    }
    mask_code(p);
    mask_quotes(p);
    mask_cited_lines(p);
    split(p);
}

void passage_span(const struct passage *p, size_t start, size_t end, size_t *original_start, size_t *original_end)
{
    if (start >= end) {
        *original_start = *original_end = start < p->len ? p->map[start] : p->original.len;
        return;
    }
    size_t last = p->map[end - 1], len = 1;
    if ((unsigned char)p->original.data[last] >= 0xC0 && (unsigned char)p->text[end - 1] < 0x80) {
        uint32_t code_point = 0; /* a wide character that became a plain one */
        len = utf8_char(slice_part(p->original, last, p->original.len), &code_point);
    }
    *original_start = p->map[start];
    *original_end = last + (len ? len : 1);
}
