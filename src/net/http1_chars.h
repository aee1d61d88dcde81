/* http1_chars: the classes of characters HTTP/1.1 tells apart. Internal to http1. */
#ifndef CANDOR_NET_HTTP1_CHARS_H
#define CANDOR_NET_HTTP1_CHARS_H

#include <stdbool.h>

#include "str.h"

enum http_char {
    HTTP_CHAR_TOKEN = 1,  /* tchar of RFC 9110 */
    HTTP_CHAR_VALUE = 2,  /* visible, space, tab, and 0x80 to 0xff */
    HTTP_CHAR_PATH = 4,   /* what may stand in a path: visible ASCII but "<>#\^`{}? */
    HTTP_CHAR_QUERY = 8,  /* and in a query, where URL libraries leave more as it is: but "<># */
    HTTP_CHAR_PLAIN = 16, /* letters, digits and the hyphen: what ordinary field names are made of */
    HTTP_CHAR_HOST = 32   /* a registered name or IPv4 address (RFC 3986), without the comma */
};

extern const unsigned char http_chars[256];

static inline bool http_char_is(char c, enum http_char classes)
{
    return (http_chars[(unsigned char)c] & classes) != 0;
}

/* True when every byte of s is of the class; true for an empty slice. */
static inline bool http_all(struct slice s, enum http_char class)
{
    for (size_t i = 0; i < s.len; i++)
        if (!http_char_is(s.data[i], class))
            return false;
    return true;
}

#endif
