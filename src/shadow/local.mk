# Files of src/shadow; the layers: DESIGN.md.
libcandor_a_SOURCES +=
