# An example of every key; the lint of the manuals holds it complete, a unit test and a system test hold it valid.
# The schema is for editors; a unit test holds it to the tables of keys.
dist_doc_DATA += conf/candor.yaml conf/candor.schema.json
# Alerting rules for Prometheus; the lint that checks them runs their tests.
dist_doc_DATA += conf/prometheus/candor.rules.yaml
EXTRA_DIST += conf/prometheus/candor.rules.test.yaml
# A dashboard for Grafana; a system test lets the real Prometheus answer its queries.
dist_doc_DATA += conf/grafana/candor.json
