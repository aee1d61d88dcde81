/* packs: see packs.h. */
#include "packs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

const char *packs_folder(void)
{
    const char *folder = getenv("CANDOR_RULES_DIR");
    return folder && *folder ? folder : CANDOR_RULES_DIR;
}

static int pack_wanted(const struct dirent *entry)
{
    struct slice name = slice_from(entry->d_name);
    return name.data[0] != '.' && slice_ends(name, SLICE(".yaml")) && !strstr(entry->d_name, "local");
}

/* By bytes: the order of packs must not depend on the locale. */
static int pack_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int packs_installed(struct arena *arena, const char *hint, char ***paths, size_t *count, struct err *err)
{
    struct dirent **entries = NULL;
    int found = scandir(packs_folder(), &entries, pack_wanted, pack_order);
    if (found <= 0) {
        const char *why = found < 0 ? strerror(errno) : "no rule packs are here";
        free(entries);
        return err_set(err, "%s: %s; %s, or set CANDOR_RULES_DIR", packs_folder(), why, hint);
    }
    *paths = arena_array(arena, (size_t)found, sizeof **paths);
    *count = 0;
    for (int i = 0; i < found; i++) {
        struct slice path = arena_format(arena, "%s/%s", packs_folder(), entries[i]->d_name);
        if (*paths && path.data)
            (*paths)[(*count)++] = (char *)(uintptr_t)path.data;
        free(entries[i]);
    }
    free(entries);
    return *count == (size_t)found ? 0 : err_set(err, "no memory for the names of %d rule packs", found);
}
