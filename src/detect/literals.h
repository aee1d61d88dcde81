/* literals: the words of which one must stand in every text that a pattern matches, and how far from its beginning,
 * read off the pattern itself.
 *
 * So a rule's author need not list keywords, and cannot forget one: what the prefilter leaves out could not have
 * matched. Conservative: where a part of a pattern is not understood it contributes nothing, never a wrong word.
 * Pure; results live in the arena.
 */
#ifndef CANDOR_DETECT_LITERALS_H
#define CANDOR_DETECT_LITERALS_H

#include "arena.h"
#include "rarity.h"

/* A number of bytes between two bounds. */
struct range {
    uint16_t min, max;
};
enum { RANGE_OPEN = UINT16_MAX }; /* as max: there is no bound */
struct range range_add(struct range a, struct range b);
struct range range_hull(struct range a, struct range b); /* the least that holds both */

struct literal {
    struct slice text;
    unsigned borders; /* where it stands a word begins or ends: flags of enum border */
    uint64_t hash;    /* of both */
    double rarity;    /* of both */
    struct range end; /* how far behind the beginning of the match its last byte ends */
};

/* One of them must stand in every text that a pattern matches. */
struct literals {
    struct literal *items;
    size_t count;       /* 0: nothing is required, the rule would have to run everywhere */
    double cost;        /* about how often one of them turns up at a byte of English; smaller is better */
    struct range shift; /* to be added to each end; the items are shared */
    size_t room;        /* of items that are not shared yet, while they are put together; else 0 */
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

/* 0, or -1 when the arena is exhausted or the pattern is not understood. *needs is NULL when nothing is needed. */
MUST_USE int literals_of(struct slice pattern, bool unicode, struct arena *arena, struct literals *out,
                         struct need_branch **needs);

/* Never 0. */
uint64_t literal_hash(struct slice word, unsigned borders);

#endif
