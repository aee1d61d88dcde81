# Files of src/detect; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/detect.h src/detect/detect.c src/detect/detector.h \
	include/rules.h src/detect/rules.c src/detect/ruleset.h \
	src/detect/arrange.c src/detect/arrange.h \
	src/detect/automaton.c src/detect/automaton.h \
	src/detect/belief.c \
	include/booster.h src/detect/booster.c \
	src/detect/borders.c src/detect/borders.h \
	src/detect/candidates.c src/detect/candidates.h \
	src/detect/expand.c \
	src/detect/factor.c src/detect/factor.h \
	src/detect/split.c src/detect/split.h \
	src/detect/language.c \
	src/detect/lines.c \
	src/detect/literals.c src/detect/literals.h \
	src/detect/mask.c \
	src/detect/neutralise.c \
	src/detect/pack.c \
	src/detect/pack_rule.c src/detect/pack_rule.h \
	src/detect/passage.c src/detect/passage.h \
	src/detect/pattern.c \
	src/detect/prefilter.c src/detect/prefilter.h \
	src/detect/ordinary.c src/detect/ordinary.h src/detect/ordinary_others.c \
	src/detect/rules_cost.c \
	src/detect/rarity.c src/detect/rarity.h src/detect/english.h \
	src/detect/rules_test.c \
	src/detect/stress.c \
	src/detect/weigh.c src/detect/weigh.h \
	src/detect/wording.c src/detect/wording.h \
	src/detect/words.c
