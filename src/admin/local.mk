# Files of src/admin; the layers: DESIGN.md.
libcandor_a_SOURCES +=
