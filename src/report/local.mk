# Files of src/report; the layers: DESIGN.md.
