# Unit tests of src/base. A test is three lines: UNIT_TESTS += tests/unit/x_test, its SOURCES, its LDADD and CPPFLAGS.
