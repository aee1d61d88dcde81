/* packs: where the installed rule packs are, and which of them are used when nobody names any. Any thread, off the
 * loops: it reads a folder.
 */
#ifndef CANDOR_PACKS_H
#define CANDOR_PACKS_H

#include "arena.h"

/* CANDOR_RULES_DIR of the environment, else the folder of the installation; where that is not there, the rules beside
 * the program, so that it runs from its build folder as it will when installed. In the arena, or static. */
const char *packs_folder(struct arena *arena);
/* Every *.yaml there by name, but for local ones, which are meant to be copied and edited. The list and the paths live
 * in the arena. -1 and a sentence when there is none; hint: how else packs are named, for that sentence. */
MUST_USE int packs_installed(struct arena *arena, const char *hint, char ***paths, size_t *count, struct err *err);

#endif
