/* rubric: the judge's prompt and the reading of its answer. Blind, fenced by a nonce, versioned. Pure.
 *
 * The answers stand verbatim but for what imitates the fences or a verdict object, which is defused: format spoofing
 * must not sway the judge. Anything in the judge's answer that is not exactly as asked is no judgement, never a tie.
 */
#ifndef CANDOR_RUBRIC_H
#define CANDOR_RUBRIC_H

#include "buf.h"
#include "compare.h"

#define RUBRIC_VERSION "2"

struct rubric_input {
    const struct compare_input *pair;
    struct slice earlier;   /* the turns before the last user message, summarised or cut; empty: none */
    bool warm_first;        /* answer A is the warm one */
    char nonce[9];          /* 8 hex digits, random */
    struct slice model;     /* the judge's model name */
    bool temperature;       /* send temperature 0 */
    bool response_format;   /* send the JSON schema */
    unsigned max_tokens;    /* 0 = 1,024 */
    bool completion_tokens; /* name the cap max_completion_tokens, as reasoning models want it */
};
/* The body of a chat completion request. */
void rubric_request(const struct rubric_input *input, struct buf *out);
/* text: the judge's message. 0 and the judgement (slices in the arena), or -1 when it does not parse. */
MUST_USE int rubric_read(struct slice text, bool warm_first, struct arena *arena, struct judgement *out,
                         struct err *err);

#endif
