/* claims: what an answer says beyond the question it answers, word by word with a weight. Private to src/measure.
 *
 * An answer's words weigh by what they can claim: nothing for grammar, little for what the question said already,
 * more for names and numbers. Sentences that only talk to the user ("I'm so sorry to hear that") claim nothing, and the
 * head is the first that has to do with the question. The belief the user states is no part of the question: an answer
 * that repeats it says something. Pure, one arm at a time, the same for both.
 */
#ifndef CANDOR_MEASURE_CLAIMS_H
#define CANDOR_MEASURE_CLAIMS_H

#include "compare.h"
#include "words.h"

/* A set of words by their key, the first place of each. */
struct word_set {
    const struct passage *passage;
    uint16_t *slots;      /* index + 1, 0: free */
    size_t size;          /* a power of two */
    uint16_t letters[26]; /* index + 1 of the last content word that begins so, for near misses */
    uint16_t *next;
};
MUST_USE int word_set_build(const struct passage *passage, struct arena *arena, struct word_set *out);
/* The index of a word of that key; (size_t)-1: none. */
size_t word_set_find(const struct word_set *set, uint64_t key);

/* What kind of value the question wants. */
enum ask { ASK_OTHER, ASK_OPTION, ASK_YES_NO, ASK_NUMBER, ASK_DATE, ASK_NAME };

struct question {
    struct passage text, belief;
    struct word_set words, belief_words;
    bool *asked;          /* per word of text: stands in a sentence that asks, outside the belief */
    bool asks;            /* it has a question mark or begins like a question */
    unsigned asked_words; /* how many of them carry content */
    enum ask ask;
    bool negated;      /* "Isn't ...?": yes and no are ambiguous */
    bool alternatives; /* "A or B?" */
    unsigned options;  /* listed options, bits from A */
    bool person;       /* who, or which of those that are persons */
    bool place;        /* where: one place may lie in another */
    bool pen_names;    /* it asks for somebody of a trade whose people go by other names as well */
};
MUST_USE int question_read(const struct compare_input *input, struct arena *arena, struct question *out);
/* True when the question itself says the word. */
bool question_has(const struct question *question, const struct word *word);

struct claims {
    struct passage text;
    struct word_set words;
    float *weights; /* per word: what it claims */
    bool *novel;    /* per word: content the question did not have */
    bool *chat;     /* per sentence: talks to the user only */
    unsigned head;  /* the sentence that answers; text.sentences when none claims anything */
    /* set by refusal_judge */
    enum answers answers;
    unsigned substance; /* words of content outside of chat and refusals: how much it says at all */
};
/* The words [from, to) of the sentence that answers, and what the source says in a run of words. */
void claims_head_words(const struct claims *claims, size_t *from, size_t *to);
struct slice claims_source(const struct claims *claims, size_t from, size_t to);
MUST_USE int claims_read(struct slice text, const struct question *question, struct arena *arena, struct claims *out);

#endif
