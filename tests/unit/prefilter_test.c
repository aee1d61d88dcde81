/* The prefilter finds what looking for the literals one by one finds, the literals of a pattern are required, and a
 * factored pattern is the same pattern. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "factor.h"
#include "literals.h"
#include "prefilter.h"

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

static void test_finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    enum { LITERALS = 90, ROUNDS = 300 };
    uint32_t seed = 7;
    static char words[LITERALS][8], text[200];
    struct prefilter_literal literals[LITERALS];
    for (uint32_t i = 0; i < LITERALS; i++)
        literals[i] = (struct prefilter_literal){slice_of(words[i], random_text(&seed, words[i], 8)), i};
    struct err err = {""};
    struct prefilter *prefilter = prefilter_new(literals, LITERALS, &err);
    assert_non_null(prefilter);
    for (int round = 0; round < ROUNDS; round++) {
        struct slice subject = slice_of(text, random_text(&seed, text, sizeof text));
        uint64_t found[2] = {0, 0};
        prefilter_scan(prefilter, subject, found);
        for (uint32_t i = 0; i < LITERALS; i++)
            assert_int_equal(found[i / 64] >> (i % 64) & 1,
                             slice_find(subject, literals[i].text, 0) != SLICE_NOT_FOUND);
    }
    prefilter_free(prefilter);
}

static void test_no_literals_find_nothing(void **state)
{
    (void)state;
    struct err err = {""};
    struct prefilter *prefilter = prefilter_new(NULL, 0, &err);
    assert_non_null(prefilter);
    uint64_t found = 0;
    prefilter_scan(prefilter, SLICE("anything at all"), &found);
    assert_int_equal(found, 0);
    prefilter_free(prefilter);
}

static void assert_literals(const char *pattern, const char *expected)
{
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need_branch *needs = NULL;
    assert_int_equal(literals_of(slice_from(pattern), arena, &found, &needs), 0);
    char joined[200] = "";
    size_t len = 0;
    for (size_t i = 0; i < found.count; i++)
        len += (size_t)snprintf(joined + len, sizeof joined - len, "%s%.*s", i ? "|" : "", SLICE_ARGS(found.items[i]));
    assert_string_equal(joined, expected);
    arena_free(arena);
}

static void test_literals_are_those_a_match_cannot_do_without(void **state)
{
    (void)state;
    assert_literals("\\bsad\\b", "sad");
    assert_literals("(?:sad|angry)", "sad|angry");
    assert_literals("i am (?:very )?sadness", "sadness");
    assert_literals("heart-?broken", "broken");
    assert_literals("colou?rful", "rful");
    assert_literals("(?!never)always", "always");
    assert_literals("(?<prop>.{3,})", "");
    assert_literals("(?:sad|.*)", "");
    assert_literals("[abc]+xyz{0,2}", "xy");
    assert_literals("a\\.b\\?c", "a.b?c");
    assert_literals("(?:word)*other", "other");
}

static void test_a_pattern_that_is_not_understood_has_no_literals(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need_branch *needs = NULL;
    assert_int_equal(literals_of(SLICE("(?i)sad"), arena, &found, &needs), -1);
    assert_int_equal(found.count, 0);
    assert_int_equal(literals_of(SLICE("(sad"), arena, &found, &needs), -1);
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
    assert_int_equal(literals_of(slice_from(pattern), arena, &found, &needs), 0);
    for (const struct need_branch *branch = needs; branch; branch = branch->next) {
        for (const struct need_set *set = branch->sets; set; set = set->next) {
            for (size_t i = 0; i < set->words.count; i++)
                buf_add_format(&told, "%s%.*s", i ? "|" : "", SLICE_ARGS(set->words.items[i]));
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
    assert_needs("i feel (?:very )?(?:sad|angry)\\b.* today", "i feel  &  today & angry|sad\n");
    assert_needs("(?:sad|.*)", "");
    assert_needs("so (?:sad today|angry.*again|glad)", "angry & again & so \nglad|sad today & so \n");
    assert_needs("a.b", "");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_a_plain_search_finds),
        cmocka_unit_test(test_no_literals_find_nothing),
        cmocka_unit_test(test_literals_are_those_a_match_cannot_do_without),
        cmocka_unit_test(test_needs_are_sets_of_words_in_branches),
        cmocka_unit_test(test_common_beginnings_of_alternatives_come_first),
        cmocka_unit_test(test_a_pattern_that_is_not_understood_has_no_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
