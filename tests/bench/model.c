/* model: a model server for the benchmark, cheap enough not to be what is measured: one thread, no parsing of bodies.
 *
 *   model        listens on a port of 127.0.0.1 that the kernel chooses, and prints it
 *
 * What it answers is decided by the request's bytes: "stream":true in the body gives a stream of events, each with the
 * time at which it was written, flat out or every `x-bench-pace-us`; /big in the target gives a gibibyte; anything else
 * a small chat completion.
 */
#include "bench.h"

#include <errno.h>
#include <signal.h>

#define HEAD_MAX  16384
#define OUT_MAX   65536
#define BIG_BYTES (1ull << 30)

struct connection {
    int fd;
    struct connection *next, **link; /* among the paced */
    uint64_t body_left, big_left;
    uint64_t pace_ns, due_ns;
    unsigned events_left;
    bool head_seen, streams, is_big, writing;
    size_t in_len, out_len;
    char in[HEAD_MAX + 1], out[OUT_MAX];
};

struct server {
    int epoll, listener;
    struct connection *paced;
};

/* ---- writing ---- */

static void leave_paced(struct connection *connection)
{
    if (!connection->link)
        return;
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    connection->link = NULL;
}

static void close_connection(struct connection *connection)
{
    leave_paced(connection);
    close(connection->fd);
    free(connection);
}

static void want_write(struct server *server, struct connection *connection, bool on)
{
    if (connection->writing != on)
        watch(server->epoll, EPOLL_CTL_MOD, connection->fd, on ? EPOLLIN | EPOLLOUT : EPOLLIN, connection);
    connection->writing = on;
}

/* Sends what waits, and of a big answer what the socket takes. -1: the peer is gone. */
static int flush(struct server *server, struct connection *connection)
{
    static const char block[65536];
    while (connection->out_len || connection->big_left) {
        const char *from = connection->out_len ? connection->out : block;
        size_t len = connection->out_len ? connection->out_len : sizeof block;
        if (!connection->out_len && len > connection->big_left)
            len = connection->big_left;
        ssize_t sent = send(connection->fd, from, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return -1;
        if (sent < 0)
            break;
        if (connection->out_len) {
            connection->out_len -= (size_t)sent;
            memmove(connection->out, connection->out + sent, connection->out_len);
        } else {
            connection->big_left -= (uint64_t)sent;
        }
    }
    want_write(server, connection, connection->out_len || connection->big_left);
    return 0;
}

static void put(struct connection *connection, const char *data, size_t len)
{
    if (len > OUT_MAX - connection->out_len) { /* a reader that stalls is not what these answers are for */
        fprintf(stderr, "model: a reader of small answers is too slow\n");
        exit(1);
    }
    memcpy(connection->out + connection->out_len, data, len);
    connection->out_len += len;
}

/* ---- answers ---- */

static void put_event(struct connection *connection, bool last)
{
    static const char start[] =
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
        "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":";
    char event[512], chunk[600];
    int len = last ? snprintf(event, sizeof event, "%s{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", start)
                   : snprintf(event, sizeof event,
                              "%s{\"content\":\" token " STAMP "%019llu\"},\"finish_reason\":null}]}\n\n", start,
                              (unsigned long long)now_ns());
    len = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n%s", (unsigned)len, event, last ? "0\r\n\r\n" : "");
    put(connection, chunk, (size_t)len);
}

static void start_stream(struct server *server, struct connection *connection)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                               "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
    put(connection, head, sizeof head - 1);
    if (!connection->pace_ns) {
        for (unsigned i = 0; i <= EVENTS_A_STREAM; i++)
            put_event(connection, i == EVENTS_A_STREAM);
        return;
    }
    connection->events_left = EVENTS_A_STREAM + 1;
    connection->due_ns = now_ns() + connection->pace_ns;
    connection->next = server->paced;
    connection->link = &server->paced;
    if (connection->next)
        connection->next->link = &connection->next;
    server->paced = connection;
}

static void put_completion(struct connection *connection)
{
    static const char body[] =
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{"
        "\"index\":0,"
        "\"message\":{\"role\":\"assistant\",\"content\":\"The capital of Australia is Canberra, not Sydney. I am "
        "sorry that "
        "you are feeling low today; would you like to talk about what is behind it, or shall we go on with the "
        "quiz?\"},"
        "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":25,\"completion_tokens\":33,\"total_tokens\":58}}";
    char answer[sizeof body + 128];
    int len = snprintf(answer, sizeof answer,
                       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                       sizeof body - 1, body);
    put(connection, answer, (size_t)len);
}

static int answer(struct server *server, struct connection *connection)
{
    static const char big[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 1073741824\r\n\r\n";
    connection->head_seen = false;
    if (connection->is_big) {
        put(connection, big, sizeof big - 1);
        connection->big_left = BIG_BYTES;
    } else if (connection->streams) {
        start_stream(server, connection);
    } else {
        put_completion(connection);
    }
    return flush(server, connection);
}

/* ---- requests ---- */

static uint64_t number_after(const char *text, const char *name)
{
    const char *at = strcasestr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Consumes what was read: a head is looked at once, a body only counted. */
static int take(struct server *server, struct connection *connection)
{
    connection->in[connection->in_len] = '\0';
    if (!connection->head_seen) {
        char *end = strstr(connection->in, "\r\n\r\n");
        if (!end)
            return connection->in_len == HEAD_MAX ? -1 : 0;
        connection->streams = strstr(end, "\"stream\":true") != NULL;
        *end = '\0';
        connection->head_seen = true;
        connection->is_big = strstr(connection->in, "/big") != NULL;
        connection->body_left = number_after(connection->in, "\r\ncontent-length:");
        connection->pace_ns = number_after(connection->in, "\r\nx-bench-pace-us:") * 1000;
        size_t head = (size_t)(end - connection->in) + 4;
        memmove(connection->in, connection->in + head, connection->in_len - head);
        connection->in_len -= head;
    } else if (strstr(connection->in, "\"stream\":true")) {
        connection->streams = true;
    }
    if (connection->in_len > connection->body_left) /* nobody pipelines here */
        return -1;
    connection->body_left -= connection->in_len;
    connection->in_len = 0;
    return connection->body_left ? 0 : answer(server, connection);
}

static void on_ready(struct server *server, struct connection *connection, uint32_t events)
{
    if (events & EPOLLOUT && flush(server, connection) < 0) {
        close_connection(connection);
        return;
    }
    if (!(events & ~(uint32_t)EPOLLOUT))
        return;
    ssize_t got = recv(connection->fd, connection->in + connection->in_len, HEAD_MAX - connection->in_len, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got > 0)
        connection->in_len += (size_t)got;
    if (got <= 0 || take(server, connection) < 0)
        close_connection(connection);
}

static void accept_all(struct server *server)
{
    int fd;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection)
            die("calloc");
        no_delay(fd);
        connection->fd = fd;
        watch(server->epoll, EPOLL_CTL_ADD, fd, EPOLLIN, connection);
    }
}

/* A due event of every paced stream. */
static void pace(struct server *server)
{
    uint64_t now = now_ns();
    for (struct connection *connection = server->paced, *next; connection; connection = next) {
        next = connection->next;
        if (now < connection->due_ns)
            continue;
        connection->due_ns += connection->pace_ns;
        bool last = --connection->events_left == 0;
        put_event(connection, last);
        if (last)
            leave_paced(connection);
        if (flush(server, connection) < 0)
            close_connection(connection);
    }
}

int main(void)
{
    struct server server = {.epoll = epoll_create1(0), .listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    struct sockaddr_in address = loopback("0");
    socklen_t size = sizeof address;
    struct epoll_event events[256];
    if (bind(server.listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(server.listener, 4096) < 0 ||
        getsockname(server.listener, (struct sockaddr *)&address, &size) < 0)
        die("listen");
    watch(server.epoll, EPOLL_CTL_ADD, server.listener, EPOLLIN, NULL);
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(server.epoll, events, 256, server.paced ? 1 : -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                on_ready(&server, events[i].data.ptr, events[i].events);
            else
                accept_all(&server);
        }
        pace(&server);
    }
}
