/* lexicon: what is known of English words without a corpus: lists, number words, a light stem. Private to src/measure.
 * Words are folded (lower case, no accents). Pure.
 */
#ifndef CANDOR_MEASURE_LEXICON_H
#define CANDOR_MEASURE_LEXICON_H

#include "str.h"

/* The WORD_STOP, WORD_COMMON and WORD_NEGATION flags of a word. */
unsigned lexicon_flags(struct slice word);
/* A number word: "seven", "third" (ordinal), "dozen". */
bool lexicon_number(struct slice word, double *value, bool *ordinal);
/* A multiplier: hundred, thousand, million, ... */
bool lexicon_multiplier(struct slice word, double *value);
/* A Roman numeral from 1 to 39. */
bool lexicon_roman(struct slice word, double *value);
/* A full stop behind it does not end a sentence. */
bool lexicon_is_abbreviation(struct slice word);
/* 1 to 12 for a month or its short form, else 0. */
unsigned lexicon_month(struct slice word);
/* Equal for the forms of a word that are to meet: singular and plural, -ed, -ing, short months, spelling variants. */
uint64_t lexicon_key(struct slice word, bool variant); /* variant: its class says that it has another spelling */

/* True when word stands in list, a text of words separated (and framed) by single spaces. */
bool lexicon_in(const char *list, struct slice word);

#endif
