# Unit tests of src/net. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/http1_test
tests_unit_http1_test_SOURCES = tests/unit/http1_test.c
tests_unit_http1_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_http1_test_LDADD = $(UNIT_LIBS)
