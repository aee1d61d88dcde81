# Unit tests of src/net. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/http1_test
tests_unit_http1_test_SOURCES = tests/unit/http1_test.c
tests_unit_http1_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_http1_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/fetch_test
tests_unit_fetch_test_SOURCES = tests/unit/fetch_test.c tests/unit/fake_server.c tests/unit/fake_server.h
tests_unit_fetch_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_fetch_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/headers_test
tests_unit_headers_test_SOURCES = tests/unit/headers_test.c
tests_unit_headers_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_headers_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/loop_test
tests_unit_loop_test_SOURCES = tests/unit/loop_test.c
tests_unit_loop_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_loop_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/sockets_test
tests_unit_sockets_test_SOURCES = tests/unit/sockets_test.c
tests_unit_sockets_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_sockets_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/torture_test
tests_unit_torture_test_SOURCES = tests/unit/torture_test.c
tests_unit_torture_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_torture_test_LDADD = $(UNIT_LIBS)
tests_unit_torture_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=free
UNIT_TESTS += tests/unit/upstream_test
tests_unit_upstream_test_SOURCES = tests/unit/upstream_test.c
tests_unit_upstream_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_upstream_test_LDADD = $(UNIT_LIBS)
tests_unit_upstream_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getaddrinfo,--wrap=clock_monotonic_ns
