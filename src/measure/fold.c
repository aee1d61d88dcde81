/* fold: tables and a few ranges; see fold.h. The Latin table covers U+00C0 to U+017F: the base letter, a second one
 * where the letter is two, and the accent as its distance from U+0300 plus one (0x71 stands for "a letter of its own",
 * so that the strict normal form keeps o and ø apart while words meet).
 */
#include "fold.h"

#define LATIN_FIRST 0xC0
#define LATIN_LAST  0x17F
#define MARK_FIRST  0x300
#define MARK_LAST   0x36F

static const char latin_base[] =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuu"
    "uuwwyyyzzzzzzs";
static const char latin_second[] =
    "......e.......................hs......e.......................h..........................................."
    "........jj......................gg......ee............................................";
static const unsigned char latin_mark[] = {
    1,   2,  3,  4,  9,  11, 0,   40,  1,   2,   3,   9,  1, 2,  3,  9,  113, 4,   1,  2,  3,  4,  9,   0,
    113, 1,  2,  3,  9,  2,  0,   0,   1,   2,   3,   4,  9, 11, 0,  40, 1,   2,   3,  9,  1,  2,  3,   9,
    113, 4,  1,  2,  3,  4,  9,   0,   113, 1,   2,   3,  9, 2,  0,  9,  5,   5,   7,  7,  41, 41, 2,   2,
    3,   3,  8,  8,  13, 13, 13,  13,  113, 113, 5,   5,  7, 7,  8,  8,  41,  41,  13, 13, 3,  3,  7,   7,
    8,   8,  40, 40, 3,  3,  113, 113, 4,   4,   5,   5,  7, 7,  41, 41, 8,   113, 0,  0,  3,  3,  40,  40,
    113, 2,  2,  40, 40, 13, 13,  113, 113, 113, 113, 2,  2, 40, 40, 13, 13,  113, 0,  0,  5,  5,  7,   7,
    12,  12, 0,  0,  2,  2,  40,  40,  13,  13,  2,   2,  3, 3,  40, 40, 13,  13,  40, 40, 13, 13, 113, 113,
    4,   4,  5,  5,  7,  7,  11,  11,  12,  12,  41,  41, 3, 3,  3,  3,  9,   2,   2,  8,  8,  13, 13,  0};

_Static_assert(sizeof latin_base == LATIN_LAST - LATIN_FIRST + 2, "one base letter a character");
_Static_assert(sizeof latin_second == LATIN_LAST - LATIN_FIRST + 2, "one second letter a character");
_Static_assert(sizeof latin_mark == LATIN_LAST - LATIN_FIRST + 1, "one mark a character");

/* Characters that stand for another one. 0: dropped. */
struct alias {
    uint32_t first, last, to;
};
static const struct alias aliases[] = {
    {0x00A0, 0x00A0, ' '},  {0x00AB, 0x00AB, '"'}, {0x00AD, 0x00AD, 0},   {0x00B2, 0x00B2, '2'},  {0x00B3, 0x00B3, '3'},
    {0x00B4, 0x00B4, '\''}, {0x00B9, 0x00B9, '1'}, {0x00BB, 0x00BB, '"'}, {0x02BC, 0x02BC, '\''}, {0x1680, 0x1680, ' '},
    {0x2000, 0x200A, ' '},  {0x200B, 0x200F, 0},   {0x2010, 0x2015, '-'}, {0x2018, 0x201B, '\''}, {0x201C, 0x201F, '"'},
    {0x2028, 0x2029, '\n'}, {0x202A, 0x202E, 0},   {0x202F, 0x202F, ' '}, {0x2032, 0x2032, '\''}, {0x2033, 0x2033, '"'},
    {0x205F, 0x205F, ' '},  {0x2060, 0x2064, 0},   {0x2212, 0x2212, '-'}, {0x3000, 0x3000, ' '},  {0xFE00, 0xFE0F, 0},
    {0xFEFF, 0xFEFF, 0},
};

static bool fold_alias(uint32_t c, uint32_t *to)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases && aliases[i].first <= c; i++) {
        if (c <= aliases[i].last) {
            *to = aliases[i].to;
            return true;
        }
    }
    return false;
}

static bool is_symbol(uint32_t c)
{
    return (c >= 0x80 && c < 0xAA) || (c > 0xAA && c < 0xB5) || (c > 0xB5 && c < 0xBA) || (c > 0xBA && c < 0xC0) ||
           c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c < 0x2070) || (c >= 0x20A0 && c < 0x2100) ||
           (c >= 0x2190 && c < 0x2C00) || (c >= 0x3000 && c < 0x3040) || (c >= 0xFF00 && c < 0xFF10) ||
           (c >= 0x1F000 && c < 0x20000) || (c >= 0xFE00 && c < 0xFE70) || (c >= 0xE000 && c < 0xF900);
}

static void fold_latin(uint32_t c, struct folded *out)
{
    size_t i = c - LATIN_FIRST;
    bool even_is_upper = (c < 0x138 || (c > 0x148 && c < 0x178));
    out->character = (unsigned char)latin_base[i];
    out->second = latin_second[i] == '.' ? 0 : latin_second[i];
    out->accent = latin_mark[i] ? MARK_FIRST + latin_mark[i] - 1u : 0;
    out->letter = true;
    if (c < 0xE0)
        out->upper = c != 0xDF;
    else if (c >= 0x100)
        out->upper = c == 0x178 || (c & 1) == (even_is_upper ? 0u : 1u);
}

/* Capitals of other scripts whose small letters stand at a fixed distance. */
static uint32_t fold_capital(uint32_t c)
{
    if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40F)
        return c + 0x50;
    if (((c >= 0x460 && c < 0x530) || (c >= 0x1E00 && c < 0x1F00)) && (c & 1) == 0)
        return c + 1;
    return c;
}

struct folded fold_wide(struct slice rest)
{
    struct folded out = {.bytes = 1, .character = ' '};
    uint32_t c = 0, to = 0;
    size_t bytes = utf8_char(rest, &c);
    if (bytes == 0)
        return out;
    out.bytes = (uint32_t)bytes;
    if (c >= MARK_FIRST && c <= MARK_LAST) {
        out.character = 0;
        out.accent = c;
    } else if (fold_alias(c, &to)) {
        out.character = to;
        out.letter = to >= '0' && to <= '9';
    } else if (c >= 0xFF01 && c <= 0xFF5E) {
        out = fold_ascii((char)(c - 0xFEE0));
        out.bytes = (uint32_t)bytes;
    } else if (c >= 0x2080 && c <= 0x2089) {
        out.character = '0' + (c - 0x2080);
        out.letter = true;
    } else if (c >= LATIN_FIRST && c <= LATIN_LAST && c != 0xD7 && c != 0xF7) {
        fold_latin(c, &out);
    } else {
        out.character = fold_capital(c);
        out.upper = out.character != c;
        out.letter = !is_symbol(c);
    }
    return out;
}

size_t fold_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | (c >> 12));
        out[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (c >> 18));
    out[1] = (char)(0x80 | ((c >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((c >> 6) & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}
