/* arena: memory that belongs to one request or trial and dies with it, at once.
 *
 * It has a maximum, given at birth; past it every call returns NULL (or an empty slice), so that input can exhaust
 * a limit and never the machine. Memory is zeroed and aligned for any type. One owner, one thread at a time.
 */
#ifndef CANDOR_ARENA_H
#define CANDOR_ARENA_H

#include "str.h"

struct arena;

MUST_USE struct arena *arena_new(size_t max_bytes); /* NULL when memory runs out */
void arena_free(struct arena *arena);               /* accepts NULL */

MUST_USE void *arena_alloc(struct arena *arena, size_t bytes);
MUST_USE void *arena_array(struct arena *arena, size_t count, size_t item_bytes); /* checks for overflow */
/* Not zeroed: for what the caller fills before it reads. */
MUST_USE void *arena_room(struct arena *arena, size_t bytes);
/* The array with room for one item more than its count: itself, or a copy twice as large. NULL when there is no room.
 */
MUST_USE void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t item_bytes);
/* A copy that is zero-terminated behind its length. {NULL,0} when the arena is exhausted. */
struct slice arena_copy(struct arena *arena, struct slice s);
struct slice arena_format(struct arena *arena, const char *format, ...) PRINTF(2, 3);

size_t arena_used(const struct arena *arena);
/* True when a call has failed for want of room. */
bool arena_exhausted(const struct arena *arena);

#endif
