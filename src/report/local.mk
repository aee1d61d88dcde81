# Files of src/report; the layers: DESIGN.md.
libcandor_a_SOURCES +=
