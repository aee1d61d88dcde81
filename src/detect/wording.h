/* wording: what the words of a sentence tell without any rule: whom it is about, whether it names anything. English,
 * but for counting. Pure. Private to src/detect.
 */
#ifndef CANDOR_DETECT_WORDING_H
#define CANDOR_DETECT_WORDING_H

#include "str.h"

/* The next word of text from *at, empty at the end. */
struct slice wording_next(struct slice text, size_t *at);
/* How many words, and how many of them mean something. */
size_t wording_count(struct slice text);
size_t wording_count_content(struct slice text);
/* A word with a meaning of its own, for telling whether two sentences speak of the same thing. */
bool wording_is_content(struct slice word);
/* Whatever its case. */
bool wording_is_one_of(struct slice word, const char *const *words, size_t count);
#define IS_ONE_OF(word, words) wording_is_one_of((word), (words), sizeof(words) / sizeof *(words))
/* Whether any word of the text is such a one. */
bool wording_any(struct slice text, bool (*is)(struct slice word));
/* Words count as the same when the first five letters are: mistake, mistakes, mistaken. */
bool wording_shares(struct slice a, struct slice b);
bool wording_has_digit(struct slice text);
/* True when the sentence speaks of the user, or points at something named elsewhere before it names anything. */
bool wording_leans(struct slice text);
/* Who a clause may tell of; and who is spoken to. */
bool wording_is_subject(struct slice word);
bool wording_is_listener(struct slice word);
/* A sentence of the user, of the other one, or of nothing in particular: "Nothing seems to be going right." What brings
 * in a thing of its own is no mood. */
bool wording_is_about_us(struct slice text);
/* A question of the user's own that asks more than whether it is so. */
bool wording_asks_more(struct slice text);

#endif
