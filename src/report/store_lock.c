/* store_lock: see store_lock.h. */
#include "store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "buf.h"

int store_lock_open(const char *path, struct err *err)
{
    struct buf name;

    buf_init(&name, 8192);
    buf_add_format(&name, "%s.lock", path);
    int fd = open(buf_text(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    buf_fini(&name);
    if (fd < 0)
        return err_set(err, "cannot open the store %s: its lock file: %s", path, strerror(errno));
    if (store_lock_lend(fd, false))
        return fd;
    close(fd);
    return err_set(err, "the store %s is in use by another candor", path);
}

bool store_lock_lend(int fd, bool lent)
{
    return flock(fd, lent ? LOCK_UN : LOCK_EX | LOCK_NB) == 0;
}
