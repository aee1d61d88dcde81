/* trace: see trace.h. */
#include "trace.h"

#define ID_CHARS     26
#define PARENT_CHARS 55 /* 00-(32 hex)-(16 hex)-(2 hex) */

/* What a digit is worth and one more, so that 0 is no digit: of Crockford's base 32, and of lower-case hex. Tables,
 * because the live path reads one id an exchange. */
static const unsigned char base32[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['G'] = 17, ['H'] = 18, ['J'] = 19, ['K'] = 20, ['M'] = 21, ['N'] = 22, ['P'] = 23, ['Q'] = 24,
    ['R'] = 25, ['S'] = 26, ['T'] = 27, ['V'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31, ['Z'] = 32,
};
static const unsigned char hex[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* The id back into the 16 bytes it was made of; the first character carries three bits. */
static void id_bytes(const char *exchange_id, unsigned char bytes[TRACE_ID_BYTES])
{
    unsigned bits = 0, held = 0;
    size_t at = 0;
    for (size_t i = 0; i < ID_CHARS; i++) {
        unsigned digit = base32[(unsigned char)exchange_id[i]];
        bits = bits << 5 | (digit ? digit - 1 : 0);
        held += i == 0 ? 3 : 5;
        if (held >= 8) {
            held -= 8;
            bytes[at++] = (unsigned char)(bits >> held);
        }
    }
}

static int hex_digit(char c)
{
    return hex[(unsigned char)c] - 1;
}

/* Lower-case hex of exactly count bytes, not all zero. */
static bool hex_read(const char *text, size_t count, unsigned char *bytes)
{
    unsigned char any = 0;
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
        any |= bytes[i];
    }
    return any != 0;
}

/* A later version may go on after the flags; 00 may not, and ff is forbidden. */
static bool shape_valid(struct slice text)
{
    if (text.len < PARENT_CHARS || text.data[2] != '-' || text.data[35] != '-' || text.data[52] != '-')
        return false;
    if (hex_digit(text.data[0]) < 0 || hex_digit(text.data[1]) < 0 || slice_starts(text, SLICE("ff")))
        return false;
    return text.len == PARENT_CHARS || (!slice_starts(text, SLICE("00")) && text.data[PARENT_CHARS] == '-');
}

void trace_join(struct trace *trace, struct slice traceparent, const char *exchange_id)
{
    struct trace told = {.joined = true};
    int high, low;
    if (shape_valid(traceparent) && hex_read(traceparent.data + 3, TRACE_ID_BYTES, told.id) &&
        hex_read(traceparent.data + 36, SPAN_ID_BYTES, told.parent) && (high = hex_digit(traceparent.data[53])) >= 0 &&
        (low = hex_digit(traceparent.data[54])) >= 0) {
        told.sampled = low & 1;
        *trace = told;
        return;
    }
    *trace = (struct trace){.joined = false};
    id_bytes(exchange_id, trace->id);
}

void trace_span(const char *exchange_id, unsigned char span[SPAN_ID_BYTES])
{
    unsigned char bytes[TRACE_ID_BYTES];
    id_bytes(exchange_id, bytes);
    memcpy(span, bytes + TRACE_ID_BYTES - SPAN_ID_BYTES, SPAN_ID_BYTES);
}

void trace_child(const char *exchange_id, size_t n, unsigned char span[SPAN_ID_BYTES])
{
    trace_span(exchange_id, span);
    span[SPAN_ID_BYTES - 2] ^= (unsigned char)(n >> 8);
    span[SPAN_ID_BYTES - 1] ^= (unsigned char)n;
}

/* The last seven bytes are the random ones, so one trace is kept or left by all who take part in it. */
bool trace_kept(const struct trace *trace, double share)
{
    uint64_t random = 0;
    if (trace->joined)
        return trace->sampled;
    for (size_t i = TRACE_ID_BYTES - 7; i < TRACE_ID_BYTES; i++)
        random = random << 8 | trace->id[i];
    return (double)random / (double)(UINT64_C(1) << 56) < share;
}
