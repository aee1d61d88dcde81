# Files of src/detect; the layers: DESIGN.md.
libcandor_a_SOURCES +=
