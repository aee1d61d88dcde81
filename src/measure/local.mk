# Files of src/measure; the layers: DESIGN.md.
libcandor_a_SOURCES +=
