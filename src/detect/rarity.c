/* rarity: see rarity.h.
 *
 * What the commonest words make likely, or what the pairs of its letters do, whichever is more: the pairs know nothing
 * of "with", and the words nothing of "ing" in words that are not common.
 */
#include "rarity.h"

#include <math.h>

#include "english.h"

enum { SYMBOLS = 28, DIGIT = 26, BLANK = 27, NEEDLE_MAX = 20 };
enum { MARK_BITS = 80 }; /* what a mark that is no blank costs beyond that, or a byte that is not ASCII */

static unsigned symbol_of(char c)
{
    if (ascii_is_alpha(c))
        return (unsigned)(c | 0x20) - 'a';
    return ascii_is_digit(c) || c == '_' ? DIGIT : BLANK;
}

/* By its letters, each as likely as it is behind the one before. */
static double by_pairs(struct slice text, unsigned borders)
{
    unsigned last = SYMBOLS, bits = 0;
    if (borders & BORDER_LEFT) {
        last = BLANK;
        bits = alone[BLANK];
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned symbol = symbol_of(text.data[i]);
        if (symbol == BLANK && text.data[i] != ' ')
            bits += MARK_BITS;
        if (symbol != BLANK || last != BLANK)
            bits += last == SYMBOLS ? alone[symbol] : behind[last][symbol];
        last = symbol;
    }
    if (borders & BORDER_RIGHT && last != BLANK)
        bits += behind[last][BLANK];
    return exp2(-(double)bits / 16);
}

enum { RESTS = sizeof in_order / sizeof *in_order };

/* The first of the rests of the common words, in order, from `low` on that comes behind the piece; RESTS: none.
 * too: and does not begin with it. */
static size_t find_rest(struct slice piece, size_t low, bool too)
{
    size_t high = RESTS;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(common + in_order[middle], piece.data, piece.len);
        if (order < 0 || (too && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How often the commonest words hold the piece of a word; a blank is a border. */
static double in_common_words(struct slice piece)
{
    size_t first = find_rest(piece, 0, false);
    if (first == RESTS || strncmp(common + in_order[first], piece.data, piece.len) != 0)
        return 0;
    return (per_million[find_rest(piece, first, true)] - per_million[first]) / 1e6;
}

/* The rarest of its words, and a share of it for each other. */
static double by_words(struct slice text, unsigned borders)
{
    static const double beside = .1; /* how often two common words stand beside one another, about */
    double least = 1, share = 1 / beside;
    for (size_t at = 0; at < text.len;) {
        char needle[NEEDLE_MAX + 2];
        size_t start = at, len = 0;
        while (at < text.len && rarity_is_word_byte(text.data[at]))
            at++;
        if (at == start) {
            at++;
            continue;
        }
        struct slice word = slice_part(text, start, at);
        if (word.len > NEEDLE_MAX)
            return 0;
        if (start > 0 || borders & BORDER_LEFT)
            needle[len++] = ' ';
        memcpy(needle + len, word.data, word.len);
        len += word.len;
        if (at < text.len || borders & BORDER_RIGHT)
            needle[len++] = ' ';
        double often = in_common_words(slice_of(needle, len));
        least = often < least ? often : least;
        share *= beside;
    }
    return share < 1 / beside ? least * share : 0; /* there may be marks only */
}

double rarity(struct slice text, unsigned borders)
{
    double pairs = by_pairs(text, borders), words = by_words(text, borders);
    return pairs > words ? pairs : words;
}
