/* language: which language a passage is in, by script and by its commonest words.
 *
 * A dozen words decide for the languages that have packs; for the rest "und" is the honest answer, and the caller
 * samples those at the baseline instead of taking silence for the absence of a cue.
 */
#include "passage.h"

#include <endian.h>

enum { ENGLISH = 1, SPANISH = 2, GERMAN = 4, FRENCH = 8, PORTUGUESE = 16, LANGUAGE_COUNT = 5, LOOK_AT_BYTES = 400 };

static const char *const codes[LANGUAGE_COUNT] = {"en", "es", "de", "fr", "pt"};

enum { WORD_BYTES_MAX = 8 };

/* Zero-padded, not terminated: compared as one number. */
struct word {
    char text[WORD_BYTES_MAX];
    unsigned languages;
};

/* In the order of strcmp. */
static const struct word words[] = {
    {"a", ENGLISH | SPANISH | FRENCH | PORTUGUESE},
    {"aber", GERMAN},
    {"and", ENGLISH},
    {"are", ENGLISH},
    {"at", ENGLISH},
    {"auch", GERMAN},
    {"avec", FRENCH},
    {"because", ENGLISH},
    {"bin", GERMAN},
    {"but", ENGLISH},
    {"c'est", FRENCH},
    {"can", ENGLISH},
    {"com", PORTUGUESE},
    {"como", SPANISH | PORTUGUESE},
    {"con", SPANISH},
    {"creo", SPANISH},
    {"da", GERMAN | PORTUGUESE},
    {"dans", FRENCH},
    {"das", GERMAN | PORTUGUESE},
    {"dass", GERMAN},
    {"de", SPANISH | FRENCH | PORTUGUESE},
    {"del", SPANISH},
    {"den", GERMAN},
    {"der", GERMAN},
    {"des", GERMAN | FRENCH},
    {"die", GERMAN},
    {"do", ENGLISH | PORTUGUESE},
    {"does", ENGLISH},
    {"du", GERMAN | FRENCH},
    {"e", PORTUGUESE},
    {"el", SPANISH},
    {"ele", PORTUGUESE},
    {"em", PORTUGUESE},
    {"en", SPANISH | FRENCH},
    {"es", SPANISH | GERMAN},
    {"est", FRENCH},
    {"estou", PORTUGUESE},
    {"estoy", SPANISH},
    {"et", FRENCH},
    {"eu", PORTUGUESE},
    {"for", ENGLISH},
    {"glaube", GERMAN},
    {"have", ENGLISH},
    {"he", ENGLISH | SPANISH},
    {"how", ENGLISH},
    {"i", ENGLISH},
    {"i'm", ENGLISH},
    {"ich", GERMAN},
    {"im", ENGLISH | GERMAN},
    {"in", ENGLISH | GERMAN},
    {"is", ENGLISH},
    {"isso", PORTUGUESE},
    {"ist", GERMAN},
    {"it", ENGLISH},
    {"je", FRENCH},
    {"la", SPANISH | FRENCH},
    {"las", SPANISH},
    {"le", FRENCH},
    {"les", FRENCH},
    {"lo", SPANISH},
    {"los", SPANISH},
    {"mas", PORTUGUESE},
    {"me", ENGLISH | SPANISH | FRENCH | PORTUGUESE},
    {"meu", PORTUGUESE},
    {"mi", SPANISH},
    {"mich", GERMAN},
    {"minha", PORTUGUESE},
    {"mir", GERMAN},
    {"mit", GERMAN},
    {"mon", FRENCH},
    {"mucha", SPANISH},
    {"mucho", SPANISH},
    {"muito", PORTUGUESE},
    {"muy", SPANISH},
    {"my", ENGLISH},
    {"nicht", GERMAN},
    {"not", ENGLISH},
    {"o", PORTUGUESE},
    {"of", ENGLISH},
    {"on", ENGLISH | FRENCH},
    {"os", PORTUGUESE},
    {"para", SPANISH | PORTUGUESE},
    {"pas", FRENCH},
    {"pero", SPANISH},
    {"por", SPANISH | PORTUGUESE},
    {"pour", FRENCH},
    {"que", SPANISH | FRENCH | PORTUGUESE},
    {"qui", FRENCH},
    {"se", SPANISH | PORTUGUESE},
    {"sich", GERMAN},
    {"sie", GERMAN},
    {"so", ENGLISH | GERMAN},
    {"suis", FRENCH},
    {"sur", FRENCH},
    {"that", ENGLISH},
    {"the", ENGLISH},
    {"this", ENGLISH},
    {"to", ENGLISH},
    {"tu", SPANISH | FRENCH | PORTUGUESE},
    {"um", GERMAN | PORTUGUESE},
    {"uma", PORTUGUESE},
    {"un", SPANISH | FRENCH},
    {"una", SPANISH},
    {"und", GERMAN},
    {"une", FRENCH},
    {"von", GERMAN},
    {"was", ENGLISH | GERMAN},
    {"we", ENGLISH},
    {"what", ENGLISH},
    {"where", ENGLISH},
    {"which", ENGLISH},
    {"who", ENGLISH},
    {"why", ENGLISH},
    {"wie", GERMAN},
    {"wir", GERMAN},
    {"with", ENGLISH},
    {"y", SPANISH},
    {"yo", SPANISH},
    {"you", ENGLISH},
    {"your", ENGLISH},
    {"zu", GERMAN},
    {"\xC3\xA9", PORTUGUESE}, /* e with acute */
    {"\xC3\xA9tait", FRENCH}, /* etait */
};

/* The letters as a number, in the order of strcmp. */
static uint64_t as_number(const char text[WORD_BYTES_MAX])
{
    uint64_t number;
    memcpy(&number, text, sizeof number);
    return be64toh(number);
}

static unsigned languages_of(struct slice word)
{
    size_t low = 0, high = sizeof words / sizeof *words;
    char padded[WORD_BYTES_MAX] = {0};
    if (word.len > WORD_BYTES_MAX)
        return 0;
    memcpy(padded, word.data, word.len);
    uint64_t number = as_number(padded);
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint64_t here = as_number(words[middle].text);
        if (here == number)
            return words[middle].languages;
        if (here < number)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static bool is_word_byte(char c)
{
    return ascii_is_alpha(c) || c == '\'' || (unsigned char)c >= 0x80;
}

static void count_words(struct slice text, unsigned *counts)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && is_word_byte(text.data[end]))
            end++;
        unsigned languages = end > at ? languages_of(slice_of(text.data + at, end - at)) : 0;
        for (size_t i = 0; languages; i++, languages >>= 1)
            counts[i] += languages & 1;
        at = end + 1;
    }
}

/* Chinese is known by its script, unless kana say that it is Japanese; other scripts have no pack. */
static const char *by_script(struct slice text)
{
    size_t han = 0, other = 0, latin = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = 0;
        size_t len = utf8_char(slice_part(text, at, text.len), &c);
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
    bool ascii = true;
    for (size_t i = 0; ascii && i < text.len; i++)
        ascii = (unsigned char)text.data[i] < 0x80;
    const char *script = ascii ? NULL : by_script(text);
    if (script)
        return script;
    count_words(text, counts);
    size_t best = 0;
    bool tied = false;
    for (size_t i = 1; i < LANGUAGE_COUNT; i++) {
        tied = counts[i] > counts[best] ? false : tied || counts[i] == counts[best];
        best = counts[i] > counts[best] ? i : best;
    }
    return counts[best] && !tied ? codes[best] : "und";
}
