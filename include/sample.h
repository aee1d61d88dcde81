/* sample: which exchanges become trials. Deterministic: a salted hash of the conversation decides, so that the turns of
 * one conversation go together and nobody can choose to be left out. Pure, any thread.
 */
#ifndef CANDOR_SAMPLE_H
#define CANDOR_SAMPLE_H

#include "trial.h"

struct sampler; /* one thread's scratch for the salted hashes (HMAC-SHA-256) */
MUST_USE struct sampler *sampler_new(void);
void sampler_free(struct sampler *sampler); /* accepts NULL */

/* Fills conversation, draw and turn from the request that was read. The client's credentials enter only the salted
 * hash. False when the hash cannot be made. */
MUST_USE bool sample_identify(struct sampler *sampler, struct trial *trial);
/* Fills client_hash. */
MUST_USE bool sample_identify_client(struct sampler *sampler, struct trial *trial);
/* What is certain before the detector has looked: DROP_NOT_SAMPLED when no configured share could take it, DROP_SHED
 * when some share would whatever is found, and trial->shed lets go even of the largest; otherwise DROP_NONE. The draw
 * knows nothing of the content, so those it lets through are a fair part of the traffic. */
enum drop_reason sample_foresee(const struct trial *trial);
/* The share of such exchanges that is sampled, and the label whose share it is (owned by conf, or a literal). */
double sample_share(const struct conf *conf, const struct detection *detection, const char **stratum);
/* The share of the sample that is let go at a load (0..1) of the side path: none up to half of it, then half, and half
 * of what is left for each halving of the room that is left. So it is thinned at random and never loses its tail. */
double sample_shed(double load);
/* The largest configured share that applies to the detection, thinned by trial->shed, against the conversation's hash.
 * Fills stratum and probability. DROP_NONE: it is a trial; DROP_SHED: it would be one under less load. */
enum drop_reason sample_decide(struct trial *trial);
/* Uniform in [0, 1), fixed for this conversation and purpose; for the shares of the extra arms. */
double sample_number(const struct trial *trial, const char *purpose);

#endif
