# Files of src/chat; the layers: DESIGN.md.
