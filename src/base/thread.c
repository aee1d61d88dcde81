/* thread: see thread.h. The mask is set around the start, for a thread inherits that of its maker; faults are let
 * through, so that whatever watches for them can tell where they happened. */
#include "thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg, struct err *err)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int failed = pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return err_set(err, "cannot start the thread %s: %s", name, strerror(failed));
    pthread_setname_np(*thread, name);
    return 0;
}
