# Files of src/admin; the layers: DESIGN.md.
