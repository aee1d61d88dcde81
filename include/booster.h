/* booster: a small linear model beside the rules. Where no rule found anything it may suspect a cue, from hashed words
 * and letters; it cannot say which or why, so it names no label and is nobody's reason: a configured share of what it
 * suspects is sampled, and that is all. The weights are read with the rules and shared like them, read-only.
 */
#ifndef CANDOR_BOOSTER_H
#define CANDOR_BOOSTER_H

#include "detect.h"

/* The rules with the weights of the file, which tools/train-booster writes; path NULL: as they were. Before anybody
 * shares the rules. Takes the rules, which may be NULL; NULL when they were, or with a sentence when the file is bad.
 */
MUST_USE struct rules *rules_boost(struct rules *rules, const char *path, struct err *err);

/* How much it suspects a cue in what a user said; above 0 it does. -INFINITY when the rules have no weights, or where
 * the text is in a language that the weights do not know. Uses the detector's scratch. */
double booster_score(struct detector *detector, struct slice text);

#endif
