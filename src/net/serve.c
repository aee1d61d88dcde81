/* serve: listeners and limits. Accepting stops when descriptors or places run out, and goes on when a connection has
 * closed: a listener that stays readable while nothing can be accepted would make the loop spin.
 */
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "guard.h"
#include "tls.h"

#define ACCEPTS_A_TURN 64
#define STARVED_MS     200

struct listener {
    struct listener *next;
    struct server *server;
    struct event *event;
    struct tls_server *tls;
    void *tag;
    int fd;
};

static void stop_accepting(struct server *server)
{
    for (struct listener *listener = server->listeners; listener; listener = listener->next)
        event_del(listener->event);
}

static void close_listeners(struct server *server)
{
    while (server->listeners) {
        struct listener *listener = server->listeners;
        server->listeners = listener->next;
        event_free(listener->event);
        tls_server_free(listener->tls);
        close(listener->fd);
        free(listener);
    }
}

static void go_on_accepting(void *arg)
{
    struct server *server = arg;
    server->is_starved = false;
    loop_timer_cancel(server->loop, &server->starved);
    for (struct listener *listener = server->listeners; listener; listener = listener->next)
        if (listener->fd >= 0)
            event_add(listener->event, NULL);
}

/* Nothing can be accepted now: wait for a connection to close, or a while (others in the process use descriptors). */
static void starve(struct server *server)
{
    server->is_starved = true;
    stop_accepting(server);
    loop_timer_arm(server->loop, &server->starved, STARVED_MS, go_on_accepting, server);
}

void server_connection_closed(struct server *server, struct connection *connection)
{
    server->connection_count--;
    guard_leave(server->guard, connection->guard_key);
    if (server->is_starved)
        go_on_accepting(server);
}

static void describe_peer(const struct sockaddr_storage *address, char peer[PEER_TEXT_SIZE])
{
    const void *bytes = NULL;
    peer[0] = '\0';
    if (address->ss_family == AF_INET)
        bytes = &((const struct sockaddr_in *)address)->sin_addr;
    else if (address->ss_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (bytes)
        inet_ntop(address->ss_family, bytes, peer, PEER_TEXT_SIZE);
}

static void take_client(struct listener *listener, int fd, const struct sockaddr_storage *address)
{
    struct server *server = listener->server;
    char peer[PEER_TEXT_SIZE] = "";
    uint64_t guard_key = 0;
    describe_peer(address, peer);
    if (address->ss_family != AF_UNIX) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (guard_enter(server->guard, slice_from(peer), server->settings.connections_per_address, &guard_key) < 0) {
            close(fd);
            return;
        }
    }
    SSL *ssl = NULL;
    if (listener->tls && !(ssl = tls_server_accept(listener->tls, fd))) {
        guard_leave(server->guard, guard_key);
        close(fd);
        return;
    }
    connection_open(server, fd, ssl, listener->tag, peer, guard_key);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;
    struct server *server = listener->server;
    (void)what;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        if (server->settings.connections && server->connection_count >= server->settings.connections) {
            starve(server);
            return;
        }
        struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
        socklen_t size = sizeof address;
        int client = accept4(fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            take_client(listener, client, &address);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            starve(server);
        if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

struct server *server_new(struct loop *loop, const struct serve_ops *ops, void *arg,
                          const struct serve_settings *settings, struct err *err)
{
    struct server *server = calloc(1, sizeof *server);
    struct guard *guard = guard_new();
    if (!server || !guard) {
        err_set(err, "cannot make a server: out of memory");
        free(server);
        guard_free(guard);
        return NULL;
    }
    server->loop = loop;
    server->ops = ops;
    server->arg = arg;
    server->settings = *settings;
    server->guard = guard;
    return server;
}

int server_listen(struct server *server, int fd, struct tls_server *tls, void *tag, struct err *err)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener ||
        !(listener->event = event_new(loop_base(server->loop), fd, EV_READ | EV_PERSIST, on_acceptable, listener))) {
        free(listener);
        return err_set(err, "cannot listen: out of memory");
    }
    listener->server = server;
    listener->tls = tls_server_hold(tls);
    listener->tag = tag;
    listener->fd = fd;
    listener->next = server->listeners;
    server->listeners = listener;
    event_add(listener->event, NULL);
    return 0;
}

void server_configure(struct server *server, const struct serve_settings *settings)
{
    server->settings = *settings;
}

void server_set_tls(struct server *server, const void *tag, struct tls_server *tls)
{
    for (struct listener *listener = server->listeners; listener; listener = listener->next) {
        if (listener->tag != tag || !listener->tls || !tls)
            continue;
        tls_server_free(listener->tls);
        listener->tls = tls_server_hold(tls);
    }
}

/* Who is in the kernel's queue was let in already; who comes later must be turned away, not left waiting there. */
static void close_listener(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    event_del(listener->event);
    on_acceptable(listener->fd, EV_READ, listener);
    event_del(listener->event);
    close(listener->fd);
    listener->fd = -1;
}

void server_drain(struct server *server)
{
    struct connection *next;
    if (server->draining)
        return;
    for (struct listener *listener = server->listeners; listener; listener = listener->next)
        close_listener(listener);
    server->draining = true;
    loop_timer_cancel(server->loop, &server->starved);
    for (struct connection *connection = server->connections; connection; connection = next) {
        next = connection->next;
        connection_drain(connection);
    }
}

size_t server_connections(const struct server *server)
{
    return server->connection_count;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    while (server->connections)
        connection_break(server->connections);
    loop_timer_cancel(server->loop, &server->starved);
    close_listeners(server);
    guard_free(server->guard);
    free(server);
}
