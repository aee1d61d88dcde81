# Measurements: what tests/measure/README.md reports. Only our own pairs are gated in make check; the rest wants data that
# is not shipped.
EXTRA_PROGRAMS += tests/measure/compare_bench
tests_measure_compare_bench_SOURCES = tests/measure/compare_bench.c
tests_measure_compare_bench_CPPFLAGS = $(AM_CPPFLAGS) -iquote $(top_srcdir)/src/cmd
tests_measure_compare_bench_LDADD = libcandor.a $(LIBRARIES_ALL)
EXTRA_PROGRAMS += tests/measure/report_bench
tests_measure_report_bench_SOURCES = tests/measure/report_bench.c
tests_measure_report_bench_CPPFLAGS = $(AM_CPPFLAGS) -iquote $(top_srcdir)/src/report
tests_measure_report_bench_LDADD = libcandor.a $(LIBRARIES_ALL)
CLEANFILES += tests/measure/compare_bench$(EXEEXT) tests/measure/report_bench$(EXEEXT)
EXTRA_DIST += tests/measure/README.md tests/measure/score_compare.py tests/measure/tone.jsonl tests/measure/spoof.jsonl
EXTRA_DIST += tests/measure/score_detect.py tests/measure/score_neutral.py tests/measure/score_messages.py tests/measure/score_booster.py
EXTRA_DIST += tests/measure/messages.jsonl tests/measure/unseen.jsonl
dist_check_SCRIPTS += tests/measure/own_messages
TESTS += tests/measure/own_messages
EXTRA_DIST += tests/measure/varied.jsonl tests/measure/blind.jsonl
dist_check_SCRIPTS += tests/measure/own_pairs
TESTS += tests/measure/own_pairs
