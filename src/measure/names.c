/* names: a name is the heaviest run of new words in the sentence that answers. Two are the same when all their words
 * are, or one is the surname or the beginning of the other, and the rest of the answers adds little; they differ when
 * they have nothing in common and cannot be names of one thing. Anything between is unclear. See names.h.
 */
#include "names.h"

#include "alias.h"
#include "difference.h"

/* Beside the value, an answer whose value decides may make this many claims of its own. */
enum { MAX_EXTRAS = 6 };

/* "Thomas Jefferson was the second president, in office from 1801 to 1809": a person is told by a name, so where what
 * weighs most holds none, the first names of the sentence are meant. */
static struct span person_span(const struct claims *c, struct span span, size_t from, size_t to)
{
    for (size_t i = span.from; i < span.to; i++)
        if (c->novel[i] && (c->text.words[i].flags & WORD_CAPITAL))
            return span;
    struct span names = {from, from};
    while (names.from < to && !(c->novel[names.from] && (c->text.words[names.from].flags & WORD_CAPITAL)))
        names.from++;
    for (names.to = names.from; names.to < to && (c->text.words[names.to].flags & WORD_CAPITAL); names.to++)
        if (names.to > names.from && (c->text.words[names.to].flags & WORD_BREAK))
            break;
    return names.to > names.from ? names : span;
}

void name_extract(const struct claims *c, const struct question *question, struct value *out)
{
    struct span span = claims_span(c);
    size_t from, to;
    claims_head_words(c, &from, &to);
    if (question->person)
        span = person_span(c, span, from, to);
    out->kind = ASK_NAME;
    out->found = span.to > span.from && span.to - span.from <= 8 && !c->text.sentence[c->head].question;
    for (size_t i = from; i < to; i++)
        if (c->text.words[i].flags & WORD_NEGATION)
            out->found = false;
    out->from = span.from;
    out->to = span.to;
    if (out->found)
        out->text = claims_source(c, span.from, span.to);
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
    claims_head_words(c, &from, &to);
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

/* "Red and green" is not "red, green and blue": a list that has more than the other. */
static bool lists_differ(const struct claims *a, const struct claims *b, unsigned a_words, unsigned b_words)
{
    const struct claims *shorter = a_words < b_words ? a : b;
    size_t from, to;
    bool claimed = false, joined = false, list = false;
    if (a_words == b_words || !is_list(a) || !is_list(b))
        return false;
    claims_head_words(shorter, &from, &to);
    for (size_t i = from; i < to; i++) {
        list = list || (joined && shorter->novel[i]);
        claimed = claimed || shorter->novel[i];
        joined = joined || (claimed && slice_is(shorter->text.words[i].text, "and"));
    }
    return list;
}

/* The new words that both heads have stand in the same order, or in lists, whose order says nothing: "Croatia beat
 * France" is not "France beat Croatia". */
static bool told_alike(const struct claims *a, const struct claims *b)
{
    size_t a_from, a_to, b_from, b_to, last = 0;
    claims_head_words(a, &a_from, &a_to);
    claims_head_words(b, &b_from, &b_to);
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
    claims_head_words(ac, &from, &to);
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

/* "Green, Blue" behind "Red": names that follow each other by commas, or by "and", are more of the same. */
static bool goes_on_as_list(const struct claims *c, size_t from, size_t to)
{
    unsigned breaks = 0;
    bool joined = false;
    for (size_t i = from; i < to; i++) {
        joined = joined || slice_is(c->text.words[i].text, "and");
        breaks += is_claimed(c, i) && (c->text.words[i].flags & WORD_BREAK);
    }
    return joined || breaks > 1;
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
    claims_head_words(c, &from, &to);
    for (size_t i = from; i < to && matched < words; i++) {
        if (!is_claimed(c, i))
            continue;
        if (word_set_find(&name->words, c->text.words[i].key) == SLICE_NOT_FOUND)
            return false;
        matched++;
        last = i + 1;
    }
    return capital && words && matched == words && !goes_on_as_list(c, last, to) &&
           (last >= to || (c->text.words[last].flags & WORD_BREAK));
}

enum values name_compare(const struct value *a, const struct claims *ac, const struct value *b, const struct claims *bc,
                         const struct question *question)
{
    size_t a_from, a_to, b_from, b_to;
    claims_head_words(ac, &a_from, &a_to);
    claims_head_words(bc, &b_from, &b_to);
    struct found a_span = find_words(ac, a->from, a->to, bc, question);
    struct found b_span = find_words(bc, b->from, b->to, ac, question);
    struct found a_head = find_words(ac, a_from, a_to, bc, question);
    struct found b_head = find_words(bc, b_from, b_to, ac, question);
    bool spans_same = a_span.words && b_span.words && a_span.same == a_span.words && b_span.same == b_span.words;
    bool head_covered = a_head.same == a_head.words || b_head.same == b_head.words;
    /* An answer that goes on may take back, or name another: the more it adds, the less its head alone decides. */
    bool brief = count_extras(ac, bc) <= MAX_EXTRAS && count_extras(bc, ac) <= MAX_EXTRAS;
    bool ordered = !comes_second(a, ac, bc) && !comes_second(b, bc, ac);
    if (lists_differ(ac, bc, a_head.words, b_head.words))
        return VALUES_UNCLEAR;
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
    return apart && names && !names_may_be_aliases(a, ac, b, bc, question) ? VALUES_DIFFERENT : VALUES_UNCLEAR;
}
