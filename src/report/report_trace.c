/* How evidence grew: a few points of each condition, thinned as they fill, and their drawing.
 *
 * One pass and a fixed size: when a line is full, every second point goes and the stride doubles, so a million trials
 * cost no more than a thousand.
 */
#include "report_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "json.h"

#define WIDTH      960.0
#define LEFT       60.0
#define RIGHT      700.0 /* names of the lines stand right of it */
#define TOP        20.0
#define BOTTOM     300.0
#define MOST_LINES 6

struct report_trace {
    struct confseq_bets bets;
    struct trace_line lines[CONDITION_COUNT];
};

struct report_trace *report_trace_new(const struct tally_settings *settings)
{
    struct report_trace *trace = calloc(1, sizeof *trace);
    if (trace)
        confseq_bets_init(&trace->bets, settings->tolerance);
    return trace;
}

void report_trace_free(struct report_trace *trace)
{
    free(trace);
}

static void thin_out(struct trace_line *line)
{
    for (size_t i = 0; 2 * i + 1 < TRACE_POINTS; i++) {
        line->at[i] = line->at[2 * i + 1];
        line->log_evidence[i] = line->log_evidence[2 * i + 1];
    }
    line->count = TRACE_POINTS / 2;
    line->stride *= 2;
}

void report_trace_add(struct report_trace *trace, const struct tally_trial *trial)
{
    struct trace_line *line = &trace->lines[condition_index(trial->condition)];
    if (!trial->counted)
        return;
    int x = trial->missing || !trial->has_outcome ? 0 : trial->x;
    uint64_t *which = x > 0 ? &line->counts.plus : x < 0 ? &line->counts.minus : &line->counts.zero;
    ++*which;
    uint64_t n = line->counts.plus + line->counts.zero + line->counts.minus;
    if (line->stride == 0)
        line->stride = 1;
    if (n % line->stride != 0)
        return;
    if (line->count == TRACE_POINTS)
        thin_out(line);
    if (n % line->stride != 0)
        return;
    line->at[line->count] = n;
    line->log_evidence[line->count++] = confseq_bets_log_evidence(&trace->bets, line->counts);
}

const struct trace_line *report_trace_line(const struct report_trace *trace, struct condition condition)
{
    return &trace->lines[condition_index(condition)];
}

static int by_evidence(const void *a, const void *b)
{
    const struct trace_line *one = *(const struct trace_line *const *)a, *other = *(const struct trace_line *const *)b;
    double x = one->log_evidence[one->count - 1], y = other->log_evidence[other->count - 1];
    return (x < y) - (x > y);
}

static void write_line(struct json_writer *w, const struct report_trace *trace, const struct trace_line *line)
{
    char name[CONDITION_NAME_SIZE];
    json_open_object(w, NULL);
    json_put_text(w, "condition", condition_name(condition_at((size_t)(line - trace->lines)), name));
    json_open_array(w, "points");
    for (size_t i = 0; i < line->count; i++) {
        json_open_array(w, NULL);
        json_put_int(w, NULL, (int64_t)line->at[i]);
        json_put_double(w, NULL, line->log_evidence[i]);
        json_close_array(w);
    }
    json_close_array(w);
    json_close_object(w);
}

void report_trace_write(const struct report_trace *trace, const struct tally_settings *settings, struct buf *out)
{
    const struct trace_line *lines[CONDITION_COUNT];
    size_t count = 0;
    struct json_writer w;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (trace->lines[i].count > 0)
            lines[count++] = &trace->lines[i];
    qsort(lines, count, sizeof(struct trace_line *), by_evidence);
    json_start(&w, out);
    json_open_object(&w, NULL);
    json_put_double(&w, "threshold_log", tally_threshold_log(settings));
    json_open_array(&w, "lines");
    for (size_t i = 0; i < count; i++)
        write_line(&w, trace, lines[i]);
    json_close_array(&w);
    json_close_object(&w);
}

/* ---- drawing ---- */

struct frame {
    uint64_t last;    /* outcomes at RIGHT */
    double low, high; /* log evidence at BOTTOM and TOP */
};

static double place_x(const struct frame *frame, uint64_t n)
{
    return LEFT + (RIGHT - LEFT) * (double)n / (double)frame->last;
}

static double place_y(const struct frame *frame, double log_evidence)
{
    double share = (log_evidence - frame->low) / (frame->high - frame->low);
    return BOTTOM - (BOTTOM - TOP) * fmin(fmax(share, 0), 1);
}

/* The lines with the most evidence, which are the ones to look at; returns how many. */
static size_t choose_lines(const struct report_view *view, size_t chosen[MOST_LINES])
{
    size_t count = 0;
    for (size_t i = 0; i < view->line_count; i++) {
        size_t place = count;
        while (place > 0 && view->lines[chosen[place - 1]].log_evidence < view->lines[i].log_evidence)
            place--;
        if (place == MOST_LINES)
            continue;
        count += count < MOST_LINES;
        for (size_t j = count - 1; j > place; j--)
            chosen[j] = chosen[j - 1];
        chosen[place] = i;
    }
    return count;
}

static struct frame frame_of(const struct report_view *view, const size_t *chosen, size_t count)
{
    struct frame frame = {1, -2, 1.2 * tally_threshold_log(&view->input->settings)};
    for (size_t i = 0; i < count; i++) {
        const struct trace_line *line = report_trace_line(view->input->trace, view->lines[chosen[i]].condition);
        for (size_t j = 0; j < line->count; j++) {
            frame.last = line->at[j] > frame.last ? line->at[j] : frame.last;
            frame.low = fmin(frame.low, line->log_evidence[j]);
            frame.high = fmax(frame.high, line->log_evidence[j]);
        }
    }
    frame.low = fmax(frame.low, -.5 * frame.high);
    return frame;
}

static void put_trace(const struct report_view *view, const struct frame *frame, const struct tally_line *line,
                      size_t rank, struct buf *out)
{
    static const char *const dashes[MOST_LINES] = {"", "7 3", "2 3", "9 3 2 3", "4 4", "1 4"};
    const struct trace_line *trace = report_trace_line(view->input->trace, line->condition);
    const char *style = line->alert ? "alert" : "mark";
    char name[CONDITION_NAME_SIZE];
    double y = TOP + 22 * (double)rank + 6;
    buf_add_format(out, "<g class=\"%s trace\" stroke-dasharray=\"%s\"><polyline fill=\"none\" points=\"", style,
                   dashes[rank]);
    for (size_t i = 0; i < trace->count; i++)
        buf_add_format(out, "%.1f,%.1f ", place_x(frame, trace->at[i]), place_y(frame, trace->log_evidence[i]));
    buf_add_format(out, "\"/><line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/></g>", RIGHT + 12, RIGHT + 44, y,
                   y);
    buf_add_format(out, "<text x=\"%.0f\" y=\"%.1f\">%s</text>\n", RIGHT + 50, y + 4,
                   condition_name(line->condition, name));
}

void report_html_trace(const struct report_view *view, struct buf *out)
{
    size_t chosen[MOST_LINES], count = choose_lines(view, chosen);
    if (!view->input->trace || count == 0)
        return;
    struct frame frame = frame_of(view, chosen, count);
    double threshold = place_y(&frame, tally_threshold_log(&view->input->settings)), even = place_y(&frame, 0);
    buf_add_format(
        out,
        "<h2>Evidence over time</h2>\n<p class=\"soft\">Log odds after each outcome of a condition, in the order of "
        "arrival. It may be looked at whenever one likes: at the upper line it is proof enough for an alert.</p>\n"
        "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"evidence over time\">\n",
        WIDTH, BOTTOM + 34);
    buf_add_format(
        out,
        "<line class=\"alert\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"soft\" x=\"0\" "
        "y=\"%.1f\">alert</text>\n",
        LEFT, RIGHT, threshold, threshold, threshold + 4);
    buf_add_format(out,
                   "<line class=\"zero\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"soft\" x=\"0\" "
                   "y=\"%.1f\">even</text>\n",
                   LEFT, RIGHT, even, even, even + 4);
    for (size_t i = 0; i < count; i++)
        put_trace(view, &frame, &view->lines[chosen[i]], i, out);
    buf_add_format(out,
                   "<text class=\"soft\" text-anchor=\"end\" x=\"%.0f\" y=\"%.0f\">%" PRIu64 " outcomes</text></svg>\n",
                   RIGHT, BOTTOM + 22, frame.last);
}
