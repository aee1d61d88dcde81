/* sockets: see sockets.h. The environment is that of sd_listen_fds(3) in both cases, so that a successor need not know
 * who gave it its sockets; one more variable names the pipe on which it says that it serves.
 */
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "serve.h"

#define FIRST_FD     3 /* of those that are passed on */
#define READY_ENV    "CANDOR_READY_FD"
#define ADDRESS_SIZE 128
#define PID_DIGITS   10

extern char **environ;

/* ---- inheriting ---- */

static long read_number(const char *name)
{
    uint64_t number = 0;
    const char *text = getenv(name);
    return text && slice_to_u64(slice_from(text), &number) == 0 && number <= INT32_MAX ? (long)number : -1;
}

static int adopt(int fd)
{
    int on = 0, flags = fcntl(fd, F_GETFL);
    socklen_t size = sizeof on;
    if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) < 0 || !on)
        return -1;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -1 : 0;
}

int sockets_inherit(struct sockets *sockets, struct err *err)
{
    long count = read_number("LISTEN_FDS"), ready = read_number(READY_ENV);
    const char *names = getenv("LISTEN_FDNAMES");
    struct slice left = slice_from(names ? names : ""), name;
    bool ours = read_number("LISTEN_PID") == (long)getpid();
    sockets->count = 0;
    if (ready >= 0)
        fcntl((int)ready, F_SETFD, FD_CLOEXEC);
    if (ours && count > SOCKETS_MAX)
        return err_set(err, "LISTEN_FDS gives %ld sockets: %d is the most", count, SOCKETS_MAX);
    for (int i = 0; ours && i < count; i++) {
        if (adopt(FIRST_FD + i) < 0)
            return err_set(err, "descriptor %d of LISTEN_FDS is no listening socket", FIRST_FD + i);
        if (!slice_cut(&left, ':', &name))
            name = SLICE_NONE;
        sockets->each[i].fd = FIRST_FD + i;
        snprintf(sockets->each[i].name, SOCKET_NAME_SIZE, "%.*s", (int)name.len, name.data ? name.data : "");
        sockets->count++;
    }
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
    return 0;
}

/* Both places at once can be a listener's: what has the other's name is not for it. */
static bool may_be(const struct sockets *sockets, size_t i, const char *name)
{
    static const char *const roles[] = {"data", "admin"};
    for (size_t k = 0; k < sizeof roles / sizeof roles[0]; k++)
        if (strcmp(sockets->each[i].name, roles[k]) == 0 && strcmp(name, roles[k]) != 0)
            return false;
    return sockets->each[i].fd >= 0;
}

size_t sockets_take(struct sockets *sockets, const char *address, const char *name, int fds[SOCKETS_MAX])
{
    size_t first = sockets->count, taken = 0;
    char bound[ADDRESS_SIZE], other[ADDRESS_SIZE];
    for (size_t i = sockets->count; i-- > 0;)
        if (may_be(sockets, i, name) && serve_is_at(sockets->each[i].fd, address))
            first = i;
    for (size_t i = sockets->count; first == sockets->count && i-- > 0;)
        if (sockets->each[i].fd >= 0 && strcmp(sockets->each[i].name, name) == 0)
            first = i;
    if (first == sockets->count || serve_bound(sockets->each[first].fd, bound, sizeof bound) < 0)
        return 0;
    for (size_t i = first; i < sockets->count; i++) {
        if (!may_be(sockets, i, name) || serve_bound(sockets->each[i].fd, other, sizeof other) < 0 ||
            strcmp(bound, other) != 0)
            continue;
        fds[taken++] = sockets->each[i].fd;
        sockets->each[i].fd = -1;
    }
    return taken;
}

void sockets_add(struct sockets *sockets, int fd, const char *name)
{
    if (fd < 0 || sockets->count == SOCKETS_MAX)
        return;
    sockets->each[sockets->count].fd = fd;
    snprintf(sockets->each[sockets->count].name, SOCKET_NAME_SIZE, "%s", name);
    sockets->count++;
}

void sockets_close(struct sockets *sockets)
{
    for (size_t i = 0; i < sockets->count; i++)
        if (sockets->each[i].fd >= 0)
            close(sockets->each[i].fd);
    sockets->count = 0;
}

/* ---- passing on ---- */

/* The successor's environment: ours, and what it inherits. Its process number is only known once it runs, so its digits
 * are left blank here and written there. */
struct succession {
    struct buf text; /* "NAME=value\0" one after the other */
    char **env;
    char *listen_pid, *watchdog_pid; /* where the digits go; the latter NULL when nobody watches */
};

static bool is_replaced(const char *variable)
{
    static const char *const names[] = {
        "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES=", "WATCHDOG_PID=", READY_ENV "="};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void put_fds(const struct sockets *sockets, struct buf *text)
{
    buf_add_format(text, "LISTEN_FDS=%zu", sockets->count);
    buf_add(text, "", 1);
    buf_add_format(text, READY_ENV "=%zu", FIRST_FD + sockets->count);
    buf_add(text, "", 1);
    buf_add_text(text, "LISTEN_FDNAMES=");
    for (size_t i = 0; i < sockets->count; i++)
        buf_add_format(text, i ? ":%s" : "%s", sockets->each[i].name);
    buf_add(text, "", 1);
}

static int succession_init(struct succession *to, const struct sockets *sockets)
{
    static const char blank[] = "LISTEN_PID=0000000000", watched[] = "WATCHDOG_PID=0000000000";
    size_t count = 0, kept = 0;
    buf_init(&to->text, 1u << 16);
    put_fds(sockets, &to->text);
    buf_add(&to->text, blank, sizeof blank);
    size_t listen_end = to->text.len - 1, watchdog_end = 0;
    if (getenv("WATCHDOG_USEC")) {
        buf_add(&to->text, watched, sizeof watched);
        watchdog_end = to->text.len - 1;
    }
    while (environ[count])
        count++;
    to->env = calloc(count + 6, sizeof *to->env);
    if (!to->env || to->text.failed)
        return -1;
    for (size_t at = 0; at < to->text.len; at += strlen(to->text.data + at) + 1)
        to->env[kept++] = to->text.data + at;
    for (size_t i = 0; i < count; i++)
        if (!is_replaced(environ[i]))
            to->env[kept++] = environ[i];
    to->listen_pid = to->text.data + listen_end - PID_DIGITS;
    to->watchdog_pid = watchdog_end ? to->text.data + watchdog_end - PID_DIGITS : NULL;
    return 0;
}

static void write_digits(char *digits, pid_t pid)
{
    for (int i = PID_DIGITS - 1; digits && i >= 0; i--, pid /= 10)
        digits[i] = (char)('0' + pid % 10);
}

/* In the child of a program with threads: system calls only. */
static _Noreturn void become(const struct sockets *sockets, int ready, char *const argv[], struct succession *to)
{
    int moved[SOCKETS_MAX + 1], count = (int)sockets->count;
    for (int i = 0; i <= count; i++) {
        moved[i] = fcntl(i < count ? sockets->each[i].fd : ready, F_DUPFD_CLOEXEC, FIRST_FD + count + 1);
        if (moved[i] < 0)
            _exit(127);
    }
    for (int i = 0; i <= count; i++)
        if (dup2(moved[i], FIRST_FD + i) < 0)
            _exit(127);
    write_digits(to->listen_pid, getpid());
    write_digits(to->watchdog_pid, getpid());
    execve(argv[0], argv, to->env);
    _exit(127);
}

pid_t sockets_pass(const struct sockets *sockets, char *const argv[], int *ready, struct err *err)
{
    int ends[2] = {-1, -1};
    struct succession to = {0};
    pid_t pid = -1;
    if (succession_init(&to, sockets) < 0)
        err_set(err, "cannot start a successor: out of memory");
    else if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 || (pid = fork()) < 0)
        err_set(err, "cannot start a successor: %s", strerror(errno));
    if (pid == 0)
        become(sockets, ends[1], argv, &to);
    if (ends[1] >= 0)
        close(ends[1]);
    if (pid < 0 && ends[0] >= 0)
        close(ends[0]);
    else
        *ready = ends[0];
    buf_fini(&to.text);
    free(to.env);
    return pid;
}

void sockets_tell_ready(void)
{
    long fd = read_number(READY_ENV);
    if (fd < 0)
        return;
    unsetenv(READY_ENV);
    if (write((int)fd, "+", 1) < 0)
        return; /* the predecessor is gone: there is nobody to tell */
    close((int)fd);
}
