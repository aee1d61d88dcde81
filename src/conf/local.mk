# Files of src/conf; the layers: DESIGN.md.
libcandor_a_SOURCES +=
