dist_rules_DATA += rules/beliefs.yaml rules/cues.yaml rules/told.yaml rules/emoji.yaml rules/de.yaml rules/es.yaml rules/fr.yaml rules/pt.yaml rules/zh.yaml rules/booster.weights
EXTRA_DIST += rules/README.md rules/pack.schema.json
