# Files of src/cmd; the layers: DESIGN.md.
libcandor_a_SOURCES +=
