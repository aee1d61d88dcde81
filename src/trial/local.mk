# Files of src/trial; the layers: DESIGN.md.
