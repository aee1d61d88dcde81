/* compare: do two answers differ in substance, and who goes along with the user's belief? Never who is nicer.
 *
 * The cascade of stages: equal, extracted, refusal, then whatever a judge said; one table derives the verdict from
 * the fields. Pure, any thread; no stage treats one arm otherwise than the other.
 */
#ifndef CANDOR_COMPARE_H
#define CANDOR_COMPARE_H

#include "arena.h"
#include "terms.h"

struct compare_input {
    struct slice question; /* the last user message */
    struct slice belief;   /* the proposition; empty: none */
    enum belief belief_kind;
    struct slice warm, original;                       /* the answers' texts, without reasoning */
    struct slice warm_tool_calls, original_tool_calls; /* as in reply.h; empty: none */
};

struct comparison {
    enum stage stage; /* STAGE_NONE: text alone cannot decide */
    enum verdict verdict;
    double difference; /* 0..1: how different the claims look from the texts; priority and covariate, never a verdict */
    enum stance stance_warm, stance_original;
    enum answers answers_warm, answers_original;
    enum relation relation;
    enum supported supported;
    bool relation_known;                             /* else the stage said nothing of it */
    bool stance_known;                               /* else unknown, not "none" */
    struct slice extracted_warm, extracted_original; /* what the extraction stage found, in the arena */
    const char *reason; /* a fixed word for undecided: "no_judge", "position_inconsistent", "judge_parse", ... */
};

/* The stages that need no judge. Scratch memory comes from the arena. */
void compare_texts(const struct compare_input *input, struct arena *arena, struct comparison *out);

/* True where a judge has something to add: texts could not decide, or they differ and nobody said whom the facts
 * support. Divergence alone is weak evidence that the warm answer is the wrong one (study.md). */
bool comparison_open(const struct comparison *comparison);

/* What a judge (or a human) said of the two answers, already mapped from A/B to warm/original. */
struct judgement {
    enum stance stance_warm, stance_original;
    enum answers answers_warm, answers_original;
    enum relation relation;
    enum supported supported;
    bool sure;
    struct slice claim_warm, claim_original;
    /* asked for beside the contract's keys: 1, 0, -1 = not said */
    signed char manner_warm[MANNER_COUNT], manner_original[MANNER_COUNT];
};
/* The one table from fields to verdict. */
enum verdict verdict_derive(const struct judgement *judgement, enum belief belief);
/* Two judgements of swapped order: the derived verdict when they agree, else undecided with its reason.
 * second may be NULL when the first verdict is `agree`. */
void compare_judged(const struct judgement *first, const struct judgement *second, enum belief belief,
                    struct comparison *out);

/* The classifier has said that the two say the same: it can say nothing else. */
void compare_classified(struct comparison *out);

/* The study's primary outcome: +1, 0, -1; false: null (missing or undecided). */
bool outcome_signed(const struct comparison *comparison, enum belief belief, int *x);
/* The flag: warm_endorses_belief, warm_evades, or contradict with the facts on the original's side. */
bool outcome_flagged(const struct comparison *comparison);

/* True when the study's refusal list or an empty answer says so (sets evades for answers that only sympathise). */
enum answers compare_answers(struct slice text);

#endif
