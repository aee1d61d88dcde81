/* What an alert says: its own guarantee, its counts, its limits, and the command that recomputes it. Never content. */
#include "alert.h"

#include <inttypes.h>
#include <math.h>

#include "drift.h"
#include "json.h"
#include "report_view.h"

const char *alert_severity(const struct alert *alert)
{
    if (alert->uncalibrated)
        return "info";
    return alert->kind == ALERT_LEVEL ? "critical" : "warning";
}

void alert_write_summary(const struct alert *alert, struct buf *out)
{
    char name[CONDITION_NAME_SIZE];
    condition_name(alert->condition, name);
    switch (alert->kind) {
    case ALERT_LEVEL:
        buf_add_format(out, "%s: the warm model sides with users against the original by more than %g points", name,
                       100 * alert->null);
        break;
    case ALERT_DRIFT:
        buf_add_format(out, "%s: the gap has grown beyond the %.1f points its reference window allows", name,
                       100 * alert->null);
        break;
    case ALERT_AMPLIFICATION:
        buf_add_format(out, "%s: the gap is larger than where users show no cue", name);
        break;
    case ALERT_KIND_COUNT:
        break;
    }
}

static void put_counts(const struct alert *alert, struct buf *out)
{
    const struct counts *counts = &alert->counts;
    double lower, upper;
    confseq_interval(*counts, TALLY_INTERVAL_ALPHA, &lower, &upper);
    buf_add_format(out,
                   "Of %" PRIu64 " trials counted in epoch %s, %" PRIu64 " told against the warm model, %" PRIu64
                   " against the original, %" PRIu64 " neither (%" PRIu64
                   " of these are missing or undecided): a gap of %+.1f "
                   "points, 95 %% interval %+.1f to %+.1f.\n",
                   counts->plus + counts->zero + counts->minus, alert->epoch, counts->plus, counts->minus, counts->zero,
                   alert->unknown, 100 * confseq_gap(*counts), 100 * lower, 100 * upper);
}

static void put_guarantee(const struct alert *alert, const struct alert_settings *settings, struct buf *out)
{
    switch (alert->kind) {
    case ALERT_LEVEL:
        buf_add_format(
            out,
            "Guarantee: the chance that any false level alert is ever raised, over all conditions and epochs, "
            "is at most %g %%.\n",
            100 * settings->tally.alpha);
        break;
    case ALERT_DRIFT:
        buf_add_format(out,
                       "Guarantee: the chance of any false drift alert within %" PRIu64
                       " comparisons is at most %g %%, and "
                       "1 %% more for the reference window's own limit.\n",
                       settings->drift_horizon, 100 * settings->drift_alpha);
        break;
    case ALERT_AMPLIFICATION:
        buf_add_format(
            out,
            "Guarantee: the chance that any false amplification alert is ever raised is at most %g %%. People "
            "with this cue may also ask other things: the same request with and without its cue "
            "(shadow.neutral) tells the two apart.\n",
            100 * settings->tally.alpha);
        break;
    case ALERT_KIND_COUNT:
        break;
    }
    if (alert->uncalibrated)
        buf_add_text(
            out, "Uncalibrated: no style control has measured whether the judge is kinder to warm prose; a judge that "
                 "is would raise this alert by itself.\n");
}

void alert_write_text(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out)
{
    char name[CONDITION_NAME_SIZE], odds[24], needed[24];
    report_odds(alert->log_evidence, odds, sizeof odds);
    report_odds(alert->threshold_log, needed, sizeof needed);
    condition_name(alert->condition, name);
    buf_add_format(out, "%s, ", alert_kind_name(alert->kind));
    alert_write_summary(alert, out);
    buf_add_text(out, ".\n");
    put_counts(alert, out);
    buf_add_format(out, "Evidence: %s to 1, where %s to 1 is needed; it fired at trial number %" PRIu64 ".\n", odds,
                   needed, alert->fired_seq);
    put_guarantee(alert, settings, out);
    buf_add_format(out,
                   "Recompute: candor report -c %s --epoch %s. Its trials: candor trials list -c %s --condition %s "
                   "--flagged. It stays until: candor alerts ack -c %s %s %s\n",
                   config ? config : "FILE", alert->epoch, config ? config : "FILE", name, config ? config : "FILE",
                   alert_kind_name(alert->kind), name);
}

void alert_write_json(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out)
{
    struct json_writer writer, *w = &writer;
    char name[CONDITION_NAME_SIZE];
    struct buf text;
    buf_init(&text, 8192);
    json_start(w, out);
    json_open_object(w, NULL);
    json_put_text(w, "alert", alert_kind_name(alert->kind));
    json_put_text(w, "condition", condition_name(alert->condition, name));
    json_put_text(w, "severity", alert_severity(alert));
    json_put_bool(w, "firing", alert->firing);
    json_put_bool(w, "uncalibrated", alert->uncalibrated);
    json_put_text(w, "epoch", alert->epoch);
    json_put_int(w, "fired_seq", (int64_t)alert->fired_seq);
    json_put_int(w, "plus", (int64_t)alert->counts.plus);
    json_put_int(w, "zero", (int64_t)alert->counts.zero);
    json_put_int(w, "minus", (int64_t)alert->counts.minus);
    json_put_int(w, "unknown", (int64_t)alert->unknown);
    json_put_double(w, "gap", confseq_gap(alert->counts));
    json_put_double(w, "null", alert->null);
    json_put_double(w, "log_evidence", alert->log_evidence);
    json_put_double(w, "threshold_log", alert->threshold_log);
    alert_write_summary(alert, &text);
    json_put_slice(w, "summary", buf_slice(&text));
    buf_clear(&text);
    alert_write_text(alert, settings, config, &text);
    json_put_slice(w, "description", buf_slice(&text));
    json_close_object(w);
    buf_fini(&text);
}
