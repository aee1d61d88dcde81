/* redact_view: the folded view of a text that the finders of redact work on; private to them.
 *
 * `chars` ends with a zero behind `count`, and no finder reads past a zero, so looking one character ahead is safe.
 */
#ifndef CANDOR_REDACT_VIEW_H
#define CANDOR_REDACT_VIEW_H

#include "str.h"

enum redact_kind {
    REDACT_NOTHING,
    REDACT_EMAIL,
    REDACT_PHONE,
    REDACT_CARD,
    REDACT_KEY,
    REDACT_ADDRESS,
    REDACT_IBAN,
    REDACT_NUMBER
};

#define VIEW_LETTER ((unsigned char)0x80) /* a letter of an alphabet beyond ASCII */
#define VIEW_OTHER  ((unsigned char)0x81)

struct redact_view {
    unsigned char *chars;
    unsigned char *marks; /* enum redact_kind of each character */
    size_t *at;           /* byte offset of each character; at[count] is the text's length */
    size_t count;
};

static inline bool view_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}
static inline bool view_is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline bool view_is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}
static inline bool view_is_letter(unsigned char c)
{
    return view_is_upper(c) || view_is_lower(c) || c == VIEW_LETTER;
}
static inline bool view_is_alnum(unsigned char c) /* ASCII only */
{
    return view_is_digit(c) || view_is_upper(c) || view_is_lower(c);
}
static inline bool view_is_word(unsigned char c)
{
    return view_is_letter(c) || view_is_digit(c) || c == '_';
}
static inline bool view_is_hex(unsigned char c)
{
    return view_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Marks [start, end) where nothing is marked yet. */
void redact_mark(struct redact_view *view, size_t start, size_t end, enum redact_kind kind);

/* The finders, in files of their own. */
void redact_find_secrets(struct redact_view *view); /* keys, tokens, passwords that are named as such */
void redact_find_ibans(struct redact_view *view);
void redact_find_numbers(struct redact_view *view); /* cards, phones, long numbers */

#endif
