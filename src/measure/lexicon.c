/* lexicon: the words are texts framed by spaces, one a first letter and length, so that a word meets few others; see
 * lexicon.h. Behind its colon stand a word's classes: s stop words carry grammar, c common words the way an answer is
 * phrased ("the correct answer is known as"), neither claims anything by itself; n negations; p persons who talk, h
 * what they say when they only chat; t turns that take something back, d what denies; q number words and v variants,
 * whose values stand in tables of their own.
 */
#include "lexicon.h"

#include "words.h"

enum { CLASSED_MAX = 15 }; /* letters of the longest */

static const char
    *const classes[26][CLASSED_MAX + 1] =
        {
            ['a' - 'a'] =
                {
                    [1] = " a:s ",
                    [2] = " am:s an:s as:s at:s aw:h ",
                    [3] = " all:s and:s any:s apr:v are:s aug:v ",
                    [4] = " aint:n also:s ",
                    [5] = " about:s above:s after:s again:s alone:h among:c arent:n asked:c ",
                    [6] = " answer:c around:c ",
                    [7] = " amazing:h answers:c anytime:h awesome:h ",
                    [8] = " actually:cd although:st answered:c ",
                    [9] = " according:c aluminium:v ",
                    [10] = " absolutely:h appreciate:h ",
                    [12] = " additionally:c ",
                },
            ['b' - 'a'] =
                {
                    [2] = " be:s by:s ",
                    [3] = " but:st ",
                    [4] = " back:s been:s best:c born:c both:s ",
                    [5] = " based:c began:cv begin:c being:s below:s built:v ",
                    [6] = " became:s become:s before:s begins:c better:c ",
                    [7] = " because:s believe:c between:s ",
                    [8] = " believed:c ",
                },
            ['c' - 'a'] =
                {
                    [3] = " can:s ",
                    [4] = " call:c cant:n care:h chat:h city:c come:s ",
                    [5] = " calls:c could:s ",
                    [6] = " called:c cannot:n colour:v common:c ",
                    [7] = " correct:c couldnt:n country:c curious:ch ",
                    [8] = " chatting:h children:v commonly:c consider:c ",
                    [9] = " character:c ",
                    [10] = " considered:c ",
                    [15] = " congratulations:h ",
                },
            ['d' - 'a'] =
                {
                    [2] = " do:s ",
                    [3] = " dec:v did:s due:s ",
                    [4] = " dive:h does:s done:s dont:n down:s ",
                    [5] = " didnt:n doing:s dozen:q ",
                    [6] = " diving:h doctor:v doesnt:n during:s ",
                    [7] = " depends:t ",
                    [9] = " described:c different:c ",
                    [11] = " discouraged:h ",
                },
            ['e' - 'a'] =
                {
                    [2] = " eg:s ",
                    [3] = " etc:s ",
                    [4] = " each:s else:s even:s ever:s ",
                    [5] = " eight:q exact:c ",
                    [6] = " eighth:q eighty:q either:s eleven:q entire:c except:t ",
                    [7] = " example:c excited:h explore:h ",
                    [8] = " eighteen:q eleventh:q ",
                    [9] = " exploring:h ",
                    [10] = " eighteenth:q ",
                },
            ['f' - 'a'] =
                {
                    [3] = " feb:v few:s for:s fun:c ",
                    [4] = " fact:c feel:ch feet:v find:c five:q form:c four:q from:s full:c ",
                    [5] = " feels:h fifth:q fifty:q first:cq forty:q found:c ",
                    [6] = " famous:c former:c fourth:q friend:ch ",
                    [7] = " feeling:h fifteen:q friends:ch further:s ",
                    [8] = " featured:c feelings:h formerly:c fourteen:q ",
                    [9] = " fantastic:h fifteenth:q following:c ",
                    [10] = " fourteenth:q ",
                    [11] = " fascinating:ch frustrating:h ",
                },
            ['g' - 'a'] =
                {
                    [2] = " go:s ",
                    [3] = " get:s got:s ",
                    [4] = " gets:s give:c glad:ch good:c grey:v ",
                    [5] = " given:c great:ch group:c ",
                    [6] = " gentle:h ",
                    [9] = " generally:c ",
                },
            ['h' - 'a'] =
                {
                    [2] = " he:s hi:h ",
                    [3] = " had:s has:s her:s hey:h him:s his:s how:s hug:h ",
                    [4] = " have:s hear:h help:ch here:sh hers:s hope:h hugs:h ",
                    [5] = " hadnt:n happy:ch hasnt:n heart:h hello:h hence:s honor:h ",
                    [6] = " havent:n having:s hoping:h ",
                    [7] = " hearing:h herself:s himself:s however:std ",
                },
            ['i' - 'a'] =
                {
                    [1] = " i:sp ",
                    [2] = " ie:s if:s in:s is:s it:s ",
                    [3] = " its:s ",
                    [4] = " into:s isnt:n ",
                    [6] = " indeed:s itself:s ",
                    [7] = " include:c ",
                    [8] = " included:c includes:c involved:c ",
                    [9] = " important:c including:c ",
                    [11] = " information:c interesting:ch ",
                },
            ['j' - 'a'] =
                {
                    [3] = " jan:v jul:v jun:v ",
                    [4] = " just:s ",
                    [7] = " journey:h ",
                },
            ['k' - 'a'] =
                {
                    [4] = " kind:c know:ch ",
                    [5] = " known:c knows:c ",
                    [8] = " kilogram:v ",
                    [9] = " kilograms:v kilometer:v kilometre:v ",
                    [10] = " kilometers:v kilometres:v ",
                },
            ['l' - 'a'] =
                {
                    [2] = " ll:s ",
                    [3] = " led:v let:sh ",
                    [4] = " lets:p like:s love:ch luck:h ",
                    [5] = " later:c ",
                    [6] = " likely:c lovely:h ",
                    [7] = " located:c ",
                },
            ['m' - 'a'] =
                {
                    [2] = " me:sp my:sp ",
                    [3] = " mar:v may:s men:v ",
                    [4] = " made:s main:c make:s many:s mean:c mice:v more:s most:s much:s must:s myth:d ",
                    [5] = " major:c means:c meter:v metre:v might:s mount:v ",
                    [6] = " meters:v metres:v mister:v moment:c mustnt:n myself:s ",
                    [7] = " mention:c ",
                    [9] = " mentioned:c ",
                    [13] = " misconception:d ",
                },
            ['n' - 'a'] =
                {
                    [2] = " no:n ",
                    [3] = " new:c nor:n not:n nov:v ",
                    [4] = " name:c near:s nine:q none:n ",
                    [5] = " named:c names:c never:n ninth:q ",
                    [6] = " ninety:q nobody:n number:c ",
                    [7] = " neither:n nothing:n nowhere:n ",
                    [8] = " navigate:h nineteen:q ",
                    [10] = " nineteenth:q ",
                    [12] = " nevertheless:t ",
                },
            ['o' - 'a'] =
                {
                    [2] = " of:s on:s or:s ",
                    [3] = " oct:v off:s old:c one:q our:sp out:s own:s ",
                    [4] = " once:s only:s onto:s ours:s over:s ",
                    [5] = " often:c other:s ",
                    [6] = " others:s ",
                    [8] = " ordinary:c original:c ",
                    [10] = " originally:c ",
                    [11] = " overwhelmed:h ",
                    [12] = " overwhelming:h ",
                },
            ['p' - 'a'] =
                {
                    [3] = " pct:v per:s ",
                    [4] = " part:c ",
                    [5] = " place:c proud:h ",
                    [6] = " people:c person:c played:c please:c ",
                    [7] = " popular:c ",
                    [8] = " probably:c ",
                    [9] = " portrayed:c ",
                    [10] = " particular:c ",
                    [12] = " particularly:c ",
                },
            ['q' - 'a'] =
                {
                    [5] = " quite:s ",
                    [8] = " question:ch ",
                    [9] = " questions:ch ",
                },
            ['r' - 'a'] =
                {
                    [2] = " re:s ",
                    [4] = " real:c ",
                    [5] = " reach:h right:c ",
                    [6] = " rather:s really:s refers:c ",
                    [7] = " rooting:h ",
                    [8] = " referred:c released:c ",
                },
            ['s' - 'a'] =
                {
                    [2] = " so:s ",
                    [3] = " say:c sep:v she:s six:q ",
                    [4] = " safe:h said:c same:s sang:v says:c sept:v show:c some:s such:s sung:v sure:c ",
                    [5] = " saint:v sense:c seven:q shall:s share:h since:s sixth:q sixty:q sorry:ch state:c still:s "
                          "story:c ",
                    [6] = " second:q should:s simply:c sounds:h ",
                    [7] = " sending:h seventh:q seventy:q several:c sharing:h sixteen:q someone:c support:h ",
                    [8] = " shouldnt:n somebody:h specific:c sunshine:h ",
                    [9] = " seventeen:q sixteenth:q something:c sometimes:c stressful:h ",
                    [11] = " seventeenth:q ",
                    [12] = " specifically:c ",
                },
            ['t' - 'a'] =
                {
                    [2] = " to:s ",
                    [3] = " ten:q the:s too:s two:q ",
                    [4] = " take:c talk:c tell:c term:c than:s that:s them:s then:s they:s this:s thus:s time:c took:c "
                          "true:c type:c ",
                    [5] = " teeth:v tenth:q thank:h their:s there:s these:s thing:c think:c third:q those:s three:q "
                          "title:c today:c topic:h tough:h ",
                    [6] = " thanks:h theirs:s things:c thirty:q though:st twelve:q twenty:q ",
                    [7] = " through:s twelfth:q ",
                    [8] = " thirteen:q together:ch trusting:h ",
                    [9] = " therefore:s twentieth:q typically:c ",
                    [10] = " thirteenth:q ",
                },
            ['u' - 'a'] =
                {
                    [2] = " up:s us:sp ",
                    [4] = " upon:s used:c ",
                    [5] = " under:s until:s upset:h using:c ",
                    [6] = " unless:t ",
                    [7] = " usually:c ",
                    [10] = " understand:ch ",
                    [13] = " unfortunately:d ",
                    [14] = " understandable:h ",
                },
            ['v' - 'a'] =
                {
                    [2] = " ve:s ",
                    [3] = " via:s ",
                    [4] = " very:s ",
                    [7] = " various:c version:c ",
                },
            ['w' - 'a'] =
                {
                    [2] = " we:sp ",
                    [3] = " was:s way:c who:s why:s won:v wow:h ",
                    [4] = " want:c well:s went:c were:s what:s when:s whom:s will:s with:s wont:n word:c work:c ",
                    [5] = " wasnt:n where:s which:s while:st whose:s women:v words:c world:c worry:h would:s wrote:cv ",
                    [6] = " werent:n within:s wonder:c ",
                    [7] = " welcome:h whereas:t whether:s without:n wouldnt:n written:v ",
                    [9] = " wonderful:ch ",
                },
            ['y' - 'a'] =
                {
                    [3] = " yes:s yet:s you:sp ",
                    [4] = " year:c your:sp ",
                    [5] = " years:c yours:sp ",
                    [8] = " yourself:sp ",
                },
            ['z' - 'a'] =
                {
                    [4] = " zero:q ",
                },
};

static const char abbreviations[] =
    " approx ave bros ca capt cf co col corp dr ed eg etc fig gen gov hon ie inc jr lt ltd maj messrs mr mrs ms mt "
    "no op pp prof rep rev sen sgt sr st vol vs ";

/* In the order of their first letters. */
static const struct {
    const char *word;
    int value;
    bool ordinal;
} number_words[] = {
    {"dozen", 12, false},      {"eight", 8, false},      {"eighteen", 18, false}, {"eighteenth", 18, true},
    {"eighth", 8, true},       {"eighty", 80, false},    {"eleven", 11, false},   {"eleventh", 11, true},
    {"fifteen", 15, false},    {"fifteenth", 15, true},  {"fifth", 5, true},      {"fifty", 50, false},
    {"first", 1, true},        {"five", 5, false},       {"forty", 40, false},    {"four", 4, false},
    {"fourteen", 14, false},   {"fourteenth", 14, true}, {"fourth", 4, true},     {"nine", 9, false},
    {"nineteen", 19, false},   {"nineteenth", 19, true}, {"ninety", 90, false},   {"ninth", 9, true},
    {"one", 1, false},         {"second", 2, true},      {"seven", 7, false},     {"seventeen", 17, false},
    {"seventeenth", 17, true}, {"seventh", 7, true},     {"seventy", 70, false},  {"six", 6, false},
    {"sixteen", 16, false},    {"sixteenth", 16, true},  {"sixth", 6, true},      {"sixty", 60, false},
    {"ten", 10, false},        {"tenth", 10, true},      {"third", 3, true},      {"thirteen", 13, false},
    {"thirteenth", 13, true},  {"thirty", 30, false},    {"three", 3, false},     {"twelfth", 12, true},
    {"twelve", 12, false},     {"twentieth", 20, true},  {"twenty", 20, false},   {"two", 2, false},
    {"zero", 0, false},
};

static const struct {
    const char *word;
    double value;
} multipliers[] = {
    {"hundred", 1e2}, {"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12},
};

/* In the order of their first letters. Two spellings of one word that neither stem nor edit distance brings together;
 * month and its short forms. */
static const struct {
    const char *from, *to;
} variants[] = {
    {"aluminium", "aluminum"}, {"apr", "april"},     {"aug", "august"},     {"began", "begin"},   {"built", "build"},
    {"children", "child"},     {"colour", "color"},  {"dec", "december"},   {"doctor", "dr"},     {"feb", "february"},
    {"feet", "foot"},          {"grey", "gray"},     {"jan", "january"},    {"jul", "july"},      {"jun", "june"},
    {"kilogram", "kg"},        {"kilograms", "kg"},  {"kilometer", "km"},   {"kilometers", "km"}, {"kilometre", "km"},
    {"kilometres", "km"},      {"led", "lead"},      {"mar", "march"},      {"men", "man"},       {"meter", "m"},
    {"meters", "m"},           {"metre", "m"},       {"metres", "m"},       {"mice", "mouse"},    {"mister", "mr"},
    {"mount", "mt"},           {"nov", "november"},  {"oct", "october"},    {"pct", "percent"},   {"saint", "st"},
    {"sang", "sing"},          {"sep", "september"}, {"sept", "september"}, {"sung", "sing"},     {"teeth", "tooth"},
    {"women", "woman"},        {"won", "win"},       {"written", "write"},  {"wrote", "write"},
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

static unsigned class_flag(char letter)
{
    static const struct {
        char letter;
        unsigned flag;
    } letters[] = {{'s', WORD_STOP},     {'c', WORD_COMMON}, {'n', WORD_NEGATION},
                   {'p', WORD_PERSONAL}, {'h', WORD_CHATTY}, {'t', WORD_CONTRAST},
                   {'d', WORD_DENIAL},   {'q', WORD_COUNTS}, {'v', WORD_VARIANT}};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].letter == letter)
            return letters[i].flag;
    return 0;
}

unsigned lexicon_flags(struct slice word)
{
    unsigned flags = 0;
    if (word.len == 0 || word.len > CLASSED_MAX || word.data[0] < 'a' || word.data[0] > 'z')
        return 0;
    const char *at = classes[word.data[0] - 'a'][word.len];
    /* Most words are in no list, and most of a list is told apart by its second letter (or the colon). */
    char second = word.len > 1 ? word.data[1] : ':';
    while (at && *++at != '\0' && at[1] <= second) {
        const char *code = at + word.len + 1;
        bool found = at[1] == second && memcmp(at, word.data, word.len) == 0;
        for (; *code != ' '; code++)
            flags |= found ? class_flag(*code) : 0;
        if (found)
            break;
        at = code;
    }
    return flags;
}

bool lexicon_number(struct slice word, double *value, bool *ordinal)
{
    if (word.len < 3 || word.len > 11)
        return false;
    for (size_t i = 0; i < sizeof number_words / sizeof *number_words; i++) {
        if (number_words[i].word[0] > word.data[0])
            break;
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
    return word.len <= sizeof "messrs" - 1 && lexicon_in(abbreviations, word);
}

static struct slice find_variant(struct slice word)
{
    for (size_t i = 0; word.len <= 10 && i < sizeof variants / sizeof *variants && variants[i].from[0] <= word.data[0];
         i++)
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

static bool ends(struct slice word, const char *suffix, size_t suffix_len)
{
    return word.len > suffix_len && memcmp(word.data + word.len - suffix_len, suffix, suffix_len) == 0;
}

/* Plural and the two commonest verb endings, and the last e they leave or take: name, names, named, naming. */
static size_t stem_length(struct slice word)
{
    size_t len = word.len;
    if (len < 4)
        return len;
    switch (word.data[len - 1]) {
    case 's':
        if (len >= 5 && ends(word, "ies", 3))
            return len - 2;
        if (ends(word, "sses", 4) || ends(word, "shes", 4) || ends(word, "ches", 4) || ends(word, "xes", 3))
            return len - 2;
        len -= !memchr("sui", word.data[len - 2], 3);
        break;
    case 'd':
        if (len >= 5 && ends(word, "ied", 3))
            return len - 2;
        len -= len >= 5 && ends(word, "ed", 2) ? 2 : 0;
        break;
    case 'g':
        len -= len >= 6 && ends(word, "ing", 3) ? 3 : 0;
        break;
    default:
        break;
    }
    if (len > 3 && word.data[len - 1] == 'e')
        len--;
    return len;
}

uint64_t lexicon_key(struct slice word, bool variant)
{
    struct slice same = variant ? find_variant(word) : word;
    struct slice stem = slice_of(same.data, stem_length(same));
    /* "y" and the "i" that -ies leaves meet. */
    bool soft = stem.len > 3 && stem.data[stem.len - 1] == 'y';
    if (soft)
        return hash_bytes(hash_bytes(0, stem.data, stem.len - 1), "i", 1);
    return hash_bytes(0, stem.data, stem.len);
}
