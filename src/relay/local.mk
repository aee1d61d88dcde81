# Files of src/relay; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/relay.h src/relay/relay.c \
	include/exchange.h src/relay/exchange.c src/relay/tap.h src/relay/tap.c \
	include/headers.h src/relay/headers.c
