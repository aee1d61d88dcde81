/* json: what is refused, what is found at which offset, and that writing reads back. */
#include "check.h"

#include <math.h>

#include "json.h"

static bool well_formed(const char *text)
{
    struct err err = {""};
    return json_check(slice_from(text), JSON_LIMITS_DEFAULT, &err) == 0;
}

static void well_formed_text_is_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}",
        "[]",
        " [ 1 , -0.5e+3 , 0 , true, false, null ] ",
        "\"\\u00e9\\ud83d\\ude00\\n\"",
        "{\"a\":{\"b\":[{}]}}",
        "\"h\xc3\xa9\"",
        "1e9",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(well_formed(good[i]));
}

static void malformed_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "nul",
        "\"\\x\"",
        "\"\\u00\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"a\nb\"",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "{} {}",
        "[1 2]",
        "{\"a\" 1}",
        "\"a",
        "\xef\xbb\xbf{}",
        "NaN",
        "'a'",
        "[1]x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (well_formed(bad[i]))
            fail_msg("accepted: %s", bad[i]);
}

/* The scanner passes eight bytes at a time where it can: a byte that stops it does so wherever it stands. */
static void plain_text_ends_where_it_must_at_every_offset(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        bool plain = c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
        for (size_t len = 1; len <= 24; len++)
            for (size_t at = 0; at < len; at++) {
                char text[24];
                memset(text, 'a', sizeof text);
                text[at] = (char)c;
                assert_int_equal(json_plain(slice_of(text, len)), plain ? len : at);
            }
    }
    assert_int_equal(json_plain(SLICE("")), 0);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    char deep[2000];
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    assert_int_equal(json_check(slice_of(deep, 2000), (struct json_limits){2000, 2000}, NULL), -1);
    assert_int_equal(json_check(slice_of(deep + 900, 200), (struct json_limits){2000, 100}, NULL), 0);
    assert_int_equal(json_check(slice_of(deep + 900, 200), (struct json_limits){2000, 99}, NULL), -1);
}

static void duplicate_keys_are_refused_by_the_tree(void **state)
{
    (void)state;
    struct err err = {""};
    assert_null(json_parse(SLICE("{\"x\":{\"a\":1,\"a\":2}}"), JSON_LIMITS_DEFAULT, &err));
    assert_non_null(strstr(err.text, "twice"));
    cJSON *tree = json_parse(SLICE("{\"a\":1,\"A\":2}"), JSON_LIMITS_DEFAULT, &err);
    int64_t value;
    assert_true(json_get_int(tree, "A", &value));
    assert_int_equal(value, 2);
    cJSON_Delete(tree);
}

struct seen {
    struct json_member members[8];
    size_t count;
};

static int see(const struct json_member *member, void *arg)
{
    struct seen *seen = arg;
    seen->members[seen->count++] = *member;
    return slice_is(member->key, "stop") ? 7 : 0;
}

static void members_are_found_with_their_offsets(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    struct slice text = SLICE(" {\"model\" : \"m\\\"x\", \"n\":[1,{\"model\":2}],\"stream\":true} ");
    assert_int_equal(json_members(text, 10, see, &seen), 0);
    assert_int_equal(seen.count, 3);
    assert_slice(seen.members[0].key, "model");
    assert_slice(seen.members[0].value, "\"m\\\"x\"");
    assert_int_equal(seen.members[0].start, 2);
    assert_slice(seen.members[1].value, "[1,{\"model\":2}]");
    assert_int_equal(seen.members[2].type, JSON_TRUE);
    seen.count = 0;
    assert_int_equal(json_members(SLICE("{\"stop\":1,\"b\":2}"), 10, see, &seen), 7);
    assert_int_equal(seen.count, 1);
    assert_int_equal(json_members(SLICE("[1]"), 10, see, &seen), -1);
    assert_int_equal(json_members(SLICE("{\"a\":1"), 10, see, &seen), -1);
    seen.count = 0;
    assert_int_equal(json_items(SLICE("[1, \"a\"]"), 10, see, &seen), 0);
    assert_slice(seen.members[1].value, "\"a\"");
}

static void a_string_unescapes_to_its_characters(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    assert_int_equal(json_unescape(SLICE("\"a\\u00e9\\ud83d\\ude00\\t\\/\\\"\""), &out), 0);
    assert_slice(buf_slice(&out), "a\xc3\xa9\xf0\x9f\x98\x80\t/\"");
    assert_int_equal(json_unescape(SLICE("\"a\\u0000\""), &out), -1);
    assert_int_equal(json_unescape(SLICE("\"a"), &out), -1);
    buf_fini(&out);
}

static void no_reader_finds_a_line_end_inside_a_line(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    json_escape(&out, SLICE("a\xc2\x85"
                            "b\xe2\x80\xa8"
                            "c\xe2\x80\xa9"
                            "d\n"));
    assert_slice(buf_slice(&out), "\"a\\u0085b\\u2028c\\u2029d\\n\"");
    buf_fini(&out);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct buf out;
    struct json_writer w;
    buf_init(&out, 4096);
    json_start(&w, &out);
    json_open_object(&w, NULL);
    json_put_slice(&w, "text", SLICE("a\"\\\n\x01\x7f\xff\xc3\xa9"));
    json_put_double(&w, "third", 1.0 / 3);
    json_put_double(&w, "none", (double)INFINITY);
    json_open_array(&w, "list");
    json_put_int(&w, NULL, -5);
    json_put_bool(&w, NULL, true);
    json_put_null(&w, NULL);
    json_close_array(&w);
    json_put_key_slice(&w, SLICE("k\"ey"));
    json_put_int(&w, NULL, 1);
    json_close_object(&w);
    assert_slice(buf_slice(&out),
                 "{\"text\":\"a\\\"\\\\\\n\\u0001\\u007f\\ufffd\xc3\xa9\",\"third\":0.3333333333333333,\"none\":null,"
                 "\"list\":[-5,true,null],\"k\\\"ey\":1}");
    cJSON *tree = json_parse(buf_slice(&out), JSON_LIMITS_DEFAULT, NULL);
    double third;
    assert_true(json_get_double(tree, "third", &third));
    assert_true(third == 1.0 / 3);
    cJSON_Delete(tree);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text_is_accepted),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(plain_text_ends_where_it_must_at_every_offset),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(duplicate_keys_are_refused_by_the_tree),
        cmocka_unit_test(members_are_found_with_their_offsets),
        cmocka_unit_test(a_string_unescapes_to_its_characters),
        cmocka_unit_test(no_reader_finds_a_line_end_inside_a_line),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
