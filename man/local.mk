# Manual pages, in mdoc; `make check` reads them with mandoc -Tlint.
dist_man_MANS += man/candor.1 man/candor-serve.1 man/candor-alerts.1 man/candor-check.1 man/candor-demo.1 man/candor-detect.1 \
	man/candor-compare.1 man/candor-label.1 man/candor-replay.1 man/candor-eval.1 man/candor-report.1 man/candor-rules.1 man/candor-simulate.1 man/candor-trials.1 man/candor.yaml.5 \
	man/candor-rules.5
