/* packs: see packs.h. */
#include "packs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

const char *packs_folder(struct arena *arena)
{
    static const char *const beside[] = {"rules", "../rules"};
    const char *named = getenv("CANDOR_RULES_DIR");
    if (named && *named)
        return named;
    char program[PATH_MAX];
    ssize_t len = access(CANDOR_RULES_DIR, R_OK) == 0 ? 0 : readlink("/proc/self/exe", program, sizeof program);
    while (len > 0 && program[len - 1] != '/')
        len--;
    for (size_t i = 0; len > 0 && i < sizeof beside / sizeof *beside; i++) {
        struct slice folder = arena_format(arena, "%.*s%s", (int)len, program, beside[i]);
        if (folder.data && access(folder.data, R_OK) == 0)
            return folder.data;
    }
    return CANDOR_RULES_DIR;
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
    const char *folder = packs_folder(arena);
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, pack_wanted, pack_order);
    if (found <= 0) {
        const char *why = found < 0 ? strerror(errno) : "no rule packs are here";
        free(entries);
        return err_set(err, "%s: %s; %s, or set CANDOR_RULES_DIR", folder, why, hint);
    }
    *paths = arena_array(arena, (size_t)found, sizeof **paths);
    *count = 0;
    for (int i = 0; i < found; i++) {
        struct slice path = arena_format(arena, "%s/%s", folder, entries[i]->d_name);
        if (*paths && path.data)
            (*paths)[(*count)++] = (char *)(uintptr_t)path.data;
        free(entries[i]);
    }
    free(entries);
    return *count == (size_t)found ? 0 : err_set(err, "no memory for the names of %d rule packs", found);
}
