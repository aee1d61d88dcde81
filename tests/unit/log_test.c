/* log: lines as text and as JSON, batches that leave whole lines only, and entries as journald takes them. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

/* A datagram or what was written in one piece. */
static const char *read_one(int fd, char text[8192])
{
    ssize_t got = read(fd, text, 8191);
    assert_true(got > 0);
    text[got] = '\0';
    return text;
}

static void say(struct log *log)
{
    log_warn(log, "flagged", LOG_Z("trial_id", "T1"), LOG_I("count", 3), LOG_D("share", .5),
             LOG_Z("reason", "two\nlines, \"quoted\""));
}

static void a_line_of_text_is_words_and_json_is_json(void **state)
{
    (void)state;
    int ends[2];
    char text[8192];
    assert_int_equal(pipe(ends), 0);
    struct log *log = log_new(ends[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    say(log);
    assert_non_null(strstr(read_one(ends[0], text),
                           " warn flagged trial_id=T1 count=3 share=0.5 reason=\"two\\nlines, \\\"quoted\\\"\"\n"));
    log_configure(log, LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    say(log);
    assert_non_null(strstr(read_one(ends[0], text),
                           ",\"level\":\"warn\",\"event\":\"flagged\",\"trial_id\":\"T1\",\"count\":3,\"share\":0.5,"));
    log_free(log);
    close(ends[0]);
    close(ends[1]);
}

static void an_entry_of_journald_has_its_fields(void **state)
{
    (void)state;
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    struct err err = {""};
    char folder[] = "/tmp/candor-log-XXXXXX", text[8192];
    assert_non_null(mkdtemp(folder));
    snprintf(place.sun_path, sizeof place.sun_path, "%s/socket", folder);
    assert_int_equal(log_journal_open(place.sun_path, &err), -1);
    assert_non_null(strstr(err.text, "no journald"));

    int journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(journal, (const struct sockaddr *)&place, sizeof place), 0);
    int fd = log_journal_open(place.sun_path, &err);
    assert_true(fd >= 0);
    struct log *log = log_new(fd, LOG_LEVEL_INFO, LOG_FORMAT_JOURNAL);
    log_configure(log, LOG_LEVEL_INFO, LOG_FORMAT_TEXT); /* a reload does not make it a line */
    say(log);
    assert_string_equal(read_one(journal, text),
                        "SYSLOG_IDENTIFIER=candor\nPRIORITY=4\n"
                        "MESSAGE=flagged trial_id=T1 count=3 share=0.5 reason=\"two\\nlines, \\\"quoted\\\"\"\n"
                        "CANDOR_EVENT=flagged\nCANDOR_TRIAL_ID=T1\nCANDOR_COUNT=3\nCANDOR_SHARE=0.5\n"
                        "CANDOR_REASON=\"two\\nlines, \\\"quoted\\\"\"\n");
    struct buf batch;
    buf_init(&batch, LOG_BATCH_MAX);
    const struct log_field field = LOG_Z("exchange", "E1");
    log_batch(log, &batch, LOG_LEVEL_INFO, "exchange", &field, 1); /* leaves at once: an entry is a datagram */
    assert_non_null(strstr(read_one(journal, text), "\nCANDOR_EXCHANGE=E1\n"));
    buf_fini(&batch);
    log_free(log);
    close(fd);
    close(journal);
    unlink(place.sun_path);
    rmdir(folder);
}

static void a_journald_that_does_not_read_holds_nobody_up(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
    struct log *log = log_new(pair[0], LOG_LEVEL_INFO, LOG_FORMAT_JOURNAL);
    for (int i = 0; i < 10000; i++) /* far more than its queue takes: a write that waits would never return */
        say(log);
    log_free(log);
    close(pair[0]);
    close(pair[1]);
}

struct pipe_log {
    struct log *log;
    int in, out;
    char text[3 * LOG_BATCH_MAX];
};

static struct pipe_log open_log(enum log_format format)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    return (struct pipe_log){.log = log_new(ends[1], LOG_LEVEL_INFO, format), .in = ends[0], .out = ends[1]};
}

/* Everything written so far, without the times; closes. */
static const char *close_log(struct pipe_log *pipe_log)
{
    close(pipe_log->out);
    ssize_t got = read(pipe_log->in, pipe_log->text, sizeof pipe_log->text - 1);
    pipe_log->text[got > 0 ? got : 0] = '\0';
    close(pipe_log->in);
    log_free(pipe_log->log);
    return pipe_log->text;
}

static void values_are_typed_and_escaped(void **state)
{
    (void)state;
    struct pipe_log json = open_log(LOG_FORMAT_JSON), text = open_log(LOG_FORMAT_TEXT);
    log_info(json.log, "it happened", LOG_Z("what", "a \"b\"\n"), LOG_I("least", INT64_MIN), LOG_I("none", 0));
    log_info(text.log, "it happened", LOG_Z("what", "a \"b\"\n"), LOG_Z("plain", "word"), LOG_I("most", INT64_MAX));
    log_debug(text.log, "unasked", LOG_I("n", 1));
    assert_non_null(strstr(close_log(&json), "\"level\":\"info\",\"event\":\"it happened\",\"what\":\"a \\\"b\\\"\\n\","
                                             "\"least\":-9223372036854775808,\"none\":0}\n"));
    const char *written = close_log(&text);
    assert_non_null(
        strstr(written, "Z info \"it happened\" what=\"a \\\"b\\\"\\n\" plain=word most=9223372036854775807\n"));
    assert_null(strstr(written, "unasked"));
}

static void a_batch_leaves_in_whole_lines_and_loses_none(void **state)
{
    (void)state;
    struct pipe_log log = open_log(LOG_FORMAT_TEXT);
    struct buf batch;
    buf_init(&batch, LOG_BATCH_MAX);
    const struct log_field fields[] = {LOG_Z("word", "abcdefghijklmnopqrstuvwxyz")};
    size_t lines = 0;
    for (int i = 0; i < 100; i++) {
        log_batch(log.log, &batch, LOG_LEVEL_INFO, "line", fields, 1);
        assert_true(batch.len > 0 && batch.data[batch.len - 1] == '\n' && !batch.failed);
    }
    log_flush(log.log, &batch);
    buf_fini(&batch);
    for (const char *at = close_log(&log); (at = strstr(at, "line word=abcdefghijklmnopqrstuvwxyz\n")); at++)
        lines++;
    assert_int_equal(lines, 100);
}

static void an_oversized_line_says_so_and_harms_no_other(void **state)
{
    (void)state;
    static char huge[LOG_BATCH_MAX + 1];
    memset(huge, 'x', sizeof huge - 1);
    struct pipe_log log = open_log(LOG_FORMAT_JSON);
    struct buf batch;
    buf_init(&batch, LOG_BATCH_MAX);
    const struct log_field small[] = {LOG_I("n", 1)}, large[] = {LOG_Z("text", huge)};
    log_batch(log.log, &batch, LOG_LEVEL_INFO, "before", small, 1);
    log_batch(log.log, &batch, LOG_LEVEL_INFO, "large", large, 1);
    log_batch(log.log, &batch, LOG_LEVEL_INFO, "after", small, 1);
    log_flush(log.log, &batch);
    buf_fini(&batch);
    const char *written = close_log(&log);
    assert_non_null(strstr(written, "\"event\":\"before\",\"n\":1}\n"));
    assert_non_null(strstr(written, "\"level\":\"warn\",\"event\":\"log line too long\"}\n"));
    assert_non_null(strstr(written, "\"event\":\"after\",\"n\":1}\n"));
    assert_null(strstr(written, "xxxx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_text_is_words_and_json_is_json),
        cmocka_unit_test(an_entry_of_journald_has_its_fields),
        cmocka_unit_test(values_are_typed_and_escaped),
        cmocka_unit_test(a_batch_leaves_in_whole_lines_and_loses_none),
        cmocka_unit_test(an_oversized_line_says_so_and_harms_no_other),
        cmocka_unit_test(a_journald_that_does_not_read_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
