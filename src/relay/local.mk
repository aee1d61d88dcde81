# Files of src/relay; the layers: DESIGN.md.
libcandor_a_SOURCES +=
