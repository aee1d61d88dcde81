/* api: what each path of the admin plane answers, as a status, a type and a body. No sockets here.
 */
#ifndef CANDOR_ADMIN_API_H
#define CANDOR_ADMIN_API_H

#include "admin.h"
#include "growth.h"
#include "str.h"

/* An answer in the making. The default is 200 and JSON. */
struct api_answer {
    unsigned status;
    const char *type;
    struct buf body;
};

struct api_context {
    struct conf *conf;
    struct metrics *metrics;
    const struct admin_ops *ops;
    struct growth *growth;
};

struct api_query {
    struct slice rest;   /* of the path, behind a prefix route; api_route fills it */
    struct slice query;  /* behind the question mark, still encoded */
    struct slice accept; /* what the client would like to get; may be none */
    struct slice body;   /* of a POST */
};

/* A parameter, decoded. 0 absent, 1 found, -1 malformed or too long. A plus stays a plus: conditions hold one. */
int api_query_get(struct slice query, const char *name, char *out, size_t size);

/* An error in OpenAI's shape. */
void api_fail(struct api_answer *answer, unsigned status, const char *code, const char *message);
/* Fills answer by path; false when there is no such path. post: the request changes something; the caller has seen the
 * token. */
bool api_route(const struct api_context *context, bool post, struct slice path, const struct api_query *query,
               struct api_answer *answer);

/* What answers a path. */
typedef void api_fn(const struct api_context *context, const struct api_query *query, struct api_answer *answer);
api_fn api_get_labels, api_post_label, api_get_next_label;

#endif
