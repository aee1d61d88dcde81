/* Folding, sentences, numbers and keys: two ways to write one thing meet, two things stay apart. */
#include "check.h"

#include "phrases.h"
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

/* More words and sentences than a text of its length usually has. */
static void a_text_of_very_short_words_is_read_whole(void **state)
{
    (void)state;
    char text[3 * 600 + 1];
    for (size_t i = 0; i + 1 < sizeof text; i += 3)
        memcpy(text + i, "b! ", 3);
    text[sizeof text - 1] = '\0';
    struct passage p = read_words(text);
    assert_false(p.cut);
    assert_int_equal(p.count, 600);
    assert_int_equal(p.sentences, 600);
    for (size_t i = 0; i < p.count; i++) {
        assert_int_equal(p.words[i].start, 3 * i);
        assert_int_equal(p.words[i].sentence, i);
        assert_int_equal(p.sentence[i].from, i);
    }
}

static void a_word_ends_where_its_letters_do(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first;
    } words[] = {
        {"Sydney@home and away", "sydney"},
        {"ABCDEFGH[ and more of it", "abcdefgh"},
        {"zebras{ and more", "zebras"},
        {"abcdefghijklmnopqrstuvwxyz!", "abcdefghijklmnopqrstuvwxyz"},
        {"caf\xC3\xA9s and more", "cafes"},
        {"abcdefg", "abcdefg"},
        {"Az`by", "az"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct passage p = read_words(words[i].text);
        assert_true(slice_is(p.words[0].text, words[i].first));
    }
}

static void digits_beyond_what_a_double_holds_are_still_a_number(void **state)
{
    (void)state;
    struct passage p = read_words("999999999999999 1234567890123456789 007 1.2.3");
    assert_true(p.words[0].value == 999999999999999.0);
    assert_true(p.words[1].value == 1234567890123456789.0);
    assert_true(p.words[2].value == 7);
    assert_false(p.words[3].flags & WORD_NUMBER);
}

static unsigned plain_distance(const char *a, const char *b)
{
    if (!*a || !*b)
        return (unsigned)(strlen(a) + strlen(b));
    if (*a == *b)
        return plain_distance(a + 1, b + 1);
    unsigned changed = plain_distance(a + 1, b + 1), less = plain_distance(a + 1, b), more = plain_distance(a, b + 1);
    unsigned least = changed < less ? changed : less;
    return 1 + (least < more ? least : more);
}

static void words_are_similar_by_their_edit_distance_alone(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (unsigned round = 0; round < 20000; round++) {
        char text[2][8] = {"a", "a"};
        for (int w = 0; w < 2; w++)
            for (unsigned i = 1; i < 5 + (seed >> 60) % 3; i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                text[w][i] = "abc"[(seed >> 33) % 3];
            }
        bool near = plain_distance(text[0], text[1]) <= 1;
        bool long_enough = strlen(text[0]) >= 5 && strlen(text[1]) >= 5;
        bool same = strcmp(text[0], text[1]) == 0;
        assert_int_equal(words_similar(slice_from(text[0]), slice_from(text[1])), same || (near && long_enough));
    }
}

static void phrases_are_found_in_their_sentence_only(void **state)
{
    (void)state;
    static const char *const list[] = {"you are right", "you are quite right", "incorrect", "a myth", "you are"};
    struct phrases phrases;
    phrases_init(&phrases, list, sizeof list / sizeof *list);
    struct passage p =
        read_words("You are quite right. It is a myth that you are. Right, incorrectly so. Are you a. Myth");
    static const uint64_t found[] = {1u << 1 | 1u << 4, 1u << 3 | 1u << 4, 0, 0, 0};
    for (unsigned s = 0; s < p.sentences; s++) {
        size_t from, to;
        words_sentence(&p, s, &from, &to);
        assert_int_equal(phrases_find(&phrases, &p, from, to), found[s]);
    }
    assert_int_equal(phrase_place(&p, 4, 11, "a myth"), 6);
    assert_int_equal(phrase_place(&p, 4, 11, "incorrect"), 11);
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
        cmocka_unit_test(a_text_of_very_short_words_is_read_whole),
        cmocka_unit_test(a_word_ends_where_its_letters_do),
        cmocka_unit_test(digits_beyond_what_a_double_holds_are_still_a_number),
        cmocka_unit_test(words_are_similar_by_their_edit_distance_alone),
        cmocka_unit_test(phrases_are_found_in_their_sentence_only),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
