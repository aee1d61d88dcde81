/* Drawings of the page: gaps with their intervals beside the study's figure, evidence against the threshold, and
 * the noise floor. Plain SVG; colours are classes of the page's style, so both follow light and dark.
 */
#include "report_view.h"

#include <inttypes.h>
#include <math.h>

#define WIDTH      960.0
#define LEFT       250.0 /* of the drawing area; condition names stand left of it */
#define RIGHT      820.0
#define ROW_HEIGHT 26.0
#define TOP        28.0

struct scale {
    double low, high; /* values at LEFT and RIGHT */
};

static double place(const struct scale *scale, double value)
{
    double share = (value - scale->low) / (scale->high - scale->low);
    return LEFT + (RIGHT - LEFT) * fmin(fmax(share, 0), 1);
}

static void open_svg(double height, const char *label, struct buf *out)
{
    buf_add_format(out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">\n", WIDTH, height, label);
}

static void put_vertical(double x, double top, double bottom, const char *style, struct buf *out)
{
    buf_add_format(out, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", style, x, x, top,
                   bottom);
}

/* ---- gaps ---- */

/* From -20 to 40 points, wider where a line with enough data needs it, in steps of 10. */
static struct scale forest_scale(const struct report_view *view)
{
    struct scale scale = {-20, 40};
    for (size_t i = 0; i < view->line_count; i++)
        if (view->lines[i].enough) {
            scale.low = fmin(scale.low, 10 * floor(10 * view->lines[i].lower));
            scale.high = fmax(scale.high, 10 * ceil(10 * view->lines[i].upper));
        }
    return scale;
}

static void put_gap(const struct report_view *view, const struct scale *scale, const struct tally_line *line, double y,
                    struct buf *out)
{
    char name[CONDITION_NAME_SIZE];
    enum report_state state = report_state(line, &view->input->settings);
    const char *style = state == STATE_ALERT ? "alert" : state <= STATE_NOT_ENOUGH ? "mark faint" : "mark";
    double from = place(scale, 100 * line->lower), to = place(scale, 100 * line->upper);
    buf_add_format(out,
                   "<text x=\"0\" y=\"%.1f\">%s</text>\n<g class=\"%s\"><title>%+.1f pp, %+.1f to %+.1f, n %" PRIu64
                   "</title>",
                   y + 4, condition_name(line->condition, name), style, 100 * line->gap, 100 * line->lower,
                   100 * line->upper, report_known(line->row));
    buf_add_format(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke-width=\"3\"/>", from, to, y, y);
    if (report_known(line->row) > 0)
        buf_add_format(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>", place(scale, 100 * line->gap), y);
    buf_add_text(out, "</g>\n");
    if (line->has_study_gap) {
        double x = place(scale, line->study_gap_pp);
        buf_add_format(out,
                       "<path class=\"study\" d=\"M%.1f %.1fl6 6l-6 6l-6 -6z\"><title>study: %.1f pp</title></path>\n",
                       x, y - 6, line->study_gap_pp);
    }
    buf_add_format(out, "<text class=\"soft\" x=\"%.0f\" y=\"%.1f\">%+.1f, n %" PRIu64 "</text>\n", RIGHT + 14, y + 4,
                   100 * line->gap, report_known(line->row));
}

void report_html_forest(const struct report_view *view, struct buf *out)
{
    struct scale scale = forest_scale(view);
    double bottom = TOP + ROW_HEIGHT * (double)view->line_count;
    buf_add_format(
        out,
        "<h2>Gaps, percentage points</h2>\n<p class=\"soft\">Dot and bar: the gap here and its 95 %% interval "
        "(faint: not enough data). Diamond: the study's figure. %s</p>\n",
        report_caveat);
    open_svg(bottom + 30, "gaps with intervals by condition", out);
    for (double tick = scale.low; tick <= scale.high + .5; tick += 10) {
        put_vertical(place(&scale, tick), TOP - 12, bottom, tick == 0 ? "zero" : "grid", out);
        buf_add_format(out, "<text class=\"soft\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%g</text>\n",
                       place(&scale, tick), bottom + 18, tick);
    }
    for (size_t i = 0; i < view->line_count; i++)
        put_gap(view, &scale, &view->lines[i], TOP + ROW_HEIGHT * ((double)i + .5) - 8, out);
    buf_add_text(out, "</svg>\n");
}

/* ---- evidence ---- */

static void put_threshold(const struct scale *scale, double threshold, double bottom, struct buf *out)
{
    char needed[24];
    report_odds(threshold, needed, sizeof needed);
    put_vertical(place(scale, threshold), TOP - 12, bottom, "alert", out);
    buf_add_format(out, "<text class=\"soft\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">alert: %s to 1</text>\n",
                   place(scale, threshold), bottom + 18, needed);
}

void report_html_evidence(const struct report_view *view, struct buf *out)
{
    double threshold = tally_threshold_log(&view->input->settings),
           bottom = TOP + ROW_HEIGHT * (double)view->line_count;
    struct scale scale = {0, 1.25 * threshold};
    for (size_t i = 0; i < view->line_count; i++)
        scale.high = fmax(scale.high, view->lines[i].log_evidence);
    buf_add_format(
        out,
        "<h2>Evidence against &ldquo;no worse than %g points&rdquo;</h2>\n<p class=\"soft\">Logarithmic: each "
        "further step of one length multiplies the odds.</p>\n",
        100 * view->input->settings.tolerance);
    open_svg(bottom + 30, "evidence by condition against the alert's threshold", out);
    for (size_t i = 0; i < view->line_count; i++) {
        const struct tally_line *line = &view->lines[i];
        char name[CONDITION_NAME_SIZE], odds[24];
        double y = TOP + ROW_HEIGHT * ((double)i + .5) - 8;
        report_odds(line->log_evidence, odds, sizeof odds);
        buf_add_format(out, "<text x=\"0\" y=\"%.1f\">%s</text>\n", y + 4, condition_name(line->condition, name));
        buf_add_format(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"12\"/>\n",
                       line->alert ? "alert" : "mark", LEFT, y - 6, place(&scale, line->log_evidence) - LEFT);
        buf_add_format(out, "<text class=\"soft\" x=\"%.0f\" y=\"%.1f\">%s to 1</text>\n", RIGHT + 14, y + 4, odds);
    }
    put_threshold(&scale, threshold, bottom, out);
    buf_add_text(out, "</svg>\n");
}

/* ---- noise floor ---- */

void report_html_floor(const struct report_view *view, struct buf *out)
{
    struct scale scale = {0, 10};
    double bottom = TOP + ROW_HEIGHT * FLOOR_PAIRS;
    if (view->floor[FLOOR_ORIGINAL_AGAIN].n == 0 && view->floor[FLOOR_WARM_AGAIN].n == 0)
        return;
    for (size_t pair = 0; pair < FLOOR_PAIRS; pair++)
        if (view->floor[pair].n > 0)
            scale.high = fmax(scale.high, 10 * ceil(10 * view->floor[pair].upper));
    buf_add_text(out,
                 "<h2>Noise floor</h2>\n<p class=\"soft\">How often two answers to the same request contradict each "
                 "other, with 95 % intervals: what the two models do beyond what each does with itself is "
                 "theirs.</p>\n");
    open_svg(bottom + 30, "share of contradictions", out);
    for (double tick = 0; tick <= scale.high + .5; tick += 10) {
        put_vertical(place(&scale, tick), TOP - 12, bottom, tick == 0 ? "zero" : "grid", out);
        buf_add_format(out, "<text class=\"soft\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%g %%</text>\n",
                       place(&scale, tick), bottom + 18, tick);
    }
    for (size_t pair = 0; pair < FLOOR_PAIRS; pair++) {
        const struct report_rate *rate = &view->floor[pair];
        double y = TOP + ROW_HEIGHT * ((double)pair + .5) - 8;
        buf_add_format(out, "<text x=\"0\" y=\"%.1f\">%s</text>\n", y + 4, report_floor_names[pair]);
        if (rate->n == 0)
            continue;
        buf_add_format(out,
                       "<g class=\"mark\"><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke-width=\"3\"/>"
                       "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/></g>\n",
                       place(&scale, 100 * rate->lower), place(&scale, 100 * rate->upper), y, y,
                       place(&scale, 100 * rate->rate), y);
        buf_add_format(out, "<text class=\"soft\" x=\"%.0f\" y=\"%.1f\">%.1f %%, n %" PRIu64 "</text>\n", RIGHT + 14,
                       y + 4, 100 * rate->rate, rate->n);
    }
    buf_add_text(out, "</svg>\n");
}
