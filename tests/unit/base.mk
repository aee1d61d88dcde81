# Unit tests of src/base. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/json_test
tests_unit_json_test_SOURCES = tests/unit/json_test.c
tests_unit_json_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_json_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/metrics_test
tests_unit_metrics_test_SOURCES = tests/unit/metrics_test.c
tests_unit_metrics_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_metrics_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/log_test
tests_unit_log_test_SOURCES = tests/unit/log_test.c
tests_unit_log_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_log_test_LDADD = $(UNIT_LIBS)
