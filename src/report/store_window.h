/* store_window: puts trials back into the order of their seq. A heap; the store thread's own.
 */
#ifndef CANDOR_STORE_WINDOW_H
#define CANDOR_STORE_WINDOW_H

#include "trial.h"

struct window_item {
    uint64_t seq;
    struct trial *trial; /* NULL: it was given up, and only its place is kept */
    uint64_t overdue_ns; /* from then on nobody waits for the elders of this one */
};

struct window {
    struct window_item *items; /* a binary heap, the least seq first */
    size_t count, size;
    uint64_t next; /* the seq that is due */
};

void window_init(struct window *window, uint64_t next);
void window_fini(struct window *window);                                 /* must hold no trials */
MUST_USE int window_add(struct window *window, struct window_item item); /* -1: no memory */
/* The first in order, NULL when the window is empty. */
const struct window_item *window_first(const struct window *window);
/* True when the first may go: it is due, or late, or its elders are overdue at now. */
bool window_ready(const struct window *window, uint64_t now_ns);
/* Takes the first out and moves `next` behind it; *skipped is the number of elders that were passed over. */
struct window_item window_take(struct window *window, uint64_t *skipped);

#endif
