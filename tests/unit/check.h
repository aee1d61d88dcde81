/* What cmocka wants before it, in one place. */
#ifndef CANDOR_TESTS_CHECK_H
#define CANDOR_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "str.h"

#define assert_slice(actual, expected)                                                                                 \
    do {                                                                                                               \
        struct slice actual_ = (actual), expected_ = slice_from(expected);                                             \
        if (actual_.len != expected_.len || (actual_.len && memcmp(actual_.data, expected_.data, actual_.len) != 0))   \
            fail_msg("got \"%.*s\", expected \"%s\"", (int)actual_.len, actual_.data ? actual_.data : "", (expected)); \
    } while (0)

/* Two doubles; a NaN is close to nothing. The user includes math.h. */
#define assert_close(actual, expected, within)                                                                         \
    do {                                                                                                               \
        double actual_ = (actual), expected_ = (expected);                                                             \
        if (!(fabs(actual_ - expected_) <= (within)))                                                                  \
            fail_msg("got %.15g, expected %.15g within %g", actual_, expected_, (double)(within));                     \
    } while (0)

#endif
