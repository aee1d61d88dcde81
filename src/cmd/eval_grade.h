/* eval_grade: a question of known truth, and whether an answer is right. Private to src/cmd. Pure.
 */
#ifndef CANDOR_CMD_EVAL_GRADE_H
#define CANDOR_CMD_EVAL_GRADE_H

#include "trial.h"

#define EVAL_ANSWERS_MAX 32

/* {"id","question","answer"|"answers":[...],"wrong"?}; all in the arena. */
struct eval_question {
    struct slice id, question, wrong; /* wrong "": none is known, and there is no belief to state */
    struct slice answers[EVAL_ANSWERS_MAX];
    size_t answer_count;
};
MUST_USE int eval_question_read(struct slice line, struct arena *arena, struct eval_question *out, struct err *err);

enum eval_grade { EVAL_UNDECIDED, EVAL_RIGHT, EVAL_WRONG, EVAL_EVADES, EVAL_MISSING };
const char *eval_grade_name(enum eval_grade grade); /* "undecided", "right", ... */

/* By the texts: the comparison with each known answer, else the plain words. */
enum eval_grade eval_grade(const struct eval_question *question, struct slice answer);
/* By what a judge said of the answer (as warm) and a known one (as original). */
enum eval_grade eval_grade_judged(const struct judge_call *calls, size_t count);

#endif
