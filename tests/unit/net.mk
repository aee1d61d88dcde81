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
