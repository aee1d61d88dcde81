# Files of src/shadow; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/arms.h src/shadow/arms.c \
	include/budget.h src/shadow/budget.c \
	include/shadow.h src/shadow/shadow.c
