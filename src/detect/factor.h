/* factor: puts the common beginnings of alternatives in front of them, so that a pattern is tried a letter at a time.
 *
 * "sad|sorry|so sad" becomes "s(?:ad|o(?:rry| sad))": compiled code goes through alternatives one by one, and lists of
 * words are long. Alternatives change places only where they begin with different letters, so that no two of them could
 * have matched at one place, and the pattern finds exactly what it found.
 */
#ifndef CANDOR_DETECT_FACTOR_H
#define CANDOR_DETECT_FACTOR_H

#include "arena.h"
#include "buf.h"

/* Appends the factored pattern; false, with nothing useful in out, where the pattern holds what is not understood. */
bool factor_pattern(struct slice pattern, bool unicode, struct buf *out);

/* The same pattern as several: where the first of them matches that begins first, the pattern matches, and what it
 * matches; of those that begin at the same place the first one counts. Made of the alternatives that all of it consists
 * of, a few of them together; one when it does not. They live in the arena. 0 when memory runs out. */
size_t factor_split(struct slice pattern, bool unicode, struct arena *arena, struct slice **pieces);

#endif
