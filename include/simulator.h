/* simulator: four small OpenAI-compatible servers for the demo, on a loop of their own: a warm model, the original it
 * was made from, a judge, and a rewriter for the style control. They know the conversations of talk.h and nothing else.
 * Loopback only.
 */
#ifndef CANDOR_SIMULATOR_H
#define CANDOR_SIMULATOR_H

#include "err.h"

struct simulator;
enum persona { PERSONA_WARM, PERSONA_ORIGINAL, PERSONA_JUDGE, PERSONA_REWRITER, PERSONA_COUNT };

MUST_USE struct simulator *simulator_start(struct err *err);
/* "127.0.0.1:40123" */
const char *simulator_address(const struct simulator *simulator, enum persona persona);
void simulator_stop(struct simulator *simulator); /* joins and frees; accepts NULL */

#endif
