/* resolve: see resolve.h. A lookup belongs to its thread until it is a letter to the loop, which frees it. The mutex
 * guards only the question whether the loop still wants the answer, since it may be gone before getaddrinfo returns.
 */
#include "resolve.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thread.h"

struct lookup {
    pthread_mutex_t mutex;
    struct loop *loop; /* NULL: nobody waits any more */
    resolve_fn *fn;
    void *arg;
    char *host;
    char port[8];
    struct resolved found[RESOLVE_MAX_ADDRESSES];
    size_t count;
    char sentence[256];
};

static void lookup_free(struct lookup *lookup)
{
    pthread_mutex_destroy(&lookup->mutex);
    free(lookup->host);
    free(lookup);
}

static size_t copy_found(const struct addrinfo *list, struct resolved *out, size_t max)
{
    size_t count = 0;
    for (; list && count < max; list = list->ai_next) {
        if (list->ai_addrlen > sizeof out->address)
            continue;
        memcpy(&out[count].address, list->ai_addr, list->ai_addrlen);
        out[count++].size = list->ai_addrlen;
    }
    return count;
}

static int look_up(const char *host, const char *port, int flags, struct resolved *out, size_t max, size_t *count)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};
    struct addrinfo *list = NULL;
    *count = 0;
    int failed = getaddrinfo(host, port, &hints, &list);
    if (failed)
        return failed;
    *count = copy_found(list, out, max);
    freeaddrinfo(list);
    return 0;
}

/* On the loop. */
static void on_answer(void *arg)
{
    struct lookup *lookup = arg;
    pthread_mutex_lock(&lookup->mutex);
    bool wanted = lookup->loop != NULL;
    lookup->loop = NULL;
    pthread_mutex_unlock(&lookup->mutex);
    if (wanted)
        lookup->fn(lookup->found, lookup->count, lookup->sentence, lookup->arg);
    lookup_free(lookup);
}

static void *run(void *arg)
{
    struct lookup *lookup = arg;
    int failed = look_up(lookup->host, lookup->port, 0, lookup->found, RESOLVE_MAX_ADDRESSES, &lookup->count);
    if (failed)
        snprintf(lookup->sentence, sizeof lookup->sentence, "cannot resolve %s: %s", lookup->host,
                 gai_strerror(failed));
    pthread_mutex_lock(&lookup->mutex);
    bool posted = lookup->loop && loop_post(lookup->loop, on_answer, lookup) == 0;
    pthread_mutex_unlock(&lookup->mutex);
    if (!posted)
        lookup_free(lookup);
    return NULL;
}

struct lookup *resolve_start(struct loop *loop, const char *host, uint16_t port, resolve_fn *fn, void *arg)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    struct err ignored;
    pthread_t thread;
    if (!lookup || !(lookup->host = strdup(host))) {
        free(lookup);
        return NULL;
    }
    pthread_mutex_init(&lookup->mutex, NULL);
    lookup->loop = loop;
    lookup->fn = fn;
    lookup->arg = arg;
    snprintf(lookup->port, sizeof lookup->port, "%u", port);
    if (thread_start(&thread, "resolve", run, lookup, &ignored)) {
        lookup_free(lookup);
        return NULL;
    }
    pthread_detach(thread);
    return lookup;
}

void resolve_cancel(struct lookup *lookup)
{
    if (!lookup)
        return;
    pthread_mutex_lock(&lookup->mutex);
    lookup->loop = NULL;
    pthread_mutex_unlock(&lookup->mutex);
}

int resolve_literal(const char *host, uint16_t port, struct resolved *out)
{
    char text[8];
    size_t count;
    snprintf(text, sizeof text, "%u", port);
    return look_up(host, text, AI_NUMERICHOST, out, 1, &count) == 0 && count == 1 ? 0 : -1;
}
