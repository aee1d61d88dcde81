/* err: see err.h. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return -1;
    char old[ERR_TEXT_SIZE];
    memcpy(old, err->text, sizeof old);
    old[sizeof old - 1] = '\0';
    va_list args;
    va_start(args, format);
    int used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t at = used < 0 ? 0 : (size_t)used;
    for (const char *p = ": "; *p && at + 1 < sizeof err->text; p++)
        err->text[at++] = *p;
    for (const char *p = old; *p && at + 1 < sizeof err->text; p++)
        err->text[at++] = *p;
    if (at < sizeof err->text)
        err->text[at] = '\0';
    return -1;
}
