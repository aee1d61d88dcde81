dist_rules_DATA += rules/beliefs.yaml rules/cues.yaml
EXTRA_DIST += rules/README.md rules/pack.schema.json
