/* pair_line: the lines that compare reads and writes: one pair of answers in, one verdict out, as JSON. */
#ifndef CANDOR_CMD_PAIR_LINE_H
#define CANDOR_CMD_PAIR_LINE_H

#include "buf.h"
#include "compare.h"
#include "conf.h"
#include "entailment.h"
#include "json.h"

/* One pair, on the heap. What input points to lives in tree or arena, the comparison in the arena. */
struct pair_line {
    struct pair_line *next; /* while it waits for the judge */
    bool done;
    int (*tell)(const struct pair_line *pair, void *arg); /* -1: the output is gone. pair_line_print, usually */
    void *arg, *more;                                     /* of tell; more is this pair's, in the arena */
    struct slice earlier;                                 /* turns before the question, for the judge */
    struct slice id;                                      /* as it was written, in the arena */
    cJSON *tree;                                          /* owned */
    struct arena *arena;                                  /* owned */
    struct compare_input input;
    struct comparison comparison;
    const struct entailment *entailment; /* what the classifier is asked; NULL: nothing */
};

/* The pair of a line, compared by its texts; NULL with a sentence without the line's number. */
MUST_USE struct pair_line *pair_line_read(struct slice line, struct err *err);
void pair_line_free(struct pair_line *pair); /* accepts NULL */
/* A pair of another's making: with tree, which it takes, and without an input; NULL: no memory, and tree is freed. */
MUST_USE struct pair_line *pair_line_new(cJSON *tree);
/* To stdout; 0, or -1 when it cannot be written. */
MUST_USE int pair_line_print(const struct pair_line *pair, void *arg);

/* Asks the classifier and the judge of a configuration about what the texts leave undecided, several pairs at a time,
 * on a thread of its own that tells of every pair in the order it was put. */
struct pair_judge;
MUST_USE struct pair_judge *pair_judge_start(struct conf *conf, struct err *err);
/* Takes the pair; waits while enough are under way. -1: the output cannot be written, and the pair is freed. */
MUST_USE int pair_judge_put(struct pair_judge *judge, struct pair_line *pair);
/* Waits for what is under way. -1: the output could not be written. */
MUST_USE int pair_judge_stop(struct pair_judge *judge);

#endif
