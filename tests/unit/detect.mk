# Unit tests of src/detect. One test program is four lines:
#   UNIT_TESTS += tests/unit/x_test
#   tests_unit_x_test_SOURCES = tests/unit/x_test.c
#   tests_unit_x_test_CPPFLAGS = $(UNIT_FLAGS)
#   tests_unit_x_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/prefilter_test
tests_unit_prefilter_test_SOURCES = tests/unit/prefilter_test.c
tests_unit_prefilter_test_LDADD = $(UNIT_LIBS)
tests_unit_prefilter_test_CPPFLAGS = $(UNIT_FLAGS) -iquote $(top_srcdir)/src/detect
UNIT_TESTS += tests/unit/passage_test
tests_unit_passage_test_SOURCES = tests/unit/passage_test.c
tests_unit_passage_test_LDADD = $(UNIT_LIBS)
tests_unit_passage_test_CPPFLAGS = $(UNIT_FLAGS) -iquote $(top_srcdir)/src/detect
UNIT_TESTS += tests/unit/detect_test
tests_unit_detect_test_SOURCES = tests/unit/detect_test.c
tests_unit_detect_test_LDADD = $(UNIT_LIBS)
tests_unit_detect_test_CPPFLAGS = $(UNIT_FLAGS) -iquote $(top_srcdir)/src/detect
