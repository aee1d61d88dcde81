/* http1_write: writes heads. Names and values are checked again here, so that nothing we made up or passed on can
 * carry a line end into a head.
 */
#include "http1.h"

#include "http1_chars.h"

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

void http_put_request_line(struct buf *out, struct slice method, struct slice path, struct slice query)
{
    buf_add_slice(out, method);
    buf_add_char(out, ' ');
    buf_add_slice(out, path);
    buf_add_slice(out, query);
    buf_add_slice(out, SLICE(" HTTP/1.1\r\n"));
}

void http_put_status_line(struct buf *out, unsigned status, const char *reason)
{
    char digits[] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10), (char)('0' + status % 10), ' '};
    buf_add_slice(out, SLICE("HTTP/1.1 "));
    buf_add(out, digits, sizeof digits);
    buf_add_text(out, reason ? reason : http_reason(status));
    buf_add_slice(out, SLICE("\r\n"));
}

void http_put_field(struct buf *out, struct slice name, struct slice value)
{
    if (!http_is_token(name) || !http_all(value, HTTP_CHAR_VALUE)) {
        out->failed = true;
        return;
    }
    char *at = buf_reserve(out, name.len + value.len + 4);
    if (!at)
        return;
    memcpy(at, name.data, name.len);
    memcpy(at + name.len, ": ", 2);
    if (value.len)
        memcpy(at + name.len + 2, value.data, value.len);
    memcpy(at + name.len + 2 + value.len, "\r\n", 2);
    buf_commit(out, name.len + value.len + 4);
}

void http_put_end(struct buf *out)
{
    buf_add_slice(out, SLICE("\r\n"));
}

size_t http_chunk_line(char line[HTTP_CHUNK_LINE_SIZE], size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char reversed[2 * sizeof len];
    size_t count = 0, at = 0;
    do
        reversed[count++] = digits[len & 15];
    while ((len >>= 4));
    while (count)
        line[at++] = reversed[--count];
    line[at++] = '\r';
    line[at++] = '\n';
    return at;
}
