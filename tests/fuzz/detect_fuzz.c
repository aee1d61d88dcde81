/* Detection with the shipped packs: whatever a user writes, every span lies within its turn, scores are scores, and a
 * neutralised text is well-formed and made of the original's bytes. */
#include "detect.h"

#include "fuzz.h"

#define TEXT_MAX 8192

/* One for all inputs, as a thread of the pool has it: a pattern is compiled by the first text that calls for it. */
static struct detector *shipped_detector(void)
{
    static struct detector *detector; /* a fuzz target has no other place for it */
    if (detector)
        return detector;
    const char *top = getenv("top_srcdir");
    char cues[4096], beliefs[4096];
    snprintf(cues, sizeof cues, "%s/rules/cues.yaml", top ? top : ".");
    snprintf(beliefs, sizeof beliefs, "%s/rules/beliefs.yaml", top ? top : ".");
    struct err err = {""};
    struct rules *rules = rules_load((const char *const[]){cues, beliefs}, 2, &err);
    detector = rules ? detector_new(rules, &err) : NULL;
    rules_drop(rules);
    if (!detector) {
        fprintf(stderr, "%s (set top_srcdir)\n", err.text);
        exit(1);
    }
    return detector;
}

static void span_check(const struct detect_turn *turns, size_t count, size_t turn, size_t start, size_t end)
{
    MUST_HOLD(turn < count);
    MUST_HOLD(start <= end && end <= turns[turn].text.len);
}

static void neutral_check(struct detector *detector, struct slice text, const struct detection *detection, size_t turn,
                          struct arena *arena)
{
    struct neutral neutral;
    neutralise(detector, text, detection, turn, arena, &neutral);
    MUST_HOLD(neutral.cut_count <= sizeof neutral.cuts / sizeof *neutral.cuts);
    MUST_HOLD(neutral.safe || slice_equal(neutral.text, text));
    size_t at = 0;
    for (size_t i = 0; i < neutral.cut_count; i++) {
        MUST_HOLD(neutral.cuts[i].start >= at && neutral.cuts[i].start <= neutral.cuts[i].end);
        at = neutral.cuts[i].end;
    }
    MUST_HOLD(at <= text.len);
    MUST_HOLD(!utf8_valid(text) || utf8_valid(neutral.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_slice(data, size < TEXT_MAX ? size : TEXT_MAX);
    struct detector *detector = shipped_detector();
    struct arena *arena = arena_new(8u << 20);
    MUST_HOLD(arena);
    /* The same bytes as an earlier answer and as two user turns: pushback looks at what came before. */
    const struct detect_turn turns[] = {
        {true, slice_part(text, 0, text.len / 3)}, {false, slice_part(text, text.len / 3, text.len)}, {true, text}};
    struct detection found;
    detect_run(detector, turns, 3, arena, &found);
    for (size_t i = 0; i < found.cue_count; i++) {
        span_check(turns, 3, found.cues[i].turn, found.cues[i].start, found.cues[i].end);
        MUST_HOLD(found.cues[i].score >= 0 && found.cues[i].score <= 1 && found.cues[i].rule);
    }
    for (size_t i = 0; i < CONTEXT_COUNT; i++)
        MUST_HOLD(found.scores[i] >= 0 && found.scores[i] <= 1);
    for (size_t i = 0; i < BELIEF_COUNT; i++)
        MUST_HOLD(found.belief_scores[i] >= 0 && found.belief_scores[i] <= 1);
    if (found.belief.kind != BELIEF_NONE)
        span_check(turns, 3, found.belief.turn, found.belief.start, found.belief.end);
    MUST_HOLD(found.condition.context < CONTEXT_COUNT && found.condition.belief < BELIEF_COUNT);
    MUST_HOLD(strnlen(found.language, sizeof found.language) < sizeof found.language);
    neutral_check(detector, text, &found, 2, arena);
    arena_free(arena);
    return 0;
}
