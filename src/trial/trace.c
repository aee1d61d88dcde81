/* trace: see trace.h. */
#include "trace.h"

#define ID_CHARS     26
#define PARENT_CHARS 55 /* 00-(32 hex)-(16 hex)-(2 hex) */

/* Crockford's base 32 back into the 16 bytes it was made of. What is no digit of it counts as zero. */
static void id_bytes(const char *exchange_id, unsigned char bytes[TRACE_ID_BYTES])
{
    static const unsigned char values[256] = {
        ['1'] = 1,  ['2'] = 2,  ['3'] = 3,  ['4'] = 4,  ['5'] = 5,  ['6'] = 6,  ['7'] = 7,  ['8'] = 8,
        ['9'] = 9,  ['A'] = 10, ['B'] = 11, ['C'] = 12, ['D'] = 13, ['E'] = 14, ['F'] = 15, ['G'] = 16,
        ['H'] = 17, ['J'] = 18, ['K'] = 19, ['M'] = 20, ['N'] = 21, ['P'] = 22, ['Q'] = 23, ['R'] = 24,
        ['S'] = 25, ['T'] = 26, ['V'] = 27, ['W'] = 28, ['X'] = 29, ['Y'] = 30, ['Z'] = 31};
    unsigned bits = 0, held = 0;
    size_t at = 0;
    for (size_t i = 0; i < ID_CHARS; i++) {
        bits = bits << 5 | values[(unsigned char)exchange_id[i]];
        held += i == 0 ? 3 : 5; /* the first carries three */
        if (held >= 8) {
            held -= 8;
            bytes[at++] = (unsigned char)(bits >> held);
        }
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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
