# Files of src/cmd; the layers: DESIGN.md.
