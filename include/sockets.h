/* sockets: listening sockets that outlive a process: those that systemd opened for us (socket activation), and those
 * that one candor hands to the next (SIGUSR2). Connections wait in the kernel's queue meanwhile, so that none is
 * refused.
 *
 * One thread, that which starts and stops the program. Blocks for no longer than it takes to start a process.
 */
#ifndef CANDOR_SOCKETS_H
#define CANDOR_SOCKETS_H

#include <sys/types.h>

#include "str.h"

#define SOCKETS_MAX      64
#define SOCKET_NAME_SIZE 64

struct sockets {
    struct {
        int fd; /* -1 once it is taken */
        char name[SOCKET_NAME_SIZE];
    } each[SOCKETS_MAX];
    size_t count;
};

/* What LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES give to this process, which forgets them. */
MUST_USE int sockets_inherit(struct sockets *sockets, struct err *err);
/* Those for a listener: at its address, else one by its name ("data", "admin"), and all that share its address. A
 * socket of the other name is never meant. The caller owns them. */
size_t sockets_take(struct sockets *sockets, const char *address, const char *name, int fds[SOCKETS_MAX]);
void sockets_add(struct sockets *sockets, int fd, const char *name); /* to be passed on; keeps what fits */
void sockets_close(struct sockets *sockets);                         /* those that nobody took */

/* Starts a successor with these sockets (argv[0] is the program); *ready becomes readable when it serves, with a byte,
 * or when it has failed, at its end. The sockets stay open here. Its process, or -1. */
MUST_USE pid_t sockets_pass(const struct sockets *sockets, char *const argv[], int *ready, struct err *err);
/* For the successor: I serve. Does nothing in a process that succeeds nobody. */
void sockets_tell_ready(void);

#endif
