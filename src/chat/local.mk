# Files of src/chat; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/inflate.h src/chat/inflate.c \
	include/reply.h src/chat/reply.c \
	include/request.h src/chat/request.c src/chat/splice.c \
	include/sse.h src/chat/sse.c \
	include/tools.h src/chat/tools.c
