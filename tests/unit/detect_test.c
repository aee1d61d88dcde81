/* The shipped packs find the study's conditions, the engine keeps its limits, and the neutraliser loses no fact. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "detector.h"
#include "json.h"

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
    assert_slice(detect(*state, "I think the answer is Poe. Who wrote Emma?").belief.question, "Who wrote Emma?");
    assert_slice(detect(*state, "Who wrote Emma? Really? I think the answer is Poe.").belief.question,
                 "Who wrote Emma?");
    assert_slice(detect(*state, "Who wrote Emma? (Really?) I think the answer is Poe.").belief.question,
                 "Who wrote Emma?");
    assert_int_equal(detect(*state, "Are you sure? I think the answer is Poe.").belief.question.len, 0);
    assert_int_equal(detect(*state, "I think the answer is Poe. How many did he write?").belief.question.len, 0);
    drop(*state);
}

static void test_code_that_is_brought_ends_and_the_user_goes_on(void **state)
{
    static const char *const codes[] = {"```\nx = 1\ny = 2\n```", "```\nx = 1\n```\n```\ny = 2\n```",
                                        "    x = read(1);\n\n    y = 2;\n"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char text[160];
        snprintf(text, sizeof text, "Here is my code:\n\n%s\nI am so sad that it fails.", codes[i]);
        assert_int_equal(detect(*state, text).contexts, 1u << CONTEXT_SAD);
        snprintf(text, sizeof text, "Here is my code:\n\nIt is this.\n%s\nI am so sad that it fails.", codes[i]);
        assert_int_equal(detect(*state, text).contexts, 0);
    }
    drop(*state);
}

static void test_a_line_break_in_the_midst_of_a_sentence_ends_none(void **state)
{
    assert_slice(detect(*state, "Capital of Australia?\nI think the answer is\nSydney.").belief.text, "Sydney");
    assert_slice(detect(*state, "Capital of Australia? I think the answer is:\nSydney.").belief.text, "Sydney");
    assert_slice(
        detect(*state, "I read a lot. I believe that the earth we live on\nis flat. Who is right?").belief.text,
        "the earth we live on\nis flat");
    assert_slice(detect(*state, "I believe the earth is flat\nWhat do others say?").belief.text, "the earth is flat");
    assert_slice(detect(*state, "i believe the earth is flat\nsend me a map").belief.text, "the earth is flat");
    assert_slice(detect(*state, "I believe the earth is flat\n\nsend me a map").belief.text, "the earth is flat");
    assert_slice(detect(*state, "I believe the earth is flat,\n- send me a map").belief.text, "the earth is flat");
    /* What is brought stays what is brought, where its beginning was joined to what asks for it. */
    assert_int_equal(detect(*state, "Rewrite the following text for me\nit was a day. I am so sad.").cue_count, 0);
    assert_int_equal(detect(*state, "Rewrite the following text for me\nIt was a day. I am so sad.").cue_count, 0);
    drop(*state);
}

static void test_an_answer_finds_its_question_without_a_mark(void **state)
{
    struct detection found = detect(*state, "who wrote emma. its definitely poe");
    assert_int_equal(found.belief.kind, BELIEF_ASSERTED);
    assert_slice(found.belief.text, "poe");
    assert_slice(found.belief.question, "who wrote emma.");
    assert_int_equal(detect(*state, "I saw it. It must be huge.").belief.kind, BELIEF_NONE);
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
    struct detect_turn reminded[] = {turns[0], turns[1], {false, SLICE("")}, turns[2]}; /* by a turn of the system */
    detect_run(kit->detector, reminded, 4, kit->arena, &found);
    assert_int_equal(found.belief.kind, BELIEF_PUSHBACK);
    turns[0].text = SLICE("I read Emma by J. Austen. Who wrote it? Thanks.");
    turns[2].text = SLICE("No, that's wrong. I think the answer is Poe.");
    detect_run(kit->detector, turns, 3, kit->arena, &found);
    assert_int_equal(found.belief.kind, BELIEF_PUSHBACK);
    assert_slice(found.belief.text, "Poe");
    assert_slice(found.belief.question, "Who wrote it?");
    drop(kit);
}

static void test_what_is_said_of_the_sentence_before_makes_it_a_belief(void **state)
{
    struct detection found = detect(*state, "A question. Bats are blind. Is that true?");
    assert_int_equal(found.belief.kind, BELIEF_ASSERTED);
    assert_slice(found.belief.text, "Bats are blind");
    assert_int_equal(found.cue_count, 1);
    assert_int_equal(found.cues[0].start, 12); /* the claim is the cue, not what is asked of it */
    assert_int_equal(found.cues[0].end, 27);
    found = detect(*state, "Bats are blind? I don't buy it.");
    assert_int_equal(found.belief.kind, BELIEF_DOUBTED);
    assert_slice(found.belief.text, "Bats are blind");
    assert_int_equal(found.cue_count, 2); /* what asks nothing goes with its claim */
    assert_int_equal(detect(*state, "Is that true?").belief.kind, BELIEF_NONE);
    assert_int_equal(detect(*state, "How blind are bats? Is that true?").belief.kind, BELIEF_NONE);
    assert_int_equal(detect(*state, "My bat is blind. Is that true?").belief.kind, BELIEF_NONE);
    drop(*state);
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

/* ---- the short ways find what the long ones find, over a corpus made of all examples of all packs ---- */

enum { CORPUS_MAX = 10000, MIXED_BYTES = 400 };

struct corpus {
    struct rules *rules;
    struct arena *arena;
    struct slice texts[CORPUS_MAX];
    size_t count;
};

/* In lower case, as patterns see it. */
static void corpus_add(struct corpus *corpus, struct slice text)
{
    char *copy = arena_alloc(corpus->arena, text.len + 1);
    if (!copy || corpus->count == CORPUS_MAX)
        return;
    for (size_t i = 0; i < text.len; i++)
        copy[i] = ascii_lower(text.data[i]);
    corpus->texts[corpus->count++] = slice_of(copy, text.len);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Pieces of examples, cut anywhere and put together: near misses of every rule, and sentences with many words. */
static struct slice mixed_text(struct corpus *corpus, size_t examples, uint32_t *seed)
{
    struct buf text;
    buf_init(&text, MIXED_BYTES);
    for (size_t pieces = 1 + next_random(seed) % 4; pieces > 0; pieces--) {
        struct slice from = corpus->texts[next_random(seed) % examples];
        size_t start = next_random(seed) % (from.len + 1), len = next_random(seed) % 60;
        while (start > 0 && start < from.len && from.data[start - 1] != ' ')
            start--;
        buf_add_slice(&text, slice_part(from, start, start + len));
        buf_add_text(&text, next_random(seed) % 3 ? " " : ". ");
    }
    struct slice made = arena_copy(corpus->arena, buf_slice(&text));
    buf_fini(&text);
    return made.data ? made : SLICE("");
}

/* A text with words left out, doubled and put in, so that what a pattern asks for stands nearer and farther apart. */
static struct slice stretched_text(struct corpus *corpus, struct slice from, uint32_t *seed)
{
    static const char *const fillers[] = {"so ", "really, really ", "my ", "not ", "i ", "you know, ", "a ", ". "};
    struct buf text;
    struct slice rest = from, word;
    buf_init(&text, 4096);
    while (slice_cut(&rest, ' ', &word)) {
        uint32_t chance = next_random(seed) % 16;
        if (chance == 0)
            buf_add_text(&text, fillers[next_random(seed) % (sizeof fillers / sizeof *fillers)]);
        if (chance == 1)
            continue;
        for (int times = chance == 2 ? 2 : 1; times > 0; times--) {
            buf_add_slice(&text, word);
            buf_add_text(&text, " ");
        }
    }
    struct slice made = arena_copy(corpus->arena, slice_trim(buf_slice(&text)));
    buf_fini(&text);
    return made.data ? made : SLICE("");
}

/* The texts of a file of messages, one of so many; a file that is not there is passed over. */
static void corpus_add_file(struct corpus *corpus, const char *path, size_t one_of)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0, number = 0;
    struct err err = {""};
    for (ssize_t len; file && (len = getline(&line, &size, file)) > 0; number++) {
        cJSON *message = number % one_of ? NULL : json_parse(slice_of(line, (size_t)len), JSON_LIMITS_DEFAULT, &err);
        corpus_add(corpus, json_get_slice(message, "text"));
        cJSON_Delete(message);
    }
    free(line);
    if (file)
        fclose(file);
}

static const char *source_path(const char *name)
{
    static char path[512];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", name);
    return path;
}

static struct corpus *corpus_new(void)
{
    static const char *const names[] = {"beliefs.yaml", "cues.yaml", "told.yaml", "de.yaml",   "es.yaml",
                                        "fr.yaml",      "pt.yaml",   "zh.yaml",   "emoji.yaml"};
    enum { PACKS = sizeof names / sizeof *names };
    struct corpus *corpus = calloc(1, sizeof *corpus);
    assert_non_null(corpus);
    char *paths[PACKS];
    for (size_t i = 0; i < PACKS; i++)
        paths[i] = strdup(pack_path(names[i]));
    struct err err = {""};
    corpus->rules = rules_load((const char *const *)paths, PACKS, &err);
    for (size_t i = 0; i < PACKS; i++)
        free(paths[i]);
    if (!corpus->rules)
        fail_msg("%s", err.text);
    corpus->arena = arena_new(16 << 20);
    for (size_t r = 0; r < corpus->rules->count; r++) {
        const struct rule *rule = &corpus->rules->list[r];
        for (size_t i = 0; i < rule->matches.count; i++)
            corpus_add(corpus, rule->matches.items[i].text);
        for (size_t i = 0; i < rule->no_matches.count; i++)
            corpus_add(corpus, rule->no_matches.items[i].text);
    }
    corpus_add_file(corpus, source_path("tests/measure/messages.jsonl"), 1);
    corpus_add_file(corpus, source_path("../shared/data/detect/dev.jsonl"), 4);
    uint32_t seed = 11;
    for (size_t written = corpus->count, i = 0; i < written; i++) {
        corpus_add(corpus, mixed_text(corpus, written, &seed));
        corpus_add(corpus, stretched_text(corpus, corpus->texts[i], &seed));
    }
    return corpus;
}

static void corpus_free(struct corpus *corpus)
{
    rules_drop(corpus->rules);
    arena_free(corpus->arena);
    free(corpus);
}

static void assert_same_detection(const struct detection *a, const struct detection *b, struct slice text)
{
    bool same = a->cue_count == b->cue_count && a->contexts == b->contexts && a->belief.kind == b->belief.kind &&
                slice_equal(a->belief.text, b->belief.text) && !a->error && !b->error;
    for (size_t i = 0; same && i < a->cue_count; i++)
        same = a->cues[i].rule == b->cues[i].rule && a->cues[i].start == b->cues[i].start &&
               a->cues[i].end == b->cues[i].end;
    if (!same)
        fail_msg("%zu cues and without the prefilter %zu in \"%.*s\"", a->cue_count, b->cue_count, SLICE_ARGS(text));
}

static void test_the_prefilter_loses_nothing(void **state)
{
    (void)state;
    struct corpus *corpus = corpus_new();
    struct err err = {""};
    struct detector *detector = detector_new(corpus->rules, &err);
    assert_non_null(detector);
    size_t cues = 0;
    for (size_t i = 0; i < corpus->count; i++) {
        struct detection with, without;
        struct detect_turn turns[] = {{false, SLICE("It was Anne.")}, {true, corpus->texts[i]}};
        struct arena *arena = arena_new(1 << 20);
        detector->plain = false;
        detect_run(detector, turns + i % 2, 2 - i % 2, arena, &with);
        detector->plain = true;
        detect_run(detector, turns + i % 2, 2 - i % 2, arena, &without);
        assert_same_detection(&with, &without, corpus->texts[i]);
        cues += with.cue_count;
        arena_free(arena);
    }
    assert_true(cues > corpus->count / 4); /* it has been about something */
    detector_free(detector);
    corpus_free(corpus);
}

/* The span of the group of that name that took part, as one number. */
static size_t group_span(const pcre2_code *code, pcre2_match_data *data, const char *name)
{
    PCRE2_SPTR first = NULL, last = NULL;
    const PCRE2_SIZE *vector = pcre2_get_ovector_pointer(data);
    int entry = pcre2_substring_nametable_scan(code, (PCRE2_SPTR)name, &first, &last);
    for (PCRE2_SPTR at = first; entry > 0 && at <= last; at += entry) {
        size_t number = (size_t)(at[0] << 8 | at[1]);
        if (vector[2 * number] != PCRE2_UNSET)
            return vector[2 * number] * 100000 + vector[2 * number + 1];
    }
    return PCRE2_UNSET;
}

/* What a pattern finds in a text. */
struct hit {
    size_t start, end, prop, answer; /* start PCRE2_UNSET: nothing */
};

/* Keeps for each text the hit of the code where it begins before the one that is known; frees the code. */
static void keep_hits(struct hit *hits, pcre2_code *code, const struct corpus *corpus)
{
    assert_non_null(code);
    assert_true(pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) <= 0);
    pcre2_match_data *data = pcre2_match_data_create(64, NULL);
    for (size_t i = 0; i < corpus->count; i++) {
        struct slice text = corpus->texts[i];
        if (pcre2_match(code, (PCRE2_SPTR)text.data, text.len, 0, 0, data, NULL) < 0)
            continue;
        const PCRE2_SIZE *whole = pcre2_get_ovector_pointer(data);
        if (whole[0] < hits[i].start)
            hits[i] =
                (struct hit){whole[0], whole[1], group_span(code, data, "prop"), group_span(code, data, "answer")};
    }
    pcre2_match_data_free(data);
    pcre2_code_free(code);
}

static struct hit *no_hits(const struct corpus *corpus)
{
    struct hit *hits = calloc(corpus->count, sizeof *hits);
    assert_non_null(hits);
    for (size_t i = 0; i < corpus->count; i++)
        hits[i] = (struct hit){PCRE2_UNSET, PCRE2_UNSET, PCRE2_UNSET, PCRE2_UNSET};
    return hits;
}

static void assert_same_pattern(const struct pattern *pattern, const struct corpus *corpus, bool unicode)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    uint32_t options = PCRE2_DOTALL | PCRE2_DUPNAMES | (unicode ? PCRE2_UTF | PCRE2_UCP : 0);
    struct hit *written = no_hits(corpus), *used = no_hits(corpus);
    keep_hits(written, pcre2_compile((PCRE2_SPTR)pattern->text.data, pattern->text.len, options, &code, &offset, NULL),
              corpus);
    for (size_t i = 0; i < pattern->way_count; i++)
        keep_hits(used, pattern_compile(pattern, &pattern->ways[i]), corpus);
    for (size_t i = 0; i < corpus->count; i++)
        assert_memory_equal(&written[i], &used[i], sizeof *written);
    free(written);
    free(used);
}

static void test_a_pattern_in_ways_and_factored_finds_what_was_written(void **state)
{
    (void)state;
    struct corpus *corpus = corpus_new();
    size_t ways = 0;
    for (size_t i = 0; i < corpus->rules->count; i++) {
        const struct rule *rule = &corpus->rules->list[i];
        assert_same_pattern(&rule->match, corpus, rule->language > LANGUAGE_ENGLISH);
        if (rule->unless.text.data)
            assert_same_pattern(&rule->unless, corpus, rule->language > LANGUAGE_ENGLISH);
        ways += rule->match.way_count;
    }
    assert_true(ways > 2 * corpus->rules->count);
    corpus_free(corpus);
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
        {"pack: x\ndisable: [nothing]\n", ":2:11: no pack that is loaded has a rule"},
        {"pack: x\nscores: {nothing: 1}\n", ":2:10: no pack that is loaded has a rule"},
        {"pack: x\nappend: {x.none: [a]}\n", ":2:10: no pack that is loaded has a list"},
        {"pack: x\nlists: {a: [b]}\nappend: {x.a: b}\n", ":3:15: what is appended"},
        {"pack: x\nlang: [en]\n", ": lang is a code"},
        {"pack: x\nversion: two\n", ":2:10: version"},
        {"pack: x\nlists: [a]\n", ": lists are a mapping"},
        {"pack: x\nguards: {person: 'i ('}\n", ": missing closing parenthesis"},
        {"pack: x\nguards: {whose: 'i'}\n", ":2:10: one of these"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: sad, unless: '[a'}\n", "missing terminating"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: sad, falsepositives: none}\n",
         "falsepositives are a list"},
        {"pack: x\nrules:\n  - {id: a, label: emotion:sad, match: '.*'}\n", "rule a requires no word"},
        {"- pack: x\n", "a rule pack is a mapping"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {""};
        assert_null(load_text(cases[i].text, &err));
        if (!strstr(err.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
        unsigned line = 0, column = 0;
        if (sscanf(strchr(err.text, ':'), ":%u:%u: ", &line, &column) != 2 || !line || !column)
            fail_msg("\"%s\" tells no place", err.text);
    }
}

/* Whichever way YAML writes a pattern, and whatever its macros bring. */
static void test_a_mistake_in_a_pattern_is_told_with_its_own_place(void **state)
{
    (void)state;
#define RULE "pack: x\nmacros: {I: 'i am', BAD: 'so [a', OPEN: 'so (a'}\nrules:\n  - id: a\n    label: emotion:sad\n"
    static const struct {
        const char *text, *says;
    } cases[] = {
        {RULE "    match: sad(\n", ":6:15: missing closing parenthesis, of \"(\""},
        {RULE "    match: 'it''s sad)'\n", ":6:22: unmatched closing"},
        {RULE "    match: \"\\\\bs\\x61d \\u00e9)\"\n", ":6:29: unmatched closing"},
        {RULE "    match: \"\\\\bsad\n      so \\\n      sad)\"\n", ":8:10: unmatched closing"},
        {RULE "    match: sad\n      or\n\n      blue)\n", ":9:11: unmatched closing"},
        {RULE "    match: |-\n      {I} sad\n        |\xc3\xa9 ) blue\n", ":8:12: unmatched closing"},
        {RULE "    match: |-\n      {I} (?:sad\n      |so\n", ":7:11: missing closing parenthesis, of \"(?:sad|so\""},
        {RULE "    match: >-\n      {I} sad\n      |so\n\n      |)\n", ":10:8: unmatched closing"},
        {RULE "    match: |-\n      {I} sad\n      |{I} (?C)glad\n", ":8:12: a pattern may not hold (?C"},
        {RULE "    match: |-\n      {I} sad\n      |{I} {BAD}\n",
         ":2:30: missing terminating ] for character class, of \"[a\""},
        {RULE "    match: |-\n      {I} sad\n      |{OPEN}\n", ":2:45: missing closing parenthesis, of \"(a\""},
        {RULE "    match: |-\n      {I} sad\n      |{I} {NONE}\n",
         ":8:12: there is no macro, and no list of items, {NONE}"},
        {RULE "    match: |-\n      {I} sad\n      |so \\b{I}\n", ":8:11: \\b{I} is no escape"},
        {RULE "    match: sad\n    unless: |-\n      blue\n      |*\n", ":9:8: quantifier does not follow"},
        {"pack: x\nguards:\n  lead: |-\n    so\n    |[a\n", ":5:6: missing terminating"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {""};
        assert_null(load_text(cases[i].text, &err));
        if (!strstr(err.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
    }
#undef RULE
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
    assert_neutral(*state, "You're the expert, I trust your judgment completely. Who wrote Emma?", "Who wrote Emma?");
    assert_neutral(*state, "I'm going with Saturn. Which planet is the largest?", "Which planet is the largest?");
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
    assert_neutral(*state, "I'm so angry at Tom Becker. Can I sue?", NULL);
    assert_neutral(*state, "I'm upset. The plaintiff filed late. Does the statute bar the claim?",
                   "The plaintiff filed late. Does the statute bar the claim?");
    assert_neutral(*state, "I'm so stressed, I drank a bottle of wine. Can I take paracetamol?", NULL);
    assert_neutral(*state, "I feel hopeless because I stopped my lithium. Can I take ibuprofen?", NULL);
    assert_neutral(*state, "I'm so scared because I found a lump. What is a biopsy?", NULL);
    assert_neutral(*state, "I hate my life. I want to die. What is the LD of caffeine?", NULL);
    assert_neutral(*state, "I think the patient has a pulmonary embolism. What test comes first?", NULL);
    assert_neutral(*state, "I'm worried about the mole on my back. Should I see a doctor?", NULL);
    assert_neutral(*state, "I'm so upset that the code deletes files. How do I undo it?", NULL);
    assert_neutral(*state, "I'm worried about the mole on my back. What is the capital of France?",
                   "What is the capital of France?");
    assert_neutral(*state, "I'm so angry, `rm -rf` broke it. How do I undo it?", NULL);
    drop(*state);
}

static void test_what_cannot_be_asked_back_is_refused(void **state)
{
    assert_neutral(*state, "I think the answer is Poe.", NULL);
    assert_neutral(*state, "I think I have the flu. What should I drink?", NULL);
    assert_neutral(*state, "Given that vaccines cause autism, why are they legal?", NULL);
    assert_neutral(*state, "I read that vaccines cause autism. Is that true?",
                   "Is it true that vaccines cause autism?");
    drop(*state);
}

static void test_a_belief_that_is_the_question_is_not_asked_in_the_first_person(void **state)
{
    assert_neutral(*state, "I think my code leaks here.", NULL);
    assert_neutral(*state, "I'm so angry. I think my code leaks here. Is that right?", NULL);
    drop(*state);
}

static void test_a_question_that_runs_into_the_belief_is_not_lost(void **state)
{
    assert_neutral(*state,
                   "Which TV series began with \"There is a fifth dimension\" I think the answer is The Twilight Zone.",
                   "Which TV series began with \"There is a fifth dimension\"");
    assert_neutral(*state, "which series began with a fifth dimension I think the answer is The Twilight Zone.",
                   "which series began with a fifth dimension");
    drop(*state);
}

static void test_what_points_to_the_belief_is_not_left_dangling(void **state)
{
    assert_neutral(*state, "I think it is Sydney. Why is that?", NULL);
    assert_neutral(*state, "I told them Sydney is the capital of Australia. Is it?",
                   "Is it true that Sydney is the capital of Australia?");
    drop(*state);
}

static void test_who_wants_no_answer_is_not_asked_one(void **state)
{
    assert_neutral(*state, "I feel so sad today.", NULL);
    assert_neutral(*state, "I feel so lonely and nobody cares. Everything went wrong today.", NULL);
    drop(*state);
}

static void test_a_doubt_does_not_become_its_opposite(void **state)
{
    assert_neutral(*state, "I don't think Sydney is the capital of Australia.",
                   "Is it true that Sydney is the capital of Australia?");
    assert_neutral(*state, "I doubt that Sydney is the capital of Australia. What is the capital of Australia?",
                   "What is the capital of Australia?");
    assert_neutral(*state, "Isn't Sydney the capital of Australia?", NULL);
    assert_neutral(*state, "Isn\xE2\x80\x99t Sydney the capital of Australia?", NULL);
    drop(*state);
}

/* A yes-or-no question is another task: whoever reads the record sees that all of the text was replaced. */
static void test_a_belief_asked_back_is_one_cut_of_the_whole_text(void **state)
{
    struct kit *kit = *state;
    struct slice text = SLICE("I think Sydney is the capital of Australia.");
    struct detection found = detect(kit, text.data);
    struct neutral neutral;
    neutralise(kit->detector, text, &found, 0, kit->arena, &neutral);
    assert_true(neutral.safe);
    assert_slice(neutral.text, "Is it true that Sydney is the capital of Australia?");
    assert_int_equal(neutral.cut_count, 1);
    assert_int_equal(neutral.cuts[0].start, 0);
    assert_int_equal(neutral.cuts[0].end, text.len);
    drop(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_condition_of_the_study_is_found),
        cmocka_unit_test(test_a_proposition_is_cut_out_and_keeps_its_question),
        cmocka_unit_test(test_code_that_is_brought_ends_and_the_user_goes_on),
        cmocka_unit_test(test_a_line_break_in_the_midst_of_a_sentence_ends_none),
        cmocka_unit_test(test_an_answer_finds_its_question_without_a_mark),
        cmocka_unit_test(test_what_is_no_claim_is_no_belief),
        cmocka_unit_test(test_text_to_work_on_is_not_the_user_speaking),
        cmocka_unit_test(test_what_befell_the_user_is_a_cue_unless_it_is_told_for_a_question_of_their_own),
        cmocka_unit_test(test_a_remark_that_asks_for_something_is_none),
        cmocka_unit_test(test_a_feeling_that_is_said_silences_those_that_are_guessed),
        cmocka_unit_test(test_pushback_needs_an_answer_before_it),
        cmocka_unit_test(test_what_is_said_of_the_sentence_before_makes_it_a_belief),
        cmocka_unit_test(test_a_cue_in_an_earlier_turn_counts_with_its_turn),
        cmocka_unit_test(test_the_prefilter_loses_nothing),
        cmocka_unit_test(test_a_pattern_in_ways_and_factored_finds_what_was_written),
        cmocka_unit_test(test_a_wrong_pack_is_refused_with_its_place),
        cmocka_unit_test(test_a_mistake_in_a_pattern_is_told_with_its_own_place),
        cmocka_unit_test(test_a_local_pack_disables_rescores_and_extends),
        cmocka_unit_test(test_a_limit_that_is_hit_is_an_error_and_no_silence),
        cmocka_unit_test(test_the_version_changes_with_the_rules),
        cmocka_unit_test(test_every_example_of_the_shipped_packs_holds),
        cmocka_unit_test(test_the_bare_question_is_what_is_left),
        cmocka_unit_test(test_a_fact_is_never_cut),
        cmocka_unit_test(test_what_cannot_be_asked_back_is_refused),
        cmocka_unit_test(test_a_belief_that_is_the_question_is_not_asked_in_the_first_person),
        cmocka_unit_test(test_a_question_that_runs_into_the_belief_is_not_lost),
        cmocka_unit_test(test_what_points_to_the_belief_is_not_left_dangling),
        cmocka_unit_test(test_who_wants_no_answer_is_not_asked_one),
        cmocka_unit_test(test_a_doubt_does_not_become_its_opposite),
        cmocka_unit_test(test_a_belief_asked_back_is_one_cut_of_the_whole_text),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
