/* store_window: see store_window.h. */
#include "store_window.h"

#include <assert.h>
#include <stdlib.h>

void window_init(struct window *window, uint64_t next)
{
    *window = (struct window){.next = next};
}

void window_fini(struct window *window)
{
    free(window->items);
    window->items = NULL;
}

static void swap_items(struct window *window, size_t a, size_t b)
{
    struct window_item item = window->items[a];
    window->items[a] = window->items[b];
    window->items[b] = item;
}

int window_add(struct window *window, struct window_item item)
{
    if (window->count == window->size) {
        size_t size = window->size ? window->size * 2 : 64;
        struct window_item *items = realloc(window->items, size * sizeof(*items));
        if (!items)
            return -1;
        window->items = items;
        window->size = size;
    }
    size_t at = window->count++;
    window->items[at] = item;
    for (; at > 0 && window->items[at].seq < window->items[(at - 1) / 2].seq; at = (at - 1) / 2)
        swap_items(window, at, (at - 1) / 2);
    return 0;
}

const struct window_item *window_first(const struct window *window)
{
    return window->count > 0 ? &window->items[0] : NULL;
}

bool window_ready(const struct window *window, uint64_t now_ns)
{
    const struct window_item *first = window_first(window);
    return first && (first->seq <= window->next || now_ns >= first->overdue_ns);
}

struct window_item window_take(struct window *window, uint64_t *skipped)
{
    assert(window->count > 0);
    struct window_item item = window->items[0];
    window->items[0] = window->items[--window->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < window->count; child++)
            if (window->items[child].seq < window->items[least].seq)
                least = child;
        if (least == at)
            break;
        swap_items(window, at, least);
        at = least;
    }
    *skipped = item.seq > window->next ? item.seq - window->next : 0;
    if (item.seq >= window->next)
        window->next = item.seq + 1;
    return item;
}
