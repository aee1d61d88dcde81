/* The prefilter finds what looking for the literals one by one finds, the literals of a pattern are required, and a
 * factored pattern is the same pattern, and so are the pieces of one that was split. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "factor.h"
#include "literals.h"
#include "prefilter.h"
#include "split.h"

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static size_t random_text(uint32_t *state, char *text, size_t max)
{
    size_t len = 1 + next_random(state) % max;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + next_random(state) % 3);
    return len;
}

/* Words of one to a few letters, and marks between them. */
static size_t random_words(uint32_t *state, char *text, size_t max)
{
    size_t len = random_text(state, text, max);
    for (size_t i = 0; i < len; i++)
        if (next_random(state) % 4 == 0)
            text[i] = " ,'1"[next_random(state) % 4];
    return len;
}

struct places {
    struct slice subject;
    const struct prefilter_word *words;
    size_t counts[90], behind_last[90];
};

static void note_place(void *arg, uint32_t number, size_t start)
{
    struct places *places = arg;
    struct slice word = places->words[number].text;
    assert_true(slice_starts(slice_part(places->subject, start, places->subject.len), word));
    assert_true(start >= places->behind_last[number]);
    places->behind_last[number] = start + 1;
    places->counts[number]++;
}

static bool is_border(struct slice subject, size_t at)
{
    bool before = at > 0 && rarity_is_word_byte(subject.data[at - 1]);
    bool behind = at < subject.len && rarity_is_word_byte(subject.data[at]);
    return !(before && behind);
}

static size_t count_places(struct slice subject, const struct prefilter_word *word)
{
    size_t count = 0, at = slice_find(subject, word->text, 0);
    for (; at != SLICE_NOT_FOUND; at = slice_find(subject, word->text, at + 1))
        count += (!(word->borders & BORDER_LEFT) || is_border(subject, at)) &&
                 (!(word->borders & BORDER_RIGHT) || is_border(subject, at + word->text.len));
    return count;
}

/* Borders that the word can have: a mark begins and ends nothing. */
static struct prefilter_word bordered(struct slice text, unsigned borders, uint32_t number)
{
    if (!rarity_is_word_byte(text.data[0]))
        borders &= ~(unsigned)BORDER_LEFT;
    if (!rarity_is_word_byte(text.data[text.len - 1]))
        borders &= ~(unsigned)BORDER_RIGHT;
    return (struct prefilter_word){text, borders, number};
}

static void test_finds_every_place_that_a_plain_search_finds(void **state)
{
    (void)state;
    enum { WORDS = 90, ROUNDS = 3000 };
    uint32_t seed = 7;
    static char texts[WORDS][12], text[200];
    struct prefilter_word words[WORDS];
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = bordered(slice_of(texts[i], random_words(&seed, texts[i], 9)), next_random(&seed) % 4, i);
    struct err err = {""};
    struct prefilter *prefilter = prefilter_new(words, WORDS, &err);
    assert_non_null(prefilter);
    for (int round = 0; round < ROUNDS; round++) {
        struct places places = {.subject = slice_of(text, random_words(&seed, text, sizeof text)), .words = words};
        prefilter_scan(prefilter, places.subject, note_place, &places);
        for (uint32_t i = 0; i < WORDS; i++)
            assert_int_equal(places.counts[i], count_places(places.subject, &words[i]));
    }
    prefilter_free(prefilter);
}

static void test_no_words_find_nothing(void **state)
{
    (void)state;
    struct err err = {""};
    struct prefilter *prefilter = prefilter_new(NULL, 0, &err);
    assert_non_null(prefilter);
    struct places places = {.subject = SLICE("anything at all")};
    prefilter_scan(prefilter, places.subject, note_place, &places);
    for (size_t i = 0; i < sizeof places.counts / sizeof *places.counts; i++)
        assert_int_equal(places.counts[i], 0);
    prefilter_free(prefilter);
}

/* The word, "<" before it where one begins there, ">" behind it where it ends. */
static void tell_word(struct buf *told, const struct literal *word)
{
    buf_add_format(told, "%s%.*s%s", word->borders & BORDER_LEFT ? "<" : "", SLICE_ARGS(word->text),
                   word->borders & BORDER_RIGHT ? ">" : "");
}

static void assert_literals(const char *pattern, const char *expected)
{
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need_branch *needs = NULL;
    assert_int_equal(literals_of(slice_from(pattern), false, arena, &found, &needs), 0);
    struct buf told;
    buf_init(&told, 4096);
    for (size_t i = 0; i < found.count; i++) {
        buf_add_text(&told, i ? "|" : "");
        tell_word(&told, &found.items[i]);
    }
    assert_string_equal(buf_text(&told), expected);
    buf_fini(&told);
    arena_free(arena);
}

static void test_literals_are_those_a_match_cannot_do_without(void **state)
{
    (void)state;
    assert_literals("\\bsad\\b", "<sad>");
    assert_literals("(?:sad|angry)", "sad|angry");
    assert_literals("i am (?:very )?sadness", "<sadness");
    assert_literals("heart-?broken", "broken");
    assert_literals("colou?rful", "rful");
    assert_literals("(?!never)always", "always");
    assert_literals("(?<prop>.{3,})", "");
    assert_literals("(?:sad|.*)", "");
    assert_literals("[abc]+xyz{0,2}", "xy");
    assert_literals("a\\.b\\?c", "a.b?c");
    assert_literals("(?:word)*other", "other");
}

static void test_words_begin_and_end_where_the_pattern_has_it(void **state)
{
    (void)state;
    assert_literals("^sad$", "<sad>");
    assert_literals("\\b(?:sad|angry)\\b", "<sad>|<angry>");
    assert_literals("\\bsad(?:ly)?\\b", "<sad");
    assert_literals("\\bsads?", "<sad");
    assert_literals("\\bso+\\b", "<so");
    assert_literals("\\b(?:un)?sad\\b", "sad>");
    assert_literals("\\b(?:so )?sad\\b", "<sad>");
    assert_literals("\\b(?:[a-z]+ ){0,3}sad\\b", "<sad>");
    assert_literals("[a-z]sad[,.!]", "sad>");
    assert_literals("[,-z]sad", "sad");
    assert_literals("\\bsad(?: today|,|$)", "<sad>");
    assert_literals("\\bheartbroken(?: to|n)", "<heartbroken");
    assert_literals("\\bsad(?: today)?\\b", "<sad>");
    assert_literals("\\bsad(?=ness)", "<sad");
    assert_literals("\\bsad(?!ness)\\b", "<sad>");
    assert_literals("\\b(?:sad)+\\b", "<sad"); /* of "sadsad" the first ends no word */
    assert_literals("\\bsad\\.", "<sad.");
    assert_literals(", sad ", ", sad>");
}

static void test_a_pattern_that_is_not_understood_has_no_literals(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need_branch *needs = NULL;
    assert_int_equal(literals_of(SLICE("(?i)sad"), false, arena, &found, &needs), -1);
    assert_int_equal(found.count, 0);
    assert_int_equal(literals_of(SLICE("(sad"), false, arena, &found, &needs), -1);
    arena_free(arena);
}

/* Branches one a line, sets of a branch by " & ", words of a set by "|". */
static void assert_needs(const char *pattern, const char *expected)
{
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need_branch *needs = NULL;
    struct buf told;
    buf_init(&told, 4096);
    assert_int_equal(literals_of(slice_from(pattern), false, arena, &found, &needs), 0);
    for (const struct need_branch *branch = needs; branch; branch = branch->next) {
        for (const struct need_set *set = branch->sets; set; set = set->next) {
            for (size_t i = 0; i < set->words.count; i++) {
                buf_add_text(&told, i ? "|" : "");
                tell_word(&told, &set->words.items[i]);
            }
            buf_add_text(&told, set->next ? " & " : "\n");
        }
    }
    assert_string_equal(buf_text(&told), expected);
    buf_fini(&told);
    arena_free(arena);
}

static void test_needs_are_sets_of_words_in_branches(void **state)
{
    (void)state;
    assert_needs("i feel (?:very )?(?:sad|angry)\\b.* today", "<today & i feel> & <angry>|<sad>\n");
    assert_needs("(?:sad|.*)", "");
    assert_needs("so (?:sad today|angry.*again|glad)", "again & <angry & so>\n<glad|<sad today & so>\n");
    assert_needs("a.b", "");
}

/* The only set of the only branch: each word, and how far behind the beginning of the match it ends. */
static void assert_ends(const char *pattern, bool unicode, const char *expected)
{
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need_branch *needs = NULL;
    char told[200] = "";
    size_t len = 0;
    assert_int_equal(literals_of(slice_from(pattern), unicode, arena, &found, &needs), 0);
    assert_true(needs && !needs->next && !needs->sets->next);
    const struct literals *words = &needs->sets->words;
    for (size_t i = 0; i < words->count; i++) {
        struct range end = range_add(words->items[i].end, words->shift);
        len += (size_t)snprintf(told + len, sizeof told - len, "%s%.*s %u-", i ? ", " : "",
                                SLICE_ARGS(words->items[i].text), end.min);
        len += (size_t)(end.max == RANGE_OPEN ? snprintf(told + len, sizeof told - len, "any")
                                              : snprintf(told + len, sizeof told - len, "%u", end.max));
    }
    assert_string_equal(told, expected);
    arena_free(arena);
}

static void test_words_are_as_far_from_the_beginning_as_the_pattern_has_it(void **state)
{
    (void)state;
    assert_ends("sad", false, "sad 3-3");
    assert_ends("\\b(?<!so )(?=x)sad", false, "sad 3-3");
    assert_ends("[a-z]{2,4}sad", false, "sad 5-7");
    assert_ends("[a-z]{2,4}sad", true, "sad 5-19");
    assert_ends(".*sad", false, "sad 3-any");
    assert_ends("a?sad", false, "sad 3-4");
    assert_ends("a{3}sad", false, "sad 4-6");
    assert_ends("(?:sad|[uv]n?(?:kind|fair))", false, "fair 5-6, kind 5-6, sad 3-3");
    assert_ends("(?:x|[0-9]{2,})+(?:angry|sad)", false, "sad 4-any, angry 6-any");
    assert_ends("(?:x|yz){1,3}sad{2}", false, "sad 4-9");
    assert_ends("(?:x|yz)?(?:, sad)+", false, ", sad 5-7");
    assert_ends("\\w\\W\\.sad", false, ".sad 6-6");
    assert_ends("\xC3\xA9?sad", true, "sad 3-5");
}

static void test_escapes_that_are_longer_than_they_look_are_not_understood(void **state)
{
    (void)state;
    static const char *const patterns[] = {"\\x41sad", "(so )\\1sad", "\\Qsad\\E", "(?<a>so)\\k<a>sad"};
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need_branch *needs = NULL;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        assert_int_equal(literals_of(slice_from(patterns[i]), false, arena, &found, &needs), -1);
    arena_free(arena);
}

/* ---- rarity ---- */

static void test_words_are_as_rare_as_they_are_in_english(void **state)
{
    (void)state;
    static const char *const rarer_first[][2] = {{"deal", "with"},         {"zx", "th"},         {"gutted", "ing"},
                                                 {"the answer", "answer"}, {"you and i", "you"}, {"%", " "}};
    for (size_t i = 0; i < sizeof rarer_first / sizeof *rarer_first; i++)
        assert_true(rarity(slice_from(rarer_first[i][0]), BORDER_NONE) <
                    rarity(slice_from(rarer_first[i][1]), BORDER_NONE));
    assert_true(rarity(SLICE("he"), BORDER_BOTH) < rarity(SLICE("he"), BORDER_LEFT));
    assert_true(rarity(SLICE("he"), BORDER_LEFT) < rarity(SLICE("he"), BORDER_NONE));
    assert_true(rarity(SLICE("\xE4\xB8\x8D"), BORDER_NONE) < .001);
    assert_true(rarity(SLICE("qqqq"), BORDER_NONE) > 0);
}

/* ---- factoring ---- */

static void assert_factored(const char *pattern, const char *expected)
{
    struct buf out;
    buf_init(&out, 4096);
    bool understood = factor_pattern(slice_from(pattern), false, &out);
    assert_int_equal(understood, expected != NULL);
    if (expected)
        assert_string_equal(buf_text(&out), expected);
    buf_fini(&out);
}

static void test_common_beginnings_of_alternatives_come_first(void **state)
{
    (void)state;
    assert_factored("sad|sorry|so sad", "s(?:ad|o(?:rry| sad))");
    assert_factored("\\b(?:cat|dog|car)s?", "\\b(?:ca(?:t|r)|dog)s?");
    assert_factored("a(?<prop>b+|bc)", "a(?<prop>b+|bc)");
    assert_factored("ab|[ab]c|ad", "ab|[ab]c|ad"); /* what may match where its neighbours do keeps its place */
    assert_factored("ab|a", "a(?:b|)");
    assert_factored("a\\.b|a\\.c{2}", "a\\.(?:b|c{2})");
    assert_factored("(a|b)\\1", NULL);
    assert_factored("(?|(a)|(b))", NULL);
    assert_factored("(sad", NULL);
}

/* ---- splitting ---- */

static pcre2_code *compiled(struct slice pattern)
{
    int why = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len, PCRE2_DUPNAMES, &why, &offset, NULL);
    assert_non_null(code);
    return code;
}

struct match {
    size_t start, end; /* start SIZE_MAX: none */
};

static struct match find(struct slice pattern, struct slice text)
{
    pcre2_code *code = compiled(pattern);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    struct match match = {SIZE_MAX, 0};
    if (pcre2_match(code, (PCRE2_SPTR)text.data, text.len, 0, 0, data, NULL) >= 0)
        match = (struct match){pcre2_get_ovector_pointer(data)[0], pcre2_get_ovector_pointer(data)[1]};
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return match;
}

/* What split.h says of the pieces: the first that begins first counts. */
static struct match find_in_pieces(const struct slice *pieces, size_t count, struct slice text)
{
    struct match best = {SIZE_MAX, 0};
    for (size_t i = 0; i < count; i++) {
        struct match match = find(pieces[i], text);
        best = match.start < best.start ? match : best;
    }
    return best;
}

/* Alternatives that are beginnings of one another, so that their order decides what is matched. */
static void add_alternatives(struct buf *pattern, uint32_t *seed, size_t count)
{
    char word[8];
    for (size_t i = 0; i < count; i++)
        buf_add_format(pattern, "%s%.*s", i ? "|" : "", (int)random_text(seed, word, sizeof word), word);
}

static void test_a_pattern_that_was_split_matches_what_it_matched(void **state)
{
    (void)state;
    static const char *const frames[][2] = {
        {"", ""}, {"\\b(?:", ")\\b"}, {"(?<!a)(?:(?:", "))(?=b|$)"}, {"^(?:x|", ")"}, {"(?:", "|(?:y|z))$"}};
    uint32_t seed = 11;
    char text[60];
    for (size_t i = 0; i < 20 * sizeof frames / sizeof *frames; i++) {
        struct arena *arena = arena_new(1 << 20);
        struct buf pattern;
        struct slice *pieces = NULL;
        buf_init(&pattern, 4096);
        buf_add_text(&pattern, frames[i / 20][0]);
        add_alternatives(&pattern, &seed, 60);
        buf_add_text(&pattern, frames[i / 20][1]);
        size_t count = split_pattern(buf_slice(&pattern), arena, &pieces);
        assert_true(count > 1);
        for (int round = 0; round < 20; round++) {
            struct slice subject = slice_of(text, random_text(&seed, text, sizeof text));
            struct match whole = find(buf_slice(&pattern), subject), parts = find_in_pieces(pieces, count, subject);
            assert_int_equal(whole.start, parts.start);
            assert_int_equal(whole.end, parts.end);
        }
        buf_fini(&pattern);
        arena_free(arena);
    }
}

static void test_only_what_consists_of_alternatives_is_split(void **state)
{
    (void)state;
    static const char *const frames[][2] = {{"so (?:", ")"}, {"(?:", ") much"}, {"(?:", ")?"},
                                            {"(", ")\\1"},   {"(?<prop>", ")"}, {"\\b(?:", ")+\\b"}};
    uint32_t seed = 3;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct arena *arena = arena_new(1 << 20);
        struct buf pattern;
        struct slice *pieces = NULL;
        buf_init(&pattern, 4096);
        buf_add_text(&pattern, frames[i][0]);
        add_alternatives(&pattern, &seed, 60);
        buf_add_text(&pattern, frames[i][1]);
        assert_int_equal(split_pattern(buf_slice(&pattern), arena, &pieces), 1);
        assert_true(slice_equal(pieces[0], buf_slice(&pattern)));
        buf_fini(&pattern);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_every_place_that_a_plain_search_finds),
        cmocka_unit_test(test_no_words_find_nothing),
        cmocka_unit_test(test_literals_are_those_a_match_cannot_do_without),
        cmocka_unit_test(test_words_begin_and_end_where_the_pattern_has_it),
        cmocka_unit_test(test_needs_are_sets_of_words_in_branches),
        cmocka_unit_test(test_words_are_as_far_from_the_beginning_as_the_pattern_has_it),
        cmocka_unit_test(test_escapes_that_are_longer_than_they_look_are_not_understood),
        cmocka_unit_test(test_words_are_as_rare_as_they_are_in_english),
        cmocka_unit_test(test_common_beginnings_of_alternatives_come_first),
        cmocka_unit_test(test_a_pattern_that_was_split_matches_what_it_matched),
        cmocka_unit_test(test_only_what_consists_of_alternatives_is_split),
        cmocka_unit_test(test_a_pattern_that_is_not_understood_has_no_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
