/* Folding, sentences, numbers and keys: two ways to write one thing meet, two things stay apart. */
#include "check.h"

#include "words.h"

static struct arena *arena;

static struct passage read_words(const char *text)
{
    struct passage passage;
    assert_int_equal(words_read(slice_from(text), arena, &passage), 0);
    return passage;
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void two_spellings_meet_in_one_key(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"Dvořák", "DVORAK"},      {"twenty-one", "21"},     {"3 million", "3,000,000"}, {"11th", "eleventh"},
        {"mountains", "mountain"}, {"Fleming’s", "fleming"}, {"cities", "city"},         {"U.S.", "U.S"},
        {"Jan", "January"},        {"don’t", "don't"},       {"ＮＡＳＡ", "nasa"},       {"CO₂", "co2"},
        {"named", "names"},        {"O'Brien", "OBrien"},    {"Straße", "strasse"},      {"two hundred", "200"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct passage a = read_words(same[i][0]), b = read_words(same[i][1]);
        assert_int_equal(a.count, 1);
        assert_int_equal(b.count, 1);
        if (a.words[0].key != b.words[0].key)
            fail_msg("%s and %s do not meet", same[i][0], same[i][1]);
    }
}

static void two_things_stay_apart(void **state)
{
    (void)state;
    static const char *const apart[][2] = {
        {"1.5", "15"}, {"1960s", "1960"}, {"Iran", "Iraq"}, {"Mali", "Malta"}, {"bus", "bu"}, {"boss", "bos"},
    };
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        struct passage a = read_words(apart[i][0]), b = read_words(apart[i][1]);
        assert_true(a.words[0].key != b.words[0].key);
        if (!(a.words[0].flags & WORD_NUMBER))
            assert_false(words_similar(a.words[0].text, b.words[0].text));
    }
}

static void a_roman_numeral_counts_behind_a_name_only(void **state)
{
    (void)state;
    struct passage war = read_words("World War II"), number = read_words("World War 2"),
                   pronoun = read_words("Yes I do");
    assert_int_equal(war.words[2].key, number.words[2].key);
    assert_false(pronoun.words[1].flags & WORD_NUMBER);
    assert_true(pronoun.words[1].flags & WORD_STOP);
}

static void sentences_end_where_a_reader_would_end_them(void **state)
{
    (void)state;
    assert_int_equal(read_words("Dr. J. Smith of St. Ives paid 3.50. He left! Did he? Yes").sentences, 4);
    assert_int_equal(read_words("one\ntwo\n\nthree").sentences, 3);
    struct passage p = read_words("Really? Yes.");
    assert_true(p.sentence[0].question);
    assert_false(p.sentence[1].question);
}

static void positions_are_bytes_of_the_source(void **state)
{
    (void)state;
    struct passage p = read_words("Ein schöner Tag");
    assert_int_equal(p.words[2].start, 13);
    assert_int_equal(p.words[2].end, 16);
}

static void any_bytes_are_read_without_harm(void **state)
{
    (void)state;
    char bytes[513];
    uint64_t seed = 1;
    for (unsigned round = 0; round < 500; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (char)(seed >> 56);
        }
        struct arena *own = arena_new(1u << 20);
        struct passage p;
        assert_int_equal(words_read(slice_of(bytes, sizeof bytes), own, &p), 0);
        assert_true(words_equal_but_for_form(slice_of(bytes, sizeof bytes), slice_of(bytes, sizeof bytes), own));
        arena_free(own);
    }
}

static void a_text_past_the_limit_says_so(void **state)
{
    (void)state;
    char text[2 * (MEASURE_MAX_WORDS + 10) + 1];
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "a ", 2);
    text[sizeof text - 1] = '\0';
    struct passage p = read_words(text);
    assert_true(p.cut);
    assert_int_equal(p.count, MEASURE_MAX_WORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_spellings_meet_in_one_key),
        cmocka_unit_test(two_things_stay_apart),
        cmocka_unit_test(a_roman_numeral_counts_behind_a_name_only),
        cmocka_unit_test(sentences_end_where_a_reader_would_end_them),
        cmocka_unit_test(positions_are_bytes_of_the_source),
        cmocka_unit_test(any_bytes_are_read_without_harm),
        cmocka_unit_test(a_text_past_the_limit_says_so),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
