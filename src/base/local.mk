# Files of src/base; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/arena.h src/base/arena.c \
	include/buf.h src/base/buf.c \
	include/clock.h src/base/clock.c \
	include/err.h src/base/err.c \
	include/json.h src/base/json.c src/base/json_scan.c \
	include/log.h src/base/log.c \
	include/metrics.h src/base/metrics.c \
	include/pool.h src/base/pool.c \
	include/queue.h src/base/queue.c \
	include/str.h src/base/str.c \
	include/thread.h src/base/thread.c \
	include/yaml.h src/base/yaml.c
