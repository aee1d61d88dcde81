# Files of src/measure; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/compare.h src/measure/compare.c src/measure/verdict.c \
	src/measure/alias.h src/measure/alias.c \
	src/measure/claims.h src/measure/claims.c \
	src/measure/difference.h src/measure/difference.c \
	include/entailment.h src/measure/entailment.c \
	src/measure/extract.h src/measure/extract.c \
	src/measure/fold.h src/measure/fold.c \
	src/measure/guards.h src/measure/guards.c \
	src/measure/lexicon.h src/measure/lexicon.c \
	src/measure/names.h src/measure/names.c \
	src/measure/phrases.h src/measure/phrases.c \
	src/measure/refusal.h src/measure/refusal.c \
	include/rubric.h src/measure/rubric.c src/measure/rubric_read.c \
	src/measure/defuse.h src/measure/defuse.c \
	src/measure/stance.h src/measure/stance.c \
	src/measure/words.h src/measure/words.c src/measure/normal.c \
	include/confseq.h src/measure/confseq.c \
	include/correct.h src/measure/correct.c \
	include/labels.h src/measure/labels.c \
	include/drift.h src/measure/drift.c \
	include/evidence.h src/measure/evidence.c \
	include/health.h src/measure/health.c \
	include/outcome.h src/measure/outcome.c \
	include/simulate.h src/measure/simulate.c \
	include/tally.h src/measure/tally.c \
	src/measure/logspace.h src/measure/logspace.c \
	src/measure/nodes.h src/measure/nodes.c
