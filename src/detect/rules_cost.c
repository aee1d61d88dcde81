/* rules_cost: about how often each rule would be tried, for people who write rules.
 *
 * A text has to hold the words that a pattern cannot do without before the pattern is tried. Where these are on
 * everybody's lips, or a pattern has so many alternatives that one word of any is all that is asked for, it is tried on
 * every other sentence, and nobody sees it: it finds what it should. So all rules look at ordinary requests in their
 * language; those for any, at the English ones.
 */
#include <stdio.h>

#include "detector.h"
#include "ordinary.h"

enum { TRIES_MANY = 100 /* of 1,000 sentences */ };

struct costs {
    struct rules *rules;
    struct detector *detector;
    const char *const *requests; /* in the language at hand */
    size_t sentences;            /* of these */
    bool warns;
    bool tap, colour;
    struct buf *out;
};

static void look_at_all(struct costs *costs)
{
    memset(costs->detector->runs, 0, costs->rules->count * sizeof *costs->detector->runs);
    costs->sentences = 0;
    for (const char *const *request = costs->requests; *request; request++) {
        struct arena *arena = arena_new(1 << 20);
        struct detect_turn turn = {true, slice_from(*request)};
        struct detection found;
        if (!arena)
            continue;
        detect_run(costs->detector, &turn, 1, arena, &found);
        costs->sentences += costs->detector->passage.count;
        arena_free(arena);
    }
}

static bool stands_in(struct slice text, const struct literal *word)
{
    for (size_t at = slice_find(text, word->text, 0); at != SLICE_NOT_FOUND; at = slice_find(text, word->text, at + 1))
        if (prefilter_has_borders(word->borders, text, at, at + word->text.len))
            return true;
    return false;
}

/* In how many of the requests the word stands. */
static size_t count_requests(struct costs *costs, const struct literal *word)
{
    struct passage *p = &costs->detector->passage;
    size_t count = 0;
    for (const char *const *request = costs->requests; *request; request++) {
        passage_read(p, slice_from(*request));
        count += stands_in(slice_of(p->text, p->len), word);
    }
    return count;
}

static void keep_commonest(struct costs *costs, const struct literals *words, struct slice *commonest, size_t *most)
{
    for (size_t i = 0; i < words->count; i++) {
        size_t count = count_requests(costs, &words->items[i]);
        if (count > *most) {
            *commonest = words->items[i].text;
            *most = count;
        }
    }
}

/* Of the words for which the rule is tried. */
static struct slice commonest_word(struct costs *costs, const struct rule *rule)
{
    struct slice commonest = SLICE("");
    size_t most = 0;
    for (size_t i = 0; i < rule->match.way_count; i++) {
        const struct need_branch *branch = rule->match.ways[i].needs;
        if (!branch)
            keep_commonest(costs, &rule->keywords, &commonest, &most);
        for (; branch; branch = branch->next)
            keep_commonest(costs, &branch->sets->words, &commonest, &most);
    }
    return commonest;
}

/* Whether it is too much. */
static bool tell(struct costs *costs, const struct rule *rule, uint64_t tries, bool all)
{
    uint64_t share = costs->sentences ? (tries * 1000 + costs->sentences / 2) / costs->sentences : 0;
    bool many = share > TRIES_MANY, warn = many && costs->warns;
    if (!warn && !all)
        return false;
    const char *paint = costs->colour && warn ? "\033[33m" : "", *end = costs->colour && warn ? "\033[0m" : "";
    buf_add_format(costs->out, "%s%s%s%s %s:%u: %s is tried on about %llu of 1,000 ordinary sentences",
                   costs->tap ? "# " : "", paint, warn ? "warn" : "cost", end, rule->file, rule->line, rule->id,
                   (unsigned long long)share);
    if (many)
        buf_add_format(costs->out, ", often for \"%.*s\"; have it ask for rarer words, or for two at a time",
                       SLICE_ARGS(commonest_word(costs, rule)));
    buf_add_char(costs->out, '\n');
    return warn;
}

/* The rules of the language, and with English those for any. The number of warnings; unknown: of how many rules nothing
 * can be said, for no request in their language is known. Of the other languages we have a tenth of the requests, which
 * is enough to tell who asks and not to warn who does not. */
static size_t judge_language(struct costs *costs, size_t language, bool all, size_t *unknown)
{
    const struct rules *rules = costs->rules;
    size_t warnings = 0;
    costs->warns = language == LANGUAGE_ENGLISH;
    costs->requests = ordinary_requests(rules->languages[language].code);
    if (costs->requests)
        look_at_all(costs);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->list[i];
        size_t judged_as = rule->language == LANGUAGE_ANY ? LANGUAGE_ENGLISH : rule->language;
        if (rule->disabled || judged_as != language)
            continue;
        if (costs->requests)
            warnings += tell(costs, rule, costs->detector->runs[i], all);
        else
            ++*unknown;
    }
    return warnings;
}

size_t rules_cost(struct rules *rules, bool all, bool tap, bool colour, struct buf *out)
{
    struct err err = {""};
    struct costs costs = {
        .rules = rules, .detector = detector_new(rules, &err), .tap = tap, .colour = colour, .out = out};
    size_t warnings = 0, unknown = 0;
    if (!costs.detector)
        return 0;
    for (size_t language = LANGUAGE_ENGLISH; language < (all ? rules->language_count : LANGUAGE_ENGLISH + 1);
         language++)
        warnings += judge_language(&costs, language, all, &unknown);
    if (all && unknown)
        buf_add_format(out, "%snote: nothing is said of %zu rules, for no requests in their languages are known here\n",
                       tap ? "# " : "", unknown);
    detector_free(costs.detector);
    return warnings;
}
