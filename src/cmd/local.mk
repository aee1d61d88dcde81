# Files of src/cmd, one a subcommand; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/cmd.h src/cmd/cmd.c \
	src/cmd/alerts.c \
	src/cmd/check.c \
	src/cmd/compare.c src/cmd/pair_line.h src/cmd/pair_line.c src/cmd/pair_judge.c \
	src/cmd/demo.c \
	src/cmd/detect.c \
	src/cmd/label.c \
	src/cmd/replay.c \
	src/cmd/eval_grade.h src/cmd/eval_grade.c \
	src/cmd/eval.c \
	src/cmd/rules.c src/cmd/rules_explain.h src/cmd/rules_explain.c \
	src/cmd/report.c \
	src/cmd/serve.c \
	src/cmd/simulate.c \
	include/simulator.h src/cmd/simulator.c \
	include/talk.h src/cmd/talk.c \
	src/cmd/trials.c
