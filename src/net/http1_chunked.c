/* http1_chunked: decodes a chunked body, one state a byte outside the data and whole runs inside it.
 *
 * Strict where peers differ: one to twelve hexadecimal digits, extensions of the exact grammar (";name", "=token" or a
 * quoted string), CRLF and nothing else, trailers that are fields and name none that decide framing.
 */
#include "http1.h"

#include "http1_chars.h"
#include "http1_names.h"

#define SIZE_DIGITS_MAX     12
#define EXTENSION_BYTES_MAX 4096

/* Where in an extension, and in a trailer line, the decoder stands (http_chunked.trailer_state serves both). */
enum extension_state { EXT_NAME_START, EXT_NAME, EXT_VALUE_START, EXT_VALUE, EXT_QUOTED, EXT_ESCAPE, EXT_QUOTED_END };
enum trailer_state { TRAILER_LINE_START, TRAILER_NAME, TRAILER_VALUE, TRAILER_LF, TRAILER_LAST_LF };

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = ascii_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

void http_chunked_init(struct http_chunked *chunked)
{
    *chunked = (struct http_chunked){.state = CHUNK_SIZE};
}

static bool feed_size(struct http_chunked *chunked, char c)
{
    int digit = hex_value(c);
    if (digit >= 0) {
        chunked->left = chunked->left * 16 + (uint64_t)digit;
        return ++chunked->digits <= SIZE_DIGITS_MAX;
    }
    if (chunked->digits == 0)
        return false;
    chunked->line_bytes = 0;
    chunked->trailer_state = EXT_NAME_START;
    if (c == ';')
        chunked->state = CHUNK_EXTENSION;
    else if (c == '\r')
        chunked->state = CHUNK_SIZE_LF;
    else
        return false;
    return true;
}

/* What may follow a finished name or value: the next extension or the line's end. */
static bool end_extension(struct http_chunked *chunked, char c)
{
    chunked->trailer_state = EXT_NAME_START;
    if (c == '\r')
        chunked->state = CHUNK_SIZE_LF;
    return c == ';' || c == '\r';
}

static bool feed_quoted(struct http_chunked *chunked, char c)
{
    if (chunked->trailer_state == EXT_ESCAPE)
        chunked->trailer_state = EXT_QUOTED;
    else if (c == '\\')
        chunked->trailer_state = EXT_ESCAPE;
    else if (c == '"')
        chunked->trailer_state = EXT_QUOTED_END;
    return http_char_is(c, HTTP_CHAR_VALUE);
}

static bool feed_extension(struct http_chunked *chunked, char c)
{
    bool token = http_char_is(c, HTTP_CHAR_TOKEN);
    if (++chunked->line_bytes > EXTENSION_BYTES_MAX)
        return false;
    switch ((enum extension_state)chunked->trailer_state) {
    case EXT_NAME_START:
        chunked->trailer_state = EXT_NAME;
        return token;
    case EXT_NAME:
        if (c == '=')
            chunked->trailer_state = EXT_VALUE_START;
        return token || c == '=' || end_extension(chunked, c);
    case EXT_VALUE_START:
        chunked->trailer_state = c == '"' ? EXT_QUOTED : EXT_VALUE;
        return token || c == '"';
    case EXT_VALUE:
        return token || end_extension(chunked, c);
    case EXT_QUOTED:
    case EXT_ESCAPE:
        return feed_quoted(chunked, c);
    case EXT_QUOTED_END:
        return end_extension(chunked, c);
    }
    return false;
}

static bool feed_size_lf(struct http_chunked *chunked, char c)
{
    chunked->state = chunked->left ? CHUNK_DATA : CHUNK_TRAILER;
    chunked->trailer_state = TRAILER_LINE_START;
    chunked->line_bytes = 0;
    chunked->digits = 0;
    return c == '\n';
}

/* The name of a trailer, of which as much is kept as the longest name that may not be one has. */
static bool feed_trailer_name(struct http_chunked *chunked, char c)
{
    if (c == ':') {
        chunked->trailer_state = TRAILER_VALUE;
        return chunked->name_len > sizeof chunked->name ||
               !http_name_is_no_trailer(slice_of(chunked->name, chunked->name_len));
    }
    if (chunked->name_len < sizeof chunked->name)
        chunked->name[chunked->name_len] = c;
    chunked->name_len += chunked->name_len <= sizeof chunked->name;
    return http_char_is(c, HTTP_CHAR_TOKEN);
}

static bool feed_trailer(struct http_chunked *chunked, char c)
{
    if (++chunked->line_bytes > HTTP_MAX_TRAILERS)
        return false;
    switch ((enum trailer_state)chunked->trailer_state) {
    case TRAILER_LINE_START:
        chunked->trailer_state = c == '\r' ? TRAILER_LAST_LF : TRAILER_NAME;
        chunked->name_len = 0;
        return c == '\r' || (c != ':' && feed_trailer_name(chunked, c));
    case TRAILER_NAME:
        return feed_trailer_name(chunked, c);
    case TRAILER_VALUE:
        if (c == '\r')
            chunked->trailer_state = TRAILER_LF;
        return c == '\r' || http_char_is(c, HTTP_CHAR_VALUE);
    case TRAILER_LF:
        chunked->trailer_state = TRAILER_LINE_START;
        return c == '\n';
    case TRAILER_LAST_LF:
        chunked->state = CHUNK_END;
        return c == '\n';
    }
    return false;
}

/* Every state but the data itself. */
static bool feed_byte(struct http_chunked *chunked, char c)
{
    switch (chunked->state) {
    case CHUNK_SIZE:
        return feed_size(chunked, c);
    case CHUNK_EXTENSION:
        return feed_extension(chunked, c);
    case CHUNK_SIZE_LF:
        return feed_size_lf(chunked, c);
    case CHUNK_DATA_CR:
        chunked->state = CHUNK_DATA_LF;
        return c == '\r';
    case CHUNK_DATA_LF:
        chunked->state = CHUNK_SIZE;
        return c == '\n';
    case CHUNK_TRAILER:
        return feed_trailer(chunked, c);
    case CHUNK_DATA:
    case CHUNK_END:
        break;
    }
    return false;
}

enum http_result http_chunked_next(struct http_chunked *chunked, struct slice *input, struct slice *body,
                                   struct http_error *error)
{
    *body = SLICE_NONE;
    while (input->len && chunked->state != CHUNK_END) {
        if (chunked->state == CHUNK_DATA) {
            size_t len = chunked->left < input->len ? (size_t)chunked->left : input->len;
            *body = slice_of(input->data, len);
            chunked->left -= len;
            if (chunked->left == 0)
                chunked->state = CHUNK_DATA_CR;
            *input = slice_of(input->data + len, input->len - len);
            return HTTP_PARTIAL;
        }
        if (!feed_byte(chunked, input->data[0])) {
            *error = (struct http_error){400, "The chunked body is malformed."};
            return HTTP_INVALID;
        }
        *input = slice_of(input->data + 1, input->len - 1);
    }
    return chunked->state == CHUNK_END ? HTTP_COMPLETE : HTTP_PARTIAL;
}
