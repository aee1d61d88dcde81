/* assets: the files of ui/, embedded at build by ui/embed.
 */
#ifndef CANDOR_ASSETS_H
#define CANDOR_ASSETS_H

#include "str.h"

struct asset {
    const char *path; /* "/app.js" */
    const char *type;
    const unsigned char *bytes;
    size_t len;
};

/* Ends with a NULL path. */
extern const struct asset assets[];

#endif
