/* A passage is normal, masked and cut into sentences, and its spans lead back to the original bytes. */
#include "check.h"

#include <stdlib.h>

#include "passage.h"

static struct passage passage;

static void assert_sentences(const char *text, size_t count, const char *const *expected)
{
    passage_read(&passage, slice_from(text));
    assert_int_equal(passage.count, count);
    for (size_t i = 0; i < count; i++)
        assert_slice(passage_sentence(&passage, i), expected[i]);
}

static void test_case_quotes_blanks_and_emphasis_become_plain(void **state)
{
    (void)state;
    assert_sentences("I\xE2\x80\x99m   *SO* sad", 1, (const char *[]){"i'm so sad"});
}

static void test_sentences_end_where_a_reader_ends_them(void **state)
{
    (void)state;
    assert_sentences("Hi. Is it St. Louis? I think so", 3, (const char *[]){"hi.", "is it st. louis?", "i think so"});
    assert_true(passage.sentences[1].asks);
    assert_sentences("Dr. J. Smith said 1.5 was ok!\nYes", 2, (const char *[]){"dr. j. smith said 1.5 was ok!", "yes"});
    assert_true(passage.sentences[1].starts_line);
    assert_sentences("He went to A&E. Who is J. Smith?", 2, (const char *[]){"he went to a&e.", "who is j. smith?"});
}

static void test_a_span_leads_back_to_the_original_bytes(void **state)
{
    (void)state;
    struct slice text = SLICE("Well \xE2\x80\x94 I\xE2\x80\x99m  caf\xC3\xA9 sad\xE2\x80\x99");
    passage_read(&passage, text);
    size_t at = slice_find(slice_of(passage.text, passage.len), SLICE("i'm"), 0), start = 0, end = 0;
    passage_span(&passage, at, at + 3, &start, &end);
    assert_slice(slice_part(text, start, end), "I\xE2\x80\x99m");
    passage_span(&passage, at, passage.len, &start, &end);
    assert_int_equal(end, text.len);
}

/* A text is read several bytes at a time: what it holds must not matter to where it stands. */
static void test_each_byte_leads_back_to_where_it_stood_at_any_place(void **state)
{
    (void)state;
    static const char part[] = "  A\xE2\x80\x99s  *B* 3.5 \xC3\x89\n\n  c\xE2\x80\x8B_d \xFF[E]~^";
    static const char expected[] = "a's b 3.5 \xC3\xA9\n\ncd ?[e]~^";
    static const uint8_t from[] = {2,  3,  6,  7,  10, 12, 13, 14, 15, 16, 17, 18,
                                   19, 20, 23, 28, 29, 30, 31, 32, 33, 34, 35};
    for (size_t lead = 0; lead < 40; lead++) {
        char text[80] = "";
        memset(text, 'x', lead);
        memcpy(text + lead, part, sizeof part);
        passage_read(&passage, slice_of(text, lead + sizeof part - 1));
        size_t blank = lead > 0; /* one of the two is kept behind a letter */
        struct slice found = slice_part(slice_of(passage.text, passage.len), lead + blank, passage.len);
        assert_slice(found, expected);
        for (size_t i = 0; i < found.len; i++)
            assert_int_equal(passage_origin(&passage, lead + blank + i), lead + from[i]);
    }
}

static void test_code_quotations_and_cited_lines_are_masked(void **state)
{
    (void)state;
    static const char *const texts[] = {"Look ```i am sad``` here", "Look `i am sad` here",
                                        "Look \"i am sad today\" here", "> i am sad\nhere"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        passage_read(&passage, slice_from(texts[i]));
        struct slice text = slice_of(passage.text, passage.len);
        assert_int_equal(slice_find(text, SLICE("sad"), 0), SLICE_NOT_FOUND);
        assert_int_not_equal(slice_find(text, SLICE("here"), 0), SLICE_NOT_FOUND);
        assert_int_equal(passage.code, i < 2);
    }
    passage_read(&passage, SLICE("I think \"Emma\" is by Austen"));
    assert_int_not_equal(slice_find(slice_of(passage.text, passage.len), SLICE("emma"), 0), SLICE_NOT_FOUND);
}

/* Of each text: whether "sad" stays, and whether some of it was code. */
static void assert_masked(const char *text, bool masked, bool code)
{
    passage_read(&passage, slice_from(text));
    struct slice found = slice_of(passage.text, passage.len);
    if ((slice_find(found, SLICE("sad"), 0) == SLICE_NOT_FOUND) != masked || passage.code != code)
        fail_msg("%s: masked %d, code %d", text, !masked, passage.code);
    if (masked)
        assert_int_not_equal(slice_find(found, SLICE("here"), 0), SLICE_NOT_FOUND);
}

/* As a table has it: the user speaks, but where they quote. */
static void test_quotation_marks_around_the_whole_message_mask_nothing(void **state)
{
    (void)state;
    assert_sentences("\"I'm so sad today. Who wrote \"\"Emma\"\"?\"", 2,
                     (const char *[]){"i'm so sad today.", "who wrote \"\"emma\"\"?"});
    assert_masked("\"Look: \"\"I am sad today\"\", it says here.\"", true, false);
    assert_masked("\"I am sad today\" or here \"I am too\"", true, false);
    assert_masked("\"I am so sad today", false, false);
    assert_sentences("\"", 1, (const char *[]){"\""});
}

static void test_marks_that_only_open_need_no_blank_before_them(void **state)
{
    (void)state;
    assert_masked("\xE6\x88\x91\xE2\x80\x9CI am sad today\xE2\x80\x9D here", true, false);
    assert_masked("\xE6\x88\x91\xE3\x80\x8CI am sad today\xE3\x80\x8D here", true, false);
    assert_masked("Er sagt \xE2\x80\x9E"
                  "so\xE2\x80\x9C, I am sad, not \"so\".",
                  false, false);
}

static void test_tildes_fence_code_and_adorn_prose(void **state)
{
    (void)state;
    assert_masked("Why?\n~~~\nsad = 1\n~~~\nLook here", true, true);
    assert_masked("Why?\n~~~~ python\nsad = 1\n\nx\n~~~~\nLook here", true, true);
    assert_masked("~~~ so sad ~~~", false, false);
    assert_masked("~~~\nso sad", false, false);
    assert_masked("~~~ I am sad\n~~~ Look here", false, false);
    assert_masked("I am so sad~~~\nLook here~~~", false, false);
}

static void test_indented_lines_are_code_where_they_look_like_it(void **state)
{
    (void)state;
    assert_masked("Why?\n\n    sad = read()\n    if sad:\n        x = 1\n\nLook here", true, true);
    assert_masked("Why?\n\n\tprintf(\"sad\");\n\n\treturn sad;\n\nLook here", true, true);
    assert_masked("    int main() {\n      sad();\n    }\nLook here", true, true);
    assert_masked("Hello,\n\n    I am so sad today (and tired); nothing works.\n    What is a thing(s)?\n\nLook here",
                  false, false);
    assert_masked("\tI am sad.\n\n\tI think f(x) is it.\n\n\tIt hurts.\n", false, false);
    assert_masked("I told him:\n    sad = read()\nLook here", false, false);
    assert_masked("One\n\n  sad = read()\n\nLook here", false, false);
}

static void test_single_quotation_marks_mask_and_apostrophes_do_not(void **state)
{
    (void)state;
    assert_masked("He said 'I am so sad today' and here we are", true, false);
    assert_masked("He said \xE2\x80\x98I don\xE2\x80\x99t know, I\xE2\x80\x99m sad.\xE2\x80\x99 Look here", true,
                  false);
    assert_masked("Er rief \xE2\x80\x9AIch bin so sad heute!\xE2\x80\x98 here", true, false);
    assert_masked("Er rief \xE2\x80\x9EIch bin so sad heute!\xE2\x80\x9C here", true, false);
    assert_masked("Il dit \xC2\xAB je suis tellement sad ici \xC2\xBB here", true, false);
    assert_masked("('she is really sad today', he wrote) here", true, false);
    assert_masked("the 'sad' one", false, false);
    assert_masked("My parents' house is gone, I'm sad and the dogs' owner is, too", false, false);
    assert_masked("'Cause I'm sad about my parents' house", false, false);
    assert_masked("Rock 'n' roll makes me sad and my friends' faces, too", false, false);
    assert_masked("The '90s made me sad and my parents' house", false, false);
    assert_masked("It 's a sad thing about the boys ' house", false, false);
    assert_masked("I 'm so sad about my parents' house", false, false);
    assert_masked("He is 5' tall and I am so sad' here", false, false);
    assert_masked("He began 'I am so\nsad today' and so on", false, false);
    assert_masked("Il a l'air sad et c'est l'\xC3\xA9t\xC3\xA9", false, false);
    assert_masked("I said 'no l'\xC3\xA9t\xC3\xA9 is sad", false, false);
}

static void test_a_long_text_keeps_its_head_and_its_tail(void **state)
{
    (void)state;
    size_t len = 20000;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, "head. ", 6);
    memcpy(text + len - 6, "\ntail.", 6);
    passage_read(&passage, slice_of(text, len));
    assert_true(passage.cut);
    assert_true(passage.len <= PASSAGE_MAX);
    assert_slice(passage_sentence(&passage, 0), "head.");
    assert_slice(slice_part(passage_sentence(&passage, passage.count - 1), 0, 5), "tail.");
    free(text);
}

static void test_a_paragraph_that_was_broken_to_a_width_is_read_on(void **state)
{
    (void)state;
    assert_sentences(
        "I had always thought that the capital of\nAustralia was Sydney, but my teacher\nsays it is not. Who of us is "
        "right?\n\nThanks",
        3,
        (const char *[]){
            "i had always thought that the capital of australia was sydney, but my teacher says it is not.",
            "who of us is right?", "thanks"});
    passage_read(&passage, SLICE("My day was long and I am tired of all of it now\nNobody called\nI am going to bed "
                                 "now and will not get up"));
    assert_int_equal(passage.count, 3);
    passage_read(&passage, SLICE("Things that I am going to buy in the town now\n- apples, and what else there may be "
                                 "in that\n- pears, and what else there may be in that shop"));
    assert_int_equal(passage.count, 3);
    passage_read(&passage, SLICE("i am so sad today that i can not get up at all\nmy dog died in my arms last night at "
                                 "home yes\nnothing is ever going to be as it was before"));
    assert_int_equal(passage.count, 3);
}

static void test_malformed_utf8_is_never_shown_to_patterns(void **state)
{
    (void)state;
    passage_read(&passage, SLICE("a\xFF\xC3(b\xE2\x82"));
    assert_true(utf8_valid(slice_of(passage.text, passage.len)));
}

static void test_a_run_on_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        char text[3301] = "";
        memset(text, 'x', lead);
        for (size_t len = lead; len + 3 < sizeof text; len += 3)
            memcpy(text + len, "\xE6\x88\x91", 3);
        passage_read(&passage, slice_from(text));
        assert_true(passage.count > 1);
        for (size_t i = 0; i < passage.count; i++)
            assert_true(utf8_valid(passage_sentence(&passage, i)));
    }
}

static void test_languages_are_told_by_their_words_and_scripts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *language;
    } cases[] = {{"What is the capital of France?", "en"},
                 {"Estoy muy triste y no quiero hablar", "es"},
                 {"Ich bin traurig und wei\xC3\x9F nicht", "de"},
                 {"Je suis triste et je ne sais pas", "fr"},
                 {"Il y a la lune, et elle se montre.", "fr"},
                 {"Est-ce qu'il se trompe ?", "fr"},
                 {"Eu estou triste e n\xC3\xA3o sei o que fazer", "pt"},
                 {"\xE6\x88\x91\xE8\xA7\x89\xE5\xBE\x97\xE5\xBE\x88\xE9\x9A\xBE\xE8\xBF\x87", "zh"},
                 {"\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82", "und"},
                 {"", "und"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        passage_read(&passage, slice_from(cases[i].text));
        assert_string_equal(passage_language(&passage), cases[i].language);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_quotes_blanks_and_emphasis_become_plain),
        cmocka_unit_test(test_sentences_end_where_a_reader_ends_them),
        cmocka_unit_test(test_a_span_leads_back_to_the_original_bytes),
        cmocka_unit_test(test_each_byte_leads_back_to_where_it_stood_at_any_place),
        cmocka_unit_test(test_code_quotations_and_cited_lines_are_masked),
        cmocka_unit_test(test_quotation_marks_around_the_whole_message_mask_nothing),
        cmocka_unit_test(test_marks_that_only_open_need_no_blank_before_them),
        cmocka_unit_test(test_tildes_fence_code_and_adorn_prose),
        cmocka_unit_test(test_indented_lines_are_code_where_they_look_like_it),
        cmocka_unit_test(test_single_quotation_marks_mask_and_apostrophes_do_not),
        cmocka_unit_test(test_a_long_text_keeps_its_head_and_its_tail),
        cmocka_unit_test(test_a_paragraph_that_was_broken_to_a_width_is_read_on),
        cmocka_unit_test(test_malformed_utf8_is_never_shown_to_patterns),
        cmocka_unit_test(test_a_run_on_is_cut_between_characters),
        cmocka_unit_test(test_languages_are_told_by_their_words_and_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
