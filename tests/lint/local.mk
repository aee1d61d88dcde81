# Lints: one script a rule of the house. Each prints file:line: sentence and is skipped, loudly, without its tool.
LINTS = tests/lint/layers tests/lint/headers tests/lint/words tests/lint/format tests/lint/size \
	tests/lint/completions tests/lint/manuals tests/lint/operations tests/lint/prometheus tests/lint/service tests/lint/scripts \
	tests/lint/counted
dist_check_SCRIPTS += $(LINTS)
EXTRA_DIST += tests/lint/common.py
TESTS += $(LINTS)
