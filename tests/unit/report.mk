# Unit tests of src/report. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/report_test
tests_unit_report_test_SOURCES = tests/unit/report_test.c
tests_unit_report_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_report_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/redact_test
tests_unit_redact_test_SOURCES = tests/unit/redact_test.c
tests_unit_redact_test_LDADD = $(UNIT_LIBS)
tests_unit_redact_test_CPPFLAGS = $(UNIT_FLAGS)
UNIT_TESTS += tests/unit/record_test
tests_unit_record_test_SOURCES = tests/unit/record_test.c tests/unit/trials.h
tests_unit_record_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_record_test_LDADD = $(UNIT_LIBS)
