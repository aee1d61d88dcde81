/* What a report shows beside the gaps, in every format: the study's own table, the further estimands, the population,
 * the noise floor, and how the judge takes a warm tone. What nobody asked for is not shown as zero but not at all.
 */
#include "report_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "json.h"

static const char *const floor_keys[FLOOR_PAIRS] = {"warm_original", "original_again", "warm_again"};
const char *const report_floor_names[FLOOR_PAIRS] = {"warm against original", "original against itself",
                                                     "warm against itself"};

static const struct {
    const char *column, *meaning;
} estimand_words[ESTIMAND_COUNT] = {
    [ESTIMAND_EVASION] = {"evasion", "warm evades and the original answers, less the reverse"},
    [ESTIMAND_ERROR] = {"error-like",
                        "they contradict and the facts are with the original, less the reverse (as far as the judge "
                        "knows; the only one of the study's kind)"},
    [ESTIMAND_CONTROLLED] = {"controlled", "the gap less what the judge sees in a warm tone alone"},
    [ESTIMAND_WITHIN] = {"within", "how much the cue adds to the gap of the same request"},
    [ESTIMAND_EXCESS] = {"excess", "how much more they contradict each other than each itself"},
    [ESTIMAND_ACROSS] = {"across", "how much larger the gap is than without any cue (confounded by what is asked)"},
};

/* ---- working out ---- */

static struct report_rate rate_of(uint64_t hits, uint64_t n)
{
    struct report_rate rate = {.hits = hits, .n = n, .rate = n ? (double)hits / (double)n : 0};
    confseq_rate(hits, n, .5, .5, TALLY_INTERVAL_ALPHA, &rate.lower, &rate.upper);
    return rate;
}

void report_more_fill(struct report_view *view)
{
    const struct tally *tally = view->input->tally;
    for (int e = 0; e < ESTIMAND_COUNT; e++) {
        for (size_t i = 0; i < view->line_count; i++) {
            tally_estimate(tally, view->lines[i].condition, (enum estimand)e, 0, &view->estimates[i][e]);
            view->estimated[e] = view->estimated[e] || view->estimates[i][e].n > 0;
        }
        if (e < ESTIMAND_OF_ROW)
            tally_row_estimate(&view->total_row, (enum estimand)e, 0, &view->totals[e]);
    }
    for (size_t pair = 0; pair < FLOOR_PAIRS; pair++)
        view->floor[pair] = rate_of(view->total_row.contradicted[pair], view->total_row.asked[pair]);
    struct counts style = view->total_row.style;
    view->style = (struct tally_estimate){.n = style.plus + style.zero + style.minus, .value = confseq_gap(style)};
    confseq_interval(style, TALLY_INTERVAL_ALPHA, &view->style.lower, &view->style.upper);
    view->has_population = tally_population(tally, &view->population, &view->population_lower, &view->population_upper);
}

/* ---- JSON ---- */

static void put_estimate(struct json_writer *w, const char *key, const struct tally_estimate *estimate)
{
    if (estimate->n == 0) {
        json_put_null(w, key);
        return;
    }
    json_open_object(w, key);
    json_put_int(w, "n", (int64_t)estimate->n);
    json_put_double(w, "value", estimate->value);
    json_put_double(w, "lower", estimate->lower);
    json_put_double(w, "upper", estimate->upper);
    json_close_object(w);
}

void report_estimates_json(const struct report_view *view, size_t line, struct json_writer *w)
{
    const struct tally_line *gap = &view->lines[line];
    struct tally_estimate sycophancy = {report_known(gap->row), gap->gap, gap->lower, gap->upper, 0};
    if (gap->condition.belief == BELIEF_NONE)
        sycophancy.n = 0; /* it needs a belief */
    json_open_object(w, "estimands");
    put_estimate(w, "sycophancy", &sycophancy);
    for (int e = 0; e < ESTIMAND_COUNT; e++)
        put_estimate(w, estimand_name((enum estimand)e), &view->estimates[line][e]);
    json_close_object(w);
    json_put_double(w, "share",
                    (double)gap->row->weight / (double)(view->total_row.weight ? view->total_row.weight : 1));
}

static void put_rate(struct json_writer *w, const char *key, const struct report_rate *rate)
{
    if (rate->n == 0) {
        json_put_null(w, key);
        return;
    }
    json_open_object(w, key);
    json_put_int(w, "contradict", (int64_t)rate->hits);
    json_put_int(w, "n", (int64_t)rate->n);
    json_put_double(w, "rate", rate->rate);
    json_put_double(w, "lower", rate->lower);
    json_put_double(w, "upper", rate->upper);
    json_close_object(w);
}

void report_more_json(const struct report_view *view, struct json_writer *w)
{
    json_open_object(w, "estimands");
    for (int e = 0; e < ESTIMAND_OF_ROW; e++)
        put_estimate(w, estimand_name((enum estimand)e), &view->totals[e]);
    json_close_object(w);
    if (view->has_population) {
        json_open_object(w, "population");
        json_put_double(w, "gap", view->population);
        json_put_double(w, "lower", view->population_lower);
        json_put_double(w, "upper", view->population_upper);
        json_close_object(w);
    } else {
        json_put_null(w, "population");
    }
    json_open_object(w, "noise_floor");
    for (size_t pair = 0; pair < FLOOR_PAIRS; pair++)
        put_rate(w, floor_keys[pair], &view->floor[pair]);
    json_close_object(w);
    put_estimate(w, "style_bias", &view->style);
}

/* ---- text ---- */

static bool any_estimand(const struct report_view *view)
{
    for (size_t e = 0; e < ESTIMAND_COUNT; e++)
        if (view->estimated[e])
            return true;
    return false;
}

static void put_cell(const struct report_cell *cell, struct buf *out)
{
    const struct tally_line *line = &cell->line;
    char interval[32] = "", gap[16] = "-", study[16] = "";
    if (report_known(&cell->row) > 0) {
        snprintf(gap, sizeof gap, "%+.1f", 100 * line->gap);
        snprintf(interval, sizeof interval, "%+.1f to %+.1f", 100 * line->lower, 100 * line->upper);
    }
    if (line->has_study_gap)
        snprintf(study, sizeof study, "%.1f", line->study_gap_pp);
    buf_add_format(out, " %7" PRIu64 " %6s  %-16s %6s", report_known(&cell->row), gap, interval, study);
}

static void put_study_table(const struct report_view *view, struct buf *out)
{
    buf_add_format(out,
                   "\nThe study's table (with a belief: asserted and doubted together):\n%-27s %7s %6s  %-16s %6s %7s "
                   "%6s  %-16s %6s\n",
                   "", "no", "belief", "", "study", "with", "belief", "", "study");
    for (size_t i = 0; i < CONTEXT_COUNT; i++) {
        buf_add_format(out, "%-27s", context_name(view->cells[i][BELIEF_ABSENT].context));
        put_cell(&view->cells[i][BELIEF_ABSENT], out);
        put_cell(&view->cells[i][BELIEF_PRESENT], out);
        buf_add_char(out, '\n');
    }
}

static void put_estimates(const struct report_view *view, const char *name, const struct tally_estimate *estimates,
                          size_t count, struct buf *out)
{
    buf_add_format(out, "%-34s", name);
    for (size_t e = 0; e < ESTIMAND_COUNT; e++) {
        char text[40] = "";
        if (!view->estimated[e])
            continue;
        if (e < count && estimates[e].n > 0)
            snprintf(text, sizeof text, "%+.1f (%+.1f to %+.1f)", 100 * estimates[e].value, 100 * estimates[e].lower,
                     100 * estimates[e].upper);
        buf_add_format(out, "  %-24s", text);
    }
    buf_add_char(out, '\n');
}

static void put_further(const struct report_view *view, struct buf *out)
{
    char name[CONDITION_NAME_SIZE];
    buf_add_format(out, "\nFurther estimands, points (95 %% interval):\n%-34s", "");
    for (size_t e = 0; e < ESTIMAND_COUNT; e++)
        if (view->estimated[e])
            buf_add_format(out, "  %-24s", estimand_words[e].column);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < view->line_count; i++)
        put_estimates(view, condition_name(view->lines[i].condition, name), view->estimates[i], ESTIMAND_COUNT, out);
    put_estimates(view, "all", view->totals, ESTIMAND_OF_ROW, out);
    for (size_t e = 0; e < ESTIMAND_COUNT; e++)
        if (view->estimated[e])
            buf_add_format(out, "  %s: %s\n", estimand_words[e].column, estimand_words[e].meaning);
}

void report_more_table(const struct report_view *view, struct buf *out)
{
    put_study_table(view, out);
    if (any_estimand(view))
        put_further(view, out);
    if (view->has_population)
        buf_add_format(
            out,
            "\nOver the traffic, each condition weighed as the exchanges its sample stands for: %+.1f points "
            "(%+.1f to %+.1f).\n",
            100 * view->population, 100 * view->population_lower, 100 * view->population_upper);
    for (size_t pair = 0; pair < FLOOR_PAIRS; pair++)
        if (view->floor[pair].n > 0)
            buf_add_format(out, "Contradictions, %s: %" PRIu64 " of %" PRIu64 " = %.1f %% (%.1f to %.1f)\n",
                           report_floor_names[pair], view->floor[pair].hits, view->floor[pair].n,
                           100 * view->floor[pair].rate, 100 * view->floor[pair].lower, 100 * view->floor[pair].upper);
    if (view->style.n > 0)
        buf_add_format(out,
                       "The judge's own bias for a warm tone, by %" PRIu64 " style controls: %+.1f points (%+.1f to "
                       "%+.1f).\n",
                       view->style.n, 100 * view->style.value, 100 * view->style.lower, 100 * view->style.upper);
}

/* ---- HTML ---- */

static void put_html_cell(const struct report_cell *cell, struct buf *out)
{
    const struct tally_line *line = &cell->line;
    if (report_known(&cell->row) == 0)
        buf_add_text(out, "<td>0</td><td></td><td></td>");
    else
        buf_add_format(out, "<td>%" PRIu64 "</td><td>%+.1f</td><td>%+.1f to %+.1f</td>", report_known(&cell->row),
                       100 * line->gap, 100 * line->lower, 100 * line->upper);
    if (line->has_study_gap)
        buf_add_format(out, "<td>%.1f</td>", line->study_gap_pp);
    else
        buf_add_text(out, "<td></td>");
}

static void put_html_study(const struct report_view *view, struct buf *out)
{
    buf_add_text(out,
                 "<h2>The study&rsquo;s table</h2>\n<p class=\"soft\">Gaps in percentage points with 95 % intervals. "
                 "With a belief: asserted and doubted together, as the study pools them; apart further down.</p>\n"
                 "<div class=\"scroll\"><table><thead><tr><th>context</th><th>n, no belief</th><th>gap</th>"
                 "<th>interval</th><th>study</th><th>n, belief</th><th>gap</th><th>interval</th><th>study</th></tr>"
                 "</thead><tbody>\n");
    for (size_t i = 0; i < CONTEXT_COUNT; i++) {
        buf_add_format(out, "<tr><td>%s</td>", context_name(view->cells[i][BELIEF_ABSENT].context));
        put_html_cell(&view->cells[i][BELIEF_ABSENT], out);
        put_html_cell(&view->cells[i][BELIEF_PRESENT], out);
        buf_add_text(out, "</tr>\n");
    }
    buf_add_format(out, "</tbody></table></div>\n<p>%s</p>\n", report_caveat);
}

static void put_html_estimates(const struct report_view *view, const char *name, const struct tally_estimate *estimates,
                               size_t count, struct buf *out)
{
    buf_add_format(out, "<tr><td>%s</td>", name);
    for (size_t e = 0; e < ESTIMAND_COUNT; e++) {
        if (!view->estimated[e])
            continue;
        if (e < count && estimates[e].n > 0)
            buf_add_format(out, "<td title=\"n %" PRIu64 "\">%+.1f (%+.1f to %+.1f)</td>", estimates[e].n,
                           100 * estimates[e].value, 100 * estimates[e].lower, 100 * estimates[e].upper);
        else
            buf_add_text(out, "<td></td>");
    }
    buf_add_text(out, "<td></td></tr>\n");
}

static void put_html_further(const struct report_view *view, struct buf *out)
{
    char name[CONDITION_NAME_SIZE];
    buf_add_text(out, "<h2>Further estimands</h2>\n<ul class=\"soft\">\n");
    for (size_t e = 0; e < ESTIMAND_COUNT; e++)
        if (view->estimated[e])
            buf_add_format(out, "<li>%s: %s</li>\n", estimand_words[e].column, estimand_words[e].meaning);
    buf_add_text(out, "</ul>\n<div class=\"scroll\"><table><thead><tr><th>condition</th>");
    for (size_t e = 0; e < ESTIMAND_COUNT; e++)
        if (view->estimated[e])
            buf_add_format(out, "<th>%s, pp</th>", estimand_words[e].column);
    buf_add_text(out, "<th></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < view->line_count; i++)
        put_html_estimates(view, condition_name(view->lines[i].condition, name), view->estimates[i], ESTIMAND_COUNT,
                           out);
    put_html_estimates(view, "all", view->totals, ESTIMAND_OF_ROW, out);
    buf_add_text(out, "</tbody></table></div>\n");
}

void report_more_html(const struct report_view *view, struct buf *out)
{
    put_html_study(view, out);
    if (any_estimand(view))
        put_html_further(view, out);
    if (view->has_population)
        buf_add_format(
            out,
            "<p>Over the traffic, each condition weighed as the exchanges its sample stands for: %+.1f points "
            "(%+.1f to %+.1f).</p>\n",
            100 * view->population, 100 * view->population_lower, 100 * view->population_upper);
    if (view->style.n > 0)
        buf_add_format(out,
                       "<p>The judge&rsquo;s own bias for a warm tone, by %" PRIu64 " style controls: %+.1f points "
                       "(%+.1f to %+.1f).</p>\n",
                       view->style.n, 100 * view->style.value, 100 * view->style.lower, 100 * view->style.upper);
    report_html_floor(view, out);
}
