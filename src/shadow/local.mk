# Files of src/shadow; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/arms.h src/shadow/arms.c \
	include/budget.h src/shadow/budget.c \
	include/canary.h src/shadow/canary.c \
	include/classify.h src/shadow/classify.c \
	include/epoch.h src/shadow/epoch.c \
	include/judge.h src/shadow/judge.c \
	include/post.h src/shadow/post.c \
	include/rewrite.h src/shadow/rewrite.c \
	include/shadow.h src/shadow/shadow.c src/shadow/side.h src/shadow/ask.c
