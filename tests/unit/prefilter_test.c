/* The prefilter finds what looking for the literals one by one finds, and the literals of a pattern are required. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

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
    struct need *need = NULL;
    assert_int_equal(literals_of(slice_from(pattern), arena, &found, &need), 0);
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
    struct need *need = NULL;
    assert_int_equal(literals_of(SLICE("(?i)sad"), arena, &found, &need), -1);
    assert_int_equal(found.count, 0);
    assert_int_equal(literals_of(SLICE("(sad"), arena, &found, &need), -1);
    arena_free(arena);
}

static void test_a_need_is_a_tree_of_words(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct literals found;
    struct need *need = NULL;
    assert_int_equal(literals_of(SLICE("i feel (?:very )?(?:sad|angry)\\b.* today"), arena, &found, &need), 0);
    assert_non_null(need);
    assert_int_equal(need->kind, NEED_ALL);
    size_t parts = 0, any = 0;
    for (const struct need *part = need->first; part; part = part->next) {
        parts++;
        any += part->kind == NEED_ANY;
    }
    assert_int_equal(parts, 3);
    assert_int_equal(any, 1);
    assert_int_equal(literals_of(SLICE("(?:sad|.*)"), arena, &found, &need), 0);
    assert_null(need);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_a_plain_search_finds),
        cmocka_unit_test(test_no_literals_find_nothing),
        cmocka_unit_test(test_literals_are_those_a_match_cannot_do_without),
        cmocka_unit_test(test_a_need_is_a_tree_of_words),
        cmocka_unit_test(test_a_pattern_that_is_not_understood_has_no_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
