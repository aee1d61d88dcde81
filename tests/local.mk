# Unit tests: one program a module, on cmocka. Each folder's own tests are named by the module's name.
if HAVE_CMOCKA
UNIT_TESTS =
UNIT_LIBS = libcandor.a $(CMOCKA_LIBS) $(LIBRARIES_ALL)
UNIT_FLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -iquote $(top_srcdir)/tests/unit
EXTRA_DIST += tests/unit/check.h
include tests/unit/admin.mk
include tests/unit/base.mk
include tests/unit/conf.mk
include tests/unit/net.mk
include tests/unit/chat.mk
include tests/unit/detect.mk
include tests/unit/measure.mk
include tests/unit/report.mk
include tests/unit/shadow.mk
include tests/unit/trial.mk
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

include tests/lint/local.mk
include tests/system/local.mk
include tests/node/local.mk
include tests/fuzz/local.mk
include tests/measure/local.mk
include tests/bench/local.mk
