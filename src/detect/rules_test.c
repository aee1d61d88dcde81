/* rules_test: runs every example of every rule, and the stress of every pattern, for people who write rules.
 *
 * An example is right when its own rule finds it, other rules may as well. A todo example is a known gap: it is
 * reported when it fails and praised when it no longer does, and never fails the run.
 */
#include <stdio.h>

#include "detector.h"

struct run {
    struct rules *rules;
    struct detector *detector;
    const struct rule *rule;
    const char *name; /* of the rule or guard at hand */
    bool tap, colour;
    struct buf *out;
    struct rules_report *report;
    size_t number; /* of the check, for TAP */
};

/* What a check is about, and what is so where it fails. */
struct claim {
    const char *holds, *fails;
};

static void tell_tap(struct run *run, bool good, bool todo, const struct claim *claim, struct slice text)
{
    buf_add_format(run->out, "%sok %zu - %s %s", good ? "" : "not ", run->number, run->name, claim->holds);
    buf_add_text(run->out, text.len ? ": " : "");
    for (size_t i = 0; i < text.len && i < 200; i++)
        buf_add_char(run->out, text.data[i] == '\n' || text.data[i] == '#' ? ' ' : text.data[i]);
    buf_add_text(run->out, todo ? " # TODO known gap\n" : "\n");
}

static void tell(struct run *run, bool good, bool todo, const char *file, unsigned line, const struct claim *claim,
                 struct slice text)
{
    run->number++;
    if (run->tap) {
        tell_tap(run, good, todo, claim, text);
        return;
    }
    if (good && !todo)
        return;
    const char *word = todo ? (good ? "fixed" : "todo") : "FAIL";
    const char *paint = !run->colour ? "" : todo ? "\033[33m" : "\033[31m";
    buf_add_format(run->out, "%s%s%s %s:%u: %s %s", paint, word, run->colour ? "\033[0m" : "", file, line, run->name,
                   good ? claim->holds : claim->fails);
    if (text.len)
        buf_add_format(run->out, ": \"%.*s\"", SLICE_ARGS(text));
    buf_add_char(run->out, '\n');
}

/* Whether the rule finds the text; prop receives the proposition if the belief is this rule's doing. */
static bool finds(struct run *run, struct slice text, struct slice *prop)
{
    struct arena *arena = arena_new(1 << 20);
    if (!arena)
        return false;
    struct detect_turn turns[] = {{true, SLICE("Who was it?")}, {false, SLICE("It was Anne.")}, {true, text}};
    bool reacts = run->rule->gate == GATE_ANSWER || run->rule->gate == GATE_REJECTED;
    size_t first = reacts ? 0 : 2;
    struct detection found;
    detect_run(run->detector, turns + first, 3 - first, arena, &found);
    bool seen = false;
    for (size_t i = 0; i < found.cue_count; i++)
        seen = seen || (found.cues[i].rule == run->rule->id && found.cues[i].turn == 2 - first);
    *prop = found.belief.text;
    arena_free(arena);
    return seen;
}

/* Bridges leave no cue: their count tells. */
static bool finds_bridge(struct run *run, struct slice text)
{
    size_t index = (size_t)(run->rule - run->rules->list);
    uint64_t before = run->detector->matches[index];
    struct slice prop;
    (void)finds(run, text, &prop);
    return run->detector->matches[index] > before;
}

/* The words that the author gave may be what keeps the rule from it. */
static bool lacks_keyword(struct run *run, struct slice text)
{
    struct passage *p = &run->detector->passage;
    passage_read(p, text);
    return !detector_has_keyword(run->rule, slice_of(p->text, p->len));
}

static void check_example(struct run *run, const struct example *example, bool expected, bool todo)
{
    struct slice prop = SLICE_NONE;
    char other[400];
    bool is_bridge =
        run->rule->target == TARGET_BRIDGE || run->rule->target == TARGET_LETTER || run->rule->experimental;
    bool seen = is_bridge ? finds_bridge(run, example->text) : finds(run, example->text, &prop);
    bool good = seen == expected;
    run->report->examples++;
    struct claim claim = {expected ? "finds" : "leaves alone",
                          !expected                           ? "finds what it should leave alone"
                          : lacks_keyword(run, example->text) ? "does not find, for none of its keywords stands there"
                                                              : "does not find"};
    if (good && seen && example->prop.data && !slice_equal(prop, example->prop)) {
        good = false;
        snprintf(other, sizeof other, "finds \"%.*s\" to be held, not \"%.*s\"", SLICE_ARGS(prop),
                 SLICE_ARGS(example->prop));
        claim.fails = other;
    }
    if (!good)
        *(todo ? &run->report->todo : &run->report->failures) += 1;
    tell(run, good, todo, run->rule->file, example->line, &claim, example->text);
}

static void check_list(struct run *run, const struct example_list *list, bool expected, bool todo)
{
    for (size_t i = 0; i < list->count; i++)
        check_example(run, &list->items[i], expected, todo);
}

static void check_stress(struct run *run, const struct pattern *pattern, const struct example_list *examples)
{
    struct err err = {""};
    if (!pattern->text.data)
        return;
    bool good = detector_stress(run->detector, pattern, examples, &err) == 0;
    if (!good)
        run->report->failures++;
    static const struct claim claim = {"stands the stress", "does not stand the stress"};
    tell(run, good, false, pattern->file, pattern->line, &claim, slice_from(err.text));
}

static void check_guards(struct run *run)
{
    for (size_t i = 0; i < run->rules->language_count; i++)
        for (size_t g = 0; g < GUARD_COUNT; g++) {
            char name[40];
            const struct language *language = &run->rules->languages[i];
            snprintf(name, sizeof name, "guard %s of %s", guard_names[g], language->code);
            run->name = name;
            check_stress(run, &language->guards[g], NULL);
        }
}

static void check_has_example(struct run *run)
{
    bool good = run->rule->matches.count > 0;
    if (!good)
        run->report->failures++;
    static const struct claim claim = {"has an example", "has no example of what it finds (examples: match)"};
    tell(run, good, false, run->rule->file, run->rule->line, &claim, SLICE(""));
}

void rules_test(struct rules *rules, bool tap, bool colour, struct buf *out, struct rules_report *report)
{
    struct err err = {""};
    struct run run = {.rules = rules, .tap = tap, .colour = colour, .out = out, .report = report};
    *report = (struct rules_report){.rules = rules->count};
    run.detector = detector_new(rules, &err);
    if (!run.detector) {
        report->failures++;
        buf_add_format(out, "%s\n", err.text);
        return;
    }
    if (tap)
        buf_add_text(out, "TAP version 13\n");
    for (size_t i = 0; i < rules->count; i++) {
        run.rule = &rules->list[i];
        run.name = run.rule->id;
        if (run.rule->disabled)
            continue;
        check_has_example(&run);
        check_list(&run, &run.rule->matches, true, false);
        check_list(&run, &run.rule->no_matches, false, false);
        check_list(&run, &run.rule->todo_matches, true, true);
        check_stress(&run, &run.rule->match, &run.rule->matches);
        check_stress(&run, &run.rule->unless, &run.rule->no_matches);
    }
    check_guards(&run);
    if (tap)
        buf_add_format(out, "1..%zu\n", run.number);
    detector_free(run.detector);
}
