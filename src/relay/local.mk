# Files of src/relay; the layers: DESIGN.md.
