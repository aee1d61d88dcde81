/* split: makes several patterns of one that consists of alternatives.
 *
 * Compiled code goes through alternatives one by one, and most texts have the words of a few of them only: apart, the
 * others need not be tried, nor compiled. Pure.
 */
#ifndef CANDOR_DETECT_SPLIT_H
#define CANDOR_DETECT_SPLIT_H

#include "arena.h"

/* The same pattern as several, each of a few alternatives: of those that match the one counts that begins first, and of
 * those that begin at one place the first; then it has matched what the whole pattern would have. One when the pattern
 * does not consist of alternatives, or holds what is not understood. They live in the arena. 0 when memory runs out. */
size_t split_pattern(struct slice pattern, struct arena *arena, struct slice **pieces);

/* Behind the class, [...], that begins there. */
size_t split_class_end(struct slice pattern, size_t at);
/* Behind what stands for one thing there: a character, an escape, a class or a whole group. */
size_t split_atom_end(struct slice pattern, size_t at);

#endif
