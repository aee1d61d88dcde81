/* borders: where in a pattern words begin and end.
 *
 * Conservative: what is not sure counts as within a word. Pure. */
#ifndef CANDOR_DETECT_BORDERS_H
#define CANDOR_DETECT_BORDERS_H

#include "str.h"

struct borders {
    struct slice pattern; /* not owned */
    uint32_t *group_ends; /* by place: where the group ends that begins there */
};

MUST_USE int borders_init(struct borders *borders, struct slice pattern); /* -1 when memory runs out */
void borders_fini(struct borders *borders);

/* Behind what stands for one thing there: a character, an escape, a class or a whole group. */
size_t borders_atom_end(const struct borders *borders, size_t at);
/* Whether what stands there, but no group, is no part of a word. */
bool borders_is_mark(const struct borders *borders, size_t at);
/* Whether a group that looks ahead or behind begins there. */
bool borders_is_assertion(const struct borders *borders, size_t at);
/* Whether a word that ends there in the pattern would end in the text, too, for a mark or a border follows; ends: as
 * much is known of the end of the group around. */
bool borders_end_word(const struct borders *borders, size_t at, bool ends);

#endif
