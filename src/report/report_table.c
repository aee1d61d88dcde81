/* The report for a terminal: one line a condition, the study's figure beside it, and what the columns mean below. */
#include "report_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "clock.h"
#include "label_store.h"
#include "pairs.h"
#include "pairs_wrap.h"

#define RED   "\033[1;31m"
#define DIM   "\033[2m"
#define BOLD  "\033[1m"
#define RESET "\033[0m"

#define PROSE_COLUMNS 112 /* the table itself is a little wider */

static void put_styled(const struct report_view *view, const char *style, const char *text, struct buf *out)
{
    bool styled = view->input->colour && style;
    buf_add_format(out, "%s%s%s", styled ? style : "", text, styled ? RESET : "");
}

static void put_prose(const char *text, struct buf *out)
{
    struct slice rest = slice_from(text), line;
    unsigned columns;
    while (wrap_next(&rest, PROSE_COLUMNS, &line, &columns)) {
        buf_add_slice(out, line);
        buf_add_char(out, '\n');
    }
}

static void put_head(const struct report_view *view, struct buf *out)
{
    const struct report_input *input = view->input;
    char epoch[33], since[CLOCK_TEXT_SIZE] = "", until[CLOCK_TEXT_SIZE] = "";
    report_epoch(input->tally, epoch);
    if (input->candidate) {
        buf_add_text(out, "Candidate ");
        pairs_excerpt(slice_from(input->candidate), 64, out);
        buf_add_text(out, ". ");
    }
    put_styled(view, BOLD, "Warm against original: signed gaps in percentage points", out);
    buf_add_char(out, '\n');
    if (input->epochs_pooled > 1)
        buf_add_format(out, "%u epochs pooled (models, prompts, rules or judge changed between them)",
                       input->epochs_pooled);
    else
        buf_add_format(out, "epoch %s", *epoch ? epoch : "(none)");
    buf_add_format(out, ", %" PRIu64 " trials, %" PRIu64 " flagged", view->total_row.trials, view->total_row.flagged);
    if (input->since_ms) {
        clock_format(input->since_ms, since);
        buf_add_format(out, ", since %s", since);
    }
    if (input->until_ms) {
        clock_format(input->until_ms, until);
        buf_add_format(out, ", until %s", until);
    }
    buf_add_text(out, "\n\n");
}

static void put_line(const struct report_view *view, const char *name, const struct tally_line *line,
                     const struct report_contrast *contrast, struct buf *out)
{
    const struct tally_row *row = line->row;
    char interval[32], study[16] = "", versus[16] = "", odds[24], phrase[48];
    enum report_state state = report_state(line, &view->input->settings);
    snprintf(interval, sizeof interval, "%+.1f to %+.1f", 100 * line->lower, 100 * line->upper);
    if (line->has_study_gap)
        snprintf(study, sizeof study, "%.1f", line->study_gap_pp);
    if (contrast && contrast->known)
        snprintf(versus, sizeof versus, "%+.1f", 100 * contrast->gap);
    report_odds(line->log_evidence, odds, sizeof odds);
    report_state_phrase(state, &view->input->settings, phrase, sizeof phrase);
    buf_add_format(out,
                   "%-34s %7" PRIu64 " %6" PRIu64 " %7" PRIu64 " %6" PRIu64 " %7.1f  %-17s %7s %6s %8s %8" PRIu64 "  ",
                   name, report_known(row), row->counts.plus, row->counts.zero, row->counts.minus, 100 * line->gap,
                   interval, versus, study, odds, row->missing + row->undecided);
    put_styled(view, state == STATE_ALERT ? RED : state == STATE_NOT_ENOUGH ? DIM : NULL, phrase, out);
    buf_add_char(out, '\n');
}

static void put_levels(const struct report_view *view, struct buf *out)
{
    const struct tally_row *row = &view->belief_row;
    if (row->stances == 0)
        return;
    double lower, upper;
    const struct {
        const char *name;
        uint64_t endorses;
    } arms[] = {{"warm", row->warm_endorses}, {"original", row->original_endorses}};
    buf_add_text(out, "\nStated beliefs endorsed (level of each model, 95 % interval):\n");
    for (size_t i = 0; i < 2; i++) {
        confseq_rate(arms[i].endorses, row->stances, .5, .5, TALLY_INTERVAL_ALPHA, &lower, &upper);
        buf_add_format(out, "  %-10s %" PRIu64 " of %" PRIu64 " = %.1f %% (%.1f to %.1f)\n", arms[i].name,
                       arms[i].endorses, row->stances, 100 * (double)arms[i].endorses / (double)row->stances,
                       100 * lower, 100 * upper);
    }
}

static void put_manner(const struct report_view *view, struct buf *out)
{
    const struct tally_row *row = &view->total_row;
    if (row->rejects_told)
        buf_add_format(out,
                       "\nDisagreed warmly: of %" PRIu64 " stated beliefs that the warm model rejects, it acknowledges "
                       "the feeling in %" PRIu64 " (%.0f %%).\n",
                       row->rejects_told, row->rejects_warmly,
                       100 * (double)row->rejects_warmly / (double)row->rejects_told);
}

static void put_foot(const struct report_view *view, struct buf *out)
{
    const struct tally_settings *settings = &view->input->settings;
    char needed[24], anywhere[24];
    report_odds(tally_threshold_log(settings), needed, sizeof needed);
    report_odds(view->anywhere, anywhere, sizeof anywhere);
    buf_add_format(out, "\nThat any condition at all is worse than %g pp: %s to 1.\n", 100 * settings->tolerance,
                   anywhere);
    put_levels(view, out);
    put_manner(view, out);
    report_groups_table(view, out);
    report_more_table(view, out);
    report_pairs_table(view, out);
    buf_add_format(
        out,
        "\n+ the warm model goes along with the user (or is wrong) and the original is not, - the reverse, 0 "
        "neither.\nIntervals hold at 95 %% however often one looks. odds: evidence against \"no worse than %g "
        "pp\", as %s to 1 is\nneeded for an alert; the chance that any false one is ever raised is at most %g "
        "%%. unknown: counted, but\nmissing or undecided; they are zeros for the odds. to none: how much larger the "
        "gap is than without any cue.\n",
        100 * settings->tolerance, needed, 100 * settings->alpha);
    char study[512];
    snprintf(study, sizeof study, "study: Ibrahim, Hafner, Rocher, Nature 652 (2026). %s", report_caveat);
    put_prose(study, out);
    if (view->input->self_judged)
        buf_add_format(out, "%s\n", report_self_judged);
    static const struct label_figures none;
    label_figures_table(view->input->labels ? view->input->labels : &none, out);
}

void report_table(const struct report_view *view, struct buf *out)
{
    char header[160], name[CONDITION_NAME_SIZE];
    put_head(view, out);
    if (view->line_count == 0) {
        buf_add_text(out, "Not enough data: there are no trials yet.\n");
        return;
    }
    snprintf(header, sizeof header, "%-34s %7s %6s %7s %6s %7s  %-17s %7s %6s %8s %8s", "condition", "n", "+", "0", "-",
             "gap", "95 % interval", "to none", "study", "odds", "unknown");
    put_styled(view, BOLD, header, out);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < view->line_count; i++)
        put_line(view, condition_name(view->lines[i].condition, name), &view->lines[i], &view->contrasts[i], out);
    buf_add_char(out, '\n');
    put_line(view, "all with a stated belief", &view->belief, NULL, out);
    put_line(view, "all", &view->total, NULL, out);
    put_foot(view, out);
}
