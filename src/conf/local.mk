# Files of src/conf; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/terms.h src/conf/terms.c
