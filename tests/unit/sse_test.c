/* sse: the same events wherever the bytes are torn, whatever ends the lines. */
#include "check.h"

#include "sse.h"

static void collect(const struct sse_event *event, void *arg)
{
    struct buf *seen = arg;
    buf_add_slice(seen, event->type);
    buf_add_char(seen, '|');
    buf_add_slice(seen, event->data);
    buf_add_char(seen, '\n');
}

static void read_torn(struct slice stream, size_t at, struct buf *seen)
{
    struct sse sse;
    buf_clear(seen);
    sse_init(&sse, 1000, collect, seen);
    sse_feed(&sse, slice_part(stream, 0, at));
    sse_feed(&sse, slice_part(stream, at, stream.len));
    sse_fini(&sse);
}

static void events_are_the_same_wherever_the_stream_is_torn(void **state)
{
    (void)state;
    static const char *const streams[] = {
        "\xEF\xBB\xBF"
        "data: one\n\n: a comment\nevent: x\ndata:two\ndata:  three\nid: 7\n\ndata\n\ndata: "
        "\xc3\xa9\xe2\x80\xa8y\n\ndata: unfinished\n",
        "\xEF\xBB\xBF"
        "data: one\r\r: a comment\revent: x\rdata:two\rdata:  three\rid: 7\r\rdata\r\rdata: "
        "\xc3\xa9\xe2\x80\xa8y\r\rdata: unfinished\r",
        "\xEF\xBB\xBF"
        "data: one\r\n\r\n: a comment\r\nevent: x\r\ndata:two\r\ndata:  three\r\nid: 7\r\n\r\ndata\r\n\r\ndata: "
        "\xc3\xa9\xe2\x80\xa8y\r\n\r\ndata: unfinished\r\n",
    };
    struct buf seen;
    buf_init(&seen, 10000);
    for (size_t s = 0; s < 3; s++) {
        struct slice stream = slice_from(streams[s]);
        for (size_t at = 0; at <= stream.len; at++) {
            read_torn(stream, at, &seen);
            assert_slice(buf_slice(&seen), "|one\nx|two\n three\n|\n|\xc3\xa9\xe2\x80\xa8y\n");
        }
    }
    buf_fini(&seen);
}

static void an_event_over_the_limit_is_dropped_and_counted(void **state)
{
    (void)state;
    struct sse sse;
    struct buf seen, big;
    buf_init(&seen, 10000);
    buf_init(&big, 10000);
    buf_add_text(&big, "data: ");
    for (int i = 0; i < 2000; i++)
        buf_add_char(&big, 'x');
    buf_add_text(&big, "\n\ndata: small\n\n");
    sse_init(&sse, 1000, collect, &seen);
    sse_feed(&sse, buf_slice(&big));
    assert_slice(buf_slice(&seen), "|small\n");
    assert_int_equal(sse.dropped, 1);
    sse_fini(&sse);
    buf_fini(&big);
    buf_fini(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_wherever_the_stream_is_torn),
        cmocka_unit_test(an_event_over_the_limit_is_dropped_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
