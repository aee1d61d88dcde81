/* link: one connection to an upstream and the transfer on it. Internal to upstream (upstream.c, transfer.c, link.c). */
#ifndef CANDOR_NET_LINK_H
#define CANDOR_NET_LINK_H

#include "resolve.h"
#include "tls.h"
#include "upstream.h"
#include "wire.h"

/* One address of one of the model's URLs. */
struct address {
    struct resolved at;
    const struct conf_url *url;
    uint64_t bad_until_ns; /* passive health: not tried before, while others are there */
};

/* One URL of the model and what its name stands for. */
struct origin {
    const struct conf_url *url;
    struct upstream *upstream;
    struct lookup *lookup; /* under way */
    struct address addresses[RESOLVE_MAX_ADDRESSES];
    size_t address_count;
    uint64_t resolved_ns; /* 0: never; literals are resolved for good */
    bool literal;
    char sentence[256]; /* why there is no address */
    char host_field[280];
};

struct upstream {
    struct loop *loop;
    struct conf *conf; /* held */
    const struct conf_model *model;
    struct tls_client *tls; /* NULL when no URL is https */
    struct origin *origins;
    size_t origin_count;
    size_t next;              /* where the next connection begins to look for an address */
    struct link *idle;        /* most recently used first */
    struct transfer *waiting; /* for a name to be resolved */
    size_t transfer_count, link_count;
    bool closing;
};

enum transfer_phase { TRANSFER_HEAD, TRANSFER_BODY };

struct transfer {
    struct upstream *upstream;
    struct link *link;              /* NULL: waiting for an address, or failing */
    struct transfer *next, **queue; /* in upstream->waiting */
    const struct upstream_ops *ops;
    void *arg;
    struct loop_timer timer, total; /* first byte or idle; all of it */
    struct loop_task task;          /* reports what failed inside a call of the user's */
    struct buf head;                /* head without Host until the address is known, then what is kept without a link */
    uint64_t body_left;             /* of the response */
    struct http_chunked chunked;
    enum http_framing framing;
    enum transfer_phase phase;
    enum upstream_failure failure;
    const char *sentence;
    size_t address; /* which of the upstream's addresses it was last given */
    unsigned attempts;
    bool chunked_request, request_ended, to_head, keep_alive, received, dead, paused;
};

struct link {
    struct wire wire;
    struct upstream *upstream;
    struct transfer *transfer;
    struct address *address; /* good while nothing was resolved anew: only compared */
    struct origin *origin;
    struct link *next, **link; /* among the idle */
    struct loop_timer timer;   /* connecting, or idle in the pool */
    struct loop_task task;     /* frees */
    struct buf in;             /* the beginning of a response head */
    size_t scanned;
    uint64_t idle_since_ns;
    bool reused, ready, closed;
};

/* link.c */
/* A connection for the transfer: from the pool or new; 0, or -1 with transfer->sentence. */
MUST_USE int link_take(struct transfer *transfer, bool from_pool);
void link_close(struct link *link); /* the transfer, if any, is let go without a word */
void link_close_idle(struct upstream *upstream);
/* The response has ended: back to the pool, or closed. */
void link_release(struct link *link, bool reusable);

/* transfer.c: what the link tells. */
void transfer_feed(struct transfer *transfer, struct slice input);
void transfer_ended_by_peer(struct transfer *transfer);
/* Sends what was kept while there was no link. */
void transfer_move_kept(struct transfer *transfer);
/* Goes on with another address or another connection where the rules allow; else reports and frees. */
void transfer_link_failed(struct transfer *transfer, enum upstream_failure failure, const char *sentence);

/* upstream.c */
/* The address the next connection goes to; NULL when there is none. *waits: a name is being resolved. */
struct address *upstream_address(struct upstream *upstream, struct origin **origin, bool *waits);
void upstream_transfer_gone(struct upstream *upstream);

#endif
