/* literals: the words of which one must stand in every text that a pattern matches, read off the pattern itself.
 *
 * So a rule's author need not list keywords, and cannot forget one: what the prefilter leaves out could not have
 * matched. Conservative: where a part of a pattern is not understood it contributes nothing, never a wrong word.
 * Pure; results live in the arena.
 */
#ifndef CANDOR_DETECT_LITERALS_H
#define CANDOR_DETECT_LITERALS_H

#include "arena.h"

struct literals {
    struct slice *items;
    size_t count;  /* 0: nothing is required, the rule would have to run everywhere */
    double cost;   /* about how often one of them turns up at a byte of English; smaller is better */
    uint64_t hash; /* of all of them, whatever their order */
};

/* What a text must hold for the pattern to match: all sets of one of the branches, of each set one word. */
struct need_set {
    struct literals words;
    struct need_set *next;
};
struct need_branch {
    struct need_set *sets; /* the rarest first; at least one */
    struct need_branch *next;
};

/* 0, or -1 when the arena is exhausted or the pattern nests too deeply. *needs is NULL when nothing is needed. */
MUST_USE int literals_of(struct slice pattern, struct arena *arena, struct literals *out, struct need_branch **needs);

/* Never 0. The hash of a set is the sum of those of its words. */
uint64_t literal_hash(struct slice word);

/* About how often the word turns up at a byte of English text. */
double literal_cost(struct slice word);

#endif
