# Unit tests of src/shadow. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/budget_test
tests_unit_budget_test_SOURCES = tests/unit/budget_test.c
tests_unit_budget_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_budget_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/judge_test
tests_unit_judge_test_SOURCES = tests/unit/judge_test.c tests/unit/fake_server.c tests/unit/fake_server.h
tests_unit_judge_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_judge_test_LDADD = $(UNIT_LIBS)
