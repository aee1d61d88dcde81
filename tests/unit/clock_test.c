/* clock: times as they are written, beside what the C library makes of them. */
#include "check.h"

#include <stdio.h>
#include <time.h>

#include "clock.h"

static void times_are_written_as_the_c_library_writes_them(void **state)
{
    (void)state;
    const int64_t day = 86400000;
    static const int64_t apart[] = {0, 1, 86399999, -1, -86400001};
    for (int64_t days = -719528; days <= 2932896; days += 97) { /* from the year 0000 to 9999, leap days included */
        for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
            int64_t ms = days * day + apart[i], rest = ((ms % 1000) + 1000) % 1000;
            char ours[CLOCK_TEXT_SIZE], theirs[CLOCK_TEXT_SIZE + 40];
            time_t seconds = (time_t)((ms - rest) / 1000);
            struct tm tm;
            if (ms < -719528 * day || !gmtime_r(&seconds, &tm))
                continue;
            snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)rest);
            clock_format(ms, ours);
            assert_string_equal(ours, theirs);
        }
    }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 951782400123, 1709164800000, 1798761599999};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[CLOCK_TEXT_SIZE];
        int64_t back;
        clock_format(times[i], text);
        assert_int_equal(clock_parse(slice_from(text), 0, &back), 0);
        assert_int_equal(back, times[i]);
    }
}

static void years_without_four_digits_stop_at_the_edge(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_SIZE];
    clock_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    clock_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_as_the_c_library_writes_them),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(years_without_four_digits_stop_at_the_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
