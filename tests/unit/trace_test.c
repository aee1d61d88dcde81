/* trace: the client's traceparent is joined where it is well-formed, and an exchange's id gives the ids without it. */
#include "check.h"

#include <stdio.h>

#include "trace.h"
#include "trial.h"

#define PARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static const char *hex(const unsigned char *bytes, size_t count, char out[33])
{
    for (size_t i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return out;
}

static void a_clients_trace_is_joined(void **state)
{
    (void)state;
    struct trace trace;
    char text[33];
    trace_join(&trace, SLICE(PARENT), "01M85QT6EPA095A1R7RB2KE0E9");
    assert_true(trace.joined && trace.sampled);
    assert_string_equal(hex(trace.id, TRACE_ID_BYTES, text), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal(hex(trace.parent, SPAN_ID_BYTES, text), "00f067aa0ba902b7");
    trace_join(&trace, SLICE("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), "");
    assert_true(trace.joined && !trace.sampled);
    trace_join(&trace, SLICE("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what.the.future"), "");
    assert_true(trace.joined && trace.sampled);
}

static void a_malformed_traceparent_is_taken_for_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        PARENT "0",
        PARENT "-more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct trace trace;
        trace_join(&trace, slice_from(bad[i]), "01M85QT6EPA095A1R7RB2KE0E9");
        if (trace.joined)
            fail_msg("joined \"%s\"", bad[i]);
    }
}

static void an_exchanges_id_is_its_traces_id(void **state)
{
    (void)state;
    static const unsigned char random[ID_RANDOM_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 255};
    struct trace trace;
    char id[ID_SIZE], text[33];
    unsigned char span[SPAN_ID_BYTES];
    id_make(id, random);
    trace_join(&trace, SLICE_NONE, id);
    assert_false(trace.joined);
    assert_string_equal(hex(trace.id, TRACE_ID_BYTES, text) + 12, "010203040506070809ff");
    trace_span(id, span);
    assert_string_equal(hex(span, SPAN_ID_BYTES, text), "03040506070809ff");
    trace_join(&trace, SLICE_NONE, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    assert_string_equal(hex(trace.id, TRACE_ID_BYTES, text), "ffffffffffffffffffffffffffffffff");
}

static void the_clients_flag_decides_and_else_the_share(void **state)
{
    (void)state;
    struct trace trace;
    trace_join(&trace, SLICE(PARENT), "");
    assert_true(trace_kept(&trace, 0));
    trace.sampled = false;
    assert_false(trace_kept(&trace, 1));
    unsigned kept = 0;
    for (unsigned i = 0; i < 4000; i++) {
        char id[ID_SIZE];
        id_new(id);
        trace_join(&trace, SLICE_NONE, id);
        assert_true(trace_kept(&trace, 1));
        assert_false(trace_kept(&trace, 0));
        kept += trace_kept(&trace, .25);
    }
    assert_in_range(kept, 800, 1200); /* seven standard deviations */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clients_trace_is_joined),
        cmocka_unit_test(a_malformed_traceparent_is_taken_for_none),
        cmocka_unit_test(an_exchanges_id_is_its_traces_id),
        cmocka_unit_test(the_clients_flag_decides_and_else_the_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
