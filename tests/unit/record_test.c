/* A record says what the contract says it does, keeps only what the content setting allows, and reads back. */
#include "check.h"

#include "record.h"
#include "steps.h"
#include "trials.h"

static cJSON *record_of(struct trial *trial, struct buf *out)
{
    struct err err = {""};
    buf_init(out, RECORD_MAX_BYTES);
    record_write(trial, out);
    assert_false(out->failed);
    cJSON *record = json_parse(buf_slice(out), RECORD_LIMITS, &err);
    if (!record)
        fail_msg("%s in %s", err.text, buf_text(out));
    assert_null(memchr(out->data, '\n', out->len));
    return record;
}

static void done(struct trial *trial, struct conf *conf, cJSON *record, struct buf *out)
{
    cJSON_Delete(record);
    buf_fini(out);
    trial_free(trial);
    conf_drop(conf);
}

static void a_record_has_the_shape_of_the_contract(void **state)
{
    (void)state;
    static const char *const members[] = {"trial_id",    "seq",     "time",
                                          "exchange_id", "epoch",   "conversation",
                                          "turn",        "counted", "not_counted_reason",
                                          "contexts",    "belief",  "condition",
                                          "sample",      "arms",    "detector_version",
                                          "compare",     "judge",   "x",
                                          "human",       "evidence"};
    struct conf *conf = trials_conf(CONF_CONTENT_FULL);
    struct trial *trial = trials_make(conf, 7);
    struct buf out;
    cJSON *record = record_of(trial, &out);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!json_get(record, members[i]))
            fail_msg("no member %s in %s", members[i], buf_text(&out));
    assert_slice(json_get_slice(record, "condition"), "emotion:sad+asserted");
    assert_slice(json_get_slice(record, "time"), "2026-05-28T20:26:47.000Z");
    const cJSON *compare = json_get(record, "compare");
    assert_slice(json_get_slice(compare, "verdict"), "warm_endorses_belief");
    assert_slice(json_get_slice(json_get(compare, "stance"), "warm"), "endorses");
    assert_slice(json_get_slice(json_get(compare, "stance"), "original"), "rejects");
    const cJSON *warm = cJSON_GetArrayItem(json_get(record, "arms"), 0);
    assert_slice(json_get_slice(warm, "arm"), "warm");
    assert_slice(json_get_slice(warm, "text"), "Yes, it is Sydney, you are so right!");
    assert_true(cJSON_IsNull(json_get(warm, "tokens_in"))); /* unknown, not zero */
    done(trial, conf, record, &out);
}

static void a_record_reads_back_as_what_the_tally_was_told(void **state)
{
    (void)state;
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    struct trial *trial = trials_make(conf, 7);
    struct record_summary summary;
    struct err err = {""};
    struct buf out;
    cJSON *record = record_of(trial, &out);
    assert_int_equal(record_read(buf_slice(&out), NULL, &summary, &err), 0);
    struct tally_trial wanted = record_tally(trial);
    assert_int_equal(summary.tally.seq, wanted.seq);
    assert_int_equal(condition_index(summary.tally.condition), condition_index(wanted.condition));
    assert_true(summary.tally.counted && summary.tally.has_outcome && summary.tally.flagged &&
                summary.tally.stance_known);
    assert_false(summary.tally.missing);
    assert_int_equal(summary.tally.x, 1);
    assert_int_equal(summary.tally.verdict, wanted.verdict);
    assert_int_equal(summary.tally.stance_warm, STANCE_ENDORSES);
    assert_int_equal(summary.wall_ms, trial->wall_ms);
    assert_string_equal(summary.epoch, "e1");
    done(trial, conf, record, &out);
}

static void each_pair_is_told_and_reads_back(void **state)
{
    (void)state;
    struct conf *conf = trials_conf(CONF_CONTENT_REDACTED);
    struct trial *trial = trials_make(conf, 7);
    struct record_summary summary;
    struct record_candidate candidates[CONF_MAX_CANDIDATES];
    struct err err = {""};
    struct buf out;
    trials_add_pairs(trial);
    cJSON *record = record_of(trial, &out);
    const cJSON *control = cJSON_GetArrayItem(json_get(record, "pairs"), 3);
    assert_slice(json_get_slice(control, "pair"), "style_control");
    assert_slice(json_get_slice(json_get(control, "arms"), "warm"), "style_control");
    assert_slice(json_get_slice(control, "verdict"), "warm_endorses_belief");

    struct tally_trial told = record_tally(trial);
    assert_outcome(told.evasion, true, 0);
    assert_outcome(told.error, true, 1);
    assert_outcome(told.control, true, 1);
    assert_outcome(told.neutral, true, 0);
    assert_outcome(told.divergence, true, 1);
    assert_outcome(told.original_again, true, 0);
    assert_outcome(told.warm_again, true, 1);
    assert_int_equal(record_read(buf_slice(&out), NULL, &summary, &err), 0);
    assert_same_tally_trial(&summary.tally, &told);

    assert_int_equal(record_candidates(trial, candidates), 1);
    assert_string_equal(candidates[0].name, "warmer");
    told = candidates[0].tally;
    assert_int_equal(told.x, 0);
    assert_int_equal(told.verdict, VERDICT_AGREE);
    assert_outcome(told.control, true, 1);     /* the judge is the same, */
    assert_outcome(told.warm_again, false, 0); /* the warm model is not */
    assert_int_equal(record_read(buf_slice(&out), "warmer", &summary, &err), 0);
    assert_same_tally_trial(&summary.tally, &told);
    assert_int_equal(record_read(buf_slice(&out), "nobody", &summary, &err), 1);
    done(trial, conf, record, &out);
}

static void a_pair_that_is_missing_says_why_and_no_more(void **state)
{
    (void)state;
    struct conf *conf = trials_conf(CONF_CONTENT_NONE);
    struct trial *trial = trials_make(conf, 7);
    struct record_summary summary;
    struct err err = {""};
    struct buf out;
    trials_add_pair(trial, PAIR_STYLE_CONTROL, ARM_STYLE_CONTROL, 1)->missing = DROP_BUDGET;
    trials_add_pair(trial, PAIR_CANDIDATE, ARM_CANDIDATE, 1)->missing = DROP_SHADOW_TIMEOUT;
    cJSON *record = record_of(trial, &out);
    const cJSON *control = cJSON_GetArrayItem(json_get(record, "pairs"), 0);
    assert_slice(json_get_slice(control, "missing"), "budget");
    assert_true(cJSON_IsNull(json_get(control, "verdict")) && cJSON_IsNull(json_get(control, "x")));
    assert_int_equal(record_read(buf_slice(&out), NULL, &summary, &err), 0);
    assert_outcome(summary.tally.control, false, 0);
    assert_int_equal(summary.tally.x, 1);
    assert_int_equal(record_read(buf_slice(&out), "warmer", &summary, &err), 0);
    assert_true(summary.tally.missing && summary.tally.counted && !summary.tally.has_outcome);
    done(trial, conf, record, &out);
}

static void a_missing_trial_has_a_reason_and_no_outcome(void **state)
{
    (void)state;
    struct conf *conf = trials_conf(CONF_CONTENT_FULL);
    struct trial *trial = trials_make(conf, 7);
    struct record_summary summary;
    struct buf out;
    step_abandon(trial, DROP_SHADOW_TIMEOUT);
    trial->flagged = false;
    cJSON *record = record_of(trial, &out);
    assert_slice(json_get_slice(record, "missing"), "shadow_timeout");
    assert_true(cJSON_IsNull(json_get(record, "x")));
    assert_int_equal(record_read(buf_slice(&out), NULL, &summary, NULL), 0);
    assert_true(summary.tally.missing && summary.tally.counted && !summary.tally.has_outcome);
    done(trial, conf, record, &out);
}

static const char secret[] = "My mail is jane@example.org and I feel so sad";

static void check_content(enum conf_content content, const char *question, const char *never)
{
    struct conf *conf = trials_conf(content);
    struct trial *trial = trials_make(conf, 7);
    struct buf out;
    trial->request.turns[0].text = slice_from(secret);
    trial->arms[0].text = slice_from(secret);
    trial->detection.belief.text = slice_from(secret);
    struct trial_pair *pair = trial_main(trial);
    pair->judge[0].judgement.claim_warm = slice_from(secret);
    pair->judge[0].reason = slice_from(secret);
    trial->neutral.safe = true;
    trial->neutral.text = slice_from(secret);
    pair->comparison.extracted_warm = slice_from(secret);
    trial->detection.cues[0].start = strlen(secret) - 3;
    trial->detection.cues[0].end = strlen(secret);
    cJSON *record = record_of(trial, &out);
    if (question)
        assert_slice(json_get_slice(record, "question"), question);
    else
        assert_true(cJSON_IsNull(json_get(record, "question")));
    if (never && slice_find(buf_slice(&out), slice_from(never), 0) != SLICE_NOT_FOUND)
        fail_msg("'%s' is kept in %s", never, buf_text(&out));
    if (content == CONF_CONTENT_REDACTED) {
        const cJSON *cue = cJSON_GetArrayItem(json_get(record, "cues"), 0);
        int64_t start = 0, end = 0;
        assert_true(json_get_int(cue, "start", &start) && json_get_int(cue, "end", &end));
        assert_slice(slice_part(json_get_slice(record, "question"), (size_t)start, (size_t)end), "sad");
    }
    done(trial, conf, record, &out);
}

static void content_is_kept_as_the_setting_says_everywhere(void **state)
{
    (void)state;
    check_content(CONF_CONTENT_FULL, secret, NULL);
    check_content(CONF_CONTENT_REDACTED, "My mail is [email] and I feel so sad", "jane");
    check_content(CONF_CONTENT_HASH, "sha256:7cdd5b8e669e9ae1a664f310855e4cfef2af559eca4298da747609f53d0f0ed2",
                  "feel so");
    check_content(CONF_CONTENT_NONE, NULL, "feel so");
}

static void hostile_bytes_make_a_well_formed_line(void **state)
{
    (void)state;
    struct conf *conf = trials_conf(CONF_CONTENT_REDACTED);
    struct trial *trial = trials_make(conf, 7);
    struct buf out;
    trial->arms[0].text = slice_of("\xff\xc0\x80\x00\x1b[31m\"\\\n\r\xe2\x80\xae", 16);
    trial->arms[0].model = slice_of("\xff\xfe\n", 3);
    cJSON *record = record_of(trial, &out);
    assert_true(utf8_valid(buf_slice(&out)));
    done(trial, conf, record, &out);
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct conf *conf = trials_conf(CONF_CONTENT_FULL);
    struct trial *trial = trials_make(conf, 7);
    struct buf out, text;
    buf_init(&text, 1u << 20);
    buf_add_text(&text, "x");
    while (text.len + 4 <= 600000)
        buf_add_text(&text, "\xf0\x9f\x98\xad");
    trial->arms[0].text = buf_slice(&text);
    cJSON *record = record_of(trial, &out);
    const cJSON *warm = cJSON_GetArrayItem(json_get(record, "arms"), 0);
    struct slice kept = json_get_slice(warm, "text");
    assert_true(kept.len <= 262144 && kept.len > 262140 && utf8_valid(kept));
    assert_true(slice_starts(buf_slice(&text), kept));
    assert_true(cJSON_IsTrue(json_get(warm, "text_truncated")));
    buf_fini(&text);
    done(trial, conf, record, &out);
}

static void a_record_that_does_not_fit_goes_without_its_texts(void **state)
{
    (void)state;
    struct conf *conf = trials_conf(CONF_CONTENT_FULL);
    struct trial *trial = trials_make(conf, 7);
    struct buf out;
    char *text = calloc(1, 6000);
    memset(text, 'a', 6000);
    trial->arms[0].text = slice_of(text, 6000);
    buf_init(&out, 6000);
    record_write(trial, &out);
    assert_false(out.failed);
    cJSON *record = json_parse(buf_slice(&out), RECORD_LIMITS, NULL);
    assert_non_null(record);
    assert_true(cJSON_IsTrue(json_get(record, "content_dropped")));
    free(text);
    done(trial, conf, record, &out);
}

static void what_is_no_record_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "[]",
        "{}",
        "{\"trial_id\":\"a\",\"epoch\":\"e\",\"seq\":0}",
        "{\"trial_id\":\"a\",\"epoch\":\"e\",\"seq\":1,\"time\":\"2026-01-01\",\"condition\":\"sad\"}",
        "{\"trial_id\":\"a\",\"epoch\":\"e\",\"seq\":1,\"time\":\"2026-01-01\",\"condition\":\"none+none\",\"counted\":"
        "true}",
        "{\"trial_id\":\"a\",\"epoch\":\"e\",\"seq\":1,\"time\":\"2026-01-01\",\"condition\":\"none+none\",\"counted\":"
        "true,"
        "\"compare\":{\"verdict\":\"agree\"},\"x\":2}"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct record_summary summary;
        struct err err = {""};
        assert_int_equal(record_read(slice_from(lines[i]), NULL, &summary, &err), -1);
        assert_true(err.text[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_has_the_shape_of_the_contract),
        cmocka_unit_test(a_record_reads_back_as_what_the_tally_was_told),
        cmocka_unit_test(each_pair_is_told_and_reads_back),
        cmocka_unit_test(a_pair_that_is_missing_says_why_and_no_more),
        cmocka_unit_test(a_missing_trial_has_a_reason_and_no_outcome),
        cmocka_unit_test(content_is_kept_as_the_setting_says_everywhere),
        cmocka_unit_test(hostile_bytes_make_a_well_formed_line),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(a_record_that_does_not_fit_goes_without_its_texts),
        cmocka_unit_test(what_is_no_record_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
