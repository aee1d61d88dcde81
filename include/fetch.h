/* fetch: off the live path, whole requests and whole answers by libcurl, on a loop of their own (curl multi).
 *
 * For the shadow, the judge, webhooks and alerts. No redirects, no proxies from the environment, no retries, no
 * decompression; a POST is sent once (its body cannot be rewound); identity encoding only; the answer is capped.
 * Of several addresses the next is taken where no connection can be made, and nothing was sent; they are used in turn,
 * and one that cannot be reached is left alone for a while. All on the loop's thread.
 */
#ifndef CANDOR_FETCH_H
#define CANDOR_FETCH_H

#include "conf.h"
#include "loop.h"

struct fetcher; /* the curl multi of one loop */
struct fetch;   /* one request in flight */

enum fetch_outcome { FETCH_DONE, FETCH_UNREACHABLE, FETCH_TIMEOUT, FETCH_BROKEN, FETCH_TOO_LARGE, FETCH_CANCELLED };
const char *fetch_outcome_name(enum fetch_outcome outcome); /* "done", "unreachable", "timeout", ... */

struct fetch_request {
    const char *url;           /* copied */
    const char *const *others; /* further addresses of the same service; copied */
    size_t other_count;
    const char *method;         /* "POST" */
    struct slice body;          /* copied */
    const char *const *headers; /* "name: value" lines; copied */
    size_t header_count;
    const struct conf_model *model; /* TLS settings; may be NULL */
    uint64_t timeout_ms;            /* absolute, of the whole request */
    size_t max_bytes;               /* of the answer */
    unsigned
        blank_limit; /* end it when so many blank bytes (or their JSON escapes) follow each other inside the
                      * answer; 0 = never. Blanks before its first byte are a server's keep-alive and do not count */
};

struct fetch_answer { /* good during the callback */
    enum fetch_outcome outcome;
    unsigned status; /* HTTP, 0 when there was none */
    bool blank;      /* FETCH_BROKEN by blank_limit */
    struct slice body, content_type;
    uint64_t retry_after_ms; /* 0 when not told */
    double first_byte_ms, total_ms;
    size_t address; /* which was asked last: 0 the url, else one behind it of the others */
};
typedef void fetch_done_fn(const struct fetch_answer *answer, void *arg);

MUST_USE struct fetcher *fetcher_new(struct loop *loop, struct err *err);
/* Cancels what is under way; each callback is called once, before this returns. Not from inside a callback. */
void fetcher_free(struct fetcher *fetcher);
/* Always ends in one call of done, never from inside fetch_start; the fetch is gone then. NULL when memory runs out, a
 * header line holds a line break, or the fetcher is being freed: then done is not called. */
MUST_USE struct fetch *fetch_start(struct fetcher *fetcher, const struct fetch_request *request, fetch_done_fn *done,
                                   void *arg);

#endif
