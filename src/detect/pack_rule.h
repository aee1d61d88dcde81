/* pack_rule: reads one rule of a pack, or its guards, with every pattern checked, and says of a mistake where it is.
 * Which rules there are, and what packs do to one another's, is pack.c's.
 */
#ifndef CANDOR_DETECT_PACK_RULE_H
#define CANDOR_DETECT_PACK_RULE_H

#include "ruleset.h"

/* Where what is read belongs. */
struct pack_place {
    struct rules *rules;
    const char *path; /* of the pack; it lives as long as the rules */
    size_t language;
    struct expansion expansion;
    struct rule *rule; /* the one that is being read */
};

/* Adds the rule to the rules. */
MUST_USE int pack_read_rule(struct pack_place *place, const struct yaml_node *node, struct err *err);
/* Adds the guards to the language's, where no pack before has set them. */
MUST_USE int pack_read_guards(struct pack_place *place, const struct yaml_node *guards, struct err *err);
/* 0 to 100, as 0 to 1. */
MUST_USE int pack_read_score(const struct yaml_node *value, double *score, struct err *err);
/* Refuses a pattern whose end YAML has taken for a comment. */
MUST_USE int pack_check_whole(const struct yaml_node *pattern, struct err *err);

#endif
