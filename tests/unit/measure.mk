# Unit tests of src/measure. A test is three lines: UNIT_TESTS += tests/unit/x_test, its SOURCES, its LDADD and CPPFLAGS.
UNIT_TESTS += tests/unit/confseq_test
tests_unit_confseq_test_SOURCES = tests/unit/confseq_test.c
tests_unit_confseq_test_LDADD = $(UNIT_LIBS)
tests_unit_confseq_test_CPPFLAGS = $(UNIT_FLAGS)
UNIT_TESTS += tests/unit/tally_test
tests_unit_tally_test_SOURCES = tests/unit/tally_test.c
tests_unit_tally_test_LDADD = $(UNIT_LIBS)
tests_unit_tally_test_CPPFLAGS = $(UNIT_FLAGS)
UNIT_TESTS += tests/unit/compare_test
tests_unit_compare_test_SOURCES = tests/unit/compare_test.c
tests_unit_compare_test_LDADD = $(UNIT_LIBS)
tests_unit_compare_test_CPPFLAGS = $(UNIT_FLAGS)
UNIT_TESTS += tests/unit/verdict_test
tests_unit_verdict_test_SOURCES = tests/unit/verdict_test.c
tests_unit_verdict_test_LDADD = $(UNIT_LIBS)
tests_unit_verdict_test_CPPFLAGS = $(UNIT_FLAGS)
UNIT_TESTS += tests/unit/words_test
tests_unit_words_test_SOURCES = tests/unit/words_test.c
tests_unit_words_test_LDADD = $(UNIT_LIBS)
tests_unit_words_test_CPPFLAGS = $(UNIT_FLAGS) -iquote $(top_srcdir)/src/measure
UNIT_TESTS += tests/unit/rubric_test
tests_unit_rubric_test_SOURCES = tests/unit/rubric_test.c
tests_unit_rubric_test_LDADD = $(UNIT_LIBS)
tests_unit_rubric_test_CPPFLAGS = $(UNIT_FLAGS)
UNIT_TESTS += tests/unit/entailment_test
tests_unit_entailment_test_SOURCES = tests/unit/entailment_test.c
tests_unit_entailment_test_LDADD = $(UNIT_LIBS)
tests_unit_entailment_test_CPPFLAGS = $(UNIT_FLAGS)
UNIT_TESTS += tests/unit/drift_test
tests_unit_drift_test_SOURCES = tests/unit/drift_test.c
tests_unit_drift_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_drift_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/correct_test
tests_unit_correct_test_SOURCES = tests/unit/correct_test.c
tests_unit_correct_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_correct_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/evidence_test
tests_unit_evidence_test_SOURCES = tests/unit/evidence_test.c
tests_unit_evidence_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_evidence_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/labels_test
tests_unit_labels_test_SOURCES = tests/unit/labels_test.c
tests_unit_labels_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_labels_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/health_test
tests_unit_health_test_SOURCES = tests/unit/health_test.c
tests_unit_health_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_health_test_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/statistics_simulation_test
tests_unit_statistics_simulation_test_SOURCES = tests/unit/statistics_simulation_test.c
tests_unit_statistics_simulation_test_CPPFLAGS = $(UNIT_FLAGS)
tests_unit_statistics_simulation_test_LDADD = $(UNIT_LIBS)

# The simulations with many times as many runs, and families of conversations through the running program; `make check`
# plays the first once.
STATISTICS_TESTS = tests/unit/statistics_simulation_test$(EXEEXT) tests/unit/statistics_store_test$(EXEEXT)
check-statistics: $(STATISTICS_TESTS) candor$(EXEEXT)
	for test in $(STATISTICS_TESTS); do CANDOR_LONG=1 $$test || exit 1; done
	cd $(top_srcdir) && CANDOR_LONG=1 CANDOR=$(abs_builddir)/candor CANDOR_RULES_DIR=$(abs_top_srcdir)/rules \
		PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/system/test_families.py
.PHONY: check-statistics
