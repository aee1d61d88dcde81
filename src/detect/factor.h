/* factor: puts the common beginnings of alternatives in front of them, so that a pattern is tried a letter at a time.
 *
 * "sad|sorry|so sad" becomes "s(?:ad|o(?:rry| sad))": compiled code goes through alternatives one by one, and lists of
 * words are long. Alternatives change places only where they begin with different letters, so that no two of them could
 * have matched at one place, and the pattern finds exactly what it found.
 */
#ifndef CANDOR_DETECT_FACTOR_H
#define CANDOR_DETECT_FACTOR_H

#include "buf.h"

/* Appends the factored pattern; false, with nothing useful in out, where the pattern holds what is not understood. */
bool factor_pattern(struct slice pattern, bool unicode, struct buf *out);

#endif
