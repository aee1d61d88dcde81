/* Compressed bodies: never more than the cap, whatever the bytes promise. */
#include "inflate.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = {"gzip", "deflate", "x-gzip", "identity", "", "br", "gzip, gzip"};
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        struct buf out;
        buf_init(&out, 1u << 16);
        int rc = inflate_body(slice_from(encodings[i]), fuzz_slice(data, size), &out);
        MUST_HOLD(out.len <= out.max && (rc == 0 || rc == -1));
        buf_fini(&out);
    }
    return 0;
}
