/* language: which language a passage is in, by script and by its commonest words.
 *
 * A dozen words decide for the languages that have packs; for the rest "und" is the honest answer, and the caller
 * samples those at the baseline instead of taking silence for the absence of a cue.
 */
#include "passage.h"

enum { ENGLISH = 1, SPANISH = 2, GERMAN = 4, FRENCH = 8, PORTUGUESE = 16, LANGUAGE_COUNT = 5, LOOK_AT_BYTES = 400 };

static const char *const codes[LANGUAGE_COUNT] = {"en", "es", "de", "fr", "pt"};

enum { LETTERS = 'z' - 'a' + 1, OTHER = LETTERS, LENGTHS = 8, ALIKE_MAX = 6 };

/* Zero-padded, not terminated: compared as one number. */
struct word {
    char text[8];
    unsigned languages;
};

/* By their first letter and their length. */
static const struct word words[LETTERS + 1][LENGTHS][ALIKE_MAX] = {
    ['a' - 'a'] = {[1] = {{"a", ENGLISH | SPANISH | FRENCH | PORTUGUESE}},
                   [2] = {{"at", ENGLISH}, {"au", FRENCH}},
                   [3] = {{"and", ENGLISH}, {"are", ENGLISH}},
                   [4] = {{"aber", GERMAN}, {"auch", GERMAN}, {"avec", FRENCH}}},
    ['b' - 'a'] = {[3] = {{"but", ENGLISH}, {"bin", GERMAN}}, [7] = {{"because", ENGLISH}}},
    ['c' - 'a'] = {[2] = {{"ce", FRENCH}},
                   [3] = {{"can", ENGLISH}, {"com", PORTUGUESE}, {"con", SPANISH}},
                   [4] = {{"como", SPANISH | PORTUGUESE}, {"creo", SPANISH}},
                   [5] = {{"c'est", FRENCH}, {"cette", FRENCH}, {"crois", FRENCH}}},
    ['d' - 'a'] = {[2] = {{"do", ENGLISH | PORTUGUESE},
                          {"da", GERMAN | PORTUGUESE},
                          {"de", SPANISH | FRENCH | PORTUGUESE},
                          {"du", GERMAN | FRENCH}},
                   [3] = {{"das", GERMAN | PORTUGUESE},
                          {"del", SPANISH},
                          {"den", GERMAN},
                          {"der", GERMAN},
                          {"des", GERMAN | FRENCH},
                          {"die", GERMAN}},
                   [4] = {{"does", ENGLISH}, {"dans", FRENCH}, {"dass", GERMAN}}},
    ['e' - 'a'] = {[1] = {{"e", PORTUGUESE}},
                   [2] = {{"el", SPANISH},
                          {"em", PORTUGUESE},
                          {"en", SPANISH | FRENCH},
                          {"es", SPANISH | GERMAN},
                          {"et", FRENCH},
                          {"eu", PORTUGUESE}},
                   [3] = {{"ele", PORTUGUESE}, {"est", FRENCH}},
                   [4] = {{"elle", FRENCH}},
                   [5] = {{"estou", PORTUGUESE}, {"estoy", SPANISH}}},
    ['f' - 'a'] = {[3] = {{"for", ENGLISH}}},
    ['g' - 'a'] = {[6] = {{"glaube", GERMAN}}},
    ['h' - 'a'] = {[2] = {{"he", ENGLISH | SPANISH}}, [3] = {{"how", ENGLISH}}, [4] = {{"have", ENGLISH}}},
    ['i' - 'a'] =
        {[1] = {{"i", ENGLISH}},
         [2] = {{"is", ENGLISH}, {"in", ENGLISH | GERMAN}, {"it", ENGLISH}, {"im", ENGLISH | GERMAN}, {"il", FRENCH}},
         [3] = {{"i'm", ENGLISH}, {"ich", GERMAN}, {"ist", GERMAN}},
         [4] = {{"isso", PORTUGUESE}}},
    ['j' - 'a'] = {[2] = {{"je", FRENCH}}, [4] = {{"j'ai", FRENCH}}},
    ['l' - 'a'] = {[2] = {{"la", SPANISH | FRENCH}, {"le", FRENCH}, {"lo", SPANISH}},
                   [3] = {{"las", SPANISH}, {"les", FRENCH}, {"los", SPANISH}}},
    ['m' - 'a'] = {[2] = {{"my", ENGLISH}, {"me", ENGLISH | SPANISH | FRENCH | PORTUGUESE}, {"mi", SPANISH}},
                   [3] = {{"mas", PORTUGUESE},
                          {"meu", PORTUGUESE},
                          {"mir", GERMAN},
                          {"mit", GERMAN},
                          {"mon", FRENCH},
                          {"muy", SPANISH}},
                   [4] = {{"mich", GERMAN}, {"mais", FRENCH | PORTUGUESE}},
                   [5] = {{"minha", PORTUGUESE}, {"mucha", SPANISH}, {"mucho", SPANISH}, {"muito", PORTUGUESE}}},
    ['n' - 'a'] = {[2] = {{"ne", FRENCH}},
                   [3] = {{"not", ENGLISH}},
                   [4] = {{"nous", FRENCH}},
                   [5] = {{"nicht", GERMAN}, {"n'est", FRENCH}}},
    ['o' - 'a'] = {[1] = {{"o", PORTUGUESE}}, [2] = {{"of", ENGLISH}, {"on", ENGLISH | FRENCH}, {"os", PORTUGUESE}}},
    ['p' - 'a'] = {[3] = {{"pas", FRENCH}, {"por", SPANISH | PORTUGUESE}},
                   [4] = {{"para", SPANISH | PORTUGUESE}, {"pero", SPANISH}, {"pour", FRENCH}},
                   [5] = {{"pense", FRENCH}}},
    ['q' - 'a'] = {[3] = {{"que", SPANISH | FRENCH | PORTUGUESE}, {"qui", FRENCH}}, [5] = {{"qu'il", FRENCH}}},
    ['s' - 'a'] = {[2] = {{"so", ENGLISH | GERMAN}, {"se", SPANISH | FRENCH | PORTUGUESE}},
                   [3] = {{"sie", GERMAN}, {"sur", FRENCH}},
                   [4] = {{"sich", GERMAN}, {"suis", FRENCH}, {"sont", FRENCH}}},
    ['t' - 'a'] = {[2] = {{"to", ENGLISH}, {"tu", SPANISH | FRENCH | PORTUGUESE}},
                   [3] = {{"the", ENGLISH}},
                   [4] = {{"that", ENGLISH}, {"this", ENGLISH}, {"tout", FRENCH}}},
    ['u' - 'a'] = {[2] = {{"um", GERMAN | PORTUGUESE}, {"un", SPANISH | FRENCH}},
                   [3] = {{"uma", PORTUGUESE}, {"una", SPANISH}, {"und", GERMAN}, {"une", FRENCH}}},
    ['v' - 'a'] = {[3] = {{"von", GERMAN}}, [4] = {{"vous", FRENCH}}},
    ['w' -
        'a'] = {[2] = {{"we", ENGLISH}},
                [3] = {{"was", ENGLISH | GERMAN}, {"who", ENGLISH}, {"why", ENGLISH}, {"wie", GERMAN}, {"wir", GERMAN}},
                [4] = {{"what", ENGLISH}, {"with", ENGLISH}},
                [5] = {{"which", ENGLISH}, {"where", ENGLISH}}},
    ['y' - 'a'] =
        {[1] = {{"y", SPANISH | FRENCH}}, [2] = {{"yo", SPANISH}}, [3] = {{"you", ENGLISH}}, [4] = {{"your", ENGLISH}}},
    ['z' - 'a'] = {[2] = {{"zu", GERMAN}}},
    [OTHER] = {[2] = {{"\xC3\xA9", PORTUGUESE}}, [6] = {{"\xC3\xA9tait", FRENCH}}},
};

/* The word of this length that the eight bytes begin with. */
static unsigned languages_of(uint64_t eight, size_t len)
{
    if (len == 0 || len >= LENGTHS)
        return 0;
    unsigned letter = (unsigned)(eight & 0xFF) - 'a';
    uint64_t word = eight & ((UINT64_C(1) << 8 * len) - 1);
    const struct word *row = words[letter < LETTERS ? letter : OTHER][len];
    for (size_t i = 0; i < ALIKE_MAX && row[i].languages; i++)
        if (eight_load(row[i].text) == word)
            return row[i].languages;
    return 0;
}

/* Of eight bytes those that are part of no word. */
static uint64_t outside_words(uint64_t eight)
{
    return (eight_letters(eight) | eight_equal(eight, '\'') | (eight & EIGHT_OF(0x80))) ^ EIGHT_OF(0x80);
}

/* Behind the text there are zeros, which end its last word. */
static void count_words(const char *text, size_t len, unsigned *counts)
{
    for (size_t at = 0, end; at < len; at = end + 1) {
        uint64_t eight = eight_load(text + at);
        size_t part = eight_before(outside_words(eight));
        for (end = at + part; part == 8; end += part)
            part = eight_before(outside_words(eight_load(text + end)));
        unsigned languages = languages_of(eight, (end < len ? end : len) - at);
        for (size_t i = 0; languages; i++, languages >>= 1)
            counts[i] += languages & 1;
    }
}

/* Chinese is known by its script, unless kana say that it is Japanese; other scripts have no pack. */
static const char *by_script(struct slice text)
{
    size_t han = 0, other = 0, latin = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = (unsigned char)text.data[at];
        size_t len = c < 0x80 ? 1 : utf8_char(slice_part(text, at, text.len), &c);
        if (c >= 0x4E00 && c <= 0x9FFF)
            han++;
        else if ((c >= 0x0370 && c <= 0x1FFF) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0xAC00 && c <= 0xD7AF))
            other++;
        else if (ascii_is_alpha((char)(c < 0x80 ? c : 0)))
            latin++;
        at += len ? len : 1;
    }
    if (han * 2 > latin && han > other * 4)
        return "zh";
    return other > latin ? "und" : NULL;
}

const char *passage_language(const struct passage *passage)
{
    struct slice text = slice_part(slice_of(passage->text, passage->len), 0, LOOK_AT_BYTES);
    unsigned counts[LANGUAGE_COUNT] = {0};
    const char *script = passage->wide < text.len ? by_script(text) : NULL;
    if (script)
        return script;
    count_words(text.data, text.len, counts);
    size_t best = 0;
    bool tied = false;
    for (size_t i = 1; i < LANGUAGE_COUNT; i++) {
        tied = counts[i] > counts[best] ? false : tied || counts[i] == counts[best];
        best = counts[i] > counts[best] ? i : best;
    }
    return counts[best] && !tied ? codes[best] : "und";
}
