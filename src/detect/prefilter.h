/* prefilter: one pass over a text that says which words stand in it and where.
 *
 * Most words that patterns ask for begin where a word of the text does: these are looked up, word of the text by word,
 * in a table that is small enough to stay in the cache. An automaton finds the others. Immutable once made, shared by
 * all threads.
 */
#ifndef CANDOR_DETECT_PREFILTER_H
#define CANDOR_DETECT_PREFILTER_H

#include "rarity.h"

struct prefilter;

struct prefilter_word {
    struct slice text; /* not empty; must outlive the prefilter */
    unsigned borders;  /* it stands only where a word begins or ends: flags of enum border */
    uint32_t number;
};

/* NULL when memory runs out or the words are too many. No words at all make one that finds nothing. */
MUST_USE struct prefilter *prefilter_new(const struct prefilter_word *words, size_t count, struct err *err);
void prefilter_free(struct prefilter *prefilter); /* accepts NULL */

/* Tells of every place where a word stands, those of one word in order. One in billions of other words, or one made for
 * it, may pass for a word of its length: whoever asks still has to look. */
typedef void prefilter_fn(void *arg, uint32_t number, size_t start);
void prefilter_scan(const struct prefilter *prefilter, struct slice text, prefilter_fn *on_word, void *arg);

/* Whether what stands from start to end of the text has these borders there. */
static inline bool prefilter_has_borders(unsigned borders, struct slice text, size_t start, size_t end)
{
    return !((borders & BORDER_LEFT && start > 0 && rarity_is_word_byte(text.data[start - 1])) ||
             (borders & BORDER_RIGHT && end < text.len && rarity_is_word_byte(text.data[end])));
}

#endif
