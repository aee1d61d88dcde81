/* difference: containment of claims both ways, conflicts of names, numbers, negation and polarity, put together by one
 * logistic formula whose weights were fitted on one half of the development pairs (tests/measure/README.md). A priority
 * and a covariate; never a verdict. See difference.h.
 */
#include "difference.h"

#include <math.h>

#include "lexicon.h"

/* "WHO" for World Health Organization: the capitals of words in a row. */
static bool spells_initials(const struct passage *p, size_t from, struct slice letters)
{
    size_t i = from, found = 0;
    while (found < letters.len && i < p->count && i < from + 2 * letters.len) {
        const struct word *word = &p->words[i++];
        if (word->text.len > 1 && (word->flags & WORD_CAPITAL) && word->text.data[0] == letters.data[found])
            found++;
        else if (!(word->flags & WORD_STOP))
            return false;
    }
    return found == letters.len;
}

static bool has_initials(const struct passage *p, const struct word *word)
{
    struct slice letters = word->text;
    if (letters.len < 2 || letters.len > 5 || !(word->flags & WORD_CAPITAL))
        return false;
    if (slice_is(letters, "usa")) /* "of America" is mostly left out */
        letters.len = 2;
    for (size_t i = 0; i < p->count; i++)
        if ((p->words[i].flags & WORD_CAPITAL) && p->words[i].text.len > 1 &&
            p->words[i].text.data[0] == word->text.data[0] && spells_initials(p, i, letters))
            return true;
    return false;
}

static bool has_similar(const struct word_set *set, const struct word *word)
{
    if (word->text.len < 5 || !ascii_is_alpha(word->text.data[0]))
        return false;
    for (size_t i = set->letters[word->text.data[0] - 'a']; i; i = set->next[i - 1])
        if (words_similar(word->text, set->passage->words[i - 1].text))
            return true;
    return false;
}

/* photography and photographer: the first letters of a long word, at least five and two thirds of the shorter. */
static bool has_kin(const struct word_set *set, const struct word *word)
{
    if (word->text.len < 7 || !ascii_is_alpha(word->text.data[0]))
        return false;
    for (size_t i = set->letters[word->text.data[0] - 'a']; i; i = set->next[i - 1]) {
        struct slice other = set->passage->words[i - 1].text;
        size_t shorter = word->text.len < other.len ? word->text.len : other.len, same = 0;
        while (same < word->text.len && same < other.len && word->text.data[same] == other.data[same])
            same++;
        if (same >= 5 && 3 * same >= 2 * shorter)
            return true;
    }
    return false;
}

double claims_find_word(const struct claims *c, size_t index, const struct claims *other)
{
    const struct word *word = &c->text.words[index];
    if (word_set_find(&other->words, word->key) != SLICE_NOT_FOUND)
        return 1;
    if (word->flags & WORD_NUMBER)
        return 0;
    if (has_similar(&other->words, word))
        return .9;
    if (has_kin(&other->words, word) || has_initials(&other->text, word))
        return .7;
    return 0;
}

struct share {
    double all, head;
    unsigned head_words;
};

/* What share of a's claims b makes too. Words past the first hundred that claim are not looked for. */
static struct share measure_cover(const struct claims *a, const struct claims *b)
{
    double total = 0, found = 0, head_total = 0, head_found = 0;
    struct share share = {.all = 1, .head = 1};
    unsigned looked = 0;
    for (size_t i = 0; i < a->text.count && looked < 100; i++) {
        double weight = (double)a->weights[i];
        if (weight <= .02)
            continue;
        looked++;
        double match = claims_find_word(a, i, b);
        total += weight;
        found += weight * match;
        if (a->text.words[i].sentence == a->head && a->novel[i]) {
            head_total += weight;
            head_found += weight * match;
            share.head_words++;
        }
    }
    if (total > 0)
        share.all = found / total;
    if (head_total > 0)
        share.head = head_found / head_total;
    return share;
}

/* A stop word inside a name: Bend It Like Beckham does not need it, the Bay of Pigs does. */
static bool joins(const struct word *word)
{
    static const char joiners[] = " of the de la le van von and in on du da di to a an ";
    return (word->flags & WORD_STOP) && lexicon_in(joiners, word->text);
}

struct span claims_span(const struct claims *c)
{
    size_t from, to;
    struct span best = {0, 0};
    double best_weight = 0;
    words_sentence(&c->text, c->head, &from, &to);
    for (size_t i = from; i < to; i++) {
        if (!c->novel[i])
            continue;
        double weight = (double)c->weights[i];
        size_t end = i + 1;
        for (size_t j = end; j < to && j <= end + 2 && !(c->text.words[j].flags & WORD_BREAK); j++) {
            if (c->novel[j]) {
                weight += (double)c->weights[j];
                end = j + 1;
            } else if (!joins(&c->text.words[j])) {
                break;
            }
        }
        /* An answer stands at an end of its sentence more often than inside it. */
        if (i == from || end == to)
            weight *= 1.3;
        if (weight > best_weight) {
            best_weight = weight;
            best = (struct span){i, end};
        }
        i = end - 1;
    }
    return best;
}

static double span_found(const struct claims *a, const struct claims *b)
{
    struct span span = claims_span(a);
    double total = 0, found = 0;
    for (size_t i = span.from; i < span.to; i++) {
        double weight = a->novel[i] ? (double)a->weights[i] : 0;
        total += weight;
        if (weight > 0)
            found += weight * claims_find_word(a, i, b);
    }
    return total > 0 ? found / total : .5;
}

/* 1 when both heads have new words with one of the flags and none is shared. */
static double head_conflict(const struct claims *a, const struct claims *b, unsigned flag, unsigned without)
{
    unsigned count[2] = {0, 0};
    const struct claims *side[2] = {a, b};
    for (int s = 0; s < 2; s++) {
        size_t from, to;
        words_sentence(&side[s]->text, side[s]->head, &from, &to);
        for (size_t i = from; i < to; i++) {
            const struct word *word = &side[s]->text.words[i];
            if (!side[s]->novel[i] || !(word->flags & flag) || (word->flags & without))
                continue;
            count[s]++;
            if (claims_find_word(side[s], i, side[1 - s]) > 0)
                return 0;
        }
    }
    return count[0] && count[1] ? 1 : 0;
}

static bool head_negated(const struct claims *c)
{
    size_t from, to;
    words_sentence(&c->text, c->head, &from, &to);
    for (size_t i = from; i < to; i++)
        if (c->text.words[i].flags & WORD_NEGATION)
            return true;
    return false;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double most(double a, double b)
{
    return a > b ? a : b;
}

void likeness_measure(const struct claims *a, const struct claims *b, double polarity, struct likeness *out)
{
    struct share ab = measure_cover(a, b), ba = measure_cover(b, a);
    bool a_evades = a->answers >= ANSWERS_EVADES, b_evades = b->answers >= ANSWERS_EVADES;
    double span_ab = span_found(a, b), span_ba = span_found(b, a);
    double ratio = fabs(log((double)(a->text.count + 1) / (double)(b->text.count + 1)));
    double *f = out->features;
    f[FEATURE_COVER_LEAST] = least(ab.all, ba.all);
    f[FEATURE_COVER_MOST] = most(ab.all, ba.all);
    f[FEATURE_HEAD_LEAST] = least(ab.head, ba.head);
    f[FEATURE_HEAD_MOST] = most(ab.head, ba.head);
    f[FEATURE_SPAN] = (span_ab + span_ba) / 2;
    f[FEATURE_NAMES] = head_conflict(a, b, WORD_CAPITAL, WORD_STOP);
    f[FEATURE_NUMBERS] = head_conflict(a, b, WORD_NUMBER, 0);
    f[FEATURE_NEGATION] = head_negated(a) != head_negated(b);
    f[FEATURE_POLARITY] = polarity;
    f[FEATURE_EVADES] = a_evades != b_evades;
    f[FEATURE_LENGTH] = least(ratio / 3, 1);
}

static const double weights[FEATURE_COUNT] = {
    [FEATURE_COVER_LEAST] = -1, [FEATURE_COVER_MOST] = -1, [FEATURE_HEAD_LEAST] = -1, [FEATURE_HEAD_MOST] = -1,
    [FEATURE_SPAN] = -1,        [FEATURE_NAMES] = 1,       [FEATURE_NUMBERS] = 1,     [FEATURE_NEGATION] = 1,
    [FEATURE_POLARITY] = 2,     [FEATURE_EVADES] = 1,      [FEATURE_LENGTH] = 0,
};
static const double intercept = 2;

double likeness_difference(const struct likeness *likeness)
{
    double sum = intercept;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        sum += weights[i] * likeness->features[i];
    return 1 / (1 + exp(-sum));
}
