/* Rule packs: each loads or is refused with a sentence; what loads can be tested against its own examples. */
#include <sys/mman.h>
#include <unistd.h>

#include "rules.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("pack", MFD_CLOEXEC);
    MUST_HOLD(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct err err = {""};
    struct rules *rules = rules_load((const char *const[]){path}, 1, &err);
    MUST_HOLD(rules || err.text[0]);
    if (rules) {
        struct buf out;
        struct rules_report report = {0};
        buf_init(&out, 1u << 20);
        rules_test(rules, true, false, &out, &report);
        buf_fini(&out);
        rules_drop(rules);
    }
    close(fd);
    return 0;
}
