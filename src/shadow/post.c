/* post: see post.h. */
#include "post.h"

#include <stdio.h>
#include <stdlib.h>

static void url_write(const struct post *post, const struct conf_url *base, struct buf *out)
{
    bool v6 = strchr(base->host, ':') != NULL;
    buf_add_format(out, "%s://%s%s%s:%u%s", base->scheme == CONF_HTTPS ? "https" : "http", v6 ? "[" : "", base->host,
                   v6 ? "]" : "", base->port, base->prefix);
    buf_add_slice(out, post->path);
    buf_add(out, "", 1);
}

/* All addresses, one text behind the other in room; NULL when memory runs out. */
static const char **urls_write(const struct post *post, struct buf *room)
{
    size_t count = post->model->url_count;
    const char **urls = calloc(count, sizeof *urls);
    for (size_t i = 0; i < count; i++)
        url_write(post, &post->model->urls[i], room);
    if (!urls || room->failed) {
        free(urls);
        return NULL;
    }
    const char *at = room->data;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        urls[i] = at;
    return urls;
}

static void key_write(const struct post *post, struct buf *key)
{
    if (post->model->api_key)
        buf_add_format(key, "authorization: Bearer %s", post->model->api_key);
    else if (post->model->forward_client_key && post->client_authorization.len)
        buf_add_format(key, "authorization: %.*s", SLICE_ARGS(post->client_authorization));
}

int post_start(struct fetcher *fetcher, const struct conf *conf, const struct post *post, fetch_done_fn *done,
               void *arg)
{
    struct buf room, key;
    char mark[64];
    const char *headers[4] = {"content-type: application/json", "user-agent: candor/" PACKAGE_VERSION};
    size_t count = 2;
    buf_init(&room, 16384 * post->model->url_count);
    buf_init(&key, 16384);
    const char **urls = urls_write(post, &room);
    key_write(post, &key);
    if (key.len)
        headers[count++] = buf_text(&key);
    if (post->shadow_of) {
        snprintf(mark, sizeof mark, "x-candor-shadow-of: %s", post->shadow_of);
        headers[count++] = mark;
    }
    struct fetch_request request = {
        .url = urls ? urls[0] : "",
        .others = urls ? urls + 1 : NULL,
        .other_count = post->model->url_count - 1,
        .method = "POST",
        .body = post->body,
        .headers = headers,
        .header_count = count,
        .model = post->model,
        .timeout_ms = post->timeout_ms ? post->timeout_ms : conf->shadow.timeout_ms,
        .max_bytes = conf->shadow.max_answer_bytes,
        .blank_limit = post->blank_limit,
    };
    int rc = !urls || key.failed || !fetch_start(fetcher, &request, done, arg) ? -1 : 0;
    if (key.data)
        explicit_bzero(key.data, key.size);
    buf_fini(&key);
    buf_fini(&room);
    free(urls);
    return rc;
}

enum drop_reason post_absence(const struct fetch_answer *answer)
{
    static const enum drop_reason reasons[] = {
        [FETCH_DONE] = DROP_NONE,
        [FETCH_UNREACHABLE] = DROP_SHADOW_UNREACHABLE,
        [FETCH_TIMEOUT] = DROP_SHADOW_TIMEOUT,
        [FETCH_BROKEN] = DROP_SHADOW_UNREACHABLE,
        [FETCH_TOO_LARGE] = DROP_BODY_TOO_LARGE,
        [FETCH_CANCELLED] = DROP_SHUTDOWN,
    };
    if (answer->outcome != FETCH_DONE || answer->status == 200)
        return reasons[answer->outcome];
    return answer->status == 429 ? DROP_BACKOFF : DROP_SHADOW_STATUS;
}
