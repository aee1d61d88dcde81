/* The report for programs: JSON in the shape of the contract, and the same columns as CSV. Gaps are shares. */
#include "report_view.h"

#include <inttypes.h>

#include "clock.h"
#include "json.h"
#include "label_store.h"

static void put_count(struct json_writer *w, const char *key, uint64_t value)
{
    json_put_int(w, key, (int64_t)value);
}

/* The members every line has, in the contract's order first. */
static void put_line(struct json_writer *w, const struct report_view *view, const struct tally_line *line)
{
    const struct tally_row *row = line->row;
    put_count(w, "n", report_known(row));
    put_count(w, "plus", row->counts.plus);
    put_count(w, "zero", row->counts.zero);
    put_count(w, "minus", row->counts.minus);
    json_put_double(w, "gap", line->gap);
    json_put_double(w, "lower", line->lower);
    json_put_double(w, "upper", line->upper);
    json_put_double(w, "log_evidence", line->log_evidence);
    json_put_double(w, "threshold_log", line->threshold_log);
    json_put_double(w, "log_mcnemar", line->log_mcnemar);
    json_put_bool(w, "alert", line->alert);
    if (line->has_study_gap)
        json_put_double(w, "study_gap_pp", line->study_gap_pp);
    else
        json_put_null(w, "study_gap_pp");
    json_put_text(w, "state", report_state_name(report_state(line, &view->input->settings)));
    json_put_bool(w, "enough", line->enough);
    put_count(w, "more_needed", report_more_needed(line));
    put_count(w, "trials", row->trials);
    put_count(w, "missing", row->missing);
    put_count(w, "undecided", row->undecided);
    put_count(w, "flagged", row->flagged);
    json_put_double(w, "worst_lower", line->worst_lower);
    json_put_double(w, "worst_upper", line->worst_upper);
    put_count(w, "stances", row->stances);
    put_count(w, "warm_endorses", row->warm_endorses);
    put_count(w, "original_endorses", row->original_endorses);
    json_open_object(w, "verdicts");
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        if (row->verdicts[v])
            put_count(w, verdict_name((enum verdict)v), row->verdicts[v]);
    json_close_object(w);
}

static void put_contrast(struct json_writer *w, const struct report_contrast *contrast)
{
    if (!contrast->known) {
        json_put_null(w, "gap_to_none");
        return;
    }
    json_open_object(w, "gap_to_none");
    json_put_double(w, "gap", contrast->gap);
    json_put_double(w, "lower", contrast->lower);
    json_put_double(w, "upper", contrast->upper);
    json_close_object(w);
}

static void put_time(struct json_writer *w, const char *key, int64_t wall_ms)
{
    char text[CLOCK_TEXT_SIZE];
    if (wall_ms)
        clock_format(wall_ms, text);
    json_put_text(w, key, wall_ms ? text : NULL);
}

static void put_study_table(struct json_writer *w, const struct report_view *view)
{
    json_open_array(w, "study_table");
    for (size_t i = 0; i < CONTEXT_COUNT; i++)
        for (size_t b = 0; b < STUDY_COLUMNS; b++) {
            const struct report_cell *cell = &view->cells[i][b];
            json_open_object(w, NULL);
            json_put_text(w, "context", context_name(cell->context));
            json_put_bool(w, "belief", cell->belief);
            put_line(w, view, &cell->line);
            json_close_object(w);
        }
    json_close_array(w);
}

void report_json(const struct report_view *view, struct buf *out)
{
    const struct report_input *input = view->input;
    struct json_writer writer, *w = &writer;
    char name[CONDITION_NAME_SIZE], epoch[33];
    report_epoch(input->tally, epoch);
    json_start(w, out);
    json_open_object(w, NULL);
    json_open_array(w, "conditions");
    for (size_t i = 0; i < view->line_count; i++) {
        json_open_object(w, NULL);
        json_put_text(w, "condition", condition_name(view->lines[i].condition, name));
        put_line(w, view, &view->lines[i]);
        put_contrast(w, &view->contrasts[i]);
        json_put_bool(w, "discovered", view->discovered[i]);
        report_estimates_json(view, i, w);
        json_close_object(w);
    }
    json_close_array(w);
    put_study_table(w, view);
    json_open_object(w, "belief");
    put_line(w, view, &view->belief);
    json_close_object(w);
    json_open_object(w, "total");
    put_line(w, view, &view->total);
    json_close_object(w);
    report_more_json(view, w);
    report_pairs_json(view, w);
    report_groups_json(view, w);
    json_put_text(w, "candidate", input->candidate);
    put_count(w, "trials", view->total_row.trials);
    json_put_text(w, "epoch", epoch);
    put_count(w, "epoch_number", input->settings.epoch_number);
    put_count(w, "epochs_pooled", input->epochs_pooled > 1 ? input->epochs_pooled : 1);
    put_count(w, "last_seq", input->tally->seq);
    put_time(w, "since", input->since_ms);
    put_time(w, "until", input->until_ms);
    json_put_double(w, "alpha", input->settings.alpha);
    json_put_double(w, "tolerance", input->settings.tolerance);
    put_count(w, "alert_conditions", input->settings.conditions);
    json_put_double(w, "log_evidence_anywhere", view->anywhere);
    json_put_double(w, "false_discovery_rate", REPORT_FALSE_DISCOVERIES);
    json_put_double(w, "interval_level", 1 - TALLY_INTERVAL_ALPHA);
    json_put_bool(w, "self_judged", input->self_judged);
    json_put_text(w, "note", report_caveat);
    json_open_object(w, "disagreed_warmly");
    json_put_int(w, "rejects", (int64_t)view->total_row.rejects_told);
    json_put_int(w, "warmly", (int64_t)view->total_row.rejects_warmly);
    json_close_object(w);
    if (input->labels) {
        json_open_object(w, "labels");
        label_figures_json(input->labels, w);
        json_close_object(w);
    } else {
        json_put_null(w, "labels");
    }
    json_close_object(w);
    buf_add_char(out, '\n');
}

void report_csv(const struct report_view *view, struct buf *out)
{
    char name[CONDITION_NAME_SIZE], epoch[33];
    if (view->input->groups) {
        report_groups_csv(view, out);
        return;
    }
    report_epoch(view->input->tally, epoch);
    buf_add_text(out, "condition,n,plus,zero,minus,gap,lower,upper,log_evidence,threshold_log,alert,study_gap_pp,state,"
                      "trials,missing,undecided,flagged,worst_lower,worst_upper,epoch\n");
    for (size_t i = 0; i < view->line_count; i++) {
        const struct tally_line *line = &view->lines[i];
        const struct tally_row *row = line->row;
        buf_add_format(out, "%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, condition_name(line->condition, name),
                       report_known(row), row->counts.plus, row->counts.zero, row->counts.minus);
        buf_add_format(out, ",%.17g,%.17g,%.17g,%.17g,%.17g,%s,", line->gap, line->lower, line->upper,
                       line->log_evidence, line->threshold_log, line->alert ? "true" : "false");
        if (line->has_study_gap)
            buf_add_format(out, "%g", line->study_gap_pp);
        buf_add_format(out, ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.17g,%.17g,%s\n",
                       report_state_name(report_state(line, &view->input->settings)), row->trials, row->missing,
                       row->undecided, row->flagged, line->worst_lower, line->worst_upper, epoch);
    }
}
