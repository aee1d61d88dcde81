# System tests: the real binary between fake models. ./check runs them with pytest; they are shipped with the rest.
EXTRA_DIST += \
	tests/system/conftest.py \
	tests/system/fakes.py \
	tests/system/llhttp_reader.c \
	tests/system/monitoring.py \
	tests/system/test_alerting.py \
	tests/system/test_arms.py \
	tests/system/test_canaries.py \
	tests/system/test_classifier.py \
	tests/system/test_compare.py \
	tests/system/test_configuration.py \
	tests/system/test_conformance.py \
	tests/system/test_differential.py \
	tests/system/test_docs.py \
	tests/system/test_evidence.py \
	tests/system/test_families.py \
	tests/system/test_fidelity.py \
	tests/system/test_labels.py \
	tests/system/test_life.py \
	tests/system/test_logs.py \
	tests/system/test_metrics.py \
	tests/system/test_otlp.py \
	tests/system/test_packs.py \
	tests/system/test_packaging.py \
	tests/system/test_planted.py \
	tests/system/test_relay.py \
	tests/system/test_replay_eval.py \
	tests/system/test_rules.py \
	tests/system/test_side_path.py \
	tests/system/test_tls.py \
	tests/system/test_trials.py \
	tests/system/test_upstream_faults.py \
	tests/system/test_succession.py \
	tests/system/test_wire.py \
	tests/system/wire.py \
	tests/system/wire_peers.py
