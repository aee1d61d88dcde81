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

#endif
