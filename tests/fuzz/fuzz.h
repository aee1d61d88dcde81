/* What the fuzz targets share. */
#ifndef CANDOR_TESTS_FUZZ_H
#define CANDOR_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert, whatever NDEBUG says. */
#define MUST_HOLD(claim)                                                                                               \
    do {                                                                                                               \
        if (!(claim)) {                                                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #claim);                                 \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static inline struct slice fuzz_slice(const uint8_t *data, size_t size)
{
    return slice_of((const char *)data, size);
}

#endif
