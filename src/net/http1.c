/* http1: parses request and response heads, line by line, into slices of the bytes it is given.
 *
 * Every byte passes one table of character classes; every field passes one function that knows the few names which
 * decide framing. What could be read in two ways is refused rather than interpreted: this codec stands between a
 * client and a model server, and two parsers that disagree about where a request ends are a security hole.
 * A head that comes in one piece is read in one pass. One that drips in is only searched for its blank line, with
 * each new line checked as it ends, and is then parsed once.
 */
#include "http1.h"

#include "http1_chars.h"
#include "http1_names.h"

#define METHOD_MAX        32
#define VERSION_SIZE      8  /* "HTTP/1.1" */
#define LENGTH_DIGITS_MAX 15 /* fits an int64_t and a double, here and in every peer */

static bool fail(struct http_error *error, unsigned status, const char *reason)
{
    error->status = status;
    error->reason = reason;
    return false;
}

/* ---- the request line ---- */

static bool check_port(struct slice port)
{
    uint64_t number;
    return port.len > 0 && port.len <= 5 && slice_to_u64(port, &number) == 0 && number <= UINT16_MAX;
}

/* host, host:port, [address] or [address]:port; no user, no path, no list. */
static bool check_host(struct slice host)
{
    size_t i = 0;
    if (host.len && host.data[0] == '[') {
        const char *end = memchr(host.data, ']', host.len);
        if (!end || end - host.data < 3)
            return false;
        for (i = 1; host.data + i < end; i++)
            if (!memchr("0123456789abcdefABCDEF:.", host.data[i], 24))
                return false;
        i++;
    } else {
        while (i < host.len && http_char_is(host.data[i], HTTP_CHAR_HOST))
            i++;
        if (i == 0)
            return false;
    }
    return i == host.len || (host.data[i] == ':' && check_port(slice_part(host, i + 1, host.len)));
}

/* The only form of CONNECT's target: a host and a port. */
static bool is_authority(struct slice target)
{
    size_t digits = 0;
    while (digits < target.len && ascii_is_digit(target.data[target.len - 1 - digits]))
        digits++;
    return digits && digits < target.len && target.data[target.len - 1 - digits] == ':' && check_host(target);
}

/* The methods the API uses. Others are refused: a tunnel (CONNECT) or an echo (TRACE) has no business here. */
static bool check_method(struct slice method, struct slice target, struct http_error *error)
{
    static const char *const known[] = {"POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"};
    if (method.len == 0 || method.len > METHOD_MAX || !http_is_token(method))
        return fail(error, 400, "The method is not a token.");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_is(method, known[i]))
            return true;
    if (slice_is(method, "CONNECT") && !is_authority(target))
        return fail(error, 400, "CONNECT names no host and port.");
    if (slice_is(method, "CONNECT") || slice_is(method, "TRACE"))
        return fail(error, 405, "CONNECT and TRACE are not allowed here.");
    return fail(error, 501, "The method is not one this server knows.");
}

/* %00 and bytes that never occur in UTF-8 (the first of an overlong form) only serve to confuse path checks. Nor does a
 * path hold %0d%0a, which splits a head once it is decoded; a query may hold a text of several lines.
 */
static bool has_bad_escape(struct slice target, size_t path_len)
{
    const char *at = target.data, *end = target.data + target.len, *query = target.data + path_len;
    while ((at = memchr(at, '%', (size_t)(end - at)))) {
        if (end - at >= 3) {
            char high = ascii_lower(at[1]), low = at[2];
            if ((high == '0' && low == '0') || (high == 'c' && (low == '0' || low == '1')))
                return true;
        }
        if (query - at >= 6 && slice_equal_nocase(slice_of(at, 6), SLICE("%0d%0a")))
            return true;
        at++;
    }
    return false;
}

static bool cut_target(struct slice target, struct http_head *head, struct http_error *error)
{
    size_t i = 0;
    while (i < target.len && http_char_is(target.data[i], HTTP_CHAR_PATH))
        i++;
    size_t path_len = i;
    if (i < target.len && target.data[i] == '?')
        while (i < target.len && http_char_is(target.data[i], HTTP_CHAR_QUERY))
            i++;
    if (i < target.len)
        return fail(error, 400, "The request target holds a character that must be escaped.");
    if (has_bad_escape(target, path_len))
        return fail(error, 400, "The request target holds an escape that no valid name has.");
    head->path = slice_part(target, 0, path_len);
    head->query = slice_part(target, path_len, target.len);
    return true;
}

/* "http://host/x" becomes "/x"; its authority is remembered in *authority, to be held against Host. Without a path it
 * means the root (RFC 9110 4.2.3), or with OPTIONS the server as such (RFC 9112 3.2.4). */
static bool reduce_absolute(struct http_head *head, struct slice *authority, struct http_error *error)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i]);
        if (!slice_equal_nocase(slice_part(head->path, 0, len), slice_from(schemes[i])))
            continue;
        struct slice rest = slice_part(head->path, len, head->path.len);
        *authority = slice_part(rest, 0, slice_find(rest, SLICE("/"), 0));
        if (authority->len == 0)
            return fail(error, 400, "The absolute request target has no host.");
        if (authority->len < rest.len)
            head->path = slice_part(rest, authority->len, rest.len);
        else
            head->path = slice_is(head->method, "OPTIONS") && head->query.len == 0 ? SLICE("*") : SLICE("/");
        return true;
    }
    return fail(error, 400, "The request target is no path.");
}

static bool parse_version(struct slice version, unsigned *minor, struct http_error *error)
{
    if (version.len != VERSION_SIZE || memcmp(version.data, "HTTP/", 5) != 0 || !ascii_is_digit(version.data[5]) ||
        version.data[6] != '.' || !ascii_is_digit(version.data[7]))
        return fail(error, 400, "The HTTP version is malformed.");
    if (version.data[5] != '1' || version.data[7] > '1')
        return fail(error, 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    *minor = (unsigned)(version.data[7] - '0');
    return true;
}

static bool parse_request_line(struct slice line, struct http_head *head, struct slice *authority,
                               struct http_error *error)
{
    const char *space = memchr(line.data, ' ', line.len);
    if (!space)
        return fail(error, 400, "The request line is malformed.");
    head->method = slice_of(line.data, (size_t)(space - line.data));
    struct slice rest = slice_part(line, head->method.len + 1, line.len);
    space = rest.len ? memchr(rest.data, ' ', rest.len) : NULL;
    if (!space || space == rest.data)
        return fail(error, 400, "The request line is malformed.");
    struct slice target = slice_of(rest.data, (size_t)(space - rest.data));
    if (!parse_version(slice_part(rest, target.len + 1, rest.len), &head->minor, error))
        return false;
    if (target.len > HTTP_MAX_TARGET)
        return fail(error, 414, "The request target is too long.");
    if (!check_method(head->method, target, error) || !cut_target(target, head, error))
        return false;
    if (target.data[0] == '/')
        return true;
    if (slice_is(target, "*") && slice_is(head->method, "OPTIONS"))
        return true;
    return reduce_absolute(head, authority, error);
}

static bool parse_status_line(struct slice line, struct http_head *head, struct http_error *error)
{
    if (line.len < VERSION_SIZE + 4 || line.data[VERSION_SIZE] != ' ')
        return fail(error, 502, "The status line is malformed.");
    if (!parse_version(slice_of(line.data, VERSION_SIZE), &head->minor, error))
        return fail(error, 502, "The server does not speak HTTP/1.0 or HTTP/1.1.");
    const char *digits = line.data + VERSION_SIZE + 1;
    for (int i = 0; i < 3; i++)
        if (!ascii_is_digit(digits[i]))
            return fail(error, 502, "The status line is malformed.");
    head->status = (unsigned)(digits[0] - '0') * 100 + (unsigned)(digits[1] - '0') * 10 + (unsigned)(digits[2] - '0');
    head->reason = slice_part(line, VERSION_SIZE + 5, line.len);
    if (head->status < 100 || head->status > 599 || (line.len > VERSION_SIZE + 4 && digits[3] != ' '))
        return fail(error, 502, "The status line is malformed.");
    if (!http_all(head->reason, HTTP_CHAR_VALUE))
        return fail(error, 502, "The status line holds a control character.");
    return true;
}

/* ---- fields ---- */

static bool parse_field(struct slice line, struct http_field *field, struct http_error *error)
{
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return fail(error, 400, "A field is folded over several lines.");
    size_t i = 0;
    unsigned char all = HTTP_CHAR_PLAIN;
    while (i < line.len && http_char_is(line.data[i], HTTP_CHAR_TOKEN))
        all &= http_chars[(unsigned char)line.data[i++]];
    if (i == 0 || i == line.len || line.data[i] != ':')
        return fail(error, 400, "A field name is empty or not a token.");
    field->name = slice_of(line.data, i);
    i++;
    while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'))
        i++;
    size_t end = line.len;
    while (end > i && (line.data[end - 1] == ' ' || line.data[end - 1] == '\t'))
        end--;
    field->value = slice_of(line.data + i, end - i);
    if (!http_all(field->value, HTTP_CHAR_VALUE))
        return fail(error, 400, "A field value holds a control character.");
    /* Ordinary names need a look only where they begin like the two that frame, or, one letter off, end like them. */
    char first = ascii_lower(line.data[0]), last = ascii_lower(line.data[field->name.len - 1]);
    bool begins = first == 't' || first == 'c', ends = last == 'g' || last == 'h';
    if (((!all || (begins && field->name.len > 12)) && http_name_is_disguise(field->name)) ||
        ((begins || ends) && http_name_is_misspelt(field->name)))
        return fail(error, 400, "A field name is a disguised form of one that decides framing or rights.");
    if (http_value_hides_field(field->value))
        return fail(error, 400, "A field value holds another field.");
    return true;
}

/* What the framing fields of one head have said so far. */
struct framing {
    unsigned lengths, encodings, hosts, expects;
    bool chunked, close, keep_alive, connection_upgrade, upgrade, types_differ;
    uint64_t length;
    struct slice host, authority, type;
};

/* A tab beside a value is blank like a space, but not to every parser: where the value frames, that is too much. value
 * lies within its line, between the colon and the CR. */
static bool has_tab_beside(struct slice value)
{
    const char *before = value.data, *after = value.data + value.len;
    while (before[-1] == ' ')
        before--;
    while (*after == ' ')
        after++;
    return before[-1] == '\t' || *after == '\t';
}

static bool read_length(struct slice value, uint64_t *length)
{
    if (value.len == 0 || value.len > LENGTH_DIGITS_MAX || (value.data[0] == '0' && value.len > 1))
        return false;
    return slice_to_u64(value, length) == 0;
}

static void read_connection(struct slice value, struct framing *framing)
{
    struct slice part;
    while (slice_cut(&value, ',', &part)) {
        part = slice_trim(part);
        framing->close |= slice_equal_nocase(part, SLICE("close"));
        framing->keep_alive |= slice_equal_nocase(part, SLICE("keep-alive"));
        framing->connection_upgrade |= slice_equal_nocase(part, SLICE("upgrade"));
    }
}

/* Looks at the few fields that matter to framing; told apart by length first, since most match none. */
static bool read_field(const struct http_field *field, struct framing *framing, struct http_error *error)
{
    struct slice name = field->name, value = field->value;
    switch (name.len) {
    case 4:
        if (slice_equal_nocase(name, SLICE("host"))) {
            framing->hosts++;
            framing->host = value;
        }
        break;
    case 6:
        if (slice_equal_nocase(name, SLICE("expect"))) {
            framing->expects++;
            if (!slice_equal_nocase(value, SLICE("100-continue")))
                return fail(error, 417, "The only expectation this server meets is 100-continue.");
        }
        break;
    case 7:
        framing->upgrade |= slice_equal_nocase(name, SLICE("upgrade"));
        break;
    case 10:
        if (slice_equal_nocase(name, SLICE("connection")))
            read_connection(value, framing);
        break;
    case 12:
        if (slice_equal_nocase(name, SLICE("content-type"))) {
            framing->types_differ |= framing->type.data && !slice_equal(framing->type, value);
            framing->type = value;
        }
        break;
    case 14:
        if (slice_equal_nocase(name, SLICE("content-length"))) {
            framing->lengths++;
            if (has_tab_beside(value) || !read_length(value, &framing->length))
                return fail(error, 400, "Content-Length is not one plain number.");
        }
        break;
    case 16:
        if (slice_equal_nocase(name, SLICE("content-encoding")) && slice_equal_nocase(value, SLICE("chunked")))
            return fail(error, 400, "Content-Encoding is not where chunked belongs.");
        break;
    case 17:
        if (slice_equal_nocase(name, SLICE("transfer-encoding"))) {
            framing->encodings++;
            framing->chunked = slice_equal_nocase(value, SLICE("chunked"));
            if (has_tab_beside(value) || !framing->chunked)
                return fail(error, 400, "Transfer-Encoding is not exactly chunked.");
        }
        break;
    default:
        break;
    }
    return true;
}

static bool check_framing(const struct framing *framing, unsigned minor, struct http_error *error)
{
    if (framing->lengths > 1)
        return fail(error, 400, "Content-Length is given more than once.");
    if (framing->encodings > 1)
        return fail(error, 400, "Transfer-Encoding is given more than once.");
    if (framing->encodings && framing->lengths)
        return fail(error, 400, "Both Content-Length and Transfer-Encoding are given.");
    if (framing->encodings && minor == 0)
        return fail(error, 400, "Transfer-Encoding is not part of HTTP/1.0.");
    return true;
}

static bool finish_request(const struct framing *framing, struct http_head *head, struct http_error *error)
{
    if (framing->hosts > 1 || (framing->hosts == 0 && head->minor == 1))
        return fail(error, 400, "There must be exactly one Host field.");
    if (framing->hosts && !check_host(framing->host))
        return fail(error, 400, "The Host field is no host name.");
    if (framing->authority.data &&
        (!check_host(framing->authority) || (framing->hosts && !slice_equal_nocase(framing->authority, framing->host))))
        return fail(error, 400, "The host of the request target and the Host field differ.");
    if (framing->types_differ)
        return fail(error, 400, "Two Content-Type fields say different things.");
    if (framing->expects > 1)
        return fail(error, 417, "There is more than one expectation.");
    if (!check_framing(framing, head->minor, error))
        return false;
    head->framing = framing->encodings                    ? HTTP_BODY_CHUNKED
                    : framing->lengths && framing->length ? HTTP_BODY_LENGTH
                                                          : HTTP_BODY_NONE;
    head->content_length = framing->length;
    head->expect_continue = framing->expects && head->minor == 1;
    head->upgrade = framing->upgrade && framing->connection_upgrade;
    return true;
}

static bool finish_response(const struct framing *framing, bool to_head, struct http_head *head,
                            struct http_error *error)
{
    if (!check_framing(framing, head->minor, error))
        return false;
    head->content_length = framing->length;
    head->upgrade = head->status == 101;
    if (to_head || head->status < 200 || head->status == 204 || head->status == 304)
        head->framing = HTTP_BODY_NONE;
    else if (framing->encodings)
        head->framing = HTTP_BODY_CHUNKED;
    else if (framing->lengths)
        head->framing = HTTP_BODY_LENGTH;
    else
        head->framing = HTTP_BODY_UNTIL_CLOSE;
    return true;
}

/* ---- heads ---- */

enum head_kind { HEAD_REQUEST, HEAD_RESPONSE, HEAD_RESPONSE_TO_HEAD };

/* The line at *at, without its CRLF; advances *at behind it. */
static enum http_result next_line(struct slice bytes, size_t *at, struct slice *line, struct http_error *error)
{
    size_t left = bytes.len - *at;
    const char *start = bytes.data + *at, *end = left ? memchr(start, '\n', left) : NULL;
    if (!end)
        return HTTP_PARTIAL;
    if (end == start || end[-1] != '\r') {
        fail(error, 400, "A line ends in LF alone.");
        return HTTP_INVALID;
    }
    *line = slice_of(start, (size_t)(end - start) - 1);
    *at += (size_t)(end - start) + 1;
    return HTTP_COMPLETE;
}

/* One CRLF in front of a request is forgiven (RFC 9112 2.2), and only one. */
static size_t leading_crlf(struct slice bytes, enum head_kind kind)
{
    return kind == HEAD_REQUEST && bytes.len >= 2 && bytes.data[0] == '\r' && bytes.data[1] == '\n' ? 2 : 0;
}

static bool parse_start_line(struct slice line, enum head_kind kind, struct http_head *head, struct framing *framing,
                             struct http_error *error)
{
    if (line.len == 0)
        return fail(error, 400, "The first line is empty.");
    if (kind == HEAD_REQUEST)
        return parse_request_line(line, head, &framing->authority, error);
    return parse_status_line(line, head, error);
}

/* The whole head in one pass; HTTP_PARTIAL at the first line that is not there yet, *at in front of it. */
static enum http_result parse_lines(struct slice bytes, enum head_kind kind, struct http_head *head, size_t *at,
                                    struct http_error *error)
{
    struct framing framing = {0};
    struct slice line;
    *at = leading_crlf(bytes, kind);
    enum http_result result = next_line(bytes, at, &line, error);
    if (result != HTTP_COMPLETE)
        return result;
    head->field_count = 0;
    head->status = 0;
    head->expect_continue = false;
    if (!parse_start_line(line, kind, head, &framing, error))
        return HTTP_INVALID;
    while ((result = next_line(bytes, at, &line, error)) == HTTP_COMPLETE && line.len) {
        if (head->field_count == HTTP_MAX_FIELDS) {
            fail(error, 431, "The head has too many fields.");
            return HTTP_INVALID;
        }
        struct http_field *field = &head->fields[head->field_count++];
        if (!parse_field(line, field, error) || !read_field(field, &framing, error))
            return HTTP_INVALID;
    }
    if (result != HTTP_COMPLETE)
        return result;
    head->head_bytes = *at;
    head->keep_alive = !framing.close && (head->minor == 1 || framing.keep_alive);
    bool fine = kind == HEAD_REQUEST ? finish_request(&framing, head, error)
                                     : finish_response(&framing, kind == HEAD_RESPONSE_TO_HEAD, head, error);
    return fine ? HTTP_COMPLETE : HTTP_INVALID;
}

/* A line of a head that came in pieces, checked when it ends. */
static bool check_line(struct slice line, bool is_first, enum head_kind kind, struct http_head *head,
                       struct http_error *error)
{
    struct framing framing = {0};
    struct http_field field;
    if (is_first)
        return parse_start_line(line, kind, head, &framing, error);
    return parse_field(line, &field, error) && read_field(&field, &framing, error);
}

/* Counted anew with each line, of which no more than a hundred and one are let through. */
static bool check_line_count(struct slice bytes, size_t lead, struct http_error *error)
{
    size_t lines = 0, at = lead;
    const char *lf;
    while ((lf = at < bytes.len ? memchr(bytes.data + at, '\n', bytes.len - at) : NULL)) {
        if (++lines > 1 + HTTP_MAX_FIELDS)
            return fail(error, 431, "The head has too many fields.");
        at = (size_t)(lf - bytes.data) + 1;
    }
    return true;
}

/* Later pieces of a head: has the blank line come? *unfinished: where the bytes begin that are no whole line yet. */
static enum http_result scan_lines(struct slice bytes, size_t scanned, enum head_kind kind, struct http_head *head,
                                   size_t *unfinished, struct http_error *error)
{
    size_t lead = leading_crlf(bytes, kind), from = scanned;
    const char *lf;
    /* The byte before may be a CR that is now followed by something. */
    *unfinished = bytes.data[scanned - 1] == '\r' ? scanned - 1 : scanned;
    while (from < bytes.len && (lf = memchr(bytes.data + from, '\n', bytes.len - from))) {
        const char *start = lf;
        while (start > bytes.data && start[-1] != '\n')
            start--;
        if (lf == start || lf[-1] != '\r') {
            fail(error, 400, "A line ends in LF alone.");
            return HTTP_INVALID;
        }
        struct slice line = slice_of(start, (size_t)(lf - start) - 1);
        if (line.len == 0 && start > bytes.data + lead)
            return HTTP_COMPLETE;
        bool is_lead = lead && start == bytes.data;
        if (!is_lead && !check_line(line, start == bytes.data + lead, kind, head, error))
            return HTTP_INVALID;
        *unfinished = from = (size_t)(lf - bytes.data) + 1;
    }
    return from == scanned || check_line_count(bytes, lead, error) ? HTTP_PARTIAL : HTTP_INVALID;
}

/* What has come of an unfinished line must be able to become a valid one: a CR may only be its last byte. */
static enum http_result check_unfinished(struct slice bytes, size_t from, enum head_kind kind, struct http_error *error)
{
    size_t lead = leading_crlf(bytes, kind), longest = METHOD_MAX + HTTP_MAX_TARGET + VERSION_SIZE + 2;
    bool has_method =
        kind != HEAD_REQUEST || bytes.len <= lead + METHOD_MAX || memchr(bytes.data + lead, ' ', METHOD_MAX + 1);
    struct slice tail = slice_part(bytes, from, bytes.len);
    if (tail.len && tail.data[tail.len - 1] == '\r')
        tail.len--;
    bool fine = true;
    if (!http_all(tail, HTTP_CHAR_VALUE))
        fine = fail(error, 400, "A control character is not allowed in a head.");
    else if (bytes.len > lead && bytes.data[lead] != '\r' && !http_char_is(bytes.data[lead], HTTP_CHAR_TOKEN))
        fine = fail(error, 400, "The head does not begin with a token.");
    else if (!has_method)
        fine = fail(error, 400, "The method is not a token.");
    else if (bytes.len > lead + longest && !memchr(bytes.data + lead, '\n', longest))
        fine = fail(error, 414, "The request target is too long.");
    return fine ? HTTP_PARTIAL : HTTP_INVALID;
}

static enum http_result parse_head(struct slice bytes, size_t *scanned, struct http_limits limits, enum head_kind kind,
                                   struct http_head *head, struct http_error *error)
{
    enum http_result result = HTTP_COMPLETE;
    size_t unfinished = 0;
    if (bytes.len == 0)
        return HTTP_PARTIAL;
    if (*scanned)
        result = scan_lines(bytes, *scanned, kind, head, &unfinished, error);
    if (result == HTTP_COMPLETE)
        result = parse_lines(bytes, kind, head, &unfinished, error);
    if (result == HTTP_COMPLETE && head->head_bytes <= limits.head_bytes)
        return result;
    if (result == HTTP_PARTIAL)
        result = check_unfinished(bytes, unfinished, kind, error);
    if (result != HTTP_INVALID && bytes.len > limits.head_bytes) {
        fail(error, 431, "The head is too large.");
        return HTTP_INVALID;
    }
    *scanned = bytes.len;
    return result;
}

enum http_result http_parse_request(struct slice bytes, size_t *scanned, struct http_limits limits,
                                    struct http_head *head, struct http_error *error)
{
    return parse_head(bytes, scanned, limits, HEAD_REQUEST, head, error);
}

enum http_result http_parse_response(struct slice bytes, size_t *scanned, struct http_limits limits, bool to_head,
                                     struct http_head *head, struct http_error *error)
{
    enum http_result result =
        parse_head(bytes, scanned, limits, to_head ? HEAD_RESPONSE_TO_HEAD : HEAD_RESPONSE, head, error);
    if (result == HTTP_INVALID)
        error->status = 502;
    return result;
}

/* ---- reading a head ---- */

struct slice http_get(const struct http_head *head, const char *name)
{
    struct slice wanted = slice_from(name);
    for (size_t i = 0; i < head->field_count; i++)
        if (slice_equal_nocase(head->fields[i].name, wanted))
            return head->fields[i].value;
    return SLICE_NONE;
}

bool http_list_has(struct slice list, struct slice token)
{
    struct slice part;
    while (slice_cut(&list, ',', &part))
        if (slice_equal_nocase(slice_trim(part), token))
            return true;
    return false;
}

bool http_is_token(struct slice s)
{
    return s.len > 0 && http_all(s, HTTP_CHAR_TOKEN);
}
