/* guard: see guard.h. Open addressing, at most half full; a removed entry is closed up by moving its followers. The
 * salt keeps a client from choosing addresses that collide.
 */
#include "guard.h"

#include <stdlib.h>
#include <sys/random.h>

#define FIRST_SIZE 64 /* a power of two */

struct entry {
    uint64_t key; /* 0: free */
    unsigned count;
};

struct guard {
    struct entry *entries;
    size_t size, used;
    uint64_t salt;
};

struct guard *guard_new(void)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return NULL;
    guard->size = FIRST_SIZE;
    guard->entries = calloc(guard->size, sizeof *guard->entries);
    if (!guard->entries || getrandom(&guard->salt, sizeof guard->salt, 0) != sizeof guard->salt) {
        guard_free(guard);
        return NULL;
    }
    return guard;
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    free(guard->entries);
    free(guard);
}

/* The entry of key, or the free one where it belongs. */
static size_t find(const struct entry *entries, size_t size, uint64_t key)
{
    size_t at = key & (size - 1);
    while (entries[at].key && entries[at].key != key)
        at = (at + 1) & (size - 1);
    return at;
}

static int grow(struct guard *guard)
{
    size_t size = guard->size * 2;
    struct entry *entries = calloc(size, sizeof *entries);
    if (!entries)
        return -1;
    for (size_t i = 0; i < guard->size; i++)
        if (guard->entries[i].key)
            entries[find(entries, size, guard->entries[i].key)] = guard->entries[i];
    free(guard->entries);
    guard->entries = entries;
    guard->size = size;
    return 0;
}

int guard_enter(struct guard *guard, struct slice address, unsigned limit, uint64_t *key)
{
    if (guard->used * 2 >= guard->size && grow(guard) < 0)
        return -1;
    *key = hash_bytes(guard->salt, address.data, address.len) | 1;
    struct entry *entry = &guard->entries[find(guard->entries, guard->size, *key)];
    if (limit && entry->count >= limit) {
        *key = 0;
        return -1;
    }
    guard->used += entry->count == 0;
    entry->key = *key;
    entry->count++;
    return 0;
}

void guard_leave(struct guard *guard, uint64_t key)
{
    if (key == 0)
        return;
    size_t mask = guard->size - 1, hole = find(guard->entries, guard->size, key);
    if (guard->entries[hole].key != key || --guard->entries[hole].count > 0)
        return;
    guard->used--;
    for (size_t at = (hole + 1) & mask; guard->entries[at].key; at = (at + 1) & mask) {
        size_t home = guard->entries[at].key & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        guard->entries[hole] = guard->entries[at];
        hole = at;
    }
    guard->entries[hole] = (struct entry){0};
}
