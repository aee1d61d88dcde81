# Files of src/trial; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/pipeline.h src/trial/pipeline.c \
	include/sample.h src/trial/sample.c \
	include/steps.h src/trial/steps.c \
	include/trace.h src/trial/trace.c \
	include/trial.h src/trial/trial.c
