/* extract: option letter, yes or no, number with its unit, date, name; see extract.h. */
#include "extract.h"

#include <math.h>

#include "difference.h"
#include "guards.h"
#include "lexicon.h"

/* Beside the value, an answer whose value decides may make this many claims of its own. */
#ifndef MAX_EXTRAS
#define MAX_EXTRAS 6
#endif

/* Numbers of things below this are counted, not estimated. */
#define EXACT_COUNTS 1000

static void head_words(const struct claims *c, size_t *from, size_t *to)
{
    words_sentence(&c->text, c->head, from, to);
}

static struct slice words_text(const struct claims *c, size_t from, size_t to)
{
    if (from >= to)
        return SLICE_NONE;
    return slice_part(c->text.source, c->text.words[from].start, c->text.words[to - 1].end);
}

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
    return (word->flags & (WORD_NUMBER | WORD_ORDINAL | WORD_DECADE)) == WORD_NUMBER && word->text.len == 4 &&
           word->value >= 1000 && word->value <= 2100 && word->value == floor(word->value);
}

static const char scales[] = " celsius centigrade fahrenheit kelvin c f k ";

static void extract_number(const struct claims *c, struct value *out)
{
    size_t from, to, found = 0;
    head_words(c, &from, &to);
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
        found++;
        out->number = word->value;
        out->unit = unit ? next->key : 0;
        out->measured = unit && guards_is_measure(next->text);
        if (before && !unit && slice_is(before->text, "dollar"))
            out->unit = before->key;
        out->text = words_text(c, i, unit ? at + 1 : i + 1);
    }
    out->found = found == 1;
}

/* A day or a year stands beside it. */
static bool by_month_day(const struct claims *c, size_t i, size_t from, size_t to)
{
    return (i > from && (c->text.words[i - 1].flags & WORD_NUMBER)) ||
           (i + 1 < to && (c->text.words[i + 1].flags & WORD_NUMBER));
}

static void extract_date(const struct claims *c, struct value *out)
{
    size_t from, to, years = 0, months = 0, days = 0, first = SLICE_NOT_FOUND, last = 0;
    head_words(c, &from, &to);
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
        if (is_year(word)) {
            out->year = (unsigned)word->value;
            years++;
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
        last = i + 1;
    }
    out->found = years <= 1 && months <= 1 && days <= 1 && (years || months);
    if (out->found)
        out->text = words_text(c, first, last);
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
    if (a->unit != b->unit && (a->measured || b->measured || counts_other(a, question) || counts_other(b, question)))
        return VALUES_UNCLEAR;
    double larger = fmax(fabs(a->number), fabs(b->number));
    double apart = fabs(a->number - b->number) / larger;
    bool mentioned = says_number(ac, b->number) || says_number(bc, a->number);
    /* What is measured is rounded, and so is what nobody can count; 206 bones are not 208. */
    bool counted = !a->measured && !b->measured && larger < EXACT_COUNTS;
    if (mentioned || (apart < .05 && !counted) || ((a->approximate || b->approximate) && apart < .3))
        return VALUES_UNCLEAR;
    return VALUES_DIFFERENT;
}

/* ---- names ---- */

static void extract_name(const struct claims *c, struct value *out)
{
    struct span span = claims_span(c);
    size_t from, to;
    head_words(c, &from, &to);
    out->kind = ASK_NAME;
    out->found = span.to > span.from && span.to - span.from <= 8 && !c->text.sentence[c->head].question;
    for (size_t i = from; i < to; i++)
        if (c->text.words[i].flags & WORD_NEGATION)
            out->found = false;
    out->from = span.from;
    out->to = span.to;
    if (out->found)
        out->text = words_text(c, span.from, span.to);
}

/* The user has written the word as a name: "I think it is Sydney". */
static bool question_names(const struct question *question, const struct word *word)
{
    size_t at = word_set_find(&question->words, word->key);
    return at != SLICE_NOT_FOUND && word_is_name(&question->text.words[at]);
}

/* How much of the new words of a span, or of a head, the other answer has; and whether one of them is a name. */
struct found {
    unsigned words, same, near;
    bool name, shown; /* shown: by a capital that is not only its sentence's */
};

static struct found find_words(const struct claims *c, size_t from, size_t to, const struct claims *other,
                               const struct question *question)
{
    struct found found = {0};
    for (size_t i = from; i < to; i++) {
        const struct word *word = &c->text.words[i];
        if (!c->novel[i] || ((word->flags & WORD_COMMON) && !(word->flags & WORD_CAPITAL)))
            continue;
        double match = claims_find_word(c, i, other);
        found.words++;
        found.same += match >= .9;
        found.near += match > 0;
        found.name = found.name || ((word->flags & WORD_CAPITAL) && word->text.len > 2);
        found.shown = found.shown || word_is_name(word) || question_names(question, word);
    }
    return found;
}

/* Tinkerbell and Tinker Bell. */
static bool joined_alike(const struct claims *a, const struct value *va, const struct claims *b, const struct value *vb)
{
    char text[2][64];
    size_t len[2] = {0, 0};
    const struct claims *side[2] = {a, b};
    const struct value *value[2] = {va, vb};
    for (int s = 0; s < 2; s++)
        for (size_t i = value[s]->from; i < value[s]->to; i++) {
            struct slice word = side[s]->text.words[i].text;
            if (side[s]->text.words[i].flags & WORD_NUMBER)
                return false;
            if (!side[s]->novel[i] || len[s] + word.len > sizeof text[s])
                continue;
            memcpy(text[s] + len[s], word.data, word.len);
            len[s] += word.len;
        }
    return words_similar(slice_of(text[0], len[0]), slice_of(text[1], len[1]));
}

/* Shakespeare for William Shakespeare: all of one span is in the other, which ends in the same word and puts more
 * before it, but no number or numeral. Persons only: North Carolina is not Carolina. */
static bool is_surname_of(const struct value *a, const struct claims *ac, const struct value *b,
                          const struct claims *bc)
{
    if (a->to - a->from > b->to - b->from || !(ac->text.words[a->to - 1].flags & WORD_CAPITAL) ||
        ac->text.words[a->to - 1].key != bc->text.words[b->to - 1].key)
        return false;
    for (size_t i = a->from; i < a->to; i++)
        if (claims_find_word(ac, i, bc) < .9)
            return false;
    for (size_t i = b->from; i < b->to; i++)
        if ((bc->text.words[i].flags & WORD_NUMBER) || !(bc->text.words[i].flags & WORD_CAPITAL))
            return false;
    return true;
}

/* Words of claims, anywhere, that the other answer does not have. */
static unsigned count_extras(const struct claims *c, const struct claims *other)
{
    unsigned extras = 0;
    for (size_t i = 0; i < c->text.count && extras <= MAX_EXTRAS; i++)
        if (c->novel[i] && !c->chat[c->text.words[i].sentence] && !(c->text.words[i].flags & WORD_COMMON) &&
            claims_find_word(c, i, other) == 0)
            extras++;
    return extras;
}

/* All the new words of one value stand in the other value itself: in "England beat Spain" and "Spain beat England" both
 * names stand in both. */
static bool inside(const struct value *a, const struct claims *ac, const struct value *b, const struct claims *bc)
{
    for (size_t i = a->from; i < a->to; i++) {
        const struct word *word = &ac->text.words[i];
        bool found = !ac->novel[i] || ((word->flags & WORD_COMMON) && !(word->flags & WORD_CAPITAL));
        for (size_t j = b->from; j < b->to && !found; j++)
            found = word->key == bc->text.words[j].key || words_similar(word->text, bc->text.words[j].text);
        if (!found)
            return false;
    }
    return true;
}

/* Nothing but names and what joins them, from the first new word of the head to the last. */
static bool is_list(const struct claims *c)
{
    size_t from, to, last = 0;
    bool list = true, begun = false;
    head_words(c, &from, &to);
    for (size_t i = from; i < to; i++)
        if (c->novel[i])
            last = i;
    for (size_t i = from; i < to && i <= last; i++) {
        const struct word *word = &c->text.words[i];
        begun = begun || c->novel[i];
        if (begun)
            list = list && (c->novel[i] ? (word->flags & WORD_CAPITAL) != 0 : (word->flags & WORD_STOP) != 0);
    }
    return list;
}

/* The new words that both heads have stand in the same order, or in lists, whose order says nothing: "Croatia beat
 * France" is not "France beat Croatia". */
static bool told_alike(const struct claims *a, const struct claims *b)
{
    size_t a_from, a_to, b_from, b_to, last = 0;
    head_words(a, &a_from, &a_to);
    head_words(b, &b_from, &b_to);
    for (size_t i = a_from; i < a_to; i++) {
        size_t at = b_from;
        if (!a->novel[i])
            continue;
        while (at < b_to && b->text.words[at].key != a->text.words[i].key)
            at++;
        if (at == b_to)
            continue;
        if (at < last)
            return is_list(a) && is_list(b);
        last = at;
    }
    return true;
}

/* Another name comes before the value, and the other answer does not have it: "Eddie (played by Moose)". */
static bool comes_second(const struct value *a, const struct claims *ac, const struct claims *bc)
{
    size_t from, to;
    head_words(ac, &from, &to);
    for (size_t i = from; i < a->from; i++)
        if (ac->novel[i] && (ac->text.words[i].flags & WORD_CAPITAL) && !(ac->text.words[i].flags & WORD_COMMON) &&
            claims_find_word(ac, i, bc) == 0)
            return true;
    return false;
}

/* A word that claims something new. */
static bool is_claimed(const struct claims *c, size_t i)
{
    const struct word *word = &c->text.words[i];
    return c->novel[i] && (!(word->flags & WORD_COMMON) || (word->flags & WORD_CAPITAL));
}

/* "Baku" and "Baku, Azerbaijan": all that one answer claims is a name, with which the claims of the other's head begin;
 * and there a comma or bracket, or the end, follows it. */
static bool begins_with(const struct claims *c, const struct claims *name)
{
    size_t from, to, words = 0, matched = 0, last = 0;
    bool capital = false;
    for (size_t i = 0; i < name->text.count; i++) {
        if (!is_claimed(name, i) || name->chat[name->text.words[i].sentence])
            continue;
        words += word_set_find(&name->words, name->text.words[i].key) == i;
        capital = capital || ((name->text.words[i].flags & WORD_CAPITAL) && name->text.words[i].text.len > 2);
    }
    head_words(c, &from, &to);
    for (size_t i = from; i < to && matched < words; i++) {
        if (!is_claimed(c, i))
            continue;
        if (word_set_find(&name->words, c->text.words[i].key) == SLICE_NOT_FOUND)
            return false;
        matched++;
        last = i + 1;
    }
    return capital && words && matched == words && (last >= to || (c->text.words[last].flags & WORD_BREAK));
}

/* A name that is written as an abbreviation or a formula: NASA, NaCl, CO2. Half of its letters are capitals at least,
 * and two. */
static bool is_abbreviated(const struct claims *c, const struct value *value)
{
    for (size_t i = value->from; i < value->to; i++) {
        const struct word *word = &c->text.words[i];
        size_t letters = 0, capitals = 0;
        for (size_t at = word->start; at < word->end && at < c->text.source.len; at++) {
            char byte = c->text.source.data[at];
            letters += ascii_is_alpha(byte);
            capitals += byte >= 'A' && byte <= 'Z';
        }
        if (c->novel[i] && capitals >= 2 && 2 * capitals >= letters)
            return true;
    }
    return false;
}

static bool is_single(const struct claims *c, const struct value *value)
{
    size_t words = 0;
    for (size_t i = value->from; i < value->to; i++)
        words += c->novel[i];
    return words == 1;
}

/* Two names with nothing in common may be names of one thing: what is abbreviated, whoever takes another name, and a
 * person who goes by one name beside a person with two: Lenin and Vladimir Ulyanov. */
static bool may_be_aliases(const struct value *a, const struct claims *ac, const struct value *b,
                           const struct claims *bc, const struct question *question)
{
    return question->place || question->pen_names || is_abbreviated(ac, a) != is_abbreviated(bc, b) ||
           (question->person && is_single(ac, a) != is_single(bc, b));
}

static enum values compare_names(const struct value *a, const struct claims *ac, const struct value *b,
                                 const struct claims *bc, const struct question *question)
{
    size_t a_from, a_to, b_from, b_to;
    head_words(ac, &a_from, &a_to);
    head_words(bc, &b_from, &b_to);
    struct found a_span = find_words(ac, a->from, a->to, bc, question);
    struct found b_span = find_words(bc, b->from, b->to, ac, question);
    struct found a_head = find_words(ac, a_from, a_to, bc, question);
    struct found b_head = find_words(bc, b_from, b_to, ac, question);
    bool spans_same = a_span.words && b_span.words && a_span.same == a_span.words && b_span.same == b_span.words;
    bool head_covered = a_head.same == a_head.words || b_head.same == b_head.words;
    /* An answer that goes on may take back, or name another: the more it adds, the less its head alone decides. */
    bool brief = count_extras(ac, bc) <= MAX_EXTRAS && count_extras(bc, ac) <= MAX_EXTRAS;
    bool ordered = !comes_second(a, ac, bc) && !comes_second(b, bc, ac);
    if (spans_same && head_covered)
        return brief && ordered && (inside(a, ac, b, bc) || inside(b, bc, a, ac)) && told_alike(ac, bc) &&
                       told_alike(bc, ac)
                   ? VALUES_SAME
                   : VALUES_UNCLEAR;
    if (brief && (begins_with(ac, bc) || begins_with(bc, ac)))
        return VALUES_SAME;
    if (question->person && head_covered && brief && (is_surname_of(a, ac, b, bc) || is_surname_of(b, bc, a, ac)))
        return VALUES_SAME;
    if (joined_alike(ac, a, bc, b))
        return a_head.words == a_span.words && b_head.words == b_span.words ? VALUES_SAME : VALUES_UNCLEAR;
    bool apart = a_head.near == 0 && b_head.near == 0 && a_head.words && b_head.words;
    bool names = a_span.name && b_span.name && (a_span.shown || b_span.shown);
    return apart && names && !may_be_aliases(a, ac, b, bc, question) ? VALUES_DIFFERENT : VALUES_UNCLEAR;
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
        extract_name(claims, out);
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
        return compare_names(a, a_claims, b, b_claims, question);
    case ASK_OTHER:
        break;
    }
    return VALUES_UNCLEAR;
}
