/* guards: see guards.h. What is in these lists is what a careful reader would not read over. */
#include "guards.h"

#include "lexicon.h"

/* Of any value. */
static const char doubtful[] =
    " say says said think thought guess guessed guesses believe claim claims claimed supposedly allegedly rumored "
    "theory "
    "conspiracy myth wrong false incorrect mistaken mistake misconception confuse confused or either maybe perhaps "
    "possibly might could unlikely formerly previously originally once now longer anymore used until till anything "
    "unlike instead except rather then nope no ";
/* Of numbers and dates. */
static const char bounding[] =
    " before after since prior more less fewer over under least most than exceeding below above beyond between bc bce "
    "minus half double twice early late first last ";
static const char measures[] =
    " second seconds minute minutes hour hours day days week weeks month months year years decade century m meter "
    "meters metre metres km kilometer kilometers kilometre kilometres mile miles mph kph kmh foot feet ft inch inches "
    "yard yards cm mm kg kilogram kilograms gram grams g pound pounds lb lbs ounce ounces oz ton tons tonne tonnes "
    "litre litres liter liters l ml gallon gallons degree degrees celsius centigrade fahrenheit kelvin c f k percent "
    "dollar dollars euro euros cent cents yen pence rupee rupees usd eur gbp acre acres hectare hectares knot knots "
    "watt watts volt volts calorie calories joule joules bit bits byte bytes hz mhz ghz ";

enum { AFTERTHOUGHT = 3 }; /* words of a sentence that only comments on the one before it */

bool guards_is_measure(struct slice word)
{
    return lexicon_in(measures, word);
}

static uint64_t bit_of(const struct word *word)
{
    return 1ull << (word->key & 63);
}

static void read_words(const struct claims *c, const struct question *q, size_t from, size_t to, struct guards *out)
{
    bool quantity = q->ask == ASK_NUMBER || q->ask == ASK_DATE;
    for (size_t i = from; i < to; i++) {
        const struct word *word = &c->text.words[i];
        if (word_set_find(&q->words, word->key) != SLICE_NOT_FOUND)
            continue;
        if (word->flags & WORD_NEGATION)
            out->negated = true;
        else if ((word->flags & WORD_CONTRAST) || lexicon_in(doubtful, word->text) ||
                 (quantity && lexicon_in(bounding, word->text)))
            out->words |= bit_of(word);
        if (quantity && guards_is_measure(word->text))
            out->measures |= bit_of(word);
    }
}

static bool has_plus_minus(const struct claims *c, size_t from, size_t to)
{
    const struct slice sign = SLICE("\xC2\xB1");
    if (from >= to)
        return false;
    size_t start = c->text.words[from].start;
    start = start > sign.len ? start - sign.len : 0;
    return slice_find(slice_part(c->text.source, start, c->text.words[to - 1].end), sign, 0) != SLICE_NOT_FOUND;
}

struct guards guards_read(const struct claims *c, const struct question *q)
{
    struct guards out = {0};
    size_t from, to;
    if (c->head >= c->text.sentences)
        return out;
    words_sentence(&c->text, c->head, &from, &to);
    read_words(c, q, from, to, &out);
    if (has_plus_minus(c, from, to)) /* a sign that is no word */
        out.words |= 1;
    if (c->head + 1 < c->text.sentences) {
        words_sentence(&c->text, c->head + 1, &from, &to);
        if (to - from <= AFTERTHOUGHT)
            read_words(c, q, from, to, &out);
    }
    return out;
}

bool guards_agree(const struct guards *a, const struct guards *b)
{
    uint64_t only_a = a->measures & ~b->measures, only_b = b->measures & ~a->measures;
    return a->words == b->words && a->negated == b->negated && !(only_a && only_b);
}
