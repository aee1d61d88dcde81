/* rarity: about how often a piece of text turns up in English, for the choice of the words to look for. Pure. */
#ifndef CANDOR_DETECT_RARITY_H
#define CANDOR_DETECT_RARITY_H

#include "str.h"

/* Whether a text begins and ends where a word does, or anywhere. */
enum border { BORDER_NONE, BORDER_LEFT = 1, BORDER_RIGHT = 2, BORDER_BOTH = 3 };

/* About how often the text, in lower case, stands at a byte of English with these borders, flags of enum border. */
double rarity(struct slice text, unsigned borders);

/* Whether the byte is a part of a word, as \b of a pattern that runs on bytes has it. */
static inline bool rarity_is_word_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_';
}

#endif
