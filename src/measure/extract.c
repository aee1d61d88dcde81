/* extract: option letter, yes or no, number with its unit, date; names are in names.c. See extract.h. */
#include "extract.h"

#include <math.h>

#include "difference.h"
#include "guards.h"
#include "lexicon.h"
#include "names.h"

/* Numbers of things below this are counted, not estimated. */
#define EXACT_COUNTS 1000

/* ---- yes or no ---- */

static const char yes_words[] = " yes yeah yep yup true correct ";
static const char no_words[] = " no nope nah false incorrect ";

bool value_has_contrast(const struct claims *c)
{
    for (size_t i = 0; i < c->text.count; i++)
        if (c->text.words[i].flags & WORD_CONTRAST)
            return true;
    return false;
}

/* The polarity a sentence opens with: "Yes, ...", "The answer is no". "No doubt", "no problem" are none. */
static int sentence_polarity(const struct passage *p, size_t from, size_t to)
{
    static const char fillers[] = " well oh ah honestly so the answer is it thats that in short ";
    static const char no_idioms[] = " doubt problem worries one need idea matter way wonder ";
    for (size_t i = from; i < to && i < from + 5; i++) {
        struct slice word = p->words[i].text, next = i + 1 < to ? p->words[i + 1].text : SLICE_NONE;
        bool apart = next.len == 0 || (p->words[i + 1].flags & WORD_BREAK);
        if (lexicon_in(yes_words, word) && (apart || slice_is(word, "yes")))
            return 1;
        if (lexicon_in(no_words, word) && !lexicon_in(no_idioms, next) && (apart || i == from))
            return -1;
        if (!lexicon_in(fillers, word))
            return 0;
    }
    return 0;
}

int value_polarity(const struct claims *c, bool *certain)
{
    bool yes = false, no = false;
    for (unsigned s = 0; s < c->text.sentences; s++) {
        size_t from, to;
        words_sentence(&c->text, s, &from, &to);
        int polarity = sentence_polarity(&c->text, from, to);
        yes = yes || polarity > 0;
        no = no || polarity < 0;
    }
    *certain = yes != no && !value_has_contrast(c);
    return yes == no ? 0 : yes ? 1 : -1;
}

static void extract_yes_no(const struct claims *c, struct value *out)
{
    bool certain = false;
    int polarity = value_polarity(c, &certain);
    out->kind = ASK_YES_NO;
    out->found = certain;
    out->yes = polarity > 0;
    out->text = !certain ? SLICE_NONE : polarity > 0 ? SLICE("yes") : SLICE("no");
}

/* "Yes, 3." and "Yes, 4.": names or numbers on both sides, and none of them shared. */
static bool details_conflict(const struct claims *a, const struct claims *b)
{
    const struct claims *side[2] = {a, b};
    bool details[2] = {false, false};
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < side[s]->text.count; i++) {
            const struct word *word = &side[s]->text.words[i];
            if (!side[s]->novel[i] || !((word->flags & WORD_NUMBER) || word_is_name(word)))
                continue;
            details[s] = true;
            if (claims_find_word(side[s], i, side[1 - s]) > 0)
                return false;
        }
    return details[0] && details[1];
}

/* ---- option letter ---- */

/* The letter of a word that is used as an option: "B", "(B)", "B)", "option B", "answer is B". */
static bool is_option(const struct claims *c, size_t i, unsigned options, bool *explicit)
{
    const struct word *word = &c->text.words[i];
    if (word->text.len != 1)
        return false;
    unsigned letter = (unsigned)(word->text.data[0] - 'a');
    if (letter >= 10 || !(options & (1u << letter)))
        return false;
    char after = word->end < c->text.source.len ? c->text.source.data[word->end] : '\0';
    struct slice before = i > 0 ? c->text.words[i - 1].text : SLICE_NONE;
    struct slice second = i > 1 ? c->text.words[i - 2].text : SLICE_NONE;
    bool named = slice_is(before, "option") || slice_is(before, "choice") || slice_is(before, "letter") ||
                 slice_is(before, "answer") || (slice_is(before, "is") && slice_is(second, "answer"));
    *explicit = named || c->text.count == 1;
    if (!(word->flags & WORD_CAPITAL)) /* of a list in small letters */
        return *explicit || after == ')';
    struct slice next = i + 1 < c->text.count ? c->text.words[i + 1].text : SLICE_NONE;
    if (slice_is(next, "or") || slice_is(next, "and"))
        return true;
    /* A alone is the article, I the pronoun. */
    bool marked = after == ')' || ((word->flags & WORD_FIRST) && (after == '.' || after == ':' || after == '\0'));
    return *explicit || marked || (letter != 0 && letter != 8);
}

static void extract_option(const struct claims *c, const struct question *q, struct value *out)
{
    unsigned explicit_letters = 0, letters = 0;
    for (size_t i = 0; i < c->text.count; i++) {
        bool explicit = false;
        if (!is_option(c, i, q->options, &explicit))
            continue;
        unsigned bit = 1u << (unsigned)(c->text.words[i].text.data[0] - 'a');
        letters |= bit;
        explicit_letters |= explicit ? bit : 0;
    }
    unsigned chosen = explicit_letters ? explicit_letters : letters;
    out->kind = ASK_OPTION;
    /* Two letters are a discussion, not an answer. */
    if (chosen == 0 || (chosen & (chosen - 1)) != 0)
        return;
    while (!(chosen & 1u)) {
        chosen >>= 1;
        out->letter++;
    }
    static const char names[] = "ABCDEFGHIJ";
    out->text = slice_of(names + out->letter, 1);
    out->found = true;
}

/* ---- numbers and dates ---- */

static const char approximations[] =
    " about approximately around nearly over roughly almost estimated between least up under approx circa ";

static bool is_year(const struct word *word)
{
    bool four_digits = word->text.len == 4 && word->end - word->start == 4; /* 1,500 is none */
    return (word->flags & (WORD_NUMBER | WORD_ORDINAL | WORD_DECADE)) == WORD_NUMBER && four_digits &&
           word->value >= 1000 && word->value <= 2100 && word->value == floor(word->value);
}

static const char scales[] = " celsius centigrade fahrenheit kelvin c f k ";

static void extract_number(const struct claims *c, struct value *out)
{
    size_t from, to, found = 0;
    claims_head_words(c, &from, &to);
    out->kind = ASK_NUMBER;
    for (size_t i = from; i < to; i++) {
        const struct word *word = &c->text.words[i];
        out->approximate = out->approximate || lexicon_in(approximations, word->text);
        if (!c->novel[i] || !(word->flags & WORD_NUMBER) || (word->flags & (WORD_ROMAN | WORD_DECADE)))
            continue;
        size_t at = i + 1;
        if (at + 1 < to && lexicon_in(scales, c->text.words[at + 1].text))
            at++; /* degrees Celsius */
        const struct word *next = at < to ? &c->text.words[at] : NULL;
        const struct word *before = i > from ? &c->text.words[i - 1] : NULL;
        bool unit = next && !(next->flags & (WORD_BREAK | WORD_STOP | WORD_NUMBER));
        found += found == 0 || out->number != word->value; /* "6, since it has six protons" */
        out->number = word->value;
        out->unit = unit ? next->key : 0;
        out->measured = unit && guards_is_measure(next->text);
        if (before && !unit && slice_is(before->text, "dollar"))
            out->unit = before->key;
        out->text = claims_source(c, i, unit ? at + 1 : i + 1);
    }
    out->found = found == 1;
}

/* Digits with nothing stuck to them: not 1/6, 2^10 or 0x1F. */
static bool is_plain_whole(const struct claims *c, size_t i)
{
    const struct word *word = &c->text.words[i];
    struct slice source = c->text.source;
    char before = word->start > 0 ? source.data[word->start - 1] : ' ';
    char after = word->end < source.len ? source.data[word->end] : ' ';
    return (word->flags & (WORD_NUMBER | WORD_DECADE | WORD_ORDINAL)) == WORD_NUMBER &&
           ascii_is_digit(word->text.data[0]) && word->value == floor(word->value) &&
           strchr(" \n(\"*", before) != NULL && strchr(" \n)\"*.,!;:", after) != NULL;
}

bool value_is_number(const struct claims *c, const struct question *question)
{
    size_t from, to, numbers = 0;
    claims_head_words(c, &from, &to);
    /* A sum comes out in many forms: 0.75 and 3/4. */
    for (size_t i = 0; i < question->text.count; i++)
        if (question->text.words[i].flags & WORD_NUMBER)
            return false;
    for (size_t i = from; i < to; i++) {
        if (is_plain_whole(c, i))
            numbers++;
        else if ((c->text.words[i].flags & WORD_NUMBER) || (c->novel[i] && !(c->text.words[i].flags & WORD_COMMON)))
            return false;
    }
    return numbers == 1;
}

/* A day or a year stands beside it. */
static bool by_month_day(const struct claims *c, size_t i, size_t from, size_t to)
{
    return (i > from && (c->text.words[i - 1].flags & WORD_NUMBER)) ||
           (i + 1 < to && (c->text.words[i + 1].flags & WORD_NUMBER));
}

/* Two numbers with only a sign between them: 1944-06-06, 6/6/1944. */
static bool written_together(const struct claims *c, size_t i, size_t from, size_t to)
{
    if (i < from || i + 1 >= to)
        return false;
    const struct word *word = &c->text.words[i], *next = word + 1;
    return (word->flags & next->flags & WORD_NUMBER) && next->start == word->end + 1 &&
           strchr("-/.", c->text.source.data[word->end]) != NULL;
}

/* "1944-06-06" from its year on. Whether 6/11/1944 is in June nobody can tell. */
static bool read_iso_date(const struct claims *c, size_t year, size_t to, struct value *out)
{
    const struct word *words = c->text.words;
    if (year + 2 >= to || !written_together(c, year, year, to) || !written_together(c, year + 1, year, to))
        return false;
    out->month = (unsigned)words[year + 1].value;
    out->day = (unsigned)words[year + 2].value;
    return out->month >= 1 && out->month <= 12 && out->day >= 1 && out->day <= 31;
}

static void extract_date(const struct claims *c, struct value *out)
{
    size_t from, to, years = 0, months = 0, days = 0, first = SLICE_NOT_FOUND, last = 0;
    bool readable = true;
    claims_head_words(c, &from, &to);
    out->kind = ASK_DATE;
    for (size_t i = from; i < to; i++) {
        const struct word *word = &c->text.words[i];
        unsigned month = word->flags & WORD_CAPITAL ? lexicon_month(word->text) : 0;
        bool by_month = (i > from && lexicon_month(c->text.words[i - 1].text)) ||
                        (i + 1 < to && lexicon_month(c->text.words[i + 1].text)) ||
                        (i + 2 < to && lexicon_month(c->text.words[i + 2].text));
        bool in_may = month == 5 && by_month_day(c, i, from, to); /* else it is what may be */
        if (!c->novel[i] && !in_may)
            continue;
        bool iso = is_year(word) && read_iso_date(c, i, to, out);
        if (is_year(word)) {
            out->year = (unsigned)word->value;
            years++;
            readable =
                readable &&
                (iso || (!written_together(c, i, from, to) && !(i > from && written_together(c, i - 1, from, to))));
            months += iso;
            days += iso;
        } else if (month) {
            out->month = month;
            months++;
        } else if ((word->flags & WORD_NUMBER) && by_month && word->value >= 1 && word->value <= 31) {
            out->day = (unsigned)word->value;
            days++;
        } else {
            continue;
        }
        first = first == SLICE_NOT_FOUND ? i : first;
        i += iso ? 2 : 0;
        last = i + 1;
    }
    out->found = readable && years <= 1 && months <= 1 && days <= 1 && (years || months);
    if (out->found)
        out->text = claims_source(c, first, last);
}

static bool says_year(const struct claims *c, unsigned year)
{
    for (size_t i = 0; i < c->text.count; i++)
        if (is_year(&c->text.words[i]) && (unsigned)c->text.words[i].value == year)
            return true;
    return false;
}

static enum values compare_dates(const struct value *a, const struct claims *ac, const struct value *b,
                                 const struct claims *bc)
{
    bool months = a->month && b->month, days = months && a->day && b->day;
    if (a->year && b->year && a->year != b->year)
        return says_year(ac, b->year) || says_year(bc, a->year) ? VALUES_UNCLEAR : VALUES_DIFFERENT;
    if ((months && a->month != b->month) || (days && a->day != b->day))
        return VALUES_DIFFERENT;
    return (a->year && b->year) || days || (months && !a->year && !b->year) ? VALUES_SAME : VALUES_UNCLEAR;
}

static bool says_number(const struct claims *c, double number)
{
    for (size_t i = 0; i < c->text.count; i++)
        if ((c->text.words[i].flags & WORD_NUMBER) && c->text.words[i].value == number)
            return true;
    return false;
}

/* What it counts is not what was asked for: 23 pairs of chromosomes. */
static bool counts_other(const struct value *value, const struct question *question)
{
    return value->unit && word_set_find(&question->words, value->unit) == SLICE_NOT_FOUND;
}

static enum values compare_numbers(const struct value *a, const struct claims *ac, const struct value *b,
                                   const struct claims *bc, const struct question *question)
{
    if (a->unit && b->unit && a->unit != b->unit)
        return VALUES_UNCLEAR;
    if (a->number == b->number)
        return VALUES_SAME;
    /* A number alone counts what was asked for. */
    if (a->unit != b->unit && (counts_other(a, question) || counts_other(b, question)))
        return VALUES_UNCLEAR;
    double larger = fmax(fabs(a->number), fabs(b->number));
    double apart = fabs(a->number - b->number) / larger;
    bool mentioned = says_number(ac, b->number) || says_number(bc, a->number);
    /* What is measured is rounded, and so is what nobody can count; 206 bones are not 208. */
    bool whole = a->number == floor(a->number) && b->number == floor(b->number);
    bool counted = whole && !a->measured && !b->measured && larger < EXACT_COUNTS;
    if (mentioned || (apart < .05 && !counted) || ((a->approximate || b->approximate) && apart < .3))
        return VALUES_UNCLEAR;
    return VALUES_DIFFERENT;
}

/* ---- */

void value_extract(const struct claims *claims, const struct question *question, struct value *out)
{
    *out = (struct value){.kind = question->ask};
    if (claims->answers != ANSWERS_DIRECT || claims->text.cut)
        return;
    switch (question->ask) {
    case ASK_OPTION:
        extract_option(claims, question, out);
        break;
    case ASK_YES_NO:
        extract_yes_no(claims, out);
        break;
    case ASK_NUMBER:
        extract_number(claims, out);
        break;
    case ASK_DATE:
        extract_date(claims, out);
        break;
    case ASK_NAME:
        name_extract(claims, question, out);
        break;
    case ASK_OTHER:
        break;
    }
}

enum values value_compare(const struct value *a, const struct claims *a_claims, const struct value *b,
                          const struct claims *b_claims, const struct question *question)
{
    if (!a->found || !b->found || a->kind != b->kind)
        return VALUES_UNCLEAR;
    if (question->ask != ASK_OPTION && question->ask != ASK_YES_NO) {
        struct guards a_guards = guards_read(a_claims, question), b_guards = guards_read(b_claims, question);
        if (!guards_agree(&a_guards, &b_guards))
            return VALUES_UNCLEAR;
    }
    switch (question->ask) {
    case ASK_OPTION:
        return a->letter == b->letter ? VALUES_SAME : VALUES_DIFFERENT;
    case ASK_YES_NO:
        return a->yes != b->yes                       ? VALUES_DIFFERENT
               : details_conflict(a_claims, b_claims) ? VALUES_UNCLEAR
                                                      : VALUES_SAME;
    case ASK_NUMBER:
        return compare_numbers(a, a_claims, b, b_claims, question);
    case ASK_DATE:
        return compare_dates(a, a_claims, b, b_claims);
    case ASK_NAME:
        return name_compare(a, a_claims, b, b_claims, question);
    case ASK_OTHER:
        break;
    }
    return VALUES_UNCLEAR;
}
