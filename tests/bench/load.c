/* load: clients of the benchmark. Each connection asks, reads the answer to its end, and asks again.
 *
 *   load PORT CONNECTIONS REQUESTS [stream] [pace=US] [pause=MS] [seconds=S]
 *
 * Chat completions by default, each in a conversation of its own; with `stream` streams, which the model paces by
 * `pace`. A connection rests for `pause` between two requests. Prints one line: what was done, what failed, how long it
 * took, and the median and 99th percentile of the latency (of a stream: of an event, from the model's write to the
 * client's read) in microseconds.
 */
#include "bench.h"

#include <errno.h>

#define SAMPLES_MAX (1u << 22)
#define LINE_MAX    512

enum part { HEAD, CHUNK_SIZE, BODY, CHUNK_END, LAST_LINE };

struct client {
    int fd;
    enum part part;
    bool by_length, resting, done_seen;
    uint64_t asked_ns, due_ns, left;
    unsigned events;
    size_t head_len, line_len;
    char head[4096], line[LINE_MAX];
};

struct load {
    struct sockaddr_in address;
    int epoll;
    uint64_t requests, started, finished, failed, pause_ns;
    unsigned pace_us;
    bool streams;
    uint32_t *samples;
    size_t sample_count;
};

static void sample(struct load *load, uint64_t since_ns)
{
    uint64_t now = now_ns();
    if (load->sample_count < SAMPLES_MAX)
        load->samples[load->sample_count++] = (uint32_t)((now > since_ns ? now - since_ns : 0) / 1000);
}

/* ---- asking ---- */

static void client_connect(struct load *load, struct client *client)
{
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&load->address, sizeof load->address) < 0)
        die("connect");
    no_delay(client->fd);
    watch(load->epoll, EPOLL_CTL_ADD, client->fd, EPOLLIN, client);
}

static void ask(struct load *load, struct client *client)
{
    char body[512], request[1024];
    if (load->started == load->requests)
        return;
    int len = snprintf(
        body, sizeof body,
        "{\"model\":\"m\",%s\"messages\":[{\"role\":\"user\",\"content\":\"I feel so sad today. Round %llu: what is "
        "the capital of Australia? I think the answer is Sydney.\"}]}",
        load->streams ? "\"stream\":true," : "", (unsigned long long)load->started);
    len = snprintf(request, sizeof request,
                   "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                   "Authorization: Bearer sk-bench\r\nX-Bench-Pace-Us: %u\r\nContent-Length: %d\r\n\r\n%s",
                   load->pace_us, len, body);
    int fd = client->fd;
    *client = (struct client){.fd = fd, .asked_ns = now_ns()};
    load->started++;
    if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        die("send");
}

static void finish(struct load *load, struct client *client)
{
    bool whole = !load->streams || (client->done_seen && client->events == EVENTS_A_STREAM);
    if (!load->streams)
        sample(load, client->asked_ns);
    load->finished += whole;
    load->failed += !whole;
    client->part = HEAD;
    if (!load->pause_ns) {
        ask(load, client);
        return;
    }
    client->resting = true;
    client->due_ns = now_ns() + load->pause_ns;
}

/* ---- reading answers ---- */

static bool read_head(struct client *client)
{
    client->head[client->head_len] = '\0';
    if (strncmp(client->head, "HTTP/1.1 200", 12) != 0)
        return false;
    char *length = strcasestr(client->head, "\r\ncontent-length:");
    client->by_length = length != NULL;
    client->left = length ? strtoull(length + 17, NULL, 10) : 0;
    client->part = length ? BODY : CHUNK_SIZE;
    return true;
}

static void read_line(struct load *load, struct client *client)
{
    client->line[client->line_len] = '\0';
    client->line_len = 0;
    const char *stamp = strstr(client->line, STAMP);
    if (stamp) {
        sample(load, strtoull(stamp + strlen(STAMP), NULL, 10));
        client->events++;
    } else if (strstr(client->line, "[DONE]")) {
        client->done_seen = true;
    }
}

static int hex(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* One byte of an answer; false when it is none. */
static bool take(struct load *load, struct client *client, char c)
{
    switch (client->part) {
    case HEAD:
        if (client->head_len + 1 == sizeof client->head)
            return false;
        client->head[client->head_len++] = c;
        if (c == '\n' && client->head_len >= 4 && memcmp(client->head + client->head_len - 4, "\r\n\r\n", 4) == 0)
            return read_head(client);
        return true;
    case CHUNK_SIZE:
        if (c == '\n')
            client->part = client->left ? BODY : LAST_LINE;
        else if (c != '\r')
            client->left = client->left * 16 + (uint64_t)hex(c);
        return true;
    case BODY:
        if (c == '\n')
            read_line(load, client);
        else if (client->line_len + 1 < LINE_MAX)
            client->line[client->line_len++] = c;
        if (--client->left)
            return true;
        if (client->by_length)
            finish(load, client);
        else
            client->part = CHUNK_END;
        return true;
    case CHUNK_END:
    case LAST_LINE:
        if (c != '\n')
            return true;
        if (client->part == LAST_LINE)
            finish(load, client);
        else
            client->part = CHUNK_SIZE;
        return true;
    }
    return false;
}

static void on_readable(struct load *load, struct client *client)
{
    static char bytes[65536];
    ssize_t got = recv(client->fd, bytes, sizeof bytes, 0);
    bool good = got > 0;
    for (ssize_t i = 0; good && i < got; i++)
        good = take(load, client, bytes[i]);
    if (good)
        return;
    load->failed++;
    close(client->fd);
    client_connect(load, client);
    ask(load, client);
}

static void wake_resting(struct load *load, struct client *clients, size_t count)
{
    uint64_t now = now_ns();
    for (size_t i = 0; i < count; i++) {
        if (!clients[i].resting || now < clients[i].due_ns)
            continue;
        clients[i].resting = false;
        ask(load, &clients[i]);
    }
}

/* ---- the whole ---- */

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void report(struct load *load, uint64_t started_ns)
{
    size_t n = load->sample_count;
    qsort(load->samples, n, sizeof *load->samples, by_value);
    printf("done %llu failed %llu samples %zu seconds %.3f p50 %u p99 %u\n", (unsigned long long)load->finished,
           (unsigned long long)load->failed, n, (double)(now_ns() - started_ns) / 1e9, n ? load->samples[n / 2] : 0,
           n ? load->samples[n * 99 / 100] : 0);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: load PORT CONNECTIONS REQUESTS [stream] [pace=US] [pause=MS] [seconds=S]\n");
        return 2;
    }
    struct load load = {
        .address = loopback(argv[1]), .epoll = epoll_create1(0), .requests = strtoull(argv[3], NULL, 10)};
    size_t count = strtoul(argv[2], NULL, 10);
    uint64_t most_ns = UINT64_MAX, started_ns = now_ns();
    for (int i = 4; i < argc; i++) {
        if (strcmp(argv[i], "stream") == 0)
            load.streams = true;
        else if (strncmp(argv[i], "pace=", 5) == 0)
            load.pace_us = (unsigned)strtoul(argv[i] + 5, NULL, 10);
        else if (strncmp(argv[i], "pause=", 6) == 0)
            load.pause_ns = strtoull(argv[i] + 6, NULL, 10) * 1000000;
        else if (strncmp(argv[i], "seconds=", 8) == 0)
            most_ns = strtoull(argv[i] + 8, NULL, 10) * 1000000000;
    }
    struct client *clients = calloc(count, sizeof *clients);
    load.samples = malloc(SAMPLES_MAX * sizeof *load.samples);
    struct epoll_event events[256];
    if (!clients || !load.samples)
        die("memory");
    for (size_t i = 0; i < count; i++) {
        client_connect(&load, &clients[i]);
        ask(&load, &clients[i]);
    }
    while (load.finished + load.failed < load.requests && now_ns() - started_ns < most_ns) {
        int ready = epoll_wait(load.epoll, events, 256, load.pause_ns ? 1 : 100);
        for (int i = 0; i < ready; i++)
            on_readable(&load, events[i].data.ptr);
        if (load.pause_ns)
            wake_resting(&load, clients, count);
    }
    report(&load, started_ns);
    free(clients);
    free(load.samples);
    return 0;
}
