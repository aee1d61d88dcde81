/* upstream: where a model's addresses are and which of them work. Names are resolved on a thread and again every half
 * minute while they are used, old addresses serving until new ones are there; an address that refuses is left alone for
 * a while, as long as there are others.
 */
#include "upstream.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "link.h"

#define RESOLVE_AGAIN_NS (30 * NS_PER_S)
#define RESOLVE_SOON_NS  (1 * NS_PER_S) /* where there is no address to go on with; until then requests fail at once */

static void on_resolved(const struct resolved *found, size_t count, const char *sentence, void *arg)
{
    struct origin *origin = arg;
    struct upstream *upstream = origin->upstream;
    origin->lookup = NULL;
    origin->resolved_ns = loop_now_ns(upstream->loop);
    if (count == 0) {
        snprintf(origin->sentence, sizeof origin->sentence, "%s", sentence);
    } else {
        origin->address_count = count;
        for (size_t i = 0; i < count; i++)
            origin->addresses[i] = (struct address){.at = found[i], .url = origin->url};
    }
    struct transfer *waiting = upstream->waiting;
    upstream->waiting = NULL;
    if (waiting)
        waiting->queue = &waiting;
    while (waiting) {
        struct transfer *transfer = waiting;
        waiting = transfer->next;
        if (waiting)
            waiting->queue = &waiting;
        transfer->queue = NULL;
        if (link_take(transfer, false) < 0)
            transfer_link_failed(transfer, UPSTREAM_UNREACHABLE, transfer->sentence);
        else if (transfer->link)
            transfer_move_kept(transfer);
    }
}

static void resolve_again(struct origin *origin)
{
    struct upstream *upstream = origin->upstream;
    if (origin->literal || origin->lookup || upstream->closing)
        return;
    uint64_t good_for_ns = origin->address_count ? RESOLVE_AGAIN_NS : RESOLVE_SOON_NS;
    if (origin->resolved_ns && loop_now_ns(upstream->loop) - origin->resolved_ns < good_for_ns)
        return;
    origin->lookup = resolve_start(upstream->loop, origin->url->host, origin->url->port, on_resolved, origin);
}

static struct address *find_address(struct upstream *upstream, struct origin **origin, bool even_bad)
{
    uint64_t now = loop_now_ns(upstream->loop);
    size_t total = 0, at = 0;
    for (size_t i = 0; i < upstream->origin_count; i++)
        total += upstream->origins[i].address_count;
    for (size_t step = 0; step < total; step++) {
        at = (upstream->next + step) % total;
        size_t index = at;
        for (size_t i = 0; i < upstream->origin_count; i++) {
            struct origin *candidate = &upstream->origins[i];
            if (index >= candidate->address_count) {
                index -= candidate->address_count;
                continue;
            }
            if (!even_bad && candidate->addresses[index].bad_until_ns > now)
                break;
            upstream->next = at + 1;
            *origin = candidate;
            return &candidate->addresses[index];
        }
    }
    return NULL;
}

struct address *upstream_address(struct upstream *upstream, struct origin **origin, bool *waits)
{
    *waits = false;
    for (size_t i = 0; i < upstream->origin_count; i++) {
        struct origin *each = &upstream->origins[i];
        resolve_again(each);
        *waits |= each->lookup != NULL;
    }
    struct address *address = find_address(upstream, origin, false);
    if (!address)
        address = find_address(upstream, origin, true);
    if (!address)
        *origin = &upstream->origins[0];
    return address;
}

static void init_origin(struct origin *origin, struct upstream *upstream, const struct conf_url *url)
{
    struct resolved literal;
    bool standard = url->port == (url->scheme == CONF_HTTPS ? 443 : 80);
    bool v6 = strchr(url->host, ':') != NULL;
    origin->upstream = upstream;
    origin->url = url;
    int len = snprintf(origin->host_field, sizeof origin->host_field, v6 ? "[%s]" : "%s", url->host);
    if (!standard && len > 0 && (size_t)len < sizeof origin->host_field)
        snprintf(origin->host_field + len, sizeof origin->host_field - (size_t)len, ":%u", url->port);
    if (resolve_literal(url->host, url->port, &literal) == 0) {
        origin->literal = true;
        origin->address_count = 1;
        origin->addresses[0] = (struct address){.at = literal, .url = url};
    }
}

static void free_now(struct upstream *upstream)
{
    for (size_t i = 0; i < upstream->origin_count; i++)
        resolve_cancel(upstream->origins[i].lookup);
    tls_client_free(upstream->tls);
    conf_drop(upstream->conf);
    free(upstream->origins);
    free(upstream);
}

struct upstream *upstream_new(struct loop *loop, struct conf *conf, const struct conf_model *model, struct err *err)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    struct origin *origins = calloc(model->url_count ? model->url_count : 1, sizeof *origins);
    if (!upstream || !origins) {
        free(upstream);
        free(origins);
        err_set(err, "cannot reach %s: out of memory", model->name);
        return NULL;
    }
    upstream->loop = loop;
    upstream->conf = conf_hold(conf);
    upstream->model = model;
    upstream->origins = origins;
    upstream->origin_count = model->url_count;
    bool tls = false;
    for (size_t i = 0; i < model->url_count; i++) {
        init_origin(&origins[i], upstream, &model->urls[i]);
        tls |= model->urls[i].scheme == CONF_HTTPS;
    }
    if (tls && !(upstream->tls = tls_client_new(model, err))) {
        free_now(upstream);
        return NULL;
    }
    for (size_t i = 0; i < model->url_count; i++)
        resolve_again(&origins[i]);
    return upstream;
}

void upstream_transfer_gone(struct upstream *upstream)
{
    upstream->transfer_count--;
    if (upstream->closing && upstream->transfer_count == 0)
        free_now(upstream);
}

void upstream_free(struct upstream *upstream)
{
    if (!upstream)
        return;
    upstream->closing = true;
    link_close_idle(upstream);
    if (upstream->transfer_count == 0)
        free_now(upstream);
}
