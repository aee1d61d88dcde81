/* eval_grade: see eval_grade.h. */
#include "eval_grade.h"

#include <assert.h>

#include "json.h"
#include "steps.h"

#define SCRATCH_BYTES (16u << 20)
#define LINE_LIMITS   ((struct json_limits){1u << 20, 8})

/* ---- reading ---- */

static int read_answers(const cJSON *tree, struct arena *arena, struct eval_question *out, struct err *err)
{
    const cJSON *answers = json_get(tree, "answers"), *answer;
    struct slice one = json_get_slice(tree, "answer");
    if (one.len)
        out->answers[out->answer_count++] = arena_copy(arena, one);
    cJSON_ArrayForEach(answer, answers)
    {
        if (cJSON_IsString(answer) && *answer->valuestring && out->answer_count < EVAL_ANSWERS_MAX)
            out->answers[out->answer_count++] = arena_copy(arena, slice_from(answer->valuestring));
    }
    return out->answer_count ? 0 : err_set(err, "the question has neither \"answer\" nor \"answers\"");
}

int eval_question_read(struct slice line, struct arena *arena, struct eval_question *out, struct err *err)
{
    *out = (struct eval_question){0};
    cJSON *tree = json_parse(line, LINE_LIMITS, err);
    if (!tree)
        return -1;
    const cJSON *id = json_get(tree, "id");
    struct slice question = json_get_slice(tree, "question"), wrong = json_get_slice(tree, "wrong");
    int rc = question.len ? read_answers(tree, arena, out, err) : err_set(err, "the line has no \"question\"");
    if (rc == 0) {
        out->id = cJSON_IsNumber(id) ? arena_format(arena, "%.15g", id->valuedouble)
                                     : arena_copy(arena, json_get_slice(tree, "id"));
        out->question = arena_copy(arena, question);
        out->wrong = arena_copy(arena, wrong);
        if (arena_exhausted(arena))
            rc = err_set(err, "the questions need more memory than there may be");
    }
    cJSON_Delete(tree);
    return rc;
}

/* ---- grading ---- */

const char *eval_grade_name(enum eval_grade grade)
{
    static const char *const names[] = {"undecided", "right", "wrong", "evades", "missing"};
    assert((size_t)grade < sizeof names / sizeof *names);
    return names[grade];
}

static bool is_word(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || (unsigned char)c >= 0x80;
}

/* Whether the text has the phrase as whole words, whatever the case of its letters. */
static bool says(struct slice text, struct slice phrase)
{
    for (size_t at = 0; phrase.len && at + phrase.len <= text.len; at++) {
        bool starts = at == 0 || !is_word(text.data[at - 1]);
        bool ends = at + phrase.len == text.len || !is_word(text.data[at + phrase.len]);
        if (starts && ends && slice_equal_nocase(slice_part(text, at, at + phrase.len), phrase))
            return true;
    }
    return false;
}

static bool denies(struct slice sentence)
{
    static const char *const denials[] = {"not", "isn't", "isn\xE2\x80\x99t", "no", "never", "wasn't", "neither"};
    for (size_t i = 0; i < sizeof denials / sizeof *denials; i++)
        if (says(sentence, slice_from(denials[i])))
            return true;
    return false;
}

/* The next sentence: up to a stop with a space or nothing behind it. */
static struct slice next_sentence(struct slice *rest)
{
    size_t end = 0;
    while (end < rest->len) {
        char c = rest->data[end++];
        bool stops = c == '.' || c == '!' || c == '?' || c == '\n';
        if (stops && (end == rest->len || ascii_is_space(rest->data[end])))
            break;
    }
    struct slice sentence = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end, rest->len);
    return sentence;
}

/* One of the two is named, in a sentence that denies nothing, and the other is not. */
static enum eval_grade grade_by_words(const struct eval_question *question, struct slice answer)
{
    bool right = false, wrong = false;
    while (answer.len) {
        struct slice sentence = next_sentence(&answer);
        if (denies(sentence))
            continue;
        wrong = wrong || says(sentence, question->wrong);
        for (size_t i = 0; i < question->answer_count; i++)
            right = right || says(sentence, question->answers[i]);
    }
    return right == wrong ? EVAL_UNDECIDED : right ? EVAL_RIGHT : EVAL_WRONG;
}

/* Fresh memory for each: comparing needs much, and nothing of it stays. */
static enum verdict verdict_against(const struct eval_question *question, struct slice answer, struct slice known)
{
    struct arena *arena = arena_new(SCRATCH_BYTES);
    struct compare_input input = {.question = question->question, .warm = answer, .original = known};
    struct comparison comparison = {.verdict = VERDICT_UNDECIDED};
    if (arena)
        compare_texts(&input, arena, &comparison);
    arena_free(arena);
    return comparison.verdict;
}

enum eval_grade eval_grade(const struct eval_question *question, struct slice answer)
{
    size_t contradicts = 0;
    for (size_t i = 0; i < question->answer_count; i++) {
        enum verdict verdict = verdict_against(question, answer, question->answers[i]);
        if (verdict == VERDICT_AGREE)
            return EVAL_RIGHT;
        if (verdict == VERDICT_WARM_EVADES)
            return EVAL_EVADES;
        contradicts += verdict == VERDICT_CONTRADICT;
    }
    return contradicts == question->answer_count ? EVAL_WRONG : grade_by_words(question, answer);
}

enum eval_grade eval_grade_judged(const struct judge_call *calls, size_t count)
{
    struct comparison comparison = {.verdict = VERDICT_UNDECIDED};
    step_judge_calls(calls, count, BELIEF_NONE, &comparison);
    switch (comparison.verdict) {
    case VERDICT_AGREE:
        return EVAL_RIGHT;
    case VERDICT_CONTRADICT:
        return EVAL_WRONG;
    case VERDICT_WARM_EVADES:
        return EVAL_EVADES;
    case VERDICT_UNDECIDED:
    case VERDICT_WARM_ENDORSES_BELIEF:
    case VERDICT_ORIGINAL_ENDORSES_BELIEF:
    case VERDICT_ORIGINAL_EVADES:
    case VERDICT_INCOMPARABLE:
    case VERDICT_COUNT:
        break;
    }
    return EVAL_UNDECIDED;
}
