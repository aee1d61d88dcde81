/* terms: the words of the glossary as enums, each with its one spelling in records, logs, metrics and configuration.
 *
 * The study (Ibrahim, Hafner, Rocher, Nature 652, 2026, doi 10.1038/s41586-026-10410-0) names the contexts; fear is
 * our extension. Pure values, any thread.
 */
#ifndef CANDOR_TERMS_H
#define CANDOR_TERMS_H

#include "str.h"

/* In the order in which a trial with several contexts is counted: the first that applies names its condition. */
enum context {
    CONTEXT_SAD,
    CONTEXT_ANGER,
    CONTEXT_HAPPY,
    CONTEXT_CLOSE,
    CONTEXT_UP,
    CONTEXT_DOWN,
    CONTEXT_HIGH,
    CONTEXT_LOW,
    CONTEXT_FEAR,
    CONTEXT_NONE,
    CONTEXT_COUNT
};

/* What the user says of a proposition. Pushback contradicts the previous answer and may state no proposition. */
enum belief { BELIEF_NONE, BELIEF_ASSERTED, BELIEF_DOUBTED, BELIEF_PUSHBACK, BELIEF_COUNT };

enum stance { STANCE_NONE, STANCE_ENDORSES, STANCE_REJECTS, STANCE_HEDGES, STANCE_IGNORES, STANCE_COUNT };
enum answers { ANSWERS_DIRECT, ANSWERS_PARTIAL, ANSWERS_EVADES, ANSWERS_REFUSES, ANSWERS_COUNT };
enum relation { RELATION_SAME, RELATION_COMPATIBLE, RELATION_CONTRADICTORY, RELATION_INCOMPARABLE, RELATION_COUNT };
enum supported {
    SUPPORTED_UNCLEAR,
    SUPPORTED_WARM,
    SUPPORTED_ORIGINAL,
    SUPPORTED_BOTH,
    SUPPORTED_NEITHER,
    SUPPORTED_COUNT
};
/* How an answer says what it says: asked of the judge beside what it says, and never part of a verdict. */
enum manner {
    MANNER_ACKNOWLEDGES, /* the feeling */
    MANNER_CORRECTS,     /* a false premise */
    MANNER_UNCERTAIN,    /* shows its uncertainty */
    MANNER_REFUSES_UNSAFE,
    MANNER_COUNT
};
/* The stage of the cascade that decided. */
enum stage { STAGE_NONE, STAGE_EQUAL, STAGE_EXTRACTED, STAGE_REFUSAL, STAGE_CLASSIFIER, STAGE_JUDGE, STAGE_COUNT };
enum verdict {
    VERDICT_UNDECIDED,
    VERDICT_AGREE,
    VERDICT_CONTRADICT,
    VERDICT_WARM_ENDORSES_BELIEF,
    VERDICT_ORIGINAL_ENDORSES_BELIEF,
    VERDICT_WARM_EVADES,
    VERDICT_ORIGINAL_EVADES,
    VERDICT_INCOMPARABLE,
    VERDICT_COUNT
};
enum arm {
    ARM_WARM,
    ARM_ORIGINAL,
    ARM_ORIGINAL_AGAIN,
    ARM_WARM_AGAIN,
    ARM_ORIGINAL_NEUTRAL,
    ARM_WARM_NEUTRAL,
    ARM_STYLE_CONTROL, /* the original's own answer, rewritten warmly */
    ARM_CANDIDATE,     /* another warm model that may follow the deployed one; there may be several */
    ARM_COUNT
};
/* Two arms of one trial that are compared. The main pair carries the trial's verdict; each of the others answers one
 * question beside it, and is missing for itself alone. */
enum pair_kind {
    PAIR_MAIN,           /* warm, original */
    PAIR_ORIGINAL_AGAIN, /* original_again, original: its noise floor */
    PAIR_WARM_AGAIN,     /* warm, warm_again */
    PAIR_NEUTRAL,        /* warm_neutral, original_neutral: the 2 x 2 */
    PAIR_STYLE_CONTROL,  /* style_control, original: the judge's bias by tone */
    PAIR_CANDIDATE,      /* candidate, original */
    PAIR_COUNT
};
/* What a path is for us; everything but the first three is a byte tunnel. */
enum endpoint { ENDPOINT_CHAT, ENDPOINT_RESPONSES, ENDPOINT_COMPLETIONS, ENDPOINT_OTHER, ENDPOINT_COUNT };

/* The spelling: "emotion:sad", "asserted", "endorses", "warm_endorses_belief", "original_again", "chat", ... */
const char *context_name(enum context context);
const char *belief_name(enum belief belief);
const char *stance_name(enum stance stance);
const char *answers_name(enum answers answers);
const char *relation_name(enum relation relation);
const char *manner_name(enum manner manner); /* "acknowledges", "corrects", "uncertain", "refuses_unsafe" */
const char *supported_name(enum supported supported);
const char *stage_name(enum stage stage);
const char *verdict_name(enum verdict verdict);
const char *arm_name(enum arm arm);
const char *pair_kind_name(enum pair_kind pair);
const char *endpoint_name(enum endpoint endpoint);

/* The inverse; false when the word is not one of them. */
bool context_parse(struct slice word, enum context *out);
bool belief_parse(struct slice word, enum belief *out);
bool stance_parse(struct slice word, enum stance *out);
bool answers_parse(struct slice word, enum answers *out);
bool relation_parse(struct slice word, enum relation *out);
bool verdict_parse(struct slice word, enum verdict *out);
bool supported_parse(struct slice word, enum supported *out);
bool pair_kind_parse(struct slice word, enum pair_kind *out);

/* A stratum: context x belief, written CONTEXT+BELIEF ("emotion:sad+asserted", "none+none"). */
struct condition {
    enum context context;
    enum belief belief;
};
#define CONDITION_COUNT     (CONTEXT_COUNT * BELIEF_COUNT)
#define CONDITION_NAME_SIZE 48
const char *condition_name(struct condition condition, char name[CONDITION_NAME_SIZE]);
bool condition_parse(struct slice name, struct condition *out);
static inline size_t condition_index(struct condition c)
{
    return (size_t)c.context * BELIEF_COUNT + (size_t)c.belief;
}
static inline struct condition condition_at(size_t index)
{
    return (struct condition){(enum context)(index / BELIEF_COUNT), (enum belief)(index % BELIEF_COUNT)};
}

/* What an operator calls a part of the traffic: 1 to 32 letters, digits and "._:/-". Anything else is no tag. */
#define TAG_SIZE 33
bool tag_valid(struct slice word);
/* What a tag is recorded as that comes when a store knows as many as it takes. */
#define TAG_OTHER "other"

/* A set of contexts as bits, 1 << context. */
static inline enum context context_first(unsigned contexts)
{
    for (unsigned c = 0; c < CONTEXT_NONE; c++)
        if (contexts & (1u << c))
            return (enum context)c;
    return CONTEXT_NONE;
}

/* The study's gap for a condition in percentage points, from the regression family (study.md); false: not studied. */
bool condition_study_gap(struct condition condition, double *percentage_points);

#endif
