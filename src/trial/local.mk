# Files of src/trial; the layers: DESIGN.md.
libcandor_a_SOURCES +=
