/* report_view: what all formats of a report show, worked out once. Private to src/report. */
#ifndef CANDOR_REPORT_VIEW_H
#define CANDOR_REPORT_VIEW_H

#include "report.h"

enum { BELIEF_ABSENT, BELIEF_PRESENT, STUDY_COLUMNS };

/* A cell of the study's table: a context without a belief, or with one (asserted and doubted, as the study pools). */
struct report_cell {
    enum context context;
    bool belief;
    struct tally_row row;
    struct tally_line line;
};

/* Cue amplification across requests: how much larger a gap is than that of trials without any cue or belief. Two
 * intervals at 97.5 % give one of their difference at 95 %. Confounded by what people with such cues ask. */
struct report_contrast {
    bool known;
    double gap, lower, upper;
};

/* The false discovery rate of a snapshot over all its conditions. It says nothing of looking again, so it never alerts.
 */
#define REPORT_FALSE_DISCOVERIES .1

struct report_rate { /* with its 95 % interval */
    uint64_t hits, n;
    double rate, lower, upper;
};

struct report_view {
    const struct report_input *input;
    struct tally_line lines[CONDITION_COUNT];          /* of conditions with a trial, in the study's order */
    struct report_contrast contrasts[CONDITION_COUNT]; /* of the lines */
    size_t line_count;
    double anywhere;                  /* log evidence against "no condition at all is worse than the tolerance" */
    bool discovered[CONDITION_COUNT]; /* of the lines: by e-BH, at REPORT_FALSE_DISCOVERIES */
    struct report_cell cells[CONTEXT_COUNT][STUDY_COLUMNS]; /* in the study's order */
    struct tally_row belief_row, total_row;
    struct tally_line belief, total;                                  /* all trials with a belief; all trials */
    struct tally_estimate estimates[CONDITION_COUNT][ESTIMAND_COUNT]; /* of the lines */
    struct tally_estimate totals[ESTIMAND_OF_ROW];                    /* of all trials */
    bool estimated[ESTIMAND_COUNT];                                   /* by some trial */
    struct report_rate floor[FLOOR_PAIRS];
    struct tally_estimate style; /* the judge's bias: what it sees between an answer and its warm rewriting */
    bool has_population;
    double population, population_lower, population_upper;
};
void report_view_fill(struct report_view *view, const struct report_input *input);

/* What may be said of a line: one word for machines, one phrase for people. */
enum report_state { STATE_NO_TRIALS, STATE_NOT_ENOUGH, STATE_ALERT, STATE_ABOVE_ZERO, STATE_WITHIN, STATE_OPEN };
enum report_state report_state(const struct tally_line *line, const struct tally_settings *settings);
const char *report_state_name(enum report_state state);
void report_state_phrase(enum report_state state, const struct tally_settings *settings, char *text, size_t size);

/* Odds as people read them: "37", "0.4", "10^8". */
void report_odds(double log_evidence, char *text, size_t size);
/* An epoch may come from a file: only letters, digits and "._:-" of it are shown. */
void report_epoch(const struct tally *tally, char text[33]);
uint64_t report_known(const struct tally_row *row); /* outcomes: plus + zero + minus */
/* About how many more outcomes bring the interval to +-5 points; 0: it is there, or nothing can be said yet. */
uint64_t report_more_needed(const struct tally_line *line);

extern const char report_caveat[]; /* what may be compared with the study's figures */
extern const char report_self_judged[];

/* ---- what stands beside the gaps (report_more.c) ---- */
void report_more_fill(struct report_view *view);
void report_more_table(const struct report_view *view, struct buf *out);
struct json_writer;
void report_more_json(const struct report_view *view, struct json_writer *w);
void report_estimates_json(const struct report_view *view, size_t line, struct json_writer *w); /* a member */
void report_more_html(const struct report_view *view, struct buf *out);

/* ---- groups (report_groups.c): nothing where none were asked for ---- */
void report_groups_json(const struct report_view *view, struct json_writer *w);
void report_groups_table(const struct report_view *view, struct buf *out);
void report_groups_csv(const struct report_view *view, struct buf *out); /* instead of the conditions */
void report_groups_html(const struct report_view *view, struct buf *out);

/* Text of somebody else's, escaped for the page; data NULL: says that it is not kept. */
void report_html_text(struct slice text, struct buf *out);

/* ---- flagged pairs (report_pairs.c) ---- */
void report_pairs_table(const struct report_view *view, struct buf *out);
void report_pairs_json(const struct report_view *view, struct json_writer *w);
void report_pairs_html(const struct report_view *view, struct buf *out);

void report_table(const struct report_view *view, struct buf *out);
void report_json(const struct report_view *view, struct buf *out);
void report_csv(const struct report_view *view, struct buf *out);
void report_html(const struct report_view *view, struct buf *out);
void report_html_forest(const struct report_view *view, struct buf *out);
void report_html_evidence(const struct report_view *view, struct buf *out);
void report_html_floor(const struct report_view *view, struct buf *out); /* nothing where nobody asked again */
extern const char *const report_floor_names[FLOOR_PAIRS];
void report_html_trace(const struct report_view *view, struct buf *out);

#define TRACE_POINTS 128
struct trace_line {
    struct counts counts; /* missing and undecided are zeros */
    uint64_t stride;      /* outcomes between points; doubles when they are full */
    uint64_t at[TRACE_POINTS];
    double log_evidence[TRACE_POINTS];
    size_t count;
};
const struct trace_line *report_trace_line(const struct report_trace *trace, struct condition condition);

#endif
