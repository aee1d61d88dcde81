/* record_read: what the tally and the report need of a trial, from the trial itself and from its record.
 *
 * Both ways lead through the same few facts of each pair (struct facts), so that an export recomputes to the digits of
 * the store.
 */
#include "record.h"

#include <stdio.h>

#include "clock.h"
#include "labels.h"

/* ---- from the pairs to what is counted ---- */

struct facts { /* of one pair */
    enum pair_kind kind;
    struct slice candidate; /* its name, for PAIR_CANDIDATE */
    bool missing, unpaid;
    struct comparison comparison;
    struct outcome x;
};

struct facts_list { /* the main pair first */
    struct facts facts[TRIAL_MAX_PAIRS];
    size_t count;
};

/* The outcomes that come from the subject's own pair. */
static void count_subject(const struct facts *subject, struct tally_trial *out)
{
    const struct comparison *comparison = &subject->comparison;

    out->missing = subject->missing;
    out->unpaid = subject->unpaid;
    out->evasion.asked = out->error.asked = out->divergence.asked = true;
    if (subject->missing)
        return;
    out->has_outcome = subject->x.known;
    out->x = subject->x.known ? subject->x.value : 0;
    out->verdict = comparison->verdict;
    out->stance_known = comparison->stance_known;
    out->stance_warm = comparison->stance_warm;
    out->stance_original = comparison->stance_original;
    out->evasion = outcome_evasion(comparison);
    out->error = outcome_error(comparison);
    out->divergence = outcome_divergence(comparison);
}

/* What the pairs beside it say. The original's noise and the judge's bias by tone are the same for every subject; the
 * warm model's own pairs speak of the warm model alone. */
static void count_beside(const struct facts *pair, bool warm, struct tally_trial *out)
{
    static const struct outcome failed = {.asked = true};
    struct outcome x = pair->missing ? failed : pair->x;
    struct outcome divergence = pair->missing ? failed : outcome_divergence(&pair->comparison);

    switch (pair->kind) {
    case PAIR_ORIGINAL_AGAIN:
        out->original_again = divergence;
        break;
    case PAIR_STYLE_CONTROL:
        out->control = x;
        break;
    case PAIR_WARM_AGAIN:
        if (warm)
            out->warm_again = divergence;
        break;
    case PAIR_NEUTRAL:
        if (warm)
            out->neutral = x;
        break;
    case PAIR_MAIN:
    case PAIR_CANDIDATE:
    case PAIR_COUNT:
        break;
    }
}

static void count_pairs(const struct facts_list *list, const struct facts *subject, struct tally_trial *out)
{
    count_subject(subject, out);
    for (size_t i = 0; i < list->count; i++)
        count_beside(&list->facts[i], subject->kind == PAIR_MAIN, out);
}

/* What the first judge call told of the manner in which the warm answer rejects the belief. */
static void count_manner(bool told, bool acknowledges, struct tally_trial *out)
{
    out->rejects_told = told && !out->missing && out->condition.belief != BELIEF_NONE && out->stance_known &&
                        out->stance_warm == STANCE_REJECTS;
    out->rejects_warmly = out->rejects_told && acknowledges;
}

/* ---- from a trial ---- */

static void facts_of_trial(const struct trial *trial, struct facts_list *out)
{
    out->count = trial->pair_count;
    for (size_t i = 0; i < trial->pair_count; i++) {
        const struct trial_pair *pair = &trial->pairs[i];
        out->facts[i] = (struct facts){.kind = pair->kind,
                                       .missing = pair->missing != DROP_NONE,
                                       .unpaid = pair->missing == DROP_BUDGET,
                                       .comparison = pair->comparison,
                                       .x = pair->x};
    }
}

static struct tally_trial tally_start(const struct trial *trial)
{
    return (struct tally_trial){.seq = trial->seq,
                                .weight = tally_weight(trial->probability),
                                .condition = trial->detection.condition,
                                .counted = trial->counted,
                                .missing = true,
                                .unpaid = trial->missing == DROP_BUDGET};
}

struct tally_trial record_tally(const struct trial *trial)
{
    struct tally_trial tally = tally_start(trial);
    struct facts_list list;

    facts_of_trial(trial, &list);
    if (list.count > 0)
        count_pairs(&list, &list.facts[0], &tally);
    tally.flagged = trial->flagged && !tally.missing;
    if (trial->pair_count > 0 && trial->pairs[0].judge_count > 0 && trial->pairs[0].judge[0].parsed) {
        signed char acknowledges = trial->pairs[0].judge[0].judgement.manner_warm[MANNER_ACKNOWLEDGES];
        count_manner(acknowledges >= 0, acknowledges > 0, &tally);
    }
    return tally;
}

static void keep_name(struct slice name, char out[RECORD_NAME_SIZE])
{
    struct slice kept = record_clip(name, RECORD_NAME_SIZE - 1);
    memcpy(out, kept.len ? kept.data : "", kept.len);
    out[kept.len] = '\0';
}

void record_model(const struct trial *trial, char model[RECORD_NAME_SIZE])
{
    const struct arm_answer *warm = trial_arm((struct trial *)trial, ARM_WARM);
    keep_name(warm ? warm->model : SLICE_NONE, model);
}

void record_live_model(const struct trial *trial, char model[RECORD_NAME_SIZE])
{
    keep_name(trial->arm_count ? trial->arms[0].model : SLICE_NONE, model);
}

size_t record_candidates(const struct trial *trial, struct record_candidate out[CONF_MAX_CANDIDATES])
{
    struct facts_list list;
    size_t count = 0;

    facts_of_trial(trial, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (list.facts[i].kind != PAIR_CANDIDATE)
            continue;
        out[count] = (struct record_candidate){trial->conf->candidates[trial->pairs[i].warm->candidate].name,
                                               tally_start(trial)};
        count_pairs(&list, &list.facts[i], &out[count].tally);
        out[count].tally.flagged = !list.facts[i].missing && outcome_flagged(&list.facts[i].comparison);
        count++;
    }
    return count;
}

/* ---- from a record ---- */

/* Copies a member's text into a fixed field; false when it is no text or too long. */
static bool get_text(const cJSON *record, const char *key, char *out, size_t size)
{
    struct slice text = json_get_slice(record, key);
    if (!text.data || text.len >= size)
        return false;
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

static bool get_x(const cJSON *object, struct outcome *out)
{
    int64_t x;
    const cJSON *value = json_get(object, "x");

    *out = (struct outcome){.known = value && !cJSON_IsNull(value), .asked = true};
    if (!out->known)
        return true;
    if (!json_get_int(object, "x", &x) || x < -1 || x > 1)
        return false;
    out->value = (int8_t)x;
    return true;
}

/* The members that put_compared of record.c writes. A missing pair has no verdict, any other has one. */
static bool get_compared(const cJSON *object, bool missing, struct comparison *out)
{
    const cJSON *stance = json_get(object, "stance"), *answers = json_get(object, "answers");
    struct slice verdict = json_get_slice(object, "verdict");

    *out = (struct comparison){.verdict = VERDICT_UNDECIDED};
    if (verdict.data ? !verdict_parse(verdict, &out->verdict) : !missing)
        return false;
    out->stance_known = stance_parse(json_get_slice(stance, "warm"), &out->stance_warm) &&
                        stance_parse(json_get_slice(stance, "original"), &out->stance_original);
    out->relation_known = relation_parse(json_get_slice(object, "relation"), &out->relation);
    if (!answers_parse(json_get_slice(answers, "warm"), &out->answers_warm) ||
        !answers_parse(json_get_slice(answers, "original"), &out->answers_original))
        out->answers_warm = out->answers_original = ANSWERS_DIRECT;
    if (!supported_parse(json_get_slice(object, "supported"), &out->supported))
        out->supported = SUPPORTED_UNCLEAR;
    return true;
}

static void get_missing(const cJSON *object, struct facts *out)
{
    struct slice reason = json_get_slice(object, "missing");
    out->missing = reason.data != NULL;
    out->unpaid = slice_is(reason, drop_reason_name(DROP_BUDGET));
}

static bool get_main(const cJSON *record, struct facts *out)
{
    *out = (struct facts){.kind = PAIR_MAIN};
    get_missing(record, out);
    return get_compared(json_get(record, "compare"), out->missing, &out->comparison);
}

static bool get_extra(const cJSON *object, struct facts *out)
{
    struct slice name = json_get_slice(object, "pair"), word;

    *out = (struct facts){.candidate = name};
    get_missing(object, out);
    if (!slice_cut(&out->candidate, ':', &word) || !pair_kind_parse(word, &out->kind) || out->kind == PAIR_MAIN)
        return false;
    return get_compared(object, out->missing, &out->comparison) && get_x(object, &out->x);
}

/* Older records have no pairs beside the main one. */
static const char *get_pairs(const cJSON *record, struct facts_list *out)
{
    const cJSON *extra;

    if (!get_main(record, &out->facts[0]))
        return "compare";
    if (!get_x(record, &out->facts[0].x))
        return "x";
    out->count = 1;
    cJSON_ArrayForEach(extra, json_get(record, "pairs"))
    {
        if (out->count == TRIAL_MAX_PAIRS || !get_extra(extra, &out->facts[out->count]))
            return "pairs";
        out->count++;
    }
    return NULL;
}

static void get_manner(const cJSON *record, struct tally_trial *out)
{
    bool acknowledges = false;
    const cJSON *judge = cJSON_GetArrayItem(json_get(record, "judge"), 0);
    bool told = json_get_bool(json_get(judge, manner_name(MANNER_ACKNOWLEDGES)), "warm", &acknowledges);
    count_manner(told, acknowledges, out);
}

/* human{labels}, which the store adds to a record as it is read. What is no label is no label. */
static void get_people(const cJSON *record, struct tally_trial *out)
{
    const cJSON *label;
    struct slice judged = json_get_slice(json_get(record, "compare"), "verdict");
    cJSON_ArrayForEach(label, json_get(json_get(record, "human"), "labels"))
    {
        int64_t x;
        double probability;
        if (json_get_int(label, "x", &x) && x >= -1 && x <= 1)
            label_people_add(&out->people, (int)x, slice_equal(json_get_slice(label, "verdict"), judged),
                             !json_get_double(label, "probability", &probability));
    }
}

static void get_model(const cJSON *record, char model[RECORD_NAME_SIZE])
{
    const cJSON *arm;
    cJSON_ArrayForEach(arm, json_get(record, "arms")) if (slice_is(json_get_slice(arm, "arm"), arm_name(ARM_WARM)))
    {
        keep_name(json_get_slice(arm, "model"), model);
        return;
    }
}

static const char *get_identity(const cJSON *record, struct record_summary *out)
{
    struct tally_trial *tally = &out->tally;
    int64_t seq;

    if (!get_text(record, "trial_id", out->trial_id, sizeof(out->trial_id)))
        return "trial_id";
    if (!get_text(record, "epoch", out->epoch, sizeof(out->epoch)))
        return "epoch";
    if (!json_get_int(record, "seq", &seq) || seq < 1)
        return "seq";
    tally->seq = (uint64_t)seq;
    if (clock_parse(json_get_slice(record, "time"), 0, &out->wall_ms))
        return "time";
    if (!condition_parse(json_get_slice(record, "condition"), &tally->condition))
        return "condition";
    if (!json_get_bool(record, "counted", &tally->counted))
        return "counted";
    struct slice missing = json_get_slice(record, "missing");
    /* Missing and for no other reason out of the count: the conversation's first trial did not come about. */
    double probability = 1;
    (void)json_get_double(json_get(record, "sample"), "probability", &probability);
    tally->weight = tally_weight(probability);
    tally->unpaid = slice_is(missing, drop_reason_name(DROP_BUDGET));
    if (missing.data && slice_equal(json_get_slice(record, "not_counted_reason"), missing))
        tally->counted = true;
    return NULL;
}

static const struct facts *facts_find(const struct facts_list *list, const char *candidate)
{
    for (size_t i = 0; i < list->count; i++)
        if (candidate ? list->facts[i].kind == PAIR_CANDIDATE && slice_is(list->facts[i].candidate, candidate)
                      : list->facts[i].kind == PAIR_MAIN)
            return &list->facts[i];
    return NULL;
}

/* NULL, or the member that is at fault; *found: the record speaks of that candidate. */
static const char *record_summarise(const cJSON *record, const char *candidate, struct record_summary *out, bool *found)
{
    struct facts_list list;
    const char *fault = get_identity(record, out);

    if (!fault)
        fault = get_pairs(record, &list);
    if (fault)
        return fault;
    get_model(record, out->model);
    if (tag_valid(json_get_slice(record, "tag")))
        (void)get_text(record, "tag", out->tag, sizeof(out->tag));
    const struct facts *subject = facts_find(&list, candidate);
    *found = subject != NULL;
    if (!subject)
        return NULL;
    count_pairs(&list, subject, &out->tally);
    if (candidate) {
        out->tally.flagged = !subject->missing && outcome_flagged(&subject->comparison);
        return NULL;
    }
    get_people(record, &out->tally); /* labels are of the main pair */
    get_manner(record, &out->tally);
    if (!json_get_bool(record, "flagged", &out->tally.flagged))
        out->tally.flagged = false;
    return NULL;
}

int record_read(struct slice line, const char *candidate, struct record_summary *out, struct err *err)
{
    bool found = false;

    memset(out, 0, sizeof(*out));
    cJSON *record = json_parse(line, RECORD_LIMITS, err);
    if (!record)
        return -1;
    const char *fault = record_summarise(record, candidate, out, &found);
    cJSON_Delete(record);
    if (fault)
        return err_set(err, "this is no trial record: '%s' is absent or not what the format says", fault);
    return found ? 0 : 1;
}
