/* admin: the listener of the admin plane: checks who asks, finds what answers, and writes the answer under the headers
 * that keep a browser from doing anything else with it. See admin.h.
 */
#include "admin.h"

#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "assets.h"
#include "auth.h"
#include "serve.h"

#define BODY_MAX      (16u << 20)
#define REQUEST_BYTES (64u << 10)
#define CONNECTIONS   256u

struct admin {
    struct conf *conf;
    struct metrics *metrics;
    struct admin_ops ops;
    struct server *server;
    struct auth auth;
    struct growth growth;
    char address[256];
    int fd; /* the listener's */
};

/* One request under way. */
struct asked {
    struct admin *admin;
    struct buf body;
};

/* ---- answering ---- */

static const struct {
    const char *name, *value;
} guards[] = {
    {"cache-control", "no-store"},
    {"x-content-type-options", "nosniff"},
    {"content-security-policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'"},
    {"x-frame-options", "DENY"},
    {"referrer-policy", "no-referrer"},
    {"cross-origin-opener-policy", "same-origin"},
    {"cross-origin-resource-policy", "same-origin"},
};
#define GUARDS (sizeof(guards) / sizeof(guards[0]))

static struct http_field field(const char *name, const char *value)
{
    return (struct http_field){slice_from(name), slice_from(value)};
}

static void send_whole(struct request *request, unsigned status, const char *type, struct slice body)
{
    struct http_field fields[GUARDS + 2];
    struct answer_head head = {.status = status, .fields = fields, .has_length = true, .length = body.len};

    for (size_t i = 0; i < GUARDS; i++)
        fields[head.field_count++] = field(guards[i].name, guards[i].value);
    fields[head.field_count++] = field("content-type", type);
    if (status == 401)
        fields[head.field_count++] = field("www-authenticate", "Bearer realm=\"candor\"");
    if (status == 405)
        fields[head.field_count++] =
            field("allow", slice_is(request_head(request)->method, "POST") ? "GET, HEAD" : "GET, HEAD, POST");
    request_answer(request, &head);
    (void)request_send(request, body);
    request_end(request);
}

static void send_error(struct request *request, unsigned status, const char *code, const char *message)
{
    struct api_answer answer = {.status = status};
    buf_init(&answer.body, 4096);
    api_fail(&answer, status, code, message);
    send_whole(request, status, answer.type, buf_slice(&answer.body));
    buf_fini(&answer.body);
}

static const struct asset *asset_find(struct slice path)
{
    if (slice_is(path, "/"))
        path = SLICE("/index.html");
    for (const struct asset *asset = assets; asset->path; asset++)
        if (slice_is(path, asset->path))
            return asset;
    return NULL;
}

static void send_asset(struct request *request, unsigned status, const struct asset *asset)
{
    send_whole(request, status, asset->type, slice_of((const char *)asset->bytes, asset->len));
}

static void send_api(struct asked *asked, struct request *request, struct slice path, struct slice query)
{
    struct admin *admin = asked->admin;
    struct api_context context = {admin->conf, admin->metrics, &admin->ops, &admin->growth};
    bool post = slice_is(request_head(request)->method, "POST");
    struct api_answer answer = {.status = 200, .type = "application/json"};

    buf_init(&answer.body, BODY_MAX);
    const struct api_query sent = {
        .query = query, .accept = http_get(request_head(request), "accept"), .body = buf_slice(&asked->body)};
    if (!api_route(&context, post, path, &sent, &answer))
        api_fail(&answer, 404, "not_found", "There is nothing at this path of the admin plane.");
    send_whole(request, answer.status, answer.type, buf_slice(&answer.body));
    buf_fini(&answer.body);
}

/* Open to anybody who reaches the listener: probes carry no token. */
static bool is_open(struct slice path)
{
    return slice_is(path, "/healthz") || slice_is(path, "/readyz");
}

/* Refuses what may not be; true when the request was answered so. */
static bool refuse(struct admin *admin, struct request *request, struct slice path, const struct asset *asset)
{
    const struct http_head *head = request_head(request);
    bool trusted = auth_has_token(&admin->auth, head);

    /* Another site's page cannot know the token, so whoever bears it may use any name for us; and health is no secret.
     */
    if (!trusted && !is_open(path) && !auth_host_allowed(&admin->auth, head)) {
        send_error(request, 403, "host_not_allowed", "This host name is not one of the admin plane's.");
        return true;
    }
    if (!auth_origin_allowed(&admin->auth, head, slice_is(path, "/"))) {
        send_error(request, 403, "origin_not_allowed", "Pages of other sites may not ask the admin plane.");
        return true;
    }
    bool reads = slice_is(head->method, "GET") || slice_is(head->method, "HEAD");
    if (!reads && !(slice_is(head->method, "POST") && admin->auth.has_token && !asset)) {
        send_error(request, 405, "method_not_allowed", "Without an admin token this plane is read-only: GET and HEAD.");
        return true;
    }
    if (!admin->auth.has_token || trusted || (reads && is_open(path)))
        return false;
    if (asset && slice_is(path, "/")) { /* the page asks for the token and then bears it itself */
        send_asset(request, 401, asset);
        return true;
    }
    if (asset)
        return false;
    send_error(request, 401, "unauthorized", "This needs the admin token: Authorization: Bearer.");
    return true;
}

static void on_head(struct request *request, void *server_arg)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    request_set_arg(request, asked);
    if (!asked)
        return;
    asked->admin = server_arg;
    buf_init(&asked->body, REQUEST_BYTES);
}

static void on_body(struct request *request, struct slice bytes)
{
    struct asked *asked = request_arg(request);
    if (asked)
        buf_add_slice(&asked->body, bytes);
}

static void on_body_end(struct request *request)
{
    struct asked *asked = request_arg(request);
    const struct http_head *head = request_head(request);
    struct slice path = head->path, query = slice_part(head->query, 1, head->query.len);

    if (!asked || asked->body.failed) {
        send_error(request, 503, "overloaded", "The server is out of memory.");
        return;
    }
    const struct asset *asset = asset_find(path);
    if (refuse(asked->admin, request, path, asset))
        return;
    if (asset)
        send_asset(request, 200, asset);
    else
        send_api(asked, request, path, query);
}

/* Answers are whole when they are sent: whether the client saw all of it makes no difference. */
static void on_over(struct request *request)
{
    struct asked *asked = request_arg(request);
    if (asked)
        buf_fini(&asked->body);
    free(asked);
}

/* ---- life ---- */

static int listen_at(struct admin *admin, const char *address, struct sockets *inherited, struct err *err)
{
    int fds[SOCKETS_MAX];
    size_t count = sockets_take(inherited, address, "admin", fds);
    int fd = count ? fds[0] : serve_open(address, SERVE_ALONE, err);
    while (count > 1)
        close(fds[--count]);
    if (fd < 0)
        return -1;
    admin->fd = fd;
    if (serve_bound(fd, admin->address, sizeof(admin->address)) || server_listen(admin->server, fd, NULL, NULL, err)) {
        close(fd);
        return err_prefix(err, "the admin plane at %s", address);
    }
    return 0;
}

struct admin *admin_start(struct loop *loop, struct conf *conf, struct sockets *inherited, struct metrics *metrics,
                          struct admin_ops ops, struct err *err)
{
    static const struct serve_ops serve = {
        .on_head = on_head, .on_body = on_body, .on_body_end = on_body_end, .on_gone = on_over, .on_done = on_over};
    const struct serve_settings settings = {.head_ms = 10000,
                                            .body_ms = 10000,
                                            .keep_alive_ms = 75000,
                                            .head = {.head_bytes = 16u << 10},
                                            .body_bytes = REQUEST_BYTES,
                                            .connections = CONNECTIONS,
                                            .error_type = "candor_error"};
    struct admin *admin = calloc(1, sizeof(*admin));
    if (!admin) {
        err_set(err, "no memory for the admin plane");
        return NULL;
    }
    admin->conf = conf_hold(conf);
    admin->metrics = metrics;
    admin->ops = ops;
    admin->server = server_new(loop, &serve, admin, &settings, err);
    if (!admin->server || listen_at(admin, conf->admin_address, inherited, err) ||
        auth_init(&admin->auth, conf->admin_token, admin->address, conf->admin_address, err)) {
        admin_stop(admin);
        return NULL;
    }
    return admin;
}

const char *admin_address(const struct admin *admin)
{
    return admin->address;
}

int admin_socket(const struct admin *admin)
{
    return admin->fd;
}

void admin_drain(struct admin *admin)
{
    admin->fd = -1;
    server_drain(admin->server);
}

/* The address stays: moving it takes a restart. A token may come, change and go. */
void admin_configure(struct admin *admin, struct conf *conf)
{
    struct auth fresh;

    if (auth_init(&fresh, conf->admin_token, admin->address, conf->admin_address, NULL) == 0) {
        admin->auth = fresh;
        conf_drop(admin->conf);
        admin->conf = conf_hold(conf);
    }
    auth_fini(&fresh);
}

void admin_stop(struct admin *admin)
{
    if (!admin)
        return;
    server_free(admin->server);
    auth_fini(&admin->auth);
    growth_fini(&admin->growth);
    conf_drop(admin->conf);
    free(admin);
}
