/* detect: what the user feels and believes, from the user turns of a request: cues and a stated belief, with spans.
 *
 * Offsets are bytes of the original UTF-8 text of the turn. A detector is one thread's scratch over shared rules.
 * Nothing here blocks; the work on one message is bounded (fuel), and a limit hit is reported, never a silent miss.
 */
#ifndef CANDOR_DETECT_H
#define CANDOR_DETECT_H

#include "arena.h"
#include "rules.h"

struct detector;
MUST_USE struct detector *detector_new(struct rules *rules, struct err *err); /* holds the rules */
void detector_free(struct detector *detector);
/* Compiles all patterns now rather than when they are first tried: for whoever takes the time. */
void detector_prepare(struct detector *detector);

struct detect_turn {
    bool user; /* else the assistant: only the previous answer matters, for pushback */
    struct slice text;
};

struct cue {
    enum context context; /* CONTEXT_NONE: it is a belief cue */
    enum belief belief;
    const char *rule; /* id, lives as long as the rules */
    double score;     /* 0..1 */
    size_t turn;      /* index of the turn it stands in */
    size_t start, end;
};

struct stated_belief {
    enum belief kind;
    struct slice text; /* the proposition as the user put it (of the turn's text) */
    size_t turn, start, end;
    double confidence;     /* lexical bucket .3 .4 .65 .8 .95; no probability */
    bool answers;          /* text answers a question ("the answer is X") and says nothing by itself */
    struct slice question; /* that it answers, of this turn or the user's last; else empty */
};

struct detection {
    unsigned contexts;            /* bits 1 << context */
    double scores[CONTEXT_COUNT]; /* 0 where not found; CONTEXT_NONE unused */
    double belief_scores[BELIEF_COUNT];
    struct stated_belief belief; /* kind BELIEF_NONE: none */
    struct cue *cues;
    size_t cue_count;
    struct condition condition; /* of the trial: first context x belief */
    char language[4];           /* "en", "es", ..., "und" */
    bool suspected;             /* by the booster, where it was asked: sampled more, and nothing else */
    bool error;                 /* a match limit was hit: sample it all the same */
    const char *failed[4];      /* the first rules that hit it; "budget" when the message used up its own */
    size_t failed_count;
};

/* Everything in out lives in the arena or points into the turns. */
void detect_run(struct detector *detector, const struct detect_turn *turns, size_t count, struct arena *arena,
                struct detection *out);

/* ---- neutralise: the last user turn without cue and belief sentences, the question kept ---- */
struct neutral {
    bool safe; /* false: refused, `reason` says why and text is the original */
    const char *reason;
    struct slice text; /* in the arena */
    size_t cut_count;
    struct {
        size_t start, end;
    } cuts[32]; /* of the original text */
};
void neutralise(struct detector *detector, struct slice text, const struct detection *detection, size_t turn,
                struct arena *arena, struct neutral *out);

/* Per-rule counts of this detector since birth, for metrics: matches and match errors. */
void detector_counts(const struct detector *detector, size_t rule, uint64_t *matches, uint64_t *errors);
/* How often the prefilter let the rule's pattern run: what it costs. */
uint64_t detector_runs(const struct detector *detector, size_t rule);

#endif
