/* belief: from what a rule captured to the proposition the user holds.
 *
 * A capture reaches to the end of its sentence. What leads in ("that", "maybe") and what trails ("but I'm really not
 * sure", ", right?") is cut off by the language's guards, again and again until nothing more goes.
 */
#include "detector.h"
#include "wording.h"

static const double buckets[] = {.3, .4, .65, .8, .95};

static double one_step_down(double confidence)
{
    double lower = buckets[0];
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets && buckets[i] < confidence - .01; i++)
        lower = buckets[i];
    return lower;
}

static bool is_edge(char c)
{
    return strchr(" \n.,;:!?-", c) != NULL;
}

/* A quotation mark goes only when its partner is not inside. */
static bool is_lone_quote(const char *text, struct span span, size_t at)
{
    size_t count = 0;
    if (text[at] != '"')
        return false;
    for (size_t i = span.start; i < span.end; i++)
        count += text[i] == '"';
    return count % 2 == 1;
}

/* A full-width stop, comma or mark ends the span: three bytes. */
static bool ends_wide(const char *text, struct span span)
{
    static const char *const marks[] = {"\xE3\x80\x82", "\xEF\xBC\x81", "\xEF\xBC\x9F", "\xEF\xBC\x8C"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (span.end - span.start >= 3 && memcmp(text + span.end - 3, marks[i], 3) == 0)
            return true;
    return false;
}

static struct span trim_edges(const char *text, struct span span)
{
    while (ends_wide(text, span))
        span.end -= 3;
    while (span.end > span.start && (is_edge(text[span.end - 1]) || is_lone_quote(text, span, span.end - 1)))
        span.end--;
    while (span.start < span.end && (is_edge(text[span.start]) || is_lone_quote(text, span, span.start)))
        span.start++;
    return span;
}

static bool trim_once(struct detector *d, const struct language *language, struct span *span)
{
    const char *text = d->passage.text;
    struct span group, before = *span;
    struct slice rest = slice_of(text + span->start, span->end - span->start);
    if (detector_match(d, &language->guards[GUARD_LEAD], rest) == FOUND_MATCH && detector_group(d, 0, &group))
        span->start += group.end;
    rest = slice_of(text + span->start, span->end - span->start);
    if (detector_match(d, &language->guards[GUARD_TAIL], rest) == FOUND_MATCH && detector_group(d, 0, &group))
        span->end = span->start + group.start;
    *span = trim_edges(text, *span);
    return span->start != before.start || span->end != before.end;
}

struct span belief_trim(struct detector *d, const struct language *language, size_t sentence, struct span span,
                        double *confidence)
{
    enum { ROUNDS = 4 };
    if (detector_match(d, &language->guards[GUARD_HEDGE], passage_sentence(&d->passage, sentence)) == FOUND_MATCH)
        *confidence = one_step_down(*confidence);
    span = trim_edges(d->passage.text, span);
    for (int i = 0; i < ROUNDS && span.start < span.end; i++)
        if (!trim_once(d, language, &span))
            break;
    return span;
}

/* Whether the sentence asks for an answer: "Really?", "Are you sure?" ask about one that was given. alone: and needs
 * nothing that was said before, "How many are there?" does. */
static bool asks_for_answer(const struct passage *passage, size_t sentence, bool alone)
{
    static const char *const empty[] = {"really", "seriously", "sure",  "certain", "true",    "that",    "this",
                                        "right",  "correct",   "think", "what",    "kidding", "serious", "positive"};
    static const char *const pointing[] = {"it",    "they", "them", "there", "else", "then", "that",  "this", "these",
                                           "those", "he",   "she",  "his",   "her",  "its",  "their", "one",  "here"};
    struct slice text = passage_sentence(passage, sentence);
    bool asks = false, points = false;
    size_t at = 0;
    for (struct slice word = wording_next(text, &at); word.len; word = wording_next(text, &at)) {
        asks = asks || (word.len >= 4 && !IS_ONE_OF(word, empty));
        points = points || (alone && IS_ONE_OF(word, pointing));
    }
    return passage->sentences[sentence].asks && asks && !points;
}

/* Begun as a question is, without its mark: "who wrote emma". */
static bool begins_to_ask(struct detector *d, const struct pattern *ask, size_t sentence)
{
    return !d->passage.sentences[sentence].asks && ask->text.data &&
           detector_match(d, ask, passage_sentence(&d->passage, sentence)) == FOUND_MATCH;
}

struct slice belief_last_question(struct slice text)
{
    size_t end = text.len, start;
    while (end > 0 && text.data[end - 1] != '?')
        end--;
    for (start = end > 0 ? end - 1 : 0; start > 0 && !strchr("?!\n", text.data[start - 1]); start--)
        if (text.data[start] == ' ' && text.data[start - 1] == '.')
            break;
    return slice_trim(slice_part(text, start, end));
}

size_t belief_question(struct detector *d, const struct language *language, size_t sentence)
{
    const struct passage *passage = &d->passage;
    for (size_t i = sentence; i-- > 0;)
        if (passage->sentences[i].asks ? asks_for_answer(passage, i, false)
                                       : begins_to_ask(d, &language->guards[GUARD_ASK], i))
            return i;
    for (size_t i = sentence + 1; i < passage->count; i++)
        if (asks_for_answer(passage, i, true))
            return i;
    return SENTENCES_MAX;
}
