# Unit tests of src/admin; the four lines of a test: report.mk.
UNIT_TESTS += tests/unit/admin_test
tests_unit_admin_test_SOURCES = tests/unit/admin_test.c tests/unit/trials.h
tests_unit_admin_test_CPPFLAGS = $(UNIT_FLAGS) -iquote $(top_srcdir)/src/admin
tests_unit_admin_test_LDADD = $(UNIT_LIBS)
