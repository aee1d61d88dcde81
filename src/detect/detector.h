/* detector: the scratch of one thread and how it runs a pattern, for the files of this folder only. */
#ifndef CANDOR_DETECT_DETECTOR_H
#define CANDOR_DETECT_DETECTOR_H

#include "candidates.h"
#include "detect.h"
#include "passage.h"
#include "ruleset.h"

enum {
    CUES_MAX = 96,          /* of one detection */
    DETECTOR_FUEL = 1500000 /* bytes that patterns may look at, in one detection */
};

struct compiled {
    pcre2_code *code; /* NULL: not yet */
    bool jit;         /* as machine code */
};

struct detector {
    struct rules *rules;                        /* held */
    pcre2_match_data *data, *other;             /* of the last match; and of one that is being tried */
    const pcre2_code *matched;                  /* what the last match was found by */
    pcre2_match_context *context, *interpreted; /* limits for machine code, and for the interpreter */
    pcre2_jit_stack *stack;
    struct compiled *compiled; /* by way, made when it is first tried */
    struct passage passage;
    struct cue cues[CUES_MAX]; /* of the detection at hand */
    struct candidates *candidates;
    uint64_t *matches, *errors, *runs; /* a count a rule */
    size_t fuel;                       /* what is left of the message's budget */
    bool error;                        /* a limit was hit, or the fuel ran out */
    bool spent;                        /* the fuel ran out */
    bool *bridges;                     /* the neutraliser's: which sentences are bridges; NULL: nobody asks */
    bool plain;                        /* tests only: every rule runs everywhere, without the prefilter */
};

struct span {
    size_t start, end;
};

enum found { FOUND_NOTHING, FOUND_MATCH, FOUND_ERROR };

/* Runs a pattern over a slice; groups are read from detector->data. A limit hit sets detector->error. */
enum found detector_match(struct detector *detector, const struct pattern *pattern, struct slice subject);
/* The group of the last match, relative to its subject; false when it took no part. */
bool detector_group(const struct detector *detector, uint32_t group, struct span *out);

/* Whether one of the words that the rule's author asks for stands in the subject, or none is asked for. */
bool detector_has_keyword(const struct rule *rule, struct slice subject);

/* stress.c: runs the pattern over texts made to blow it up, some of them from what it finds (NULL: nothing is known).
 * -1 and a sentence when it hits a limit or is slow. */
MUST_USE int detector_stress(struct detector *detector, const struct pattern *pattern,
                             const struct example_list *examples, struct err *err);

/* belief.c: the proposition in a sentence at span (of the passage), without what only leads in or trails. An empty span
 * when nothing is left. Lowers *confidence where the sentence hedges. */
struct span belief_trim(struct detector *detector, const struct language *language, size_t sentence, struct span span,
                        double *confidence);
/* The nearest sentence before this one that asks for something, with or without its mark, else one behind it, for "the
 * answer is X"; SENTENCES_MAX when there is none. */
size_t belief_question(struct detector *detector, const struct language *language, size_t sentence);
/* The last sentence of a text that ends with a question mark; empty when none does. */
struct slice belief_last_question(struct slice text);

/* The language of the passage among those of the rules; LANGUAGE_ANY when none has a pack. */
size_t detector_language(const struct rules *rules, const char *code);
/* lines.c: makes one sentence of lines that a break parts in its midst. */
void detector_join_lines(struct detector *detector, const struct language *language);
/* Marks the sentences that are text to work on. */
void detector_mark_material(struct detector *detector, const struct language *language);

#endif
