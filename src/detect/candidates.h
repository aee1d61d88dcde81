/* candidates: which patterns can match a text, and where their matches can begin, from the words that stand in it.
 *
 * The sight of a word makes its branches be looked at. A branch is open where a word of each of its sets stands, each
 * word as far from the beginning of the match as the pattern has it; that leaves a window of places to begin at, often
 * one. One detector's scratch. */
#ifndef CANDOR_DETECT_CANDIDATES_H
#define CANDOR_DETECT_CANDIDATES_H

#include "ruleset.h"

struct candidates;

/* Where a match can begin: from first to last. */
struct window {
    uint16_t first, last;
};

MUST_USE struct candidates *candidates_new(const struct rules *rules); /* NULL when memory runs out */
void candidates_free(struct candidates *candidates);                   /* accepts NULL */

/* Looks at a sentence, at most 65,534 bytes, for the words of the language; what was found for the text before is gone.
 */
void candidates_find(struct candidates *candidates, struct slice text, size_t language);
/* The same for a whole message and the rules that look at those. */
void candidates_find_message(struct candidates *candidates, struct slice text);
/* A rule whose match can begin somewhere, from `from` on; the count of rules when there is none. */
size_t candidates_next(const struct candidates *candidates, size_t from);
/* Whether this way of a rule's match, by its number, can match the text, and where. */
bool candidates_match(const struct candidates *candidates, size_t way, struct window *out);
/* The same for a way of its exception, which nobody has looked at yet. */
bool candidates_unless(struct candidates *candidates, const struct way *way, struct window *out);

#endif
