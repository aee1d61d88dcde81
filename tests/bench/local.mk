# The benchmark and the gate on instructions; ./check runs the gate. Nothing of it is timed in make check.
EXTRA_DIST += tests/bench/README.md tests/bench/bench.h tests/bench/model.c tests/bench/load.c tests/bench/lab.py \
	tests/bench/cost.txt
dist_check_SCRIPTS += tests/bench/bench.py tests/bench/cost
