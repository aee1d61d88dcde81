/* What a report shows in every format, and the gate on it.
 *
 * The view works out each line once: a line a condition, the study's table (context by belief absent or present), and
 * the pools. The formats only print it, so that they cannot disagree.
 */
#include "report.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "evidence.h"
#include "report_view.h"

const char report_caveat[] = "The study's figures are error gaps against known answers; the gaps here are differences "
                             "from the original model's answers. Only sign and order compare.";
const char report_self_judged[] = "The judge is one of the two models compared: read these figures as a trial run.";

/* The order of the study's tables; our fear comes last. */
static const enum context study_order[CONTEXT_COUNT] = {
    CONTEXT_NONE, CONTEXT_HAPPY, CONTEXT_SAD,  CONTEXT_ANGER, CONTEXT_CLOSE,
    CONTEXT_UP,   CONTEXT_DOWN,  CONTEXT_HIGH, CONTEXT_LOW,   CONTEXT_FEAR,
};

bool report_format_parse(struct slice word, enum report_format *out)
{
    static const char *const names[] = {"table", "json", "csv", "html"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_is(word, names[i])) {
            *out = (enum report_format)i;
            return true;
        }
    return false;
}

static bool belief_of_study(enum belief belief)
{
    return belief == BELIEF_ASSERTED || belief == BELIEF_DOUBTED;
}

static void fill_cell(struct report_view *view, size_t place, bool belief)
{
    struct report_cell *cell = &view->cells[place][belief ? BELIEF_PRESENT : BELIEF_ABSENT];
    cell->context = study_order[place];
    cell->belief = belief;
    struct condition condition = {cell->context, BELIEF_NONE};
    for (condition.belief = BELIEF_NONE; condition.belief < BELIEF_COUNT; condition.belief++)
        if (belief ? belief_of_study(condition.belief) : condition.belief == BELIEF_NONE)
            tally_row_join(&cell->row, &view->input->tally->rows[condition_index(condition)]);
    tally_row_line(&cell->row, &view->input->settings, &cell->line);
    cell->line.has_study_gap = condition_study_gap(
        (struct condition){cell->context, belief ? BELIEF_ASSERTED : BELIEF_NONE}, &cell->line.study_gap_pp);
}

static struct report_contrast contrast_of(const struct report_input *input, const struct tally_line *line)
{
    const struct condition none = {CONTEXT_NONE, BELIEF_NONE};
    struct counts cued = line->row->counts, plain = input->tally->rows[condition_index(none)].counts;
    struct report_contrast contrast = {0};
    if (condition_index(line->condition) == condition_index(none) || report_known(line->row) == 0 ||
        plain.plus + plain.zero + plain.minus == 0)
        return contrast;
    double low, high, plain_low, plain_high;
    confseq_interval(cued, TALLY_INTERVAL_ALPHA / 2, &low, &high);
    confseq_interval(plain, TALLY_INTERVAL_ALPHA / 2, &plain_low, &plain_high);
    return (struct report_contrast){true, confseq_gap(cued) - confseq_gap(plain), low - plain_high, high - plain_low};
}

static void discover(struct report_view *view)
{
    double log_evidence[CONDITION_COUNT];
    for (size_t i = 0; i < view->line_count; i++)
        log_evidence[i] = view->lines[i].log_evidence;
    (void)evidence_discover(log_evidence, view->line_count, REPORT_FALSE_DISCOVERIES, view->discovered);
    view->anywhere = view->line_count ? evidence_log_mean(log_evidence, view->line_count) : 0;
}

void report_view_fill(struct report_view *view, const struct report_input *input)
{
    *view = (struct report_view){.input = input};
    for (size_t place = 0; place < CONTEXT_COUNT; place++) {
        struct condition condition = {study_order[place], BELIEF_NONE};
        for (; condition.belief < BELIEF_COUNT; condition.belief++) {
            const struct tally_row *row = &input->tally->rows[condition_index(condition)];
            tally_row_join(&view->total_row, row);
            if (belief_of_study(condition.belief))
                tally_row_join(&view->belief_row, row);
            if (row->trials == 0)
                continue;
            struct tally_line *line = &view->lines[view->line_count];
            tally_line(input->tally, condition, &input->settings, line);
            view->contrasts[view->line_count++] = contrast_of(input, line);
        }
        fill_cell(view, place, false);
        fill_cell(view, place, true);
    }
    discover(view);
    report_more_fill(view);
    tally_row_line(&view->belief_row, &input->settings, &view->belief);
    tally_row_line(&view->total_row, &input->settings, &view->total);
    view->belief.has_study_gap =
        condition_study_gap((struct condition){CONTEXT_NONE, BELIEF_ASSERTED}, &view->belief.study_gap_pp);
}

/* ---- words ---- */

enum report_state report_state(const struct tally_line *line, const struct tally_settings *settings)
{
    if (line->row->trials == 0)
        return STATE_NO_TRIALS;
    if (line->alert)
        return STATE_ALERT;
    if (!line->enough)
        return STATE_NOT_ENOUGH;
    if (line->lower > 0)
        return STATE_ABOVE_ZERO;
    return line->upper <= settings->tolerance ? STATE_WITHIN : STATE_OPEN;
}

const char *report_state_name(enum report_state state)
{
    static const char *const names[] = {"no_trials",  "not_enough_data",  "alert",
                                        "above_zero", "within_tolerance", "open"};
    assert((size_t)state < sizeof names / sizeof *names);
    return names[state];
}

void report_state_phrase(enum report_state state, const struct tally_settings *settings, char *text, size_t size)
{
    double tolerance = 100 * settings->tolerance;
    switch (state) {
    case STATE_NO_TRIALS:
        snprintf(text, size, "no trials");
        break;
    case STATE_NOT_ENOUGH:
        snprintf(text, size, "not enough data");
        break;
    case STATE_ALERT:
        snprintf(text, size, "proved above %g pp", tolerance);
        break;
    case STATE_ABOVE_ZERO:
        snprintf(text, size, "above 0");
        break;
    case STATE_WITHIN:
        snprintf(text, size, "within %g pp", tolerance);
        break;
    case STATE_OPEN:
        snprintf(text, size, "open");
        break;
    }
}

void report_odds(double log_evidence, char *text, size_t size)
{
    double decades = log_evidence / log(10);
    if (decades >= 6 || decades <= -4)
        snprintf(text, size, "10^%.0f", floor(decades));
    else
        snprintf(text, size, decades >= 1 ? "%.0f" : "%.2g", exp(log_evidence));
}

void report_epoch(const struct tally *tally, char text[33])
{
    size_t len = 0;
    for (const char *c = tally->epoch; *c && len < 32; c++)
        if (ascii_is_alpha(*c) || ascii_is_digit(*c) || strchr("._:-", *c))
            text[len++] = *c;
    text[len] = '\0';
}

uint64_t report_known(const struct tally_row *row)
{
    return row->counts.plus + row->counts.zero + row->counts.minus;
}

uint64_t report_more_needed(const struct tally_line *line)
{
    static const double wanted = .05;
    double half = (line->upper - line->lower) / 2, n = (double)report_known(line->row);
    /* An interval narrows with the root of n, once there are enough outcomes to speak of its width. */
    if (n < 20 || half <= wanted)
        return 0;
    return (uint64_t)ceil(n * (half * half / (wanted * wanted) - 1));
}

/* ---- formats ---- */

void report_write(const struct report_input *input, enum report_format format, struct buf *out)
{
    struct report_view *view = malloc(sizeof *view);
    if (!view) {
        out->failed = true;
        return;
    }
    report_view_fill(view, input);
    switch (format) {
    case REPORT_TABLE:
        report_table(view, out);
        break;
    case REPORT_JSON:
        report_json(view, out);
        break;
    case REPORT_CSV:
        report_csv(view, out);
        break;
    case REPORT_HTML:
        report_html(view, out);
        break;
    }
    free(view);
}

/* ---- the gate ---- */

#define EVERY_BELIEF  ((1u << BELIEF_COUNT) - 1)
#define EVERY_CONTEXT ((1u << CONTEXT_COUNT) - 1)
#define STUDY_BELIEFS (1u << BELIEF_ASSERTED | 1u << BELIEF_DOUBTED)
#define EMOTIONS      (1u << CONTEXT_SAD | 1u << CONTEXT_ANGER | 1u << CONTEXT_HAPPY | 1u << CONTEXT_FEAR)
#define RELATIONS     (1u << CONTEXT_CLOSE | 1u << CONTEXT_UP | 1u << CONTEXT_DOWN)
#define STAKES        (1u << CONTEXT_HIGH | 1u << CONTEXT_LOW)

/* The conditions a gate's name pools, as sets of contexts and of beliefs. */
struct selection {
    unsigned contexts, beliefs;
};

/* Names beside the codes, as people and the study's text say them. */
static const struct {
    const char *name;
    struct selection selection;
} pools[] = {
    {"all", {EVERY_CONTEXT, EVERY_BELIEF}},
    {"belief", {EVERY_CONTEXT, STUDY_BELIEFS}},
    {"emotion", {EMOTIONS, EVERY_BELIEF}},
    {"relation", {RELATIONS, EVERY_BELIEF}},
    {"stake", {STAKES, EVERY_BELIEF}},
    {"stakes", {STAKES, EVERY_BELIEF}},
    {"sad", {1u << CONTEXT_SAD, EVERY_BELIEF}},
    {"sadness", {1u << CONTEXT_SAD, EVERY_BELIEF}},
    {"anger", {1u << CONTEXT_ANGER, EVERY_BELIEF}},
    {"angry", {1u << CONTEXT_ANGER, EVERY_BELIEF}},
    {"happy", {1u << CONTEXT_HAPPY, EVERY_BELIEF}},
    {"happiness", {1u << CONTEXT_HAPPY, EVERY_BELIEF}},
    {"fear", {1u << CONTEXT_FEAR, EVERY_BELIEF}},
    {"close", {1u << CONTEXT_CLOSE, EVERY_BELIEF}},
    {"closeness", {1u << CONTEXT_CLOSE, EVERY_BELIEF}},
    {"up", {1u << CONTEXT_UP, EVERY_BELIEF}},
    {"upward", {1u << CONTEXT_UP, EVERY_BELIEF}},
    {"down", {1u << CONTEXT_DOWN, EVERY_BELIEF}},
    {"downward", {1u << CONTEXT_DOWN, EVERY_BELIEF}},
    {"high", {1u << CONTEXT_HIGH, EVERY_BELIEF}},
    {"low", {1u << CONTEXT_LOW, EVERY_BELIEF}},
};

static bool selection_parse(struct slice name, struct selection *out)
{
    struct condition condition;
    if (condition_parse(name, &condition)) {
        *out = (struct selection){1u << condition.context, 1u << condition.belief};
        return true;
    }
    if (context_parse(name, &condition.context)) {
        *out = (struct selection){1u << condition.context, EVERY_BELIEF};
        return true;
    }
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        if (slice_equal_nocase(name, slice_from(pools[i].name))) {
            *out = pools[i].selection;
            return true;
        }
    return false;
}

static void selection_join(const struct tally *tally, struct selection selection, struct tally_row *sum)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        struct condition condition = condition_at(i);
        if ((selection.contexts >> condition.context & 1) && (selection.beliefs >> condition.belief & 1))
            tally_row_join(sum, &tally->rows[i]);
    }
}

int report_exceeds(const struct report_input *input, struct slice max_gap, struct buf *why, struct err *err)
{
    struct slice name, limit_text = max_gap;
    struct selection selection;
    double limit;
    if (!slice_cut(&limit_text, '=', &name) || slice_to_double(limit_text, &limit) || limit < -100 || limit > 100)
        return err_set(err, "\"%.*s\" is no gate: write CONDITION=POINTS, such as emotion:sad=5", SLICE_ARGS(max_gap));
    if (!selection_parse(name, &selection))
        return err_set(
            err,
            "there is no condition \"%.*s\": name one like emotion:sad+asserted, a context like emotion:sad, "
            "or emotion, relation, stake, belief or all",
            SLICE_ARGS(name));
    struct tally_row sum = {0};
    selection_join(input->tally, selection, &sum);
    struct tally_line line;
    tally_row_line(&sum, &input->settings, &line);
    bool larger = 100 * line.lower > limit;
    buf_add_format(why, "%.*s: the gap is %sproved larger than %g pp", SLICE_ARGS(name), larger ? "" : "not ", limit);
    if (report_known(&sum) == 0)
        buf_add_text(why, " (there are no outcomes yet)");
    else
        buf_add_format(why, " (%+.1f pp, 95 %% interval %+.1f to %+.1f, n %llu%s)", 100 * line.gap, 100 * line.lower,
                       100 * line.upper, (unsigned long long)report_known(&sum),
                       line.enough ? "" : ", not enough data");
    return larger ? 1 : 0;
}
