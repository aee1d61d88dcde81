/* sockets: which inherited socket is whose, and what a successor finds in its environment. */
#include "sockets.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "serve.h"

#define ADDRESS_SIZE 64

static int open_at(const char *address, enum serve_share share, char bound[ADDRESS_SIZE])
{
    struct err err;
    int fd = serve_open(address, share, &err);
    assert_true(fd >= 0);
    assert_int_equal(serve_bound(fd, bound, ADDRESS_SIZE), 0);
    return fd;
}

static void a_listener_takes_every_socket_at_its_address(void **state)
{
    int fds[SOCKETS_MAX], none[SOCKETS_MAX];
    char one[ADDRESS_SIZE], two[ADDRESS_SIZE];
    struct sockets sockets = {.count = 0};
    (void)state;
    sockets_add(&sockets, open_at("127.0.0.1:0", SERVE_FIRST, one), "");
    sockets_add(&sockets, open_at("127.0.0.1:0", SERVE_ALONE, two), "");
    sockets_add(&sockets, open_at(one, SERVE_JOIN, two), "");
    assert_int_equal(sockets_take(&sockets, one, "data", fds), 2);
    assert_int_equal(sockets_take(&sockets, one, "data", none), 0);
    close(fds[0]);
    close(fds[1]);
    sockets_close(&sockets);
}

static void an_address_is_shared_by_who_joins_and_refused_to_everybody_else(void **state)
{
    char bound[ADDRESS_SIZE], same[ADDRESS_SIZE];
    struct err err;
    (void)state;
    int first = open_at("127.0.0.1:0", SERVE_FIRST, bound), second = open_at(bound, SERVE_JOIN, same);
    assert_string_equal(bound, same);
    for (enum serve_share share = SERVE_ALONE; share < SERVE_JOIN; share++) {
        assert_int_equal(serve_open(bound, share, &err), -1);
        assert_non_null(strstr(err.text, bound));
    }
    close(first);
    close(second);
}

static void a_name_speaks_where_no_address_fits_and_never_for_another(void **state)
{
    int fds[SOCKETS_MAX];
    char bound[ADDRESS_SIZE];
    struct sockets sockets = {.count = 0};
    (void)state;
    int data = open_at("127.0.0.1:0", SERVE_ALONE, bound);
    sockets_add(&sockets, data, "data");
    assert_int_equal(sockets_take(&sockets, bound, "admin", fds), 0);
    assert_int_equal(sockets_take(&sockets, "127.0.0.1:1", "data", fds), 1);
    assert_int_equal(fds[0], data);
    close(data);
}

static void what_is_no_listening_socket_is_not_inherited(void **state)
{
    struct sockets sockets;
    struct err err;
    char pid[32];
    (void)state;
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "64", 1); /* more than are open */
    assert_int_equal(sockets_inherit(&sockets, &err), -1);
    setenv("LISTEN_PID", "1", 1);
    assert_int_equal(sockets_inherit(&sockets, &err), 0);
    assert_int_equal(sockets.count, 0);
    assert_null(getenv("LISTEN_FDS"));
}

/* The successor is this program again; see main. */
static void a_successor_finds_its_sockets_and_tells_that_it_serves(void **state)
{
    struct sockets sockets = {.count = 0};
    struct err err;
    char bound[ADDRESS_SIZE], program[] = "/proc/self/exe", address[ADDRESS_SIZE], byte;
    char *const argv[] = {program, address, NULL};
    int ready = -1, status = -1;
    (void)state;
    sockets_add(&sockets, open_at("127.0.0.1:0", SERVE_ALONE, bound), "data");
    sockets_add(&sockets, open_at("127.0.0.1:0", SERVE_ALONE, address), "admin");
    pid_t pid = sockets_pass(&sockets, argv, &ready, &err);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(ready, &byte, 1), 1);
    assert_int_equal(read(ready, &byte, 1), 0);
    close(ready);
    sockets_close(&sockets);
}

static int succeed(const char *address)
{
    struct sockets sockets;
    struct err err;
    int fds[SOCKETS_MAX];
    if (sockets_inherit(&sockets, &err) < 0 || sockets.count != 2 || strcmp(sockets.each[0].name, "data") != 0)
        return 1;
    if (sockets_take(&sockets, address, "admin", fds) != 1 || fds[0] != 4)
        return 2;
    sockets_tell_ready();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_takes_every_socket_at_its_address),
        cmocka_unit_test(an_address_is_shared_by_who_joins_and_refused_to_everybody_else),
        cmocka_unit_test(a_name_speaks_where_no_address_fits_and_never_for_another),
        cmocka_unit_test(what_is_no_listening_socket_is_not_inherited),
        cmocka_unit_test(a_successor_finds_its_sockets_and_tells_that_it_serves),
    };
    if (argc == 2)
        return succeed(argv[1]);
    return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
