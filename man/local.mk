# Manual pages, in mdoc; `make check` reads them with mandoc -Tlint.
dist_man_MANS +=
