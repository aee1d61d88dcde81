# Files of src/detect; the layers: DESIGN.md.
