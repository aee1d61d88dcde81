/* clock: time. Durations come from the monotonic clock; wall time is only written into records and logs.
 * Any thread.
 */
#ifndef CANDOR_CLOCK_H
#define CANDOR_CLOCK_H

#include "str.h"

#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull

uint64_t clock_monotonic_ns(void);
/* Milliseconds since 1970-01-01 UTC. */
int64_t clock_wall_ms(void);

#define CLOCK_TEXT_SIZE 32
/* "2026-11-24T00:28:00.123Z" */
void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);
/* Reads such a time (fraction and Z optional, a bare date too), or an age like "24h", "7d", "30m", "90s" counted
 * back from now_ms. -1 when it is neither. */
MUST_USE int clock_parse(struct slice text, int64_t now_ms, int64_t *wall_ms);
/* A duration: "250ms", "10s", "5m", "2h", "30d"; a bare number is seconds. In milliseconds. */
MUST_USE int clock_parse_duration(struct slice text, uint64_t *ms);

#endif
