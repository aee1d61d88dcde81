/* rules: rule packs read from YAML, checked, and compiled into one immutable set (PCRE2, JIT where allowed).
 *
 * A rule is explainable: every cue names the rule that found it. Format: rules/README.md and rules/pack.schema.json.
 * A local pack may `disable`, rescore or append to shipped rules. Loading is off the loops; a set is read-only
 * afterwards and shared by all detectors.
 */
#ifndef CANDOR_RULES_H
#define CANDOR_RULES_H

#include "buf.h"
#include "terms.h"

struct rules;

/* Loads the packs in order. NULL and "file:line:column: sentence". */
MUST_USE struct rules *rules_load(const char *const *paths, size_t count, struct err *err);
struct rules *rules_hold(struct rules *rules);
void rules_drop(struct rules *rules); /* accepts NULL */

size_t rules_count(const struct rules *rules);
bool rules_jit(const struct rules *rules); /* false: this host forbids executable memory, the interpreter runs */
/* Changes whenever a rule, its order or the engine does: 16 hex digits, part of the epoch. */
const char *rules_version(const struct rules *rules);
const char *rules_name(const struct rules *rules, size_t index); /* "sad.state.first_person" */

/* `candor rules test`: runs every example of every pack and the stress of every pattern. Prints failures (and with
 * tap: TAP 13) to out. Returns the number of failures. */
struct rules_report {
    size_t rules, examples, failures, todo;
};
void rules_test(struct rules *rules, bool tap, bool colour, struct buf *out, struct rules_report *report);
/* Tells of each English rule that would be tried too often on ordinary sentences, with all of every one how often;
 * behind "# " for TAP. Returns how many are. */
size_t rules_cost(struct rules *rules, bool all, bool tap, bool colour, struct buf *out);

#endif
