# Files of src/measure; the layers: DESIGN.md.
