/* post: see post.h. */
#include "post.h"

#include <stdio.h>

static void url_write(const struct post *post, struct buf *url)
{
    const struct conf_url *base = &post->model->urls[0];
    bool v6 = strchr(base->host, ':') != NULL;
    buf_add_format(url, "%s://%s%s%s:%u%s", base->scheme == CONF_HTTPS ? "https" : "http", v6 ? "[" : "", base->host,
                   v6 ? "]" : "", base->port, base->prefix);
    buf_add_slice(url, post->path);
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
    struct buf url, key;
    char mark[64];
    const char *headers[4] = {"content-type: application/json", "user-agent: candor/" PACKAGE_VERSION};
    size_t count = 2;
    buf_init(&url, 16384);
    buf_init(&key, 16384);
    url_write(post, &url);
    key_write(post, &key);
    if (key.len)
        headers[count++] = buf_text(&key);
    if (post->shadow_of) {
        snprintf(mark, sizeof mark, "x-candor-shadow-of: %s", post->shadow_of);
        headers[count++] = mark;
    }
    struct fetch_request request = {
        .url = buf_text(&url),
        .method = "POST",
        .body = post->body,
        .headers = headers,
        .header_count = count,
        .model = post->model,
        .timeout_ms = post->timeout_ms ? post->timeout_ms : conf->shadow.timeout_ms,
        .max_bytes = conf->shadow.max_answer_bytes,
        .blank_limit = post->blank_limit,
    };
    int rc = url.failed || key.failed || !fetch_start(fetcher, &request, done, arg) ? -1 : 0;
    if (key.data)
        explicit_bzero(key.data, key.size);
    buf_fini(&key);
    buf_fini(&url);
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
