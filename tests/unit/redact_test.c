/* What identifies a person or opens a door is replaced; what carries the facts of an answer stays. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "redact.h"

static void expect(const char *text, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    assert_int_equal(redact_text(slice_from(text), &out, NULL), 0);
    assert_slice(buf_slice(&out), wanted);
    buf_fini(&out);
}

static void stays(const char *text)
{
    expect(text, text);
}

static void mail_addresses_are_replaced(void **state)
{
    (void)state;
    expect("write to jane.doe+x@mail.example.co.uk.", "write to [email].");
    expect("<joerg@example.de>,bob@b.io", "<[email]>,[email]");
    expect("j\xc3\xb6rg@ex\xc3\xa4mple.de!", "[email]!");
    expect("\xe9\x82\xae\xe7\xae\xb1"
           "foo@bar.com",
           "\xe9\x82\xae\xe7\xae\xb1[email]");
    expect("a\xef\xbc\xa0"
           "b.com",
           "[email]");
    stays("meet @ 5pm, see @handle, 5@3pm, a@b");
}

static void phone_numbers_are_replaced(void **state)
{
    (void)state;
    expect("call +1 (555) 123-4567 now", "call [phone] now");
    expect("(555) 123-4567", "[phone]");
    expect("555-123-4567 or 555.123.4567", "[phone] or [phone]");
    expect("1-800-555-0199", "[phone]");
    expect("0171 2345678", "[phone]");
    expect("06 12 34 56 78.", "[phone].");
    expect("020 7946 0958", "[phone]");
    expect("0049 171 2345678", "[phone]");
    expect("my cell is 555-1234", "my cell is [phone]");
    expect("98765 43210", "[phone]");
    expect("+\xd9\xa9\xd9\xa7\xd9\xa1\xd9\xa5\xd9\xa0\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7",
           "[phone]");
}

static void card_numbers_are_replaced_by_their_check_digit(void **state)
{
    (void)state;
    expect("card 4111 1111 1111 1111 exp 12/27", "card [card] exp 12/27");
    expect("4111111111111111", "[card]");
    expect("3782-822463-10005", "[card]");
    expect("4111\xe2\x80\x8b"
           "1111 1111\xc2\xa0"
           "1111",
           "[card]");
    expect("1234 5678 9012 3456", "[number]");
}

static void keys_and_tokens_are_replaced(void **state)
{
    (void)state;
    expect("sk-proj-abcDEF0123456789abcd", "[key]");
    expect("Authorization: Bearer abc.def-123456", "Authorization: Bearer [key]");
    expect("authorization: basic dXNlcjpwYXNzd29yZA==", "authorization: basic [key]");
    expect("use ghp_0123456789abcdefABCDEF0123456789abcd.", "use [key].");
    expect("AKIAIOSFODNN7EXAMPLE", "[key]");
    expect("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[key]");
    expect("d41d8cd98f00b204e9800998ecf8427e", "[key]");
    expect("123e4567-e89b-12d3-a456-426614174000", "[key]");
    expect("OPENAI_API_KEY=hunter", "OPENAI_API_KEY=[key]");
    expect("\"password\": \"swordfish\"", "\"password\": \"[key]\"");
    expect("my password is Hunter2!", "my password is [key]!");
    expect("wJalrXUtnFEMI/K7MDENG/bPxRfiCY3x9AMPL3KEY", "[key]");
    expect("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nrest", "[key]\nrest");
}

static void addresses_of_machines_are_replaced(void **state)
{
    (void)state;
    expect("ping 192.168.1.17:8080", "ping [address]:8080");
    expect("2001:db8::8a2e:370:7334 is up", "[address] is up");
    expect("fe80:0:0:0:200:f8ff:fe21:67cf", "[address]");
    expect("00:1A:2b:3C:4d:5E", "[address]");
    stays("at 12:30:45, std::vector<a::b>, version 1.2.3, 999.1.1.1");
}

static void bank_accounts_are_replaced(void **state)
{
    (void)state;
    expect("DE89 3704 0044 0532 0130 00 and then", "[iban] and then");
    expect("GB82WEST12345698765432", "[iban]");
    expect("nl91 abna 0417 1643 00", "[iban]");
}

static void long_numbers_are_replaced_even_inside_words(void **state)
{
    (void)state;
    expect("SSN 123-45-6789", "SSN [number]");
    expect("account 123456789012", "account [number]");
    expect("id_123456789012x", "id_[number]x");
    expect("7777777777777777777777777777777777777777777777777777", "[number]");
}

static void facts_stay(void **state)
{
    (void)state;
    stays("It was 1969-07-20, or 20.07.1969, or 7/20/69; from 1914-1918.");
    stays("299 792 458 m/s, 300,000,000 m/s, 1 000 000 000, 10000000000");
    stays("pi is 3.14159265358979 and 0.123456789012");
    stays("The bearer of responsibilities; basic internationalization; the secret: persistence");
    stays("https://example.org/en/articles/Some-Long-Title-Of-The-Year-2024/overview");
    stays("20-30 mg, 2+2=4, pages 100-2000, isotope 235U, room 1234");
}

static void spans_follow_their_text(void **state)
{
    (void)state;
    struct redact_edits edits = {NULL, 0, 0};
    struct buf out;
    const char *text = "a@b.cd and 4111111111111111 sad";
    buf_init(&out, 4096);
    assert_int_equal(redact_text(slice_from(text), &out, &edits), 0);
    assert_slice(buf_slice(&out), "[email] and [card] sad");
    assert_int_equal(edits.count, 2);
    size_t sad = strlen(text) - 3;
    assert_slice(slice_part(buf_slice(&out), redact_offset(&edits, sad, false), redact_offset(&edits, sad + 3, true)),
                 "sad");
    assert_int_equal(redact_offset(&edits, 0, false), 0);
    assert_slice(slice_part(buf_slice(&out), redact_offset(&edits, 13, false), redact_offset(&edits, 14, true)),
                 "[card]");
    redact_edits_fini(&edits);
    buf_fini(&out);
}

static void any_bytes_pass_without_losing_a_character(void **state)
{
    (void)state;
    expect("\xff\xfe \xf0\x9f\x98\xad \xe2\x80\xae", "\xff\xfe \xf0\x9f\x98\xad \xe2\x80\xae");
    expect("", "");
    unsigned seed = 7;
    for (int round = 0; round < 2000; round++) {
        static const char *const pieces[] = {
            "@",        "+", "1", "23",           ".",         "-",  " ",    "sk-",  "a",   "F", ":",
            "\xc3\xa9", "(", ")", "\xe2\x80\x8b", "password=", "\n", "\xff", "DE89", "4111"};
        struct buf text, out;
        buf_init(&text, 4096);
        buf_init(&out, 65536);
        for (int i = 0; i < 60; i++) {
            seed = seed * 1103515245u + 12345u;
            buf_add_text(&text, pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
        }
        struct redact_edits edits = {NULL, 0, 0};
        assert_int_equal(redact_text(buf_slice(&text), &out, &edits), 0);
        assert_int_equal(redact_offset(&edits, text.len, true), out.len);
        redact_edits_fini(&edits);
        buf_fini(&text);
        buf_fini(&out);
    }
}

static void a_megabyte_of_anything_takes_linear_time(void **state)
{
    (void)state;
    static const char *const patterns[] = {"@",         "1",  "1 ",   "a.", "sk-", "-----BEGIN ",
                                           "password=", "1:", "DE89", "(",  "+1("};
    for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
        struct buf text, out;
        buf_init(&text, 1u << 20);
        buf_init(&out, 16u << 20);
        while (text.len + strlen(patterns[p]) <= text.max)
            buf_add_text(&text, patterns[p]);
        assert_int_equal(redact_text(buf_slice(&text), &out, NULL), 0);
        buf_fini(&text);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_addresses_are_replaced),
        cmocka_unit_test(phone_numbers_are_replaced),
        cmocka_unit_test(card_numbers_are_replaced_by_their_check_digit),
        cmocka_unit_test(keys_and_tokens_are_replaced),
        cmocka_unit_test(addresses_of_machines_are_replaced),
        cmocka_unit_test(bank_accounts_are_replaced),
        cmocka_unit_test(long_numbers_are_replaced_even_inside_words),
        cmocka_unit_test(facts_stay),
        cmocka_unit_test(spans_follow_their_text),
        cmocka_unit_test(any_bytes_pass_without_losing_a_character),
        cmocka_unit_test(a_megabyte_of_anything_takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
