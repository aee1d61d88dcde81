/* The booster reads its weights, makes the buckets that the training script makes, and suspects by the worst sentence.
 */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "booster.h"

enum { BUCKETS = 1 << 16 };
/* What tools/train-booster makes of the word, of the pair "so gloomy", and of two runs of letters. */
enum { WORD_GLOOMY = 6435, PAIR_SO_GLOOMY = 2418, RUN_GL = 42654, RUN_LOOM = 8929 };
#define HEAD "candor booster 1\nbuckets 65536\nscale 0.5\nbias -1\nthreshold 0.25\nat_least 40\nmade by hand\n\n"
#define PACK                                                                                                           \
    "pack: p\nengine: 1\nlang: en\nguards: {material: \"write\\\\b\"}\n"                                               \
    "rules:\n  - {id: a.b, label: 'emotion:sad', score: 80, description: d, match: sad,\n"                             \
    "     examples: {match: [sad], no_match: [x]}}\n"

static char folder[] = "/tmp/candor-booster-XXXXXX";
static char pack[64], weights[64];

static void file_write(const char *path, const char *head, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(head, 1, strlen(head), file), strlen(head));
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(pack, sizeof pack, "%s/p.yaml", folder);
    snprintf(weights, sizeof weights, "%s/w", folder);
    file_write(pack, PACK, "", 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(pack);
    unlink(weights);
    return rmdir(folder);
}

static struct rules *rules_of_pack(void)
{
    struct err err = {""};
    const char *paths[] = {pack};
    struct rules *rules = rules_load(paths, 1, &err);
    if (!rules)
        fail_msg("%s", err.text);
    return rules;
}

/* The score under weights that are 0 but for one bucket. */
static double score_with(size_t bucket, const char *text)
{
    static char bytes[BUCKETS];
    bytes[bucket] = 100;
    file_write(weights, HEAD, bytes, BUCKETS);
    bytes[bucket] = 0;
    struct err err = {""};
    struct rules *rules = rules_boost(rules_of_pack(), weights, &err);
    struct detector *detector = rules ? detector_new(rules, &err) : NULL;
    if (!detector)
        fail_msg("%s", err.text);
    double score = booster_score(detector, slice_from(text));
    detector_free(detector);
    rules_drop(rules);
    return score;
}

static void assert_hits(double score, bool hit)
{
    assert_true(fabs(score - (-1.25 + (hit ? .5 * 100 / sqrt(40) : 0))) < 1e-9);
}

static void the_buckets_are_those_of_the_training(void **state)
{
    (void)state;
    static const size_t buckets[] = {WORD_GLOOMY, PAIR_SO_GLOOMY, RUN_GL, RUN_LOOM};
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        assert_hits(score_with(buckets[i], "I\xE2\x80\x99m SO 'gloomy'."), true);
        assert_hits(score_with(buckets[i], "I'm so happy."), false);
    }
    assert_hits(score_with(PAIR_SO_GLOOMY, "Gloomy so."), false);
}

static void a_bucket_counts_once_and_the_worst_sentence_decides(void **state)
{
    (void)state;
    assert_hits(score_with(WORD_GLOOMY, "gloomy gloomy gloomy"), true);
    assert_hits(score_with(WORD_GLOOMY, "One thing. Gloomy. Another thing."), true);
}

static void what_is_text_to_work_on_is_not_looked_at(void **state)
{
    (void)state;
    assert_true(isinf(score_with(WORD_GLOOMY, "Write: gloomy.")));
    assert_true(isinf(score_with(WORD_GLOOMY, "")));
}

static void rules_without_weights_suspect_nothing(void **state)
{
    (void)state;
    struct err err = {""};
    struct rules *rules = rules_boost(rules_of_pack(), NULL, &err);
    struct detector *detector = detector_new(rules, &err);
    assert_non_null(detector);
    assert_true(isinf(booster_score(detector, SLICE("gloomy"))));
    detector_free(detector);
    rules_drop(rules);
    assert_null(rules_boost(NULL, weights, &err));
}

static void weights_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char bytes[BUCKETS + 1];
    static const struct {
        const char *head;
        size_t len;
    } bad[] = {{HEAD, BUCKETS - 1},
               {HEAD, BUCKETS + 1},
               {"candor booster 2\n\n", BUCKETS},
               {"", BUCKETS},
               {"", 0},
               {"candor booster 1\nbuckets 65536\nscale inf\nbias 0\nthreshold 0\nat_least 40\n\n", BUCKETS}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        file_write(weights, bad[i].head, bytes, bad[i].len);
        struct err err = {""};
        assert_null(rules_boost(rules_of_pack(), weights, &err));
        assert_non_null(strstr(err.text, "train-booster"));
    }
    struct err err = {""};
    assert_null(rules_boost(rules_of_pack(), "/nonexistent/booster.weights", &err));
    assert_non_null(strstr(err.text, "/nonexistent/booster.weights"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_buckets_are_those_of_the_training),
                                       cmocka_unit_test(a_bucket_counts_once_and_the_worst_sentence_decides),
                                       cmocka_unit_test(what_is_text_to_work_on_is_not_looked_at),
                                       cmocka_unit_test(rules_without_weights_suspect_nothing),
                                       cmocka_unit_test(weights_that_are_none_are_refused)};
    return cmocka_run_group_tests_name("booster", tests, set_up, tear_down);
}
