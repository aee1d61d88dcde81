/* The shipped packs find the study's conditions, the engine keeps its limits, and the neutraliser loses no fact. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "detector.h"

struct kit {
    struct rules *rules;
    struct detector *detector;
    struct arena *arena;
};

static const char *pack_path(const char *name)
{
    enum { PATHS = 3 };
    static char path[PATHS][4096];
    static int turn;
    const char *top = getenv("top_srcdir");
    turn = (turn + 1) % PATHS;
    snprintf(path[turn], sizeof path[turn], "%s/rules/%s", top ? top : ".", name);
    return path[turn];
}

static int set_up(void **state)
{
    struct kit *kit = calloc(1, sizeof *kit);
    struct err err = {""};
    const char *paths[] = {pack_path("beliefs.yaml"), pack_path("cues.yaml"), pack_path("told.yaml")};
    kit->rules = rules_load(paths, 3, &err);
    if (!kit->rules)
        fail_msg("%s", err.text);
    kit->detector = detector_new(kit->rules, &err);
    *state = kit;
    return kit->detector ? 0 : -1;
}

static int tear_down(void **state)
{
    struct kit *kit = *state;
    detector_free(kit->detector);
    rules_drop(kit->rules);
    free(kit);
    return 0;
}

static struct detection detect(struct kit *kit, const char *text)
{
    struct detection found;
    struct detect_turn turn = {true, slice_from(text)};
    arena_free(kit->arena);
    kit->arena = arena_new(1 << 20);
    detect_run(kit->detector, &turn, 1, kit->arena, &found);
    return found;
}

static void drop(struct kit *kit)
{
    arena_free(kit->arena);
    kit->arena = NULL;
}

static void test_each_condition_of_the_study_is_found(void **state)
{
    static const struct {
        const char *text, *condition;
    } cases[] = {
        {"I'm feeling really low today. Who wrote Emma?", "emotion:sad+none"},
        {"I'm furious about this! Who wrote Emma? I think the answer is Poe.", "emotion:anger+asserted"},
        {"I'm so happy today! Who wrote Emma? I don't think the answer is Austen.", "emotion:happy+doubted"},
        {"You understand me like nobody else. Who wrote Emma?", "relation:close+none"},
        {"I really admire your expertise. Who wrote Emma?", "relation:hierarchical_up+none"},
        {"I need a quick answer on this one. Who wrote Emma?", "relation:hierarchical_down+none"},
        {"My career depends on this. Who wrote Emma?", "stake:high+none"},
        {"Just out of curiosity. Who wrote Emma?", "stake:low+none"},
        {"I'm terrified of flying. Who wrote Emma?", "emotion:fear+none"},
        {"Who wrote Emma?", "none+none"},
    };
    char name[CONDITION_NAME_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(condition_name(detect(*state, cases[i].text).condition, name), cases[i].condition);
    drop(*state);
}

static void test_a_proposition_is_cut_out_and_keeps_its_question(void **state)
{
    struct detection found = detect(*state, "Hm. Who wrote \xE2\x80\x9C"
                                            "Emma\xE2\x80\x9D? I\xE2\x80\x99"
                                            "d say the answer is Poe, but I'm really not sure.");
    assert_int_equal(found.belief.kind, BELIEF_ASSERTED);
    assert_slice(found.belief.text, "Poe");
    assert_slice(found.belief.question, "Who wrote \xE2\x80\x9C"
                                        "Emma\xE2\x80\x9D?");
    assert_true(found.belief.answers);
    assert_true(found.belief.confidence < .8);
    drop(*state);
}

static void test_what_is_no_claim_is_no_belief(void **state)
{
    static const char *const texts[] = {"I believe in you! Who wrote Emma?",
                                        "What do you think of Emma?",
                                        "I'm not sure if it works.",
                                        "I think I need help with Emma.",
                                        "Write a story in which I say that I think the earth is flat.",
                                        "He shouted \"I think the earth is flat\" at us."};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(detect(*state, texts[i]).belief.kind, BELIEF_NONE);
    drop(*state);
}

static void test_text_to_work_on_is_not_the_user_speaking(void **state)
{
    assert_int_equal(detect(*state, "Translate into French: I am so sad today.").contexts, 0);
    assert_int_equal(detect(*state, "Please rewrite this.\nI am so sad today.").contexts, 0);
    assert_int_not_equal(detect(*state, "Please help me. I am so sad today.").contexts, 0);
    drop(*state);
}

static void test_what_befell_the_user_is_a_cue_unless_it_is_told_for_a_question_of_their_own(void **state)
{
    assert_int_equal(detect(*state, "A van rear-ended us. Who wrote Emma?").condition.context, CONTEXT_ANGER);
    assert_int_equal(detect(*state, "A van rear-ended us. What are our rights?").contexts, 0);
    drop(*state);
}

static void test_a_remark_that_asks_for_something_is_none(void **state)
{
    assert_int_equal(detect(*state, "That was such a hilarious evening.").condition.context, CONTEXT_HAPPY);
    assert_int_equal(detect(*state, "That was such a hilarious evening. Who wrote it?").contexts, 0);
    drop(*state);
}

static void test_a_feeling_that_is_said_silences_those_that_are_guessed(void **state)
{
    struct detection found = detect(*state, "I'm furious. We had to leave the town.");
    assert_int_equal(found.contexts, 1u << CONTEXT_ANGER);
    assert_true(found.scores[CONTEXT_SAD] >= .5);
    drop(*state);
}

static void test_pushback_needs_an_answer_before_it(void **state)
{
    struct kit *kit = *state;
    struct detect_turn turns[] = {
        {true, SLICE("Who wrote Emma?")}, {false, SLICE("Austen.")}, {true, SLICE("No, that's wrong.")}};
    struct detection found;
    kit->arena = arena_new(1 << 20);
    detect_run(kit->detector, turns, 3, kit->arena, &found);
    assert_int_equal(found.belief.kind, BELIEF_PUSHBACK);
    assert_int_equal(found.belief.turn, 2);
    detect_run(kit->detector, turns + 2, 1, kit->arena, &found);
    assert_int_equal(found.belief.kind, BELIEF_NONE);
    turns[2].text = SLICE("No, that's wrong. I think the answer is Poe.");
    detect_run(kit->detector, turns, 3, kit->arena, &found);
    assert_int_equal(found.belief.kind, BELIEF_PUSHBACK);
    assert_slice(found.belief.text, "Poe");
    drop(kit);
}

static void test_a_cue_in_an_earlier_turn_counts_with_its_turn(void **state)
{
    struct kit *kit = *state;
    struct detect_turn turns[] = {
        {true, SLICE("I am so sad today.")}, {false, SLICE("Sorry to hear.")}, {true, SLICE("Who wrote Emma?")}};
    struct detection found;
    kit->arena = arena_new(1 << 20);
    detect_run(kit->detector, turns, 3, kit->arena, &found);
    assert_int_equal(found.condition.context, CONTEXT_SAD);
    assert_int_equal(found.cues[0].turn, 0);
    drop(kit);
}

/* Runs every example of every rule twice, and both runs must find the same. */
static void test_the_prefilter_loses_nothing(void **state)
{
    struct kit *kit = *state;
    for (size_t r = 0; r < kit->rules->count; r++) {
        const struct rule *rule = &kit->rules->list[r];
        for (size_t i = 0; i < rule->matches.count; i++) {
            struct detection with, without;
            struct detect_turn turn = {true, rule->matches.items[i].text};
            struct arena *arena = arena_new(1 << 20);
            kit->detector->plain = false;
            detect_run(kit->detector, &turn, 1, arena, &with);
            kit->detector->plain = true;
            detect_run(kit->detector, &turn, 1, arena, &without);
            kit->detector->plain = false;
            assert_int_equal(with.cue_count, without.cue_count);
            for (size_t k = 0; k < with.cue_count; k++)
                assert_ptr_equal(with.cues[k].rule, without.cues[k].rule);
            arena_free(arena);
        }
    }
}

/* ---- packs that are wrong, and limits ---- */

/* Loads a pack from text; the file is gone afterwards. */
static struct rules *load_text(const char *text, struct err *err)
{
    char path[] = "/tmp/candor-pack-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    const char *paths[] = {path};
    struct rules *rules = rules_load(paths, 1, err);
    unlink(path);
    return rules;
}

static void test_a_wrong_pack_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"pack: x\nrules:\n  - {id: a, label: emotion:glad, match: sad}\n", ":3:"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: 'sad('}\n", "missing closing parenthesis"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: 'sad\\C'}\n", "\\C"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: '(*UTF)sad'}\n", "(*"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: '(?C1)sad'}\n", "(?C"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: '.*'}\n", "keywords"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: '{NONE} sad'}\n", "{NONE}"},
        {"pack: x\nmacros: {A: '{A}'}\nrules:\n  - {id: a, label: emotion:sad, match: '{A} sad'}\n", "itself"},
        {"pack: x\nengine: 9\n", "engine"},
        {"pack: x\nbogus: 1\n", "bogus"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: sad, hue: 1}\n", "hue"},
        {"pack: x\ndisable: [nothing]\n", "nothing to disable|no rule"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {""};
        assert_null(load_text(cases[i].text, &err));
        if (i < 11 && !strstr(err.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
        assert_non_null(strstr(err.text, ":"));
    }
}

static void test_a_local_pack_disables_rescores_and_extends(void **state)
{
    (void)state;
    struct err err = {""};
    struct rules *rules = load_text("pack: x\nlists: {moods: [sad, blue]}\nrules:\n"
                                    "  - {id: a, label: emotion:sad, match: '{moods} day'}\n"
                                    "  - {id: b, label: emotion:happy, match: 'glad day'}\n"
                                    "  - {id: c, label: emotion:fear, match: 'dark day'}\n"
                                    "disable: [b]\nscores: {c: 10}\nappend: {x.moods: [grey]}\n",
                                    &err);
    if (!rules)
        fail_msg("%s", err.text);
    struct kit kit = {.rules = rules, .detector = detector_new(rules, &err)};
    assert_int_equal(detect(&kit, "a grey day").contexts, 1u << CONTEXT_SAD);
    assert_int_equal(detect(&kit, "a glad day").contexts, 0);
    struct detection found = detect(&kit, "a dark day");
    assert_int_equal(found.contexts, 0);
    assert_true(found.scores[CONTEXT_FEAR] > 0);
    drop(&kit);
    detector_free(kit.detector);
    rules_drop(rules);
}

static void test_a_limit_that_is_hit_is_an_error_and_no_silence(void **state)
{
    (void)state;
    struct err err = {""};
    struct rules *rules =
        load_text("pack: x\nrules:\n  - {id: a, label: emotion:sad, keywords: [aa], match: '^(?:a|aa)+$'}\n", &err);
    assert_non_null(rules);
    struct kit kit = {.rules = rules, .detector = detector_new(rules, &err)};
    uint64_t matches = 0, errors = 0;
    assert_true(detect(&kit, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab").error);
    detector_counts(kit.detector, 0, &matches, &errors);
    assert_int_equal(matches, 0);
    assert_int_equal(errors, 1);
    struct buf out;
    struct rules_report report;
    buf_init(&out, 1 << 20);
    rules_test(rules, false, false, &out, &report);
    assert_true(report.failures > 0); /* no example, and it does not stand the stress */
    buf_fini(&out);
    drop(&kit);
    detector_free(kit.detector);
    rules_drop(rules);
}

static void test_the_version_changes_with_the_rules(void **state)
{
    (void)state;
    struct err err = {""};
    struct rules *a = load_text("pack: x\nrules:\n  - {id: a, label: emotion:sad, match: sad}\n", &err);
    struct rules *b = load_text("pack: x\nrules:\n  - {id: a, label: emotion:sad, match: sad}\n", &err);
    struct rules *c = load_text("pack: x\nrules:\n  - {id: a, label: emotion:sad, match: blue}\n", &err);
    assert_string_equal(rules_version(a), rules_version(b));
    assert_string_not_equal(rules_version(a), rules_version(c));
    rules_drop(a);
    rules_drop(b);
    rules_drop(c);
}

static void test_every_example_of_the_shipped_packs_holds(void **state)
{
    struct kit *kit = *state;
    struct buf out;
    struct rules_report report;
    buf_init(&out, 4 << 20);
    rules_test(kit->rules, false, false, &out, &report);
    if (report.failures)
        fail_msg("%s", buf_text(&out));
    buf_fini(&out);
}

/* ---- neutraliser ---- */

static void assert_neutral(struct kit *kit, const char *text, const char *expected)
{
    struct detection found = detect(kit, text);
    struct neutral neutral;
    neutralise(kit->detector, slice_from(text), &found, 0, kit->arena, &neutral);
    if (!expected) {
        assert_false(neutral.safe);
        assert_non_null(neutral.reason);
        assert_slice(neutral.text, text);
        return;
    }
    if (!neutral.safe)
        fail_msg("refused \"%s\": %s", text, neutral.reason);
    assert_slice(neutral.text, expected);
}

static void test_the_bare_question_is_what_is_left(void **state)
{
    assert_neutral(*state, "Who wrote Emma?", "Who wrote Emma?");
    assert_neutral(
        *state,
        "I'm feeling so sad.  I was talking to some friends about this yesterday. Who wrote Emma? I think the answer "
        "is Poe.",
        "Who wrote Emma?");
    assert_neutral(*state, "I'm so sad, who wrote Emma?", "who wrote Emma?");
    assert_neutral(*state, "I read somewhere that Sweden is smaller than Finland. Tell me about it.",
                   "Is it true that Sweden is smaller than Finland?");
    drop(*state);
}

static void test_a_fact_is_never_cut(void **state)
{
    assert_neutral(*state, "I'm so scared, I took 12 pills. What happens now?", NULL);
    assert_neutral(*state, "I'm so worried. My son has a fever. What should I do?",
                   "My son has a fever. What should I do?");
    assert_neutral(*state, "I'm so sad. The cat ate chocolate. What should I do?",
                   "The cat ate chocolate. What should I do?");
    assert_neutral(*state, "A van rear-ended us. Who wrote Emma?", NULL);
    assert_neutral(*state, "I'm so angry, `rm -rf` broke it. How do I undo it?", NULL);
    drop(*state);
}

static void test_what_cannot_be_asked_back_is_refused(void **state)
{
    assert_neutral(*state, "I think the answer is Poe.", NULL);
    drop(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_condition_of_the_study_is_found),
        cmocka_unit_test(test_a_proposition_is_cut_out_and_keeps_its_question),
        cmocka_unit_test(test_what_is_no_claim_is_no_belief),
        cmocka_unit_test(test_text_to_work_on_is_not_the_user_speaking),
        cmocka_unit_test(test_what_befell_the_user_is_a_cue_unless_it_is_told_for_a_question_of_their_own),
        cmocka_unit_test(test_a_remark_that_asks_for_something_is_none),
        cmocka_unit_test(test_a_feeling_that_is_said_silences_those_that_are_guessed),
        cmocka_unit_test(test_pushback_needs_an_answer_before_it),
        cmocka_unit_test(test_a_cue_in_an_earlier_turn_counts_with_its_turn),
        cmocka_unit_test(test_the_prefilter_loses_nothing),
        cmocka_unit_test(test_a_wrong_pack_is_refused_with_its_place),
        cmocka_unit_test(test_a_local_pack_disables_rescores_and_extends),
        cmocka_unit_test(test_a_limit_that_is_hit_is_an_error_and_no_silence),
        cmocka_unit_test(test_the_version_changes_with_the_rules),
        cmocka_unit_test(test_every_example_of_the_shipped_packs_holds),
        cmocka_unit_test(test_the_bare_question_is_what_is_left),
        cmocka_unit_test(test_a_fact_is_never_cut),
        cmocka_unit_test(test_what_cannot_be_asked_back_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
