/* arena: see arena.h. Blocks in a list; an allocation is a bump in the newest. The first lies
 * behind the arena itself, so that most arenas are one piece of memory. */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_MIN 4096 /* most arenas hold one small exchange: what they do not touch need not be in a cache */
#define BLOCK_MIN 8192
#define ALIGNMENT 16
#define GROW_FROM 8

/* Its bytes follow it. */
struct block {
    _Alignas(ALIGNMENT) struct block *next;
    size_t size, used;
};

struct arena {
    struct block *newest;
    size_t max, total;
    bool exhausted;
    struct block first; /* stays the last member: its bytes follow */
};

struct arena *arena_new(size_t max_bytes)
{
    struct arena *arena = malloc(sizeof *arena + FIRST_MIN);
    if (!arena)
        return NULL;
    *arena = (struct arena){.max = max_bytes, .first = {.size = FIRST_MIN}};
    arena->newest = &arena->first;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->newest, *next; block != &arena->first; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

static struct block *block_add(struct arena *arena, size_t bytes)
{
    size_t size = bytes > BLOCK_MIN ? bytes : BLOCK_MIN;
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    *block = (struct block){.next = arena->newest, .size = size};
    arena->newest = block;
    return block;
}

void *arena_room(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT ||
        (bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1)) > arena->max - arena->total) {
        arena->exhausted = true;
        return NULL;
    }
    struct block *block = arena->newest;
    if (block->size - block->used < bytes)
        block = block_add(arena, bytes);
    if (!block) {
        arena->exhausted = true;
        return NULL;
    }
    void *at = (char *)(block + 1) + block->used;
    block->used += bytes;
    arena->total += bytes;
    return at;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    void *at = arena_room(arena, bytes);
    return at ? memset(at, 0, bytes) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t item_bytes)
{
    if (item_bytes && count > SIZE_MAX / item_bytes) {
        arena->exhausted = true;
        return NULL;
    }
    return arena_alloc(arena, count * item_bytes);
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t item_bytes)
{
    if (count < *capacity)
        return array;
    size_t larger = *capacity ? 2 * *capacity : GROW_FROM;
    void *grown = arena_array(arena, larger, item_bytes);
    if (!grown)
        return NULL;
    if (count)
        memcpy(grown, array, count * item_bytes);
    *capacity = larger;
    return grown;
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
    char *at = s.len < SIZE_MAX ? arena_room(arena, s.len + 1) : NULL;
    if (!at)
        return SLICE_NONE;
    if (s.len)
        memcpy(at, s.data, s.len);
    at[s.len] = '\0';
    return slice_of(at, s.len);
}

struct slice arena_format(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *at = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
    if (at)
        vsnprintf(at, (size_t)len + 1, format, again);
    va_end(again);
    return at ? slice_of(at, (size_t)len) : SLICE_NONE;
}

size_t arena_used(const struct arena *arena)
{
    return arena->total;
}

bool arena_exhausted(const struct arena *arena)
{
    return arena->exhausted;
}
