/* fake_server: see fake_server.h. One poll loop over the listener, a bell and a few connections. */
#include "fake_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"

#define CONNECTION_MAX 16
#define REQUEST_MAX    64
#define POLL_MAX       (CONNECTION_MAX + 2)

struct fake_server {
    const struct fake_step *steps;
    size_t step_count;
    int listener, bell;
    int connections[CONNECTION_MAX]; /* -1: free */
    struct buf pending[CONNECTION_MAX];
    struct buf requests[REQUEST_MAX];
    size_t request_count;
    char url[64];
    pthread_t thread;
    bool running;
};

static void connection_close(struct fake_server *server, size_t i)
{
    close(server->connections[i]);
    server->connections[i] = -1;
    buf_fini(&server->pending[i]);
}

static void connection_accept(struct fake_server *server)
{
    int fd = accept(server->listener, NULL, NULL);
    for (size_t i = 0; i < CONNECTION_MAX && fd >= 0; i++) {
        if (server->connections[i] >= 0)
            continue;
        server->connections[i] = fd;
        buf_init(&server->pending[i], 8u << 20);
        return;
    }
    assert(false && "more connections than a test should make");
}

/* The length of the first whole request in what was read; 0 when it is not whole yet. */
static size_t request_length(struct slice bytes)
{
    size_t head = slice_find(bytes, SLICE("\r\n\r\n"), 0);
    if (head == SLICE_NOT_FOUND)
        return 0;
    uint64_t length = 0;
    size_t field = slice_find(slice_part(bytes, 0, head), SLICE("Content-Length: "), 0);
    if (field != SLICE_NOT_FOUND) {
        size_t start = field + strlen("Content-Length: ");
        int bad = slice_to_u64(slice_part(bytes, start, slice_find(bytes, SLICE("\r\n"), start)), &length);
        assert(!bad);
    }
    size_t total = head + 4 + (size_t)length;
    return bytes.len >= total ? total : 0;
}

static void request_answer(struct fake_server *server, size_t i, size_t length)
{
    size_t number = server->request_count < server->step_count ? server->request_count : server->step_count - 1;
    const struct fake_step *step = &server->steps[number];
    assert(server->request_count < REQUEST_MAX);
    struct buf *kept = &server->requests[server->request_count++];
    buf_init(kept, 8u << 20);
    buf_add(kept, server->pending[i].data, length);
    buf_drop_front(&server->pending[i], length);
    if (step->answer.len && send(server->connections[i], step->answer.data, step->answer.len, MSG_NOSIGNAL) < 0)
        connection_close(server, i);
    else if (step->close)
        connection_close(server, i);
}

static void connection_read(struct fake_server *server, size_t i)
{
    char bytes[65536];
    ssize_t got = recv(server->connections[i], bytes, sizeof bytes, 0);
    if (got <= 0) {
        connection_close(server, i);
        return;
    }
    buf_add(&server->pending[i], bytes, (size_t)got);
    size_t length = request_length(buf_slice(&server->pending[i]));
    if (length)
        request_answer(server, i, length);
}

static void *server_run(void *arg)
{
    struct fake_server *server = arg;
    for (;;) {
        struct pollfd fds[POLL_MAX] = {{server->bell, POLLIN, 0}, {server->listener, POLLIN, 0}};
        for (size_t i = 0; i < CONNECTION_MAX; i++)
            fds[i + 2] = (struct pollfd){server->connections[i], POLLIN, 0};
        if (poll(fds, POLL_MAX, -1) < 0 || fds[0].revents)
            return NULL;
        for (size_t i = 0; i < CONNECTION_MAX; i++)
            if (server->connections[i] >= 0 && fds[i + 2].revents)
                connection_read(server, i);
        if (fds[1].revents)
            connection_accept(server);
    }
}

struct fake_server *fake_server_start(const struct fake_step *steps, size_t count)
{
    struct fake_server *server = calloc(1, sizeof *server);
    assert(server);
    *server = (struct fake_server){.steps = steps, .step_count = count};
    for (size_t i = 0; i < CONNECTION_MAX; i++)
        server->connections[i] = -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->bell = eventfd(0, EFD_CLOEXEC);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool failed = bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
                  listen(server->listener, CONNECTION_MAX) != 0 ||
                  getsockname(server->listener, (struct sockaddr *)&address, &size) != 0 ||
                  pthread_create(&server->thread, NULL, server_run, server) != 0;
    assert(!failed);
    server->running = true;
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return server;
}

const char *fake_server_url(const struct fake_server *server)
{
    return server->url;
}

void fake_server_stop(struct fake_server *server)
{
    if (!server->running)
        return;
    uint64_t one = 1;
    ssize_t rung = write(server->bell, &one, sizeof one);
    assert(rung == sizeof one);
    pthread_join(server->thread, NULL);
    server->running = false;
    close(server->listener);
    close(server->bell);
    for (size_t i = 0; i < CONNECTION_MAX; i++)
        if (server->connections[i] >= 0)
            connection_close(server, i);
}

size_t fake_server_count(const struct fake_server *server)
{
    return server->request_count;
}

struct slice fake_server_request(const struct fake_server *server, size_t index)
{
    assert(index < server->request_count);
    return buf_slice(&server->requests[index]);
}

void fake_server_free(struct fake_server *server)
{
    if (!server)
        return;
    fake_server_stop(server);
    for (size_t i = 0; i < server->request_count; i++)
        buf_fini(&server->requests[i]);
    free(server);
}

struct slice fake_answer(char *room, size_t size, unsigned status, const char *headers, const char *body)
{
    int len =
        snprintf(room, size, "HTTP/1.1 %u Said\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                 status, headers, strlen(body), body);
    assert(len > 0 && (size_t)len < size);
    return slice_of(room, (size_t)len);
}
