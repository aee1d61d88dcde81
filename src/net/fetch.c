/* fetch: see fetch.h. One curl multi hangs on the loop: curl says which descriptors and which timeout it waits for, the
 * loop tells it when they are due, and what has ended is reaped after each such turn.
 *
 * The guard rails matter more than the plumbing. The request body goes through a read callback whose seek callback
 * fails, because curl otherwise sends a POST a second time, silently, when a pooled connection dies after the request
 * was read; there is no option against it. The environment's proxies, redirects, decompression and other protocols are
 * off. Heads, bodies and times are capped.
 */
#include "fetch.h"

#include <assert.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"

#define HEAD_MAX_BYTES     (64u << 10)
#define CONNECT_TIMEOUT_MS 10000
#define IDLE_MAX_S         4 /* below the 5 s after which common model servers drop an idle connection */
#define RETRY_AFTER_MAX_MS (24.0 * 3600 * 1000)
#define BAD_NS             (5 * NS_PER_S) /* as on the live path: so long an address is left alone that refused */
#define BAD_MAX            32

struct fetch {
    struct fetcher *fetcher;
    struct fetch *next, **link; /* in the fetcher's list of running ones */
    CURL *easy;
    char **urls;                  /* all that may be asked, */
    size_t url_count, url, tried; /* which is, and how many were */
    double spent_ms;              /* on those before */
    struct curl_slist *headers;
    fetch_done_fn *done;
    void *arg;
    char *body; /* the request's */
    size_t body_len, body_sent;
    uint64_t timeout_ms;
    struct buf answer;
    size_t head_bytes;
    unsigned blank_limit, blanks;
    char last_byte;
    bool too_large, blank;
    uint64_t retry_after_ms;
};

/* An address that could not be reached. */
struct bad {
    uint64_t origin; /* hash of scheme, host and port; 0: free */
    uint64_t until_ns;
};

struct fetcher {
    struct loop *loop;
    size_t turn; /* at which address the next begins that has several */
    struct bad bad[BAD_MAX];
    CURLM *multi;
    struct event *timer; /* curl's */
    struct fetch *running;
    bool curl_ready;
    bool in_callback;
    bool closing;
};

const char *fetch_outcome_name(enum fetch_outcome outcome)
{
    static const char *const names[] = {
        [FETCH_DONE] = "done",     [FETCH_UNREACHABLE] = "unreachable", [FETCH_TIMEOUT] = "timeout",
        [FETCH_BROKEN] = "broken", [FETCH_TOO_LARGE] = "too_large",     [FETCH_CANCELLED] = "cancelled",
    };
    return names[outcome];
}

/* ---- the lists ---- */

static void fetch_link(struct fetch *fetch, struct fetch **list)
{
    fetch->next = *list;
    if (fetch->next)
        fetch->next->link = &fetch->next;
    fetch->link = list;
    *list = fetch;
}

static void fetch_unlink(struct fetch *fetch)
{
    if (!fetch->link)
        return;
    *fetch->link = fetch->next;
    if (fetch->next)
        fetch->next->link = fetch->link;
    fetch->link = NULL;
}

/* ---- what curl calls while it sends and receives ---- */

static size_t on_read(char *room, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    size_t len = fetch->body_len - fetch->body_sent;
    if (len > size * count)
        len = size * count;
    if (len)
        memcpy(room, fetch->body + fetch->body_sent, len);
    fetch->body_sent += len;
    return len;
}

/* Asked only in order to send the body again. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    (void)arg;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

/* A blank, or a part of the JSON escape of one. */
static bool is_blank(char last, char c)
{
    return ascii_is_space(c) || c == '\\' || (last == '\\' && (c == 'n' || c == 'r' || c == 't'));
}

static bool loops_in_blanks(struct fetch *fetch, const char *data, size_t len)
{
    bool begun = fetch->last_byte != 0;
    for (size_t i = 0; i < len && fetch->blank_limit; i++) {
        char c = data[i];
        if (!begun && ascii_is_space(c))
            continue;
        begun = true;
        fetch->blanks = is_blank(fetch->last_byte, c) ? fetch->blanks + 1 : 0;
        fetch->last_byte = c ? c : 1;
        if (fetch->blanks >= fetch->blank_limit)
            return true;
    }
    return false;
}

static size_t on_write(char *data, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    size_t len = size * count;
    buf_add(&fetch->answer, data, len);
    fetch->too_large = fetch->answer.failed;
    fetch->blank = !fetch->too_large && loops_in_blanks(fetch, data, len);
    return fetch->too_large || fetch->blank ? 0 : len; /* curl ends a transfer whose bytes are not taken */
}

static void read_retry_after(struct fetch *fetch, struct slice line)
{
    static const struct {
        struct slice name;
        double unit_ms;
    } headers[] = {{{"retry-after-ms", 14}, 1}, {{"retry-after", 11}, 1000}};
    struct slice value = line, name;
    double amount;
    if (!slice_cut(&value, ':', &name))
        return;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (!slice_equal_nocase(name, headers[i].name) || slice_to_double(slice_trim(value), &amount) != 0 ||
            amount < 0)
            continue;
        amount *= headers[i].unit_ms;
        uint64_t told = (uint64_t)(amount < RETRY_AFTER_MAX_MS ? amount : RETRY_AFTER_MAX_MS);
        if (told > fetch->retry_after_ms)
            fetch->retry_after_ms = told;
    }
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    size_t len = size * count;
    fetch->head_bytes += len;
    if (fetch->head_bytes > HEAD_MAX_BYTES) {
        fetch->too_large = true;
        return 0;
    }
    read_retry_after(fetch, slice_of(data, len));
    return len;
}

/* ---- the end of a fetch ---- */

static void fetch_free(struct fetch *fetch)
{
    if (!fetch)
        return;
    fetch_unlink(fetch);
    if (fetch->easy) {
        curl_multi_remove_handle(fetch->fetcher->multi, fetch->easy); /* harmless when it is not in there */
        curl_easy_cleanup(fetch->easy);
    }
    curl_slist_free_all(fetch->headers);
    for (size_t i = 0; i < fetch->url_count && fetch->urls; i++)
        free(fetch->urls[i]);
    free(fetch->urls);
    buf_fini(&fetch->answer);
    free(fetch->body);
    free(fetch);
}

static double time_ms(CURL *easy, CURLINFO which)
{
    curl_off_t us = 0;
    return curl_easy_getinfo(easy, which, &us) == CURLE_OK ? (double)us / 1000 : 0;
}

/* Calls back, once, and frees. */
static void fetch_end(struct fetch *fetch, enum fetch_outcome outcome)
{
    struct fetcher *fetcher = fetch->fetcher;
    long status = 0;
    const char *content_type = NULL;
    fetch_unlink(fetch);
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(fetch->easy, CURLINFO_CONTENT_TYPE, &content_type);
    struct fetch_answer answer = {
        .outcome = outcome,
        .status = status > 0 ? (unsigned)status : 0,
        .blank = fetch->blank,
        .body = buf_slice(&fetch->answer),
        .content_type = slice_from(content_type),
        .retry_after_ms = fetch->retry_after_ms,
        .first_byte_ms = fetch->spent_ms + time_ms(fetch->easy, CURLINFO_STARTTRANSFER_TIME_T),
        .total_ms = fetch->spent_ms + time_ms(fetch->easy, CURLINFO_TOTAL_TIME_T),
        .address = fetch->url,
    };
    bool nested = fetcher->in_callback;
    fetcher->in_callback = true;
    fetch->done(&answer, fetch->arg);
    fetcher->in_callback = nested;
    fetch_free(fetch);
}

/* Failures before the request could be sent; any other is a break. */
static bool never_reached(CURLcode code)
{
    static const CURLcode codes[] = {
        CURLE_UNSUPPORTED_PROTOCOL,  CURLE_URL_MALFORMAT,     CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_CONNECT,       CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
        CURLE_SSL_CACERT_BADFILE,    CURLE_SSL_CERTPROBLEM,   CURLE_SSL_CIPHER,
        CURLE_SSL_ISSUER_ERROR,      CURLE_SSL_CRL_BADFILE,   CURLE_SSL_ENGINE_NOTFOUND,
        CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED,
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static enum fetch_outcome outcome_of(const struct fetch *fetch, CURLcode code)
{
    if (fetch->too_large)
        return FETCH_TOO_LARGE;
    if (code == CURLE_OK)
        return FETCH_DONE;
    if (code == CURLE_OPERATION_TIMEDOUT) {
        bool connecting = time_ms(fetch->easy, CURLINFO_PRETRANSFER_TIME_T) <= 0;
        bool early = time_ms(fetch->easy, CURLINFO_TOTAL_TIME_T) < (double)fetch->timeout_ms;
        return connecting && early ? FETCH_UNREACHABLE : FETCH_TIMEOUT;
    }
    return never_reached(code) ? FETCH_UNREACHABLE : FETCH_BROKEN;
}

/* ---- several addresses ---- */

static uint64_t origin_of(const char *url)
{
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    return hash_bytes(0, url, path ? (size_t)(path - url) : strlen(url));
}

static bool is_bad(const struct fetcher *fetcher, const char *url)
{
    uint64_t origin = origin_of(url), now_ns = loop_now_ns(fetcher->loop);
    for (size_t i = 0; i < BAD_MAX; i++)
        if (fetcher->bad[i].origin == origin)
            return fetcher->bad[i].until_ns > now_ns;
    return false;
}

static void mark_bad(struct fetcher *fetcher, const char *url)
{
    uint64_t origin = origin_of(url);
    struct bad *place = &fetcher->bad[0];
    for (size_t i = 0; i < BAD_MAX && place->origin != origin; i++)
        if (fetcher->bad[i].origin == origin || fetcher->bad[i].until_ns < place->until_ns)
            place = &fetcher->bad[i];
    *place = (struct bad){origin, loop_now_ns(fetcher->loop) + BAD_NS};
}

/* Those that refused lately are only taken when all did. */
static void choose_first(struct fetch *fetch)
{
    struct fetcher *fetcher = fetch->fetcher;
    size_t turn = fetch->url_count > 1 ? fetcher->turn++ : 0;
    fetch->url = turn % fetch->url_count;
    for (size_t i = 0; i < fetch->url_count && fetch->url_count > 1; i++) {
        size_t url = (turn + i) % fetch->url_count;
        if (is_bad(fetcher, fetch->urls[url]))
            continue;
        fetch->url = url;
        return;
    }
}

/* True when another address is asked instead of one that could not be reached: nothing of the request was sent. */
static bool fetch_moves_on(struct fetch *fetch)
{
    struct fetcher *fetcher = fetch->fetcher;
    if (fetch->url_count == 1 || fetch->body_sent > 0)
        return false;
    mark_bad(fetcher, fetch->urls[fetch->url]);
    fetch->spent_ms += time_ms(fetch->easy, CURLINFO_TOTAL_TIME_T);
    double left_ms = (double)fetch->timeout_ms - fetch->spent_ms;
    if (++fetch->tried >= fetch->url_count || left_ms < 1)
        return false;
    fetch->url = (fetch->url + 1) % fetch->url_count;
    curl_multi_remove_handle(fetcher->multi, fetch->easy);
    return curl_easy_setopt(fetch->easy, CURLOPT_URL, fetch->urls[fetch->url]) == CURLE_OK &&
           curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, (long)left_ms) == CURLE_OK &&
           curl_multi_add_handle(fetcher->multi, fetch->easy) == CURLM_OK;
}

/* ---- curl and the loop ---- */

static void reap(struct fetcher *fetcher)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(fetcher->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* the message dies with the handle */
        struct fetch *fetch = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        enum fetch_outcome outcome = outcome_of(fetch, code);
        if (outcome != FETCH_UNREACHABLE || !fetch_moves_on(fetch))
            fetch_end(fetch, outcome);
    }
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct fetcher *fetcher = arg;
    int bits = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0), running;
    curl_multi_socket_action(fetcher->multi, fd, bits, &running);
    reap(fetcher);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    struct fetcher *fetcher = arg;
    int running;
    (void)fd;
    (void)what;
    curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    reap(fetcher);
}

/* curl wants a descriptor watched otherwise, or no longer. */
static int on_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *watch)
{
    struct fetcher *fetcher = arg;
    struct event *event = watch;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        int bits = EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);
        event = event_new(loop_base(fetcher->loop), fd, (short)bits, on_ready, fetcher);
        if (!event || event_add(event, NULL) != 0) {
            if (event)
                event_free(event);
            return -1;
        }
    }
    curl_multi_assign(fetcher->multi, fd, event);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct fetcher *fetcher = arg;
    struct timeval wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    (void)multi;
    return timeout_ms < 0 ? event_del(fetcher->timer) : event_add(fetcher->timer, &wait);
}

/* ---- a request ---- */

static const struct {
    CURLoption option;
    long value;
} guard_rails[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_MAXAGE_CONN, IDLE_MAX_S},
    {CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
};

static bool set_guard_rails(CURL *easy)
{
    bool ok = true;
    for (size_t i = 0; i < sizeof guard_rails / sizeof *guard_rails; i++)
        ok = ok && curl_easy_setopt(easy, guard_rails[i].option, guard_rails[i].value) == CURLE_OK;
    return ok && curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
}

static void set_callbacks(struct fetch *fetch)
{
    CURL *easy = fetch->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
}

static bool set_model(CURL *easy, const struct conf_model *model)
{
    bool http2 = model && model->http2, verify = !model || model->tls_verify;
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)http2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)verify);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
    if (!model)
        return true;
    const struct {
        CURLoption option;
        const char *file;
    } files[] = {
        {CURLOPT_CAINFO, model->tls_ca}, {CURLOPT_SSLCERT, model->tls_certificate}, {CURLOPT_SSLKEY, model->tls_key}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].file && curl_easy_setopt(easy, files[i].option, files[i].file) != CURLE_OK)
            return false;
    return true;
}

static bool add_header(struct fetch *fetch, const char *line)
{
    if (strpbrk(line, "\r\n"))
        return false;
    struct curl_slist *headers = curl_slist_append(fetch->headers, line);
    if (headers)
        fetch->headers = headers;
    return headers != NULL;
}

static bool set_headers(struct fetch *fetch, const struct fetch_request *request)
{
    bool typed = false;
    for (size_t i = 0; i < request->header_count; i++) {
        struct slice line = slice_from(request->headers[i]);
        typed = typed || slice_equal_nocase(slice_part(line, 0, 13), SLICE("content-type:"));
        if (!add_header(fetch, request->headers[i]))
            return false;
    }
    /* A name and a colon alone stop curl from adding a header of its own. */
    return add_header(fetch, "Expect:") && add_header(fetch, "Accept-Encoding: identity") &&
           (typed || add_header(fetch, "Content-Type:")) &&
           curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->headers) == CURLE_OK;
}

static bool set_method(struct fetch *fetch, const struct fetch_request *request)
{
    CURL *easy = fetch->easy;
    if (strcmp(request->method, "GET") == 0)
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    fetch->body = malloc(request->body.len + 1);
    if (!fetch->body)
        return false;
    if (request->body.len)
        memcpy(fetch->body, request->body.data, request->body.len);
    fetch->body_len = request->body.len;
    /* Where there is no body, there is nothing that could refuse to be sent twice but a fresh connection. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)(request->body.len == 0));
    return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK;
}

static bool set_urls(struct fetch *fetch, const struct fetch_request *request)
{
    fetch->url_count = 1 + request->other_count;
    fetch->urls = calloc(fetch->url_count, sizeof *fetch->urls);
    for (size_t i = 0; fetch->urls && i < fetch->url_count; i++)
        if (!(fetch->urls[i] = strdup(i == 0 ? request->url : request->others[i - 1])))
            return false;
    if (!fetch->urls)
        return false;
    choose_first(fetch);
    return curl_easy_setopt(fetch->easy, CURLOPT_URL, fetch->urls[fetch->url]) == CURLE_OK;
}

static bool set_request(struct fetch *fetch, const struct fetch_request *request)
{
    uint64_t timeout_ms = request->timeout_ms < INT32_MAX ? request->timeout_ms : INT32_MAX;
    fetch->timeout_ms = timeout_ms;
    return set_urls(fetch, request) &&
           curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
           set_guard_rails(fetch->easy) && set_model(fetch->easy, request->model) && set_headers(fetch, request) &&
           set_method(fetch, request);
}

struct fetch *fetch_start(struct fetcher *fetcher, const struct fetch_request *request, fetch_done_fn *done, void *arg)
{
    struct fetch *fetch = fetcher->closing ? NULL : calloc(1, sizeof *fetch);
    if (!fetch)
        return NULL;
    fetch->fetcher = fetcher;
    fetch->done = done;
    fetch->arg = arg;
    fetch->blank_limit = request->blank_limit;
    buf_init(&fetch->answer, request->max_bytes);
    fetch->easy = curl_easy_init();
    if (fetch->easy)
        set_callbacks(fetch);
    /* Adding only sets curl's timer to zero: the first step is taken on the next turn. */
    if (!fetch->easy || !set_request(fetch, request) ||
        curl_multi_add_handle(fetcher->multi, fetch->easy) != CURLM_OK) {
        fetch_free(fetch);
        return NULL;
    }
    fetch_link(fetch, &fetcher->running);
    return fetch;
}

/* ---- life ---- */

struct fetcher *fetcher_new(struct loop *loop, struct err *err)
{
    struct fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (fetcher) {
        fetcher->loop = loop;
        fetcher->curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
        fetcher->multi = fetcher->curl_ready ? curl_multi_init() : NULL;
        fetcher->timer = event_new(loop_base(loop), -1, 0, on_timeout, fetcher);
    }
    if (!fetcher || !fetcher->multi || !fetcher->timer) {
        err_set(err, "libcurl cannot be started: out of memory");
        fetcher_free(fetcher);
        return NULL;
    }
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
    return fetcher;
}

void fetcher_free(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    assert(!fetcher->in_callback);
    fetcher->closing = true;
    while (fetcher->running)
        fetch_end(fetcher->running, FETCH_CANCELLED);
    curl_multi_cleanup(fetcher->multi);
    if (fetcher->timer)
        event_free(fetcher->timer);
    if (fetcher->curl_ready)
        curl_global_cleanup();
    free(fetcher);
}
