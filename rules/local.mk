dist_rules_DATA +=
