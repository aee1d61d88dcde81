/* epoch: a name for everything that makes trials comparable: models, prompts, detector, rubric and judge. Change one of
 * them and evidence starts anew. Pure, any thread.
 */
#ifndef CANDOR_EPOCH_H
#define CANDOR_EPOCH_H

#include "conf.h"

/* 32 hex digits of SHA-256. rules_version: see rules.h. */
void epoch_of(const struct conf *conf, const char *rules_version, char epoch[33]);

#endif
