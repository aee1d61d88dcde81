# Files of src/net; the layers: DESIGN.md.
