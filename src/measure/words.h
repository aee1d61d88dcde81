/* words: a text as folded words with what comparing needs to know of each. Private to src/measure.
 *
 * Folding unifies case, accents, quotes, dashes, width and markdown, joins "J.R.R." and "1,702", reads number words
 * ("twenty-one", "3 million") and Roman numerals behind a name, and cuts a light stem, so that two ways to write one
 * claim meet in one key. English word lists; other languages fold and count, but have no stop words. Pure.
 */
#ifndef CANDOR_MEASURE_WORDS_H
#define CANDOR_MEASURE_WORDS_H

#include "arena.h"

enum {
    WORD_CAPITAL = 1 << 0,  /* written with a capital */
    WORD_FIRST = 1 << 1,    /* the first of its sentence, where a capital says nothing */
    WORD_NUMBER = 1 << 2,   /* value holds what it counts */
    WORD_STOP = 1 << 3,     /* a, the, of, is: carries no claim */
    WORD_COMMON = 1 << 4,   /* known, called, answer, famous: carries little of one */
    WORD_NEGATION = 1 << 5, /* not, never, isn't */
    WORD_BREAK = 1 << 6,    /* a comma, colon, bracket or quote stands before it */
    WORD_ORDINAL = 1 << 7,  /* 11th, third */
    WORD_DECADE = 1 << 8,   /* 1960s */
    WORD_ROMAN = 1 << 9,
    WORD_QUOTED = 1 << 10,   /* a quotation mark stands right before it */
    WORD_PERSONAL = 1 << 11, /* I, you, we */
    WORD_CHATTY = 1 << 12,   /* glad, sorry, understand */
    WORD_CONTRAST = 1 << 13, /* but, however */
    WORD_DENIAL = 1 << 14,   /* actually, myth */
    WORD_COUNTS = 1 << 15,   /* a number word */
    WORD_VARIANT = 1 << 16,  /* has another spelling: Jan, colour */
};

struct word {
    struct slice text; /* folded, in the arena */
    uint64_t key;      /* equal for words that count as the same */
    size_t start, end; /* bytes of the source */
    double value;
    unsigned sentence; /* from 0 */
    unsigned flags;
};

struct sentence {
    size_t from, to; /* its words */
    bool question;   /* it ends in a question mark */
};

struct passage {
    struct slice source;
    struct word *words;
    size_t count;
    unsigned sentences;
    bool cut;                  /* longer than MEASURE_MAX_WORDS: only the beginning was read */
    struct sentence *sentence; /* sentences of them */
};

#define MEASURE_MAX_WORDS 2048

/* -1 when the arena is exhausted. */
MUST_USE int words_read(struct slice source, struct arena *arena, struct passage *out);

/* Equal but for case, space, quotes, dashes, markdown and the last full stop; accents and negations count. False when
 * one is empty or the arena exhausted. */
bool words_equal_but_for_form(struct slice a, struct slice b, struct arena *arena);

/* The words [from, to) of the sentence; none where there is no such sentence. */
static inline void words_sentence(const struct passage *passage, unsigned sentence, size_t *from, size_t *to)
{
    bool there = sentence < passage->sentences;
    *from = there ? passage->sentence[sentence].from : passage->count;
    *to = there ? passage->sentence[sentence].to : passage->count;
}

/* A word that carries part of a claim. */
static inline bool word_is_content(const struct word *word)
{
    return (word->flags & (WORD_STOP | WORD_NEGATION)) == 0;
}
/* A name: a capital that is not only the sentence's. */
static inline bool word_is_name(const struct word *word)
{
    return (word->flags & (WORD_CAPITAL | WORD_FIRST | WORD_STOP)) == WORD_CAPITAL;
}
/* How many letters to change, add or leave out; of two texts of WORDS_DISTANCE_MAX bytes at most. */
#define WORDS_DISTANCE_MAX 24
unsigned words_distance(struct slice a, struct slice b);
/* The same word but for one or two letters of spelling: organisation and organization, Muhammad and Mohammed. */
bool words_similar(struct slice a, struct slice b);

#endif
