/* difference: how far apart two answers look from their words alone. Private to src/measure. Pure, symmetric. */
#ifndef CANDOR_MEASURE_DIFFERENCE_H
#define CANDOR_MEASURE_DIFFERENCE_H

#include "claims.h"

/* Each feature is the same when the two answers change places. */
enum {
    FEATURE_HEAD_LEAST, /* share of one head's new words that the other answer has: the smaller share, */
    FEATURE_HEAD_MOST,  /* the larger */
    FEATURE_SPAN,       /* the same of the words that answer: the mean of the two directions */
    FEATURE_NAMES,      /* 1: both name something in their heads, and nothing in common */
    FEATURE_NUMBERS,    /* 1: both give numbers in their heads, none in common */
    FEATURE_POLARITY,   /* 0..1: how far apart they lean for and against the belief, or yes and no */
    FEATURE_EVADES,     /* 1: one answers, the other evades or refuses */
    FEATURE_TEXT,       /* the share of one answer's new words, anywhere, that the other has too: the larger share */
    FEATURE_DENIAL,     /* 0..1: one text is fuller of not, no and never than the other */
    FEATURE_COUNT
};

struct likeness {
    double features[FEATURE_COUNT];
};

/* The words that answer, in the head sentence: [from, to). Empty when there are none. */
struct span {
    size_t from, to;
};
struct span claims_span(const struct claims *claims);

/* 0..1: how well one word of an answer is found in the other answer: 1 the same, less for a near miss. */
double claims_find_word(const struct claims *claims, size_t index, const struct claims *other);

void likeness_measure(const struct claims *a, const struct claims *b, double polarity, struct likeness *out);
double likeness_difference(const struct likeness *likeness);

#endif
