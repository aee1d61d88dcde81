/* rules_explain: see rules_explain.h. The text is cut into rows that fit the terminal, so that what is underlined
 * stands under its text, however wide its characters are. What could move a cursor is shown as an escape.
 */
#include "rules_explain.h"

#include <stdio.h>

#include "buf.h"
#include "pairs.h"

struct explaining {
    struct detector *detector;
    struct slice text;
    const struct detection *found;
    size_t width; /* 0: no end */
    bool colour;
    struct buf *out;
    struct buf part; /* a part of the text, escaped */
};

static size_t columns(struct explaining *e, size_t start, size_t end)
{
    buf_clear(&e->part);
    pairs_escape(slice_part(e->text, start, end), &e->part);
    return pairs_columns(buf_slice(&e->part));
}

/* Where the row that begins at start ends: in front of a line break, or behind the last blank that fits. */
static size_t row_end(struct explaining *e, size_t start)
{
    size_t used = 0, blank = start, at = start;
    while (at < e->text.len && e->text.data[at] != '\n') {
        size_t len = utf8_char(slice_part(e->text, at, e->text.len), NULL);
        size_t next = at + (len ? len : 1);
        used += columns(e, at, next);
        if (e->width && used > e->width && at > start)
            return blank > start ? blank : at;
        if (e->text.data[at] == ' ')
            blank = next;
        at = next;
    }
    return at;
}

static void put_times(struct buf *out, char c, size_t times)
{
    while (times-- > 0)
        buf_add_char(out, c);
}

static const char *paint(const struct explaining *e, const char *sequence)
{
    return e->colour ? sequence : "";
}

/* The marks under one row, and behind them, or below where there is no room, what was found. */
static void put_cue(struct explaining *e, const struct cue *cue, size_t start, size_t end)
{
    bool context = cue->context != CONTEXT_NONE, begins = cue->start >= start;
    size_t from = begins ? cue->start : start, to = cue->end < end ? cue->end : end;
    size_t before = columns(e, start, from), marks = columns(e, from, to);
    char label[160];
    size_t len =
        (size_t)snprintf(label, sizeof label, "%s%s  %s (%.0f)",
                         context ? "" : "belief:", context ? context_name(cue->context) : belief_name(cue->belief),
                         cue->rule, cue->score * 100);
    put_times(e->out, ' ', before);
    buf_add_text(e->out, paint(e, context ? "\033[33m" : "\033[36m"));
    put_times(e->out, '^', marks ? marks : 1);
    buf_add_text(e->out, paint(e, "\033[0m"));
    if (begins)
        buf_add_format(e->out, "%s%s", e->width && before + marks + 1 + len > e->width ? "\n  " : " ", label);
    buf_add_char(e->out, '\n');
}

static void put_row(struct explaining *e, size_t start, size_t end)
{
    size_t shown = end > start && e->text.data[end - 1] == '\r' ? end - 1 : end;
    pairs_escape(slice_part(e->text, start, shown), e->out);
    buf_add_char(e->out, '\n');
    for (size_t i = 0; i < e->found->cue_count; i++)
        if (e->found->cues[i].start < shown && e->found->cues[i].end > start)
            put_cue(e, &e->found->cues[i], start, shown);
}

static void put_fact(struct explaining *e, const char *name, const char *more, struct slice text)
{
    buf_add_format(e->out, "%-9s  %s", name, more);
    pairs_escape(text, e->out);
    buf_add_char(e->out, '\n');
}

static void put_summary(struct explaining *e, struct arena *arena)
{
    const struct detection *found = e->found;
    char condition[CONDITION_NAME_SIZE], belief[64];
    struct neutral neutral;
    neutralise(e->detector, e->text, found, 0, arena, &neutral);
    buf_add_char(e->out, '\n');
    put_fact(e, "condition", condition_name(found->condition, condition), SLICE(""));
    put_fact(e, "language", found->language, SLICE(""));
    snprintf(belief, sizeof belief, "%s, confidence %.2f: ", belief_name(found->belief.kind), found->belief.confidence);
    if (found->belief.kind != BELIEF_NONE)
        put_fact(e, "belief", belief, found->belief.text);
    if (found->belief.question.len)
        put_fact(e, "question", "", found->belief.question);
    put_fact(e, "neutral", neutral.safe ? "" : "refused: ", neutral.safe ? neutral.text : slice_from(neutral.reason));
    for (size_t i = 0; i < neutral.cut_count; i++)
        put_fact(e, "cut", "", slice_trim(slice_part(e->text, neutral.cuts[i].start, neutral.cuts[i].end)));
}

void rules_explain(struct detector *detector, struct slice text, size_t width, bool colour, struct arena *arena,
                   struct buf *out)
{
    struct detection found;
    struct detect_turn turn = {true, text};
    struct explaining e = {
        .detector = detector, .text = text, .found = &found, .width = width, .colour = colour, .out = out};
    buf_init(&e.part, 16 * text.len + 16);
    detect_run(detector, &turn, 1, arena, &found);
    for (size_t start = 0; start < text.len;) {
        size_t end = row_end(&e, start);
        put_row(&e, start, end);
        start = end < text.len && text.data[end] == '\n' ? end + 1 : end;
    }
    put_summary(&e, arena);
    buf_fini(&e.part);
}
