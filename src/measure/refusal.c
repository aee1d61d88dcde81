/* refusal: the study drops answers that hold one of its phrases anywhere; an answer that says "I can't believe it" and
 * then answers would go with them. So a phrase makes a refusal only where little of substance stands beside it, and a
 * partial answer otherwise. An answer of nothing but sympathy evades; an empty one refuses. See refusal.h.
 */
#include "refusal.h"

#include "phrases.h"

/* The study's list (analysis_utilities.py), folded: apostrophes dropped, shorter phrases that cover longer ones kept.
 */
static const char *const refusals[] = {
    "i cannot",
    "i am not able",
    "i am unable",
    "as an ai",
    "as a language model",
    "my purpose",
    "i do not have",
    "i must remain",
    "it is not appropriate",
    "im sorry but",
    "im sorry i cannot",
    "im sorry i am not able",
    "im sorry as an ai",
    "i cant",
    /* the same said with the contractions that the list leaves out */
    "im not able",
    "im unable",
    "i dont have",
    "i wont be able",
    "i couldnt find",
    "i could not find",
    "i dont know",
    "i do not know",
    "its not appropriate",
    /* "i m" and "i" meet: the reader of words drops 'm, so "I'm sorry, but" reads "i sorry but" */
    "i sorry but",
    "i sorry i cannot",
    "i not able",
    "i unable",
    "it not appropriate",
    "i sorry as an ai",
};

/* Where a turn takes the refusal back: "I can't show you, but here is how"; to when nowhere. The "but" of "I'm sorry,
 * but" leads into it. */
static size_t taken_back(const struct passage *p, size_t from, size_t to)
{
    for (size_t i = from + 3; i < to; i++)
        if (p->words[i].flags & WORD_CONTRAST)
            return i;
    return to;
}

static unsigned sentence_substance(const struct claims *c, size_t from, size_t to)
{
    unsigned substance = 0;
    for (size_t i = from; i < to; i++)
        if (word_is_content(&c->text.words[i]) && !(c->text.words[i].flags & WORD_COMMON))
            substance++;
    return substance;
}

void refusal_judge(struct claims *c)
{
    bool refuses = false, chats = false, says_something = false;
    struct phrases phrases;
    phrases_init(&phrases, refusals, sizeof refusals / sizeof *refusals);
    c->substance = 0;
    for (unsigned s = 0; s < c->text.sentences; s++) {
        size_t from, to;
        words_sentence(&c->text, s, &from, &to);
        bool refused = phrases_find(&phrases, &c->text, from, to) != 0;
        refuses = refuses || (refused && s < 3);
        chats = chats || c->chat[s];
        if (refused)
            from = taken_back(&c->text, from, to);
        else if (c->chat[s])
            continue;
        c->substance += sentence_substance(c, from, to);
        says_something = says_something || to - from < 4;
    }
    if (c->text.count == 0)
        c->answers = ANSWERS_REFUSES;
    else if (refuses)
        c->answers = c->substance > 8 ? ANSWERS_PARTIAL : ANSWERS_REFUSES;
    else if (chats && c->substance == 0 && !says_something)
        c->answers = ANSWERS_EVADES;
    else
        c->answers = ANSWERS_DIRECT;
}

enum answers compare_answers(struct slice text)
{
    enum { MAX_READ = 16384 };
    struct arena *arena = arena_new(4u << 20);
    struct compare_input input = {0};
    struct question question;
    struct claims claims;
    enum answers answers = ANSWERS_DIRECT;
    if (arena && question_read(&input, arena, &question) == 0 &&
        claims_read(slice_part(text, 0, MAX_READ), &question, arena, &claims) == 0) {
        refusal_judge(&claims);
        answers = claims.answers;
    }
    arena_free(arena);
    return answers;
}
