# Unit tests of src/chat. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/sse_test
tests_unit_sse_test_SOURCES = tests/unit/sse_test.c
tests_unit_sse_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_sse_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/reply_test
tests_unit_reply_test_SOURCES = tests/unit/reply_test.c
tests_unit_reply_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_reply_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/request_test
tests_unit_request_test_SOURCES = tests/unit/request_test.c
tests_unit_request_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_request_test_LDADD = $(UNIT_LIBS)
