/* Configurations: each loads or is refused with a sentence; what loads can be described. */
#include "conf.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {""};
    struct conf *conf = conf_parse(fuzz_slice(data, size), "seed.yaml", &err);
    MUST_HOLD(conf || err.text[0]);
    if (conf) {
        struct buf out;
        buf_init(&out, 1u << 20);
        conf_describe(conf, &out);
        MUST_HOLD(!out.failed && out.len > 0);
        buf_fini(&out);
        conf_drop(conf_hold(conf));
    }
    conf_drop(conf);
    return 0;
}
