# Files of src/net; the layers: DESIGN.md.
libcandor_a_SOURCES +=
