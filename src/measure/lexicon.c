/* lexicon: the lists are texts framed by spaces, one a first letter, so that looking a word up is one short scan and
 * a reader can check them; see lexicon.h. Stop words carry grammar, common words carry the way an answer is phrased
 * ("the correct answer is known as"); neither makes a claim by itself.
 */
#include "lexicon.h"

#include "words.h"

static const char *const stop_words[26] = {
    " a about above after again all also although am an and any are as at ",
    " back be became because become been before being below between both but by ",
    " can come could ",
    " did do does doing done down due during ",
    " each eg either else etc even ever ",
    " few for from further ",
    " get gets go got ",
    " had has have having he hence her here hers herself him himself his how however ",
    " i ie if in indeed into is it its itself ",
    " just ",
    NULL,
    " let like ll ",
    " made make many may me might more most much must my myself ",
    " near ",
    " of off on once only onto or other others our ours out over own ",
    " per ",
    " quite ",
    " rather re really ",
    " same shall she should since so some still such ",
    " than that the their theirs them then there therefore these they this those though through thus to too ",
    " under until up upon us ",
    " ve very via ",
    " was we well were what when where whether which while who whom whose why will with within would ",
    NULL,
    " yes yet you your yours yourself ",
    NULL,
};

static const char *const common_words[26] = {
    " according actually additionally among answer answered answers around asked ",
    " based began begin begins believe believed best better born ",
    " call called calls character city common commonly consider considered correct country curious ",
    " described different ",
    " entire exact example ",
    " fact famous fascinating featured feel find first following form former formerly found friend friends full fun ",
    " generally give given glad good great group ",
    " happy help ",
    " important include included includes including information interesting involved ",
    NULL,
    " kind know known knows ",
    " later likely located located love ",
    " main major mean means mention mentioned moment ",
    " name named names new number ",
    " often old ordinary original originally ",
    " part particular particularly people person place played please popular portrayed probably ",
    " question questions ",
    " real referred refers released right ",
    " said say says sense several show simply someone something sometimes sorry specific specifically state story "
    "sure ",
    " take talk tell term thing things think time title today together took true type typically ",
    " understand used using usually ",
    " various version ",
    " want way went wonder wonderful word words work world wrote ",
    NULL,
    " year years ",
    NULL,
};

static const char negations[] =
    " aint arent cannot cant couldnt didnt doesnt dont hadnt hasnt havent isnt mustnt neither never no nobody none "
    "nor not nothing nowhere shouldnt wasnt werent without wont wouldnt ";

static const char abbreviations[] =
    " approx ave bros ca capt cf co col corp dr ed eg etc fig gen gov hon ie inc jr lt ltd maj messrs mr mrs ms mt "
    "no op pp prof rep rev sen sgt sr st vol vs ";

static const struct {
    const char *word;
    int value;
    bool ordinal;
} number_words[] = {
    {"zero", 0, false},      {"one", 1, false},         {"two", 2, false},        {"three", 3, false},
    {"four", 4, false},      {"five", 5, false},        {"six", 6, false},        {"seven", 7, false},
    {"eight", 8, false},     {"nine", 9, false},        {"ten", 10, false},       {"eleven", 11, false},
    {"twelve", 12, false},   {"thirteen", 13, false},   {"fourteen", 14, false},  {"fifteen", 15, false},
    {"sixteen", 16, false},  {"seventeen", 17, false},  {"eighteen", 18, false},  {"nineteen", 19, false},
    {"twenty", 20, false},   {"thirty", 30, false},     {"forty", 40, false},     {"fifty", 50, false},
    {"sixty", 60, false},    {"seventy", 70, false},    {"eighty", 80, false},    {"ninety", 90, false},
    {"dozen", 12, false},    {"first", 1, true},        {"second", 2, true},      {"third", 3, true},
    {"fourth", 4, true},     {"fifth", 5, true},        {"sixth", 6, true},       {"seventh", 7, true},
    {"eighth", 8, true},     {"ninth", 9, true},        {"tenth", 10, true},      {"eleventh", 11, true},
    {"twelfth", 12, true},   {"thirteenth", 13, true},  {"fourteenth", 14, true}, {"fifteenth", 15, true},
    {"sixteenth", 16, true}, {"seventeenth", 17, true}, {"eighteenth", 18, true}, {"nineteenth", 19, true},
    {"twentieth", 20, true},
};

static const struct {
    const char *word;
    double value;
} multipliers[] = {
    {"hundred", 1e2}, {"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12},
};

/* Two spellings of one word that neither stem nor edit distance brings together; month and its short forms. */
static const struct {
    const char *from, *to;
} variants[] = {
    {"jan", "january"},    {"feb", "february"},  {"mar", "march"},    {"apr", "april"},
    {"jun", "june"},       {"jul", "july"},      {"aug", "august"},   {"sep", "september"},
    {"sept", "september"}, {"oct", "october"},   {"nov", "november"}, {"dec", "december"},
    {"saint", "st"},       {"doctor", "dr"},     {"mister", "mr"},    {"mount", "mt"},
    {"men", "man"},        {"women", "woman"},   {"feet", "foot"},    {"teeth", "tooth"},
    {"children", "child"}, {"mice", "mouse"},    {"kilometre", "km"}, {"kilometer", "km"},
    {"kilometres", "km"},  {"kilometers", "km"}, {"metre", "m"},      {"meter", "m"},
    {"metres", "m"},       {"meters", "m"},      {"kilogram", "kg"},  {"kilograms", "kg"},
    {"pct", "percent"},    {"colour", "color"},  {"grey", "gray"},    {"aluminium", "aluminum"},
    {"wrote", "write"},    {"written", "write"}, {"sung", "sing"},    {"sang", "sing"},
    {"won", "win"},        {"built", "build"},   {"led", "lead"},     {"began", "begin"},
};

bool lexicon_in(const char *list, struct slice word)
{
    char framed[32];
    if (list == NULL || word.len == 0 || word.len + 3 > sizeof framed)
        return false;
    framed[0] = ' ';
    memcpy(framed + 1, word.data, word.len);
    framed[word.len + 1] = ' ';
    framed[word.len + 2] = '\0';
    return strstr(list, framed) != NULL;
}

unsigned lexicon_flags(struct slice word)
{
    if (word.len == 0 || word.data[0] < 'a' || word.data[0] > 'z')
        return 0;
    size_t letter = (size_t)(word.data[0] - 'a');
    if (lexicon_in(stop_words[letter], word))
        return WORD_STOP;
    if (lexicon_in(common_words[letter], word))
        return WORD_COMMON;
    if (strchr("acdhimnsw", word.data[0]) && lexicon_in(negations, word))
        return WORD_NEGATION;
    return 0;
}

bool lexicon_number(struct slice word, double *value, bool *ordinal)
{
    for (size_t i = 0; i < sizeof number_words / sizeof *number_words && word.len >= 3; i++) {
        if (number_words[i].word[0] != word.data[0] || !slice_is(word, number_words[i].word))
            continue;
        *value = number_words[i].value;
        *ordinal = number_words[i].ordinal;
        return true;
    }
    return false;
}

bool lexicon_multiplier(struct slice word, double *value)
{
    for (size_t i = 0; i < sizeof multipliers / sizeof *multipliers; i++) {
        if (word.len >= 6 && slice_is(word, multipliers[i].word)) {
            *value = multipliers[i].value;
            return true;
        }
    }
    return false;
}

bool lexicon_roman(struct slice word, double *value)
{
    double sum = 0;
    if (word.len == 0 || word.len > 7)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.data[i], next = i + 1 < word.len ? word.data[i + 1] : ' ';
        if (c == 'x')
            sum += 10;
        else if (c == 'v')
            sum += 5;
        else if (c == 'i')
            sum += next == 'v' || next == 'x' ? -1 : 1;
        else
            return false;
    }
    *value = sum;
    return sum >= 1 && sum <= 39;
}

bool lexicon_is_abbreviation(struct slice word)
{
    return lexicon_in(abbreviations, word);
}

static struct slice find_variant(struct slice word)
{
    for (size_t i = 0; word.len <= 10 && i < sizeof variants / sizeof *variants; i++)
        if (variants[i].from[0] == word.data[0] && slice_is(word, variants[i].from))
            return slice_from(variants[i].to);
    return word;
}

unsigned lexicon_month(struct slice word)
{
    static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
    if (word.len < 3)
        return 0;
    struct slice full = find_variant(word);
    for (unsigned i = 0; i < 12; i++)
        if (slice_is(full, months[i]))
            return i + 1;
    return 0;
}

static bool ends(struct slice word, const char *suffix, size_t least)
{
    return word.len >= least && slice_ends(word, slice_from(suffix));
}

/* Plural and the two commonest verb endings, and the last e they leave or take: name, names, named, naming. */
static size_t stem_length(struct slice word)
{
    size_t len = word.len;
    if (len < 4)
        return len;
    if (ends(word, "ies", 5) || ends(word, "ied", 5))
        return len - 2;
    if (ends(word, "sses", 5) || ends(word, "shes", 5) || ends(word, "ches", 5) || ends(word, "xes", 4))
        return len - 2;
    if (word.data[len - 1] == 's' && !memchr("sui", word.data[len - 2], 3))
        len--;
    else if (ends(word, "ing", 6))
        len -= 3;
    else if (ends(word, "ed", 5))
        len -= 2;
    if (len > 3 && word.data[len - 1] == 'e')
        len--;
    return len;
}

uint64_t lexicon_key(struct slice word)
{
    struct slice same = word.len > 0 ? find_variant(word) : word;
    struct slice stem = slice_of(same.data, stem_length(same));
    /* "y" and the "i" that -ies leaves meet. */
    bool soft = stem.len > 3 && stem.data[stem.len - 1] == 'y';
    if (soft)
        return hash_bytes(hash_bytes(0, stem.data, stem.len - 1), "i", 1);
    return hash_bytes(0, stem.data, stem.len);
}
