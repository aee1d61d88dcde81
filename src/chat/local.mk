# Files of src/chat; the layers: DESIGN.md.
libcandor_a_SOURCES +=
