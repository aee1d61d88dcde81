# Unit tests of src/trial. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/sample_test
tests_unit_sample_test_SOURCES = tests/unit/sample_test.c
tests_unit_sample_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_sample_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/steps_test
tests_unit_steps_test_SOURCES = tests/unit/steps_test.c
tests_unit_steps_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_steps_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/trace_test
tests_unit_trace_test_SOURCES = tests/unit/trace_test.c
tests_unit_trace_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_trace_test_LDADD = $(UNIT_LIBS)
