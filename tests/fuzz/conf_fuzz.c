/* Configurations: each loads or is refused with a sentence; what loads can be described. */
#include "conf.h"

#include "fuzz.h"

/* libfyaml 0.7.12 loses some memory of its own on a quoted scalar with many quotes in it. Whether we give its documents
 * back is what the unit tests say under LeakSanitizer, where nothing is left out.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so\n";
}

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
