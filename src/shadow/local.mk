# Files of src/shadow; the layers: DESIGN.md.
