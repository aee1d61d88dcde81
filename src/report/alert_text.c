/* What an alert says: its own guarantee, its counts, its limits, and the command that recomputes it. Never content. */
#include "alert.h"

#include <inttypes.h>
#include <math.h>

#include "drift.h"
#include "json.h"
#include "report_view.h"

const char *alert_severity(const struct alert *alert)
{
    if (alert->uncalibrated || alert->kind == ALERT_DIVERGENCE)
        return "info";
    return alert->kind == ALERT_LEVEL ? "critical" : "warning";
}

static void write_summary(const struct alert *alert, struct buf *out)
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
    case ALERT_DIVERGENCE:
        buf_add_format(out, "%s: the two models contradict each other more than each contradicts itself", name);
        break;
    case ALERT_KIND_COUNT:
        break;
    }
}

/* What was counted, in words. */
static const char *basis_words(enum alert_basis basis)
{
    switch (basis) {
    case BASIS_GAP:
        return "outcomes";
    case BASIS_CONTROLLED:
        return "outcomes, each less its style control (the original against its own warm rewriting),";
    case BASIS_ACROSS:
        return "outcomes, each less the mean of four trials without a cue,";
    case BASIS_WITHIN:
        return "outcomes, each less that of the same request without its cue,";
    case BASIS_EXCESS:
        break;
    }
    return "divergences, each less those of the two models with themselves,";
}

static void put_counts(const struct alert *alert, struct buf *out)
{
    const struct counts *counts = &alert->counts;
    double value, lower, upper;
    alert_mean(alert, &value, &lower, &upper);
    buf_add_format(out,
                   "Of %" PRIu64 " trials counted in epoch %s, %" PRIu64 " told against the warm model, %" PRIu64
                   " against the original, %" PRIu64 " neither (%" PRIu64
                   " of these are missing or undecided). The mean of the %s is %+.1f points, 95 %% interval %+.1f to "
                   "%+.1f.\n",
                   counts->plus + counts->zero + counts->minus, alert->epoch, counts->plus, counts->minus, counts->zero,
                   alert->unknown, basis_words(alert->basis), 100 * value, 100 * lower, 100 * upper);
}

static void put_promise(const struct alert *alert, const struct alert_settings *settings, struct buf *out)
{
    double percent = 100 * settings->tally.alpha;
    switch (alert->kind) {
    case ALERT_LEVEL:
        buf_add_format(
            out,
            "Guarantee: the chance that any false level alert is ever raised, over all conditions and epochs, "
            "is at most %g %%%s.\n",
            percent,
            alert->basis == BASIS_GAP && settings->style_measured
                ? ", and 1 % more for the limit of the judge's measured bias"
                : "");
        break;
    case ALERT_DRIFT:
        buf_add_format(out,
                       "Guarantee: the chance of any false drift alert within %" PRIu64
                       " comparisons is at most %g %%, and "
                       "1 %% more for the reference window's own limit.\n",
                       settings->drift_horizon, 100 * settings->drift_alpha);
        break;
    case ALERT_AMPLIFICATION:
    case ALERT_DIVERGENCE:
        buf_add_format(out, "Guarantee: the chance that any false %s alert is ever raised is at most %g %%.\n",
                       alert->kind == ALERT_DIVERGENCE ? "divergence" : "amplification", percent);
        break;
    case ALERT_KIND_COUNT:
        break;
    }
}

static void put_limits(const struct alert *alert, const struct alert_settings *settings, struct buf *out)
{
    if (alert->basis == BASIS_ACROSS)
        buf_add_text(out, "Confounded: people with this cue may also ask other things. The same request with and "
                          "without its cue (shadow.neutral) tells the two apart.\n");
    if (alert->kind == ALERT_DIVERGENCE)
        buf_add_text(out, "A difference is not a fault: it says nothing of who is right.\n");
    if (alert->uncalibrated && alert->kind == ALERT_LEVEL)
        buf_add_format(
            out,
            "Uncalibrated: no style control has measured whether the judge is kinder to warm prose. %g of the "
            "points are put up with for that; a bias beyond them would raise this alert by itself.\n",
            100 * settings->style_bias);
    else if (alert->uncalibrated)
        buf_add_text(out, "Uncalibrated: no style control has measured whether the judge is kinder to warm prose.\n");
    if (alert->suspended)
        buf_add_text(out, "Suspended: a health alert stands, so that no further alert begins to fire.\n");
}

static void put_telling(const struct alert *alert, const char *config, struct buf *out)
{
    if (alert->telling[0] == 0)
        return;
    buf_add_text(out, "Telling trials:");
    for (size_t i = 0; i < ALERT_TELLING && alert->telling[i]; i++)
        if (alert->telling_ids[i][0])
            buf_add_format(out, "%s %s", i ? "," : "", alert->telling_ids[i]);
        else
            buf_add_format(out, "%s number %" PRIu64, i ? "," : "", alert->telling[i]);
    buf_add_format(out, " (candor trials show -c %s ID).\n", config);
}

void alert_write_text(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out)
{
    char name[CONDITION_NAME_SIZE], odds[24], needed[24];
    if (!config)
        config = "FILE";
    report_odds(alert->log_evidence, odds, sizeof odds);
    report_odds(alert->threshold_log, needed, sizeof needed);
    condition_name(alert->condition, name);
    buf_add_format(out, "%s, ", alert_kind_name(alert->kind));
    write_summary(alert, out);
    buf_add_text(out, ".\n");
    put_counts(alert, out);
    buf_add_format(
        out,
        "Evidence against a mean of %+.1f points: %s to 1, where %s to 1 is needed; it fired at trial number "
        "%" PRIu64 ".\n",
        100 * alert->null, odds, needed, alert->fired_seq);
    put_promise(alert, settings, out);
    put_limits(alert, settings, out);
    put_telling(alert, config, out);
    buf_add_format(out,
                   "Recompute: candor report -c %s --epoch %s. Its trials: candor trials list -c %s --condition %s "
                   "--flagged. It stays until: candor alerts ack -c %s %s %s\n",
                   config, alert->epoch, config, name, config, alert_kind_name(alert->kind), name);
}

static void put_health_words(enum health_check check, const struct health_standing *standing, struct buf *out)
{
    static const char *const words[HEALTH_COUNT] = {
        "% of the last sampled trials came to no comparison, so that what is compared may not stand for the traffic",
        "% of the last comparisons stayed undecided, so that the judge hides what there is to see",
        "% points more or less than at first, the original contradicts itself: sampling, model or judge has changed",
        "% of the last sampled trials found the budget of the side path spent"};
    char name[CONDITION_NAME_SIZE];
    switch (standing->subject) {
    case HEALTH_OF_ALL:
        buf_add_text(out, words[check]);
        break;
    case HEALTH_OF_CONDITION:
        buf_add_format(
            out,
            "%% points more or less than without any cue, trials of %s come to no comparison, so that its gap "
            "may be made of what is missing",
            condition_name(standing->condition, name));
        break;
    case HEALTH_OF_CANARIES:
        buf_add_text(out, "% of the last pairs of known verdict got another one from the judge");
        break;
    }
}

void alert_write_health(const struct health *health, enum health_check check, struct buf *out)
{
    struct health_standing standing;
    (void)health_standing(health, check, &standing);
    buf_add_format(out, "%s: %.1f ", health_name(check), 100 * standing.share);
    put_health_words(check, &standing, out);
    buf_add_format(out, " (the limit is %.1f). Statistical alerts are suspended %s.\n", 100 * standing.limit,
                   health->failing[check] ? "since then" : "no longer for this");
}

void alert_write_health_json(const struct health *health, enum health_check check, struct buf *out)
{
    struct json_writer writer, *w = &writer;
    struct health_standing standing;
    char name[CONDITION_NAME_SIZE];
    struct buf text;
    buf_init(&text, 1024);
    alert_write_health(health, check, &text);
    (void)health_standing(health, check, &standing);
    json_start(w, out);
    json_open_object(w, NULL);
    json_put_text(w, "alert", health_name(check));
    json_put_text(w, "condition", "all");
    json_put_text(w, "severity", "warning");
    json_put_bool(w, "firing", health->failing[check]);
    json_put_int(w, "since_seq", (int64_t)health->since_seq[check]);
    json_put_double(w, "share", standing.share);
    json_put_double(w, "limit", standing.limit);
    json_put_text(w, "under",
                  standing.subject == HEALTH_OF_CONDITION ? condition_name(standing.condition, name) : NULL);
    json_put_slice(w, "description", buf_slice(&text));
    json_close_object(w);
    buf_fini(&text);
}

static void put_telling_ids(struct json_writer *w, const struct alert *alert)
{
    json_open_array(w, "telling");
    for (size_t i = 0; i < ALERT_TELLING && alert->telling[i]; i++) {
        json_open_object(w, NULL);
        json_put_int(w, "seq", (int64_t)alert->telling[i]);
        json_put_text(w, "trial_id", alert->telling_ids[i][0] ? alert->telling_ids[i] : NULL);
        json_close_object(w);
    }
    json_close_array(w);
}

static const char *basis_name(enum alert_basis basis)
{
    static const char *const names[] = {"gap", "controlled", "across", "within", "excess"};
    return names[basis];
}

void alert_put_words(const struct alert *alert, const struct alert_settings *settings, const char *config,
                     struct json_writer *w)
{
    struct buf text;
    buf_init(&text, 16u << 10);
    write_summary(alert, &text);
    json_put_slice(w, "summary", buf_slice(&text));
    buf_clear(&text);
    alert_write_text(alert, settings, config, &text);
    json_put_slice(w, "description", buf_slice(&text));
    buf_fini(&text);
}

void alert_write_json(const struct alert *alert, const struct alert_settings *settings, const char *config,
                      struct buf *out)
{
    struct json_writer writer, *w = &writer;
    char name[CONDITION_NAME_SIZE];
    double value, lower, upper;
    alert_mean(alert, &value, &lower, &upper);
    json_start(w, out);
    json_open_object(w, NULL);
    json_put_text(w, "alert", alert_kind_name(alert->kind));
    json_put_text(w, "condition", condition_name(alert->condition, name));
    json_put_text(w, "severity", alert_severity(alert));
    json_put_bool(w, "firing", alert->firing);
    json_put_bool(w, "suspended", alert->suspended);
    json_put_bool(w, "uncalibrated", alert->uncalibrated);
    json_put_text(w, "epoch", alert->epoch);
    json_put_int(w, "fired_seq", (int64_t)alert->fired_seq);
    json_put_text(w, "basis", basis_name(alert->basis));
    json_put_int(w, "plus", (int64_t)alert->counts.plus);
    json_put_int(w, "zero", (int64_t)alert->counts.zero);
    json_put_int(w, "minus", (int64_t)alert->counts.minus);
    json_put_int(w, "unknown", (int64_t)alert->unknown);
    json_put_double(w, "gap", value);
    json_put_double(w, "lower", lower);
    json_put_double(w, "upper", upper);
    json_put_double(w, "null", alert->null);
    json_put_double(w, "log_evidence", alert->log_evidence);
    json_put_double(w, "threshold_log", alert->threshold_log);
    put_telling_ids(w, alert);
    alert_put_words(alert, settings, config, w);
    json_close_object(w);
}
