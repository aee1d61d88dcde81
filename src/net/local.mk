# Files of src/net; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/fetch.h src/net/fetch.c \
	include/http1.h src/net/http1.c src/net/http1_chars.h src/net/http1_chars.c src/net/http1_chunked.c \
	src/net/http1_names.h src/net/http1_names.c src/net/http1_write.c \
	include/loop.h src/net/loop.c \
	include/sockets.h src/net/sockets.c \
	include/wire.h src/net/wire.c \
	include/tls.h src/net/tls.c \
	include/serve.h src/net/serve.c src/net/connection.h src/net/connection.c src/net/answer.c src/net/listen.c \
	src/net/guard.h src/net/guard.c \
	include/upstream.h src/net/upstream.c src/net/link.h src/net/link.c src/net/transfer.c \
	src/net/resolve.h src/net/resolve.c
