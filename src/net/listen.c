/* listen: opens listening sockets and says where they are. Blocking only in getaddrinfo of a literal address. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve.h"

#define BACKLOG 4096 /* the kernel caps it at net.core.somaxconn */

/* Splits "host:port" and "[host]:port"; the host comes without brackets. */
static int split_address(const char *address, char *host, size_t host_size, const char **port, struct err *err)
{
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address || !colon[1])
        return err_set(err, "%s is no address to listen on: expected HOST:PORT, [HOST]:PORT or unix:PATH", address);
    const char *start = address, *end = colon;
    if (*start == '[' && end[-1] == ']') {
        start++;
        end--;
    }
    size_t len = (size_t)(end - start);
    if (len == 0 || len >= host_size)
        return err_set(err, "%s is no address to listen on: the host is empty or too long", address);
    memcpy(host, start, len);
    host[len] = '\0';
    *port = colon + 1;
    return 0;
}

static void allow(int fd, int option)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, option, &on, sizeof on);
}

/* With SO_REUSEPORT a bind joins whoever has set it, also another program of ours: so the first of several sets it only
 * when it has the address. */
static int listen_on(int fd, const struct sockaddr *address, socklen_t size, enum serve_share share, const char *text,
                     struct err *err)
{
    if (share == SERVE_JOIN)
        allow(fd, SO_REUSEPORT);
    bool bound = bind(fd, address, size) == 0;
    if (bound && share == SERVE_FIRST)
        allow(fd, SO_REUSEPORT);
    if (!bound || listen(fd, BACKLOG) < 0) {
        err_set(err, "cannot listen on %s: %s", text, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

/* A socket file nobody listens on is left from a crash and replaced; anything else in its place is not touched. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) < 0)
        return 0;
    if (!S_ISSOCK(status.st_mode))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = fd < 0 ? 0 : connect(fd, (const struct sockaddr *)address, sizeof *address);
    bool stale = result < 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return stale ? unlink(address->sun_path) : -1;
}

static int open_unix(const char *path, const char *text, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof address.sun_path)
        return err_set(err, "cannot listen on %s: the path is empty or longer than %zu bytes", text,
                       sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, len + 1);
    if (remove_stale(&address) < 0)
        return err_set(err, "cannot listen on %s: the path is taken", text);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, "cannot listen on %s: %s", text, strerror(errno));
    return listen_on(fd, (const struct sockaddr *)&address, sizeof address, SERVE_ALONE, text, err);
}

static struct addrinfo *resolve(const char *address, struct err *err)
{
    char host[256];
    const char *port = NULL;
    if (split_address(address, host, sizeof host, &port, err) < 0)
        return NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, port, &hints, &found);
    if (failed)
        err_set(err, "cannot listen on %s: %s", address, gai_strerror(failed));
    return failed ? NULL : found;
}

int serve_open(const char *address, enum serve_share share, struct err *err)
{
    if (strncmp(address, "unix:", 5) == 0)
        return open_unix(address + 5, address, err);
    struct addrinfo *found = resolve(address, err);
    if (!found)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        err_set(err, "cannot listen on %s: %s", address, strerror(errno));
    } else {
        allow(fd, SO_REUSEADDR);
        fd = listen_on(fd, found->ai_addr, found->ai_addrlen, share, address, err);
    }
    freeaddrinfo(found);
    return fd;
}

static bool same_place(const struct sockaddr_storage *bound, const struct sockaddr *wanted)
{
    if (bound->ss_family != wanted->sa_family)
        return false;
    if (wanted->sa_family == AF_INET) {
        const struct sockaddr_in *a = (const struct sockaddr_in *)bound, *b = (const struct sockaddr_in *)wanted;
        return a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port;
    }
    const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)bound, *b = (const struct sockaddr_in6 *)wanted;
    return memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0 && a->sin6_port == b->sin6_port;
}

bool serve_is_at(int fd, const char *address)
{
    struct err err;
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
        return false;
    if (strncmp(address, "unix:", 5) == 0)
        return bound.ss_family == AF_UNIX && strcmp(((const struct sockaddr_un *)&bound)->sun_path, address + 5) == 0;
    struct addrinfo *wanted = bound.ss_family == AF_UNIX ? NULL : resolve(address, &err);
    bool same = wanted && same_place(&bound, wanted->ai_addr);
    if (wanted)
        freeaddrinfo(wanted);
    return same;
}

int serve_bound(int fd, char *text, size_t size)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return -1;
    int written;
    if (address.ss_family == AF_UNIX) {
        written = snprintf(text, size, "unix:%s", ((struct sockaddr_un *)&address)->sun_path);
    } else {
        if (getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
                        NI_NUMERICHOST | NI_NUMERICSERV))
            return -1;
        written = snprintf(text, size, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    }
    return written > 0 && (size_t)written < size ? 0 : -1;
}
