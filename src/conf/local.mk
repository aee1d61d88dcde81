# Files of src/conf; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/conf.h src/conf/conf.c src/conf/conf_custom.c src/conf/conf_describe.c src/conf/conf_keys.c src/conf/conf_read.c \
	src/conf/conf_load.h src/conf/conf_telemetry.c src/conf/conf_url.c \
	include/packs.h src/conf/packs.c \
	include/terms.h src/conf/terms.c
