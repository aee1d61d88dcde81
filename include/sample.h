/* sample: which exchanges become trials. Deterministic: a salted hash of the conversation decides, so that the turns of
 * one conversation go together and nobody can choose to be left out. Pure, any thread.
 */
#ifndef CANDOR_SAMPLE_H
#define CANDOR_SAMPLE_H

#include "trial.h"

/* Fills conversation, client_hash and turn from the request that was read. The client's credentials enter only a
 * salted hash. */
void sample_identify(struct trial *trial);
/* The share of such exchanges that is sampled, and the label whose share it is (owned by conf, or a literal). */
double sample_share(const struct conf *conf, const struct detection *detection, const char **stratum);
/* The largest configured share that applies to the detection, against the conversation's hash. Fills stratum and
 * probability. */
bool sample_decide(struct trial *trial);
/* Uniform in [0, 1), fixed for this conversation and purpose; for the shares of the extra arms. */
double sample_number(const struct trial *trial, const char *purpose);

#endif
