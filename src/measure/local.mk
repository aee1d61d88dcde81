# Files of src/measure; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/confseq.h src/measure/confseq.c \
	include/tally.h src/measure/tally.c \
	src/measure/logspace.h src/measure/logspace.c \
	src/measure/nodes.h src/measure/nodes.c
