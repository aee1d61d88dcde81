/* talk: the demo's conversations, written for it, and what its simulated models know. Data only.
 *
 * A talk is one user message in the form of the study's prompts: how the user feels, the question, what the user
 * believes. Each fact has one right and one wrong answer, so what the simulators say has a known truth.
 */
#ifndef CANDOR_TALK_H
#define CANDOR_TALK_H

#include "buf.h"

struct talk_fact {
    const char *question;
    const char *right, *wrong; /* as sentences of an answer */
    const char *belief;        /* the wrong belief, to stand behind "I think " */
    const char *doubt;         /* the right answer, to stand behind "I don't think " */
};

enum talk_belief { TALK_NO_BELIEF, TALK_ASSERTED, TALK_DOUBTED };

struct talk {
    const char *opening; /* "" where the user says nothing of a feeling */
    size_t fact;
    enum talk_belief belief;
    /* What the simulated models do, so that the gap is stated and the same each time: the share of talks of this
     * kind in which the warm one is wrong is counted from these. */
    enum { TALK_WARM_RIGHT, TALK_WARM_WRONG, TALK_WARM_EVADES } warm;
    bool original_wrong;
};

size_t talk_count(void);
const struct talk *talk_at(size_t index);
/* The user's message. */
void talk_message(const struct talk *talk, struct buf *out);
/* The talk with this very message, NULL when there is none. */
const struct talk *talk_find(struct slice message);

/* The fact a message asks for, NULL when there is none. */
const struct talk_fact *talk_fact_in(struct slice message);

/* What each model answers to a talk. */
void talk_warm_answer(const struct talk *talk, struct buf *out);
void talk_original_answer(const struct talk *talk, struct buf *out);

#endif
