/* pairs: see pairs.h. The record is read by name and whatever is absent is left out, so that records of other versions
 * print too.
 */
#include "pairs.h"

#include "pairs_wrap.h"

#define TEXT_MAX    (8u << 20)
#define LABEL_WIDTH 10u
#define NARROW      56u /* below it the answers stand one under the other */

enum tone { TONE_PLAIN, TONE_STRONG, TONE_FAINT, TONE_ALARM };

struct page {
    struct buf *out;
    unsigned width;
    bool colour;
};

static void tone(const struct page *page, enum tone which)
{
    static const char *const codes[] = {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;31m"};
    if (page->colour)
        buf_add_text(page->out, codes[which]);
}

static void spaces(const struct page *page, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_add_char(page->out, ' ');
}

static void rule(const struct page *page, char sign)
{
    tone(page, TONE_FAINT);
    for (unsigned i = 0; i < page->width; i++)
        buf_add_char(page->out, sign);
    tone(page, TONE_PLAIN);
    buf_add_char(page->out, '\n');
}

/* "label     text", the text wrapped beside the label. Nothing when there is no text. */
static void paragraph(const struct page *page, const char *label, struct slice text)
{
    struct buf escaped;
    struct slice line;
    unsigned columns, width = page->width > LABEL_WIDTH + 10 ? page->width - LABEL_WIDTH : 10;
    bool first = true;

    if (!text.data)
        return;
    buf_init(&escaped, TEXT_MAX);
    pairs_escape(text, &escaped);
    struct slice rest = buf_slice(&escaped);
    while (wrap_next(&rest, width, &line, &columns)) {
        tone(page, TONE_STRONG);
        buf_add_format(page->out, "%-*s", (int)LABEL_WIDTH, first ? label : "");
        tone(page, TONE_PLAIN);
        buf_add_slice(page->out, line);
        buf_add_char(page->out, '\n');
        first = false;
    }
    buf_fini(&escaped);
}

static const cJSON *arm_of(const cJSON *record, const char *name)
{
    const cJSON *arm;
    cJSON_ArrayForEach(arm, json_get(record, "arms")) if (slice_is(json_get_slice(arm, "arm"), name)) return arm;
    return NULL;
}

/* What stands above an answer: "warm, gpt-x: endorses". */
static void arm_title(const cJSON *record, const cJSON *arm, const char *name, struct buf *out)
{
    struct slice model = json_get_slice(arm, "model"), missing = json_get_slice(arm, "missing");
    const cJSON *compare = json_get(record, "compare");
    struct slice stance = json_get_slice(json_get(compare, "stance"), name);
    struct slice answers = json_get_slice(json_get(compare, "answers"), name);

    buf_add_text(out, name);
    if (model.len) {
        buf_add_text(out, ", ");
        pairs_escape(model, out);
    }
    struct slice said = missing.len ? missing : stance.len && !slice_is(stance, "none") ? stance : answers;
    if (said.len && !slice_is(said, "direct")) {
        buf_add_text(out, missing.len ? ": missing, " : ": ");
        pairs_escape(said, out);
    }
}

static void arm_text(const cJSON *arm, struct buf *out)
{
    struct slice text = json_get_slice(arm, "text"), calls = json_get_slice(arm, "tool_calls");
    if (text.len)
        pairs_escape(text, out);
    else
        buf_add_text(out, calls.len ? "" : text.data ? "(an empty answer)" : "(no text kept)");
    if (calls.len) {
        buf_add_text(out, text.len ? "\n" : "");
        pairs_escape(calls, out);
    }
}

/* One line of a column, padded to its width. */
static void column(const struct page *page, struct slice *rest, unsigned width, bool pad)
{
    struct slice line = SLICE("");
    unsigned columns = 0;
    if (wrap_next(rest, width, &line, &columns))
        buf_add_slice(page->out, line);
    if (pad && columns < width)
        spaces(page, width - columns);
}

static void columns_print(const struct page *page, struct slice left, struct slice right, enum tone which)
{
    unsigned width = (page->width - 3) / 2;
    while (left.len || right.len) {
        tone(page, which);
        column(page, &left, width, true);
        tone(page, TONE_FAINT);
        buf_add_text(page->out, right.len ? " | " : " |");
        tone(page, which);
        column(page, &right, width, false);
        tone(page, TONE_PLAIN);
        buf_add_char(page->out, '\n');
    }
}

/* The two answers that were compared. */
static void answers_print(const struct page *page, const cJSON *record)
{
    static const char *const names[] = {"warm", "original"};
    struct buf titles[2], texts[2];

    for (size_t i = 0; i < 2; i++) {
        const cJSON *arm = arm_of(record, names[i]);
        buf_init(&titles[i], 4096);
        buf_init(&texts[i], TEXT_MAX);
        arm_title(record, arm, names[i], &titles[i]);
        arm_text(arm, &texts[i]);
    }
    if (page->width >= NARROW) {
        rule(page, '-');
        columns_print(page, buf_slice(&titles[0]), buf_slice(&titles[1]), TONE_STRONG);
        columns_print(page, buf_slice(&texts[0]), buf_slice(&texts[1]), TONE_PLAIN);
    }
    for (size_t i = 0; i < 2; i++) {
        if (page->width < NARROW) {
            struct slice line, rest = buf_slice(&texts[i]);
            unsigned columns;
            rule(page, '-');
            tone(page, TONE_STRONG);
            buf_add_slice(page->out, buf_slice(&titles[i]));
            tone(page, TONE_PLAIN);
            buf_add_char(page->out, '\n');
            while (wrap_next(&rest, page->width, &line, &columns)) {
                buf_add_slice(page->out, line);
                buf_add_char(page->out, '\n');
            }
        }
        buf_fini(&titles[i]);
        buf_fini(&texts[i]);
    }
    rule(page, '-');
}

/* The arms beyond the pair. */
static void others_print(const struct page *page, const cJSON *record)
{
    const cJSON *arm;
    cJSON_ArrayForEach(arm, json_get(record, "arms"))
    {
        struct slice name = json_get_slice(arm, "arm");
        struct buf text;
        if (slice_is(name, "warm") || slice_is(name, "original") || !name.data)
            continue;
        buf_init(&text, TEXT_MAX);
        arm_text(arm, &text);
        tone(page, TONE_STRONG);
        pairs_escape(name, page->out);
        tone(page, TONE_PLAIN);
        buf_add_char(page->out, '\n');
        paragraph(page, "", buf_slice(&text));
        buf_fini(&text);
    }
}

static void word(const cJSON *object, const char *key, const char *before, struct buf *out)
{
    struct slice value = json_get_slice(object, key);
    if (!value.data)
        return;
    buf_add_text(out, out->len ? "; " : "");
    buf_add_text(out, before);
    buf_add_slice(out, value);
}

static void verdict_print(const struct page *page, const cJSON *record)
{
    const cJSON *compare = json_get(record, "compare");
    struct buf line;
    bool counted = true;

    buf_init(&line, 8192);
    word(record, "missing", "missing: ", &line);
    word(compare, "verdict", "", &line);
    word(compare, "stage", "decided by ", &line);
    word(compare, "relation", "the answers are ", &line);
    word(compare, "supported", "the facts are with ", &line);
    word(compare, "reason", "because ", &line);
    paragraph(page, "verdict", buf_slice(&line));
    buf_clear(&line);
    if (json_get_bool(record, "counted", &counted) && !counted) {
        word(record, "not_counted_reason", "not in the evidence: ", &line);
        paragraph(page, "counted", buf_slice(&line));
    }
    buf_fini(&line);
}

/* What one call of the judge made of the answers, and what it took each to say. */
static void call_print(const struct page *page, const cJSON *call, struct buf *line)
{
    static const char *const sides[] = {"warm", "original"};
    const cJSON *stance = json_get(call, "stance");

    word(call, "verdict", "", line);
    word(call, "supported", "the facts are with ", line);
    word(call, "sure", "sure: ", line);
    word(call, "reason", "", line);
    paragraph(page, "judge", buf_slice(line));
    for (size_t i = 0; i < 2; i++) {
        struct slice claim = json_get_slice(json_get(call, "claim"), sides[i]), said = json_get_slice(stance, sides[i]);
        buf_clear(line);
        if (said.len && !slice_is(said, "none"))
            word(stance, sides[i], "", line);
        if (claim.len)
            word(json_get(call, "claim"), sides[i], "claims: ", line);
        if (line->len)
            paragraph(page, i == 0 ? "  warm" : "  orig.", buf_slice(line));
    }
}

/* The second call, in the other order, is told in full only where it did not say the same. */
static void judge_print(const struct page *page, const cJSON *record)
{
    const cJSON *call, *calls = json_get(record, "judge");
    struct slice before = SLICE_NONE;

    cJSON_ArrayForEach(call, calls)
    {
        struct slice verdict = json_get_slice(call, "verdict");
        struct buf line;
        buf_init(&line, TEXT_MAX);
        word(call, "order", "asked ", &line);
        word(call, "missing", "missing: ", &line);
        if (before.data && slice_equal(before, verdict)) {
            buf_add_text(&line, "; the same");
            paragraph(page, "judge", buf_slice(&line));
        } else {
            call_print(page, call, &line);
        }
        before = verdict;
        buf_fini(&line);
    }
}

/* What people said of it, one label a line. */
static void labels_print(const struct page *page, const cJSON *record)
{
    const cJSON *label;
    cJSON_ArrayForEach(label, json_get(json_get(record, "human"), "labels"))
    {
        struct buf line;
        buf_init(&line, TEXT_MAX);
        word(label, "labeller", "", &line);
        word(label, "verdict", "", &line);
        word(label, "supported", "the facts are with ", &line);
        word(label, "sure", "sure: ", &line);
        word(label, "note", "note: ", &line);
        paragraph(page, "human", buf_slice(&line));
        buf_fini(&line);
    }
}

/* The pairs beside the main one, a line each. */
static void beside_print(const struct page *page, const cJSON *record)
{
    const cJSON *pair;
    cJSON_ArrayForEach(pair, json_get(record, "pairs"))
    {
        int64_t x;
        struct buf line;
        buf_init(&line, TEXT_MAX);
        word(pair, "pair", "", &line);
        word(pair, "missing", "missing: ", &line);
        word(pair, "verdict", "", &line);
        if (json_get_int(pair, "x", &x))
            buf_add_format(&line, "; outcome %s%lld", x > 0 ? "+" : "", (long long)x);
        paragraph(page, "pair", buf_slice(&line));
        buf_fini(&line);
    }
}

static void head_print(const struct page *page, const cJSON *record)
{
    bool flagged = false;
    struct buf line;

    (void)json_get_bool(record, "flagged", &flagged);
    tone(page, flagged ? TONE_ALARM : TONE_STRONG);
    buf_add_text(page->out, flagged ? "FLAGGED " : "trial ");
    pairs_escape(json_get_slice(json_get(record, "compare"), "verdict"), page->out);
    tone(page, TONE_PLAIN);
    buf_add_text(page->out, "  ");
    pairs_escape(json_get_slice(record, "condition"), page->out);
    buf_add_char(page->out, '\n');
    buf_init(&line, 4096);
    word(record, "time", "", &line);
    word(record, "trial_id", "trial ", &line);
    word(record, "exchange_id", "exchange ", &line);
    tone(page, TONE_FAINT);
    paragraph(page, "", buf_slice(&line));
    buf_fini(&line);
}

static void belief_print(const struct page *page, const cJSON *record)
{
    const cJSON *belief = json_get(record, "belief");
    struct slice kind = json_get_slice(belief, "kind"), text = json_get_slice(belief, "text");
    struct buf line;

    if (!kind.data || slice_is(kind, "none"))
        return;
    buf_init(&line, TEXT_MAX);
    buf_add_slice(&line, kind);
    if (text.data) {
        buf_add_text(&line, ": ");
        buf_add_slice(&line, text);
    }
    paragraph(page, "belief", buf_slice(&line));
    buf_fini(&line);
}

void pairs_print(const cJSON *record, unsigned width, bool colour, struct buf *out)
{
    struct page page = {out, width < 20 ? 20 : width, colour};

    head_print(&page, record);
    paragraph(&page, "question", json_get_slice(record, "question"));
    belief_print(&page, record);
    answers_print(&page, record);
    verdict_print(&page, record);
    judge_print(&page, record);
    labels_print(&page, record);
    beside_print(&page, record);
    others_print(&page, record);
}
