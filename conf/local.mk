# An example of every key; the lint of the manuals holds it complete, a unit test and a system test hold it valid.
# The schema is for editors; a unit test holds it to the tables of keys.
dist_doc_DATA += conf/candor.yaml conf/candor.schema.json
# Alerting rules for Prometheus; the lint that checks them runs their tests.
dist_doc_DATA += conf/prometheus/candor.rules.yaml
EXTRA_DIST += conf/prometheus/candor.rules.test.yaml
# A dashboard for Grafana; a system test lets the real Prometheus answer its queries.
dist_doc_DATA += conf/grafana/candor.json
# Completions, written by tools/completions from the table of commands; a lint holds them to it.
bashcompdir = $(datadir)/bash-completion/completions
dist_bashcomp_DATA = conf/completions/candor.bash
zshcompdir = $(datadir)/zsh/site-functions
dist_zshcomp_DATA = conf/completions/_candor
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_fishcomp_DATA = conf/completions/candor.fish
# Containers: an image, and examples of its use that a system test reads.
CONTAINER_FILES = conf/Dockerfile conf/compose.yaml conf/kubernetes/gateway.yaml conf/kubernetes/sidecar.yaml
dist_doc_DATA += $(CONTAINER_FILES)
EXTRA_DIST += tests/package/debian_package tools/completions debian/candor.dirs debian/candor.install debian/candor.lintian-overrides debian/candor.yaml \
	debian/changelog debian/control debian/copyright debian/rules debian/source/format
