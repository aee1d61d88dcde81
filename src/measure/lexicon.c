/* lexicon: the words are texts framed by spaces, one a first letter, so that a word is found by one short scan; see
 * lexicon.h. Behind its colon stand a word's classes: s stop words carry grammar, c common words the way an answer is
 * phrased ("the correct answer is known as"), neither claims anything by itself; n negations; p persons who talk, h
 * what they say when they only chat; t turns that take something back, d what denies; q number words and v variants,
 * whose values stand in tables of their own.
 */
#include "lexicon.h"

#include "words.h"

static const char *const classes[26] = {
    " a:s about:s above:s absolutely:h according:c actually:cd additionally:c after:s again:s aint:n all:s alone:h "
    "also:s although:st aluminium:v am:s amazing:h among:c an:s and:s answer:c answered:c answers:c any:s anytime:h "
    "appreciate:h "
    "apr:v are:s arent:n around:c as:s asked:c at:s aug:v aw:h awesome:h ",
    " back:s based:c be:s became:s because:s become:s been:s before:s began:cv begin:c begins:c being:s believe:c "
    "believed:c below:s best:c better:c between:s born:c both:s built:v but:st by:s ",
    " call:c called:c calls:c can:s cannot:n cant:n care:h character:c chat:h chatting:h children:v city:c colour:v "
    "come:s "
    "common:c commonly:c congratulations:h consider:c considered:c correct:c could:s couldnt:n country:c curious:ch ",
    " dec:v depends:t described:c did:s didnt:n different:c discouraged:h dive:h diving:h do:s doctor:v does:s "
    "doesnt:n doing:s done:s dont:n down:s dozen:q due:s during:s ",
    " each:s eg:s eight:q eighteen:q eighteenth:q eighth:q eighty:q either:s eleven:q eleventh:q else:s entire:c etc:s "
    "even:s ever:s exact:c example:c except:t excited:h explore:h exploring:h ",
    " fact:c famous:c fantastic:h fascinating:ch featured:c feb:v feel:ch feeling:h feelings:h feels:h feet:v few:s "
    "fifteen:q fifteenth:q fifth:q fifty:q find:c first:cq five:q following:c for:s form:c former:c formerly:c forty:q "
    "found:c four:q fourteen:q fourteenth:q fourth:q friend:ch friends:ch from:s frustrating:h full:c fun:c further:s ",
    " generally:c gentle:h get:s gets:s give:c given:c glad:ch go:s good:c got:s great:ch grey:v group:c ",
    " had:s hadnt:n happy:ch has:s hasnt:n have:s havent:n having:s he:s hear:h hearing:h heart:h hello:h help:ch "
    "hence:s "
    "her:s here:sh hers:s herself:s hey:h hi:h him:s himself:s his:s honor:h hope:h hoping:h how:s however:std hug:h "
    "hugs:h ",
    " i:sp ie:s if:s important:c in:s include:c included:c includes:c including:c indeed:s information:c "
    "interesting:ch into:s involved:c is:s isnt:n it:s its:s itself:s ",
    " jan:v journey:h jul:v jun:v just:s ",
    " kilogram:v kilograms:v kilometer:v kilometers:v kilometre:v kilometres:v kind:c know:ch known:c knows:c ",
    " later:c led:v let:sh lets:p like:s likely:c ll:s located:c love:ch lovely:h luck:h ",
    " made:s main:c major:c make:s many:s mar:v may:s me:sp mean:c means:c men:v mention:c mentioned:c meter:v "
    "meters:v metre:v metres:v mice:v might:s misconception:d mister:v moment:c more:s most:s mount:v much:s must:s "
    "mustnt:n my:sp myself:s myth:d ",
    " name:c named:c names:c navigate:h near:s neither:n never:n nevertheless:t new:c nine:q nineteen:q nineteenth:q "
    "ninety:q ninth:q no:n nobody:n none:n nor:n not:n nothing:n nov:v nowhere:n number:c ",
    " oct:v of:s off:s often:c old:c on:s once:s one:q only:s onto:s or:s ordinary:c original:c originally:c other:s "
    "others:s our:sp ours:s out:s over:s overwhelmed:h overwhelming:h own:s ",
    " part:c particular:c particularly:c pct:v people:c per:s person:c place:c played:c please:c popular:c portrayed:c "
    "probably:c proud:h ",
    " question:ch questions:ch quite:s ",
    " rather:s re:s reach:h real:c really:s referred:c refers:c released:c right:c rooting:h ",
    " safe:h said:c saint:v same:s sang:v say:c says:c second:q sending:h sense:c sep:v sept:v seven:q seventeen:q "
    "seventeenth:q "
    "seventh:q seventy:q several:c shall:s share:h sharing:h she:s should:s shouldnt:n show:c simply:c since:s six:q "
    "sixteen:q sixteenth:q sixth:q sixty:q so:s some:s somebody:h someone:c something:c sometimes:c sorry:ch sounds:h "
    "specific:c "
    "specifically:c state:c still:s story:c stressful:h such:s sung:v sunshine:h support:h sure:c ",
    " take:c talk:c teeth:v tell:c ten:q tenth:q term:c than:s thank:h thanks:h that:s the:s their:s theirs:s them:s "
    "then:s there:s therefore:s these:s they:s thing:c things:c think:c third:q thirteen:q thirteenth:q thirty:q "
    "this:s those:s though:st three:q through:s thus:s time:c title:c to:s today:c together:ch too:s took:c topic:h "
    "tough:h true:c trusting:h twelfth:q twelve:q twentieth:q twenty:q two:q type:c typically:c ",
    " under:s understand:ch understandable:h unfortunately:d unless:t until:s up:s upon:s upset:h us:sp used:c using:c "
    "usually:c ",
    " various:c ve:s version:c very:s via:s ",
    " want:c was:s wasnt:n way:c we:sp welcome:h well:s went:c were:s werent:n what:s when:s where:s whereas:t "
    "whether:s which:s while:st who:s whom:s whose:s why:s will:s with:s within:s without:n women:v won:v wonder:c "
    "wonderful:ch wont:n word:c words:c work:c world:c worry:h would:s wouldnt:n wow:h written:v wrote:cv ",
    NULL,
    " year:c years:c yes:s yet:s you:sp your:sp yours:sp yourself:sp ",
    " zero:q ",
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
    char rest[24];
    unsigned flags = 0;
    if (word.len == 0 || word.len + 1 > sizeof rest || word.data[0] < 'a' || word.data[0] > 'z')
        return 0;
    /* All words of a list begin alike, so the search is for what follows the first letter: that is much rarer. */
    memcpy(rest, word.data + 1, word.len - 1);
    rest[word.len - 1] = ':';
    rest[word.len] = '\0';
    const char *list = classes[word.data[0] - 'a'], *found = list ? strstr(list, rest) : NULL;
    while (found && (found < list + 2 || found[-1] != word.data[0] || found[-2] != ' '))
        found = strstr(found + 1, rest);
    if (!found)
        return 0;
    for (const char *code = found + word.len; *code != ' '; code++)
        flags |= class_flag(*code);
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
    return lexicon_in(abbreviations, word);
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
