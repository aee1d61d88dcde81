/* clock: see clock.h. */
#include "clock.h"

#include <stdio.h>
#include <time.h>

#define MS_PER_DAY 86400000

uint64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Days since 1970-01-01 as a date of the Gregorian calendar, counted in years that begin in March, so that the leap day
 * is the last of its year. The C library does the same at ten times the cost, and a log line an exchange feels it. */
static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int of_era = (int)(days - era * 146097);
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int from_march = (5 * of_year + 2) / 153;
    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static char *digits_put(char *at, int64_t value, size_t count, char behind)
{
    for (size_t i = count; i > 0; i--, value /= 10)
        at[i - 1] = (char)('0' + value % 10);
    at[count] = behind;
    return at + count + 1;
}

void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
    const int64_t first = -62167219200000, last = 253402300799999; /* the years 0000 to 9999, which have four digits */
    wall_ms = wall_ms < first ? first : wall_ms > last ? last : wall_ms;
    int64_t days = wall_ms / (int64_t)MS_PER_DAY, rest = wall_ms % (int64_t)MS_PER_DAY, year;
    int month, day;
    if (rest < 0) {
        rest += (int64_t)MS_PER_DAY;
        days--;
    }
    date_of(days, &year, &month, &day);
    text = digits_put(text, year, 4, '-');
    text = digits_put(text, month, 2, '-');
    text = digits_put(text, day, 2, 'T');
    text = digits_put(text, rest / 3600000, 2, ':');
    text = digits_put(text, rest / 60000 % 60, 2, ':');
    text = digits_put(text, rest / 1000 % 60, 2, '.');
    text = digits_put(text, rest % 1000, 3, 'Z');
    *text = '\0';
}

/* Two or four digits at *at, then the separator (0: none). */
static bool digits_take(struct slice text, size_t *at, size_t count, char separator, int *out)
{
    uint64_t value;
    if (slice_to_u64(slice_part(text, *at, *at + count), &value) != 0 || *at + count > text.len)
        return false;
    *at += count;
    *out = (int)value;
    if (separator == 0)
        return true;
    if (*at >= text.len || text.data[*at] != separator)
        return false;
    ++*at;
    return true;
}

static int date_parse(struct slice text, int64_t *wall_ms)
{
    struct tm tm = {.tm_mday = 1};
    size_t at = 0;
    int millis = 0;
    if (!digits_take(text, &at, 4, '-', &tm.tm_year) || !digits_take(text, &at, 2, '-', &tm.tm_mon) ||
        !digits_take(text, &at, 2, 0, &tm.tm_mday))
        return -1;
    if (at < text.len) {
        if (text.data[at] != 'T' && text.data[at] != ' ')
            return -1;
        at++;
        if (!digits_take(text, &at, 2, ':', &tm.tm_hour) || !digits_take(text, &at, 2, 0, &tm.tm_min))
            return -1;
        if (at < text.len && text.data[at] == ':') {
            at++;
            if (!digits_take(text, &at, 2, 0, &tm.tm_sec))
                return -1;
        }
        if (at < text.len && text.data[at] == '.') {
            at++;
            for (int scale = 100; at < text.len && ascii_is_digit(text.data[at]); at++, scale /= 10)
                millis += scale * (text.data[at] - '0');
        }
        if (at < text.len && text.data[at] == 'Z')
            at++;
    }
    if (at != text.len || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 60)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *wall_ms = (int64_t)timegm(&tm) * 1000 + millis;
    return 0;
}

int clock_parse_duration(struct slice text, uint64_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", MS_PER_DAY}, {"", 1000}};
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit(text.data[digits]))
        digits++;
    uint64_t value;
    if (slice_to_u64(slice_part(text, 0, digits), &value) != 0)
        return -1;
    struct slice unit = slice_part(text, digits, text.len);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!slice_is(unit, units[i].unit))
            continue;
        if (value > UINT64_MAX / units[i].ms)
            return -1;
        *ms = value * units[i].ms;
        return 0;
    }
    return -1;
}

int clock_parse(struct slice text, int64_t now_ms, int64_t *wall_ms)
{
    if (text.len > 4 && text.data[4] == '-')
        return date_parse(text, wall_ms);
    uint64_t age;
    if (clock_parse_duration(text, &age) != 0 || age > INT64_MAX)
        return -1;
    *wall_ms = now_ms - (int64_t)age;
    return 0;
}
