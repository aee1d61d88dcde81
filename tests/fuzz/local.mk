# Fuzz targets. `make check` replays their seeds (replay.c); ./configure --enable-fuzz CC=clang makes them libFuzzer's:
# tests/fuzz/x_fuzz tests/fuzz/seeds/x_fuzz. A target is its name in the list, x_fuzz.c, two lines, and a folder of seeds.
FUZZ_TARGETS = tests/fuzz/conf_fuzz tests/fuzz/detect_fuzz tests/fuzz/http1_fuzz tests/fuzz/inflate_fuzz tests/fuzz/json_fuzz tests/fuzz/reply_fuzz \
	tests/fuzz/request_fuzz tests/fuzz/rules_fuzz tests/fuzz/sse_fuzz
EXTRA_DIST += tests/fuzz/seeds tests/fuzz/fuzz.h
FUZZ_LIBS = libcandor.a $(LIBRARIES_ALL)
if FUZZ
FUZZ_DRIVER =
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += $(FUZZ_TARGETS)
else
FUZZ_DRIVER = tests/fuzz/replay.c
FUZZ_LINK = $(AM_LDFLAGS)
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
endif
tests_fuzz_conf_fuzz_SOURCES = tests/fuzz/conf_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_conf_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_conf_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_http1_fuzz_SOURCES = tests/fuzz/http1_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_http1_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_http1_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_inflate_fuzz_SOURCES = tests/fuzz/inflate_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_inflate_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_inflate_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_json_fuzz_SOURCES = tests/fuzz/json_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_json_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_json_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_reply_fuzz_SOURCES = tests/fuzz/reply_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_reply_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_reply_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_request_fuzz_SOURCES = tests/fuzz/request_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_request_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_request_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_sse_fuzz_SOURCES = tests/fuzz/sse_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_sse_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_sse_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_detect_fuzz_SOURCES = tests/fuzz/detect_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_detect_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_detect_fuzz_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_rules_fuzz_SOURCES = tests/fuzz/rules_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_rules_fuzz_LDADD = $(FUZZ_LIBS)
tests_fuzz_rules_fuzz_LDFLAGS = $(FUZZ_LINK)
