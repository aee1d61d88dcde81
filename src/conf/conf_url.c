/* conf_url: "http://127.0.0.1:9001/v1" taken apart. */
#include "conf_load.h"

#include <arpa/inet.h>

static bool ip_valid(int family, struct slice text)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.data, 0, text.len))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    return inet_pton(family, copy, address) == 1;
}

/* A name, or an IPv4 address, which looks like one. */
static bool name_valid(struct slice host)
{
    if (host.len == 0 || host.len > 253 || host.data[0] == '-' || host.data[0] == '.')
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!ascii_is_alpha(host.data[i]) && !ascii_is_digit(host.data[i]) && !strchr("-._", host.data[i]))
            return false;
    return true;
}

/* Takes HOST:PORT or [V6]:PORT apart. */
static bool address_split(struct slice address, struct slice *host, bool *v6, uint64_t *port)
{
    *v6 = slice_starts(address, SLICE("["));
    size_t end = slice_find(address, *v6 ? SLICE("]:") : SLICE(":"), 0);
    if (end == SLICE_NOT_FOUND)
        return false;
    *host = slice_part(address, *v6, end);
    return slice_to_u64(slice_part(address, end + (*v6 ? 2 : 1), address.len), port) == 0 && *port <= UINT16_MAX;
}

bool conf_address_valid(struct slice address)
{
    struct slice host;
    uint64_t port;
    bool v6;
    if (slice_starts(address, SLICE("unix:")))
        return address.len > 5 && address.len < 5 + 108; /* what fits sun_path */
    return address_split(address, &host, &v6, &port) &&
           (v6 ? ip_valid(AF_INET6, host) : name_valid(host) || slice_is(host, "*"));
}

static bool host_is_loopback4(struct slice host)
{
    return slice_equal_nocase(host, SLICE("localhost")) ||
           (slice_starts(host, SLICE("127.")) && ip_valid(AF_INET, host));
}

bool conf_address_is_loopback(struct slice address)
{
    struct slice host;
    uint64_t port;
    bool v6;
    if (slice_starts(address, SLICE("unix:")))
        return true;
    if (!address_split(address, &host, &v6, &port))
        return false;
    return v6 ? slice_is(host, "::1") : host_is_loopback4(host);
}

bool conf_address_same(struct slice a, struct slice b)
{
    struct slice host;
    uint64_t port;
    bool v6;
    if (slice_starts(a, SLICE("unix:")))
        return slice_equal(a, b);
    return slice_equal_nocase(a, b) && address_split(a, &host, &v6, &port) && port != 0;
}

bool conf_url_leads_to(const struct conf_url *url, struct slice address)
{
    struct slice to = slice_from(url->host), host;
    uint64_t port;
    bool v6;
    if (slice_starts(address, SLICE("unix:")) || !address_split(address, &host, &v6, &port) || port != url->port)
        return false;
    if (slice_equal_nocase(to, host))
        return true;
    if (slice_is(host, "::1") || slice_is(host, "127.0.0.1"))
        return slice_equal_nocase(to, SLICE("localhost"));
    if (slice_is(host, "::")) /* hears IPv4, too */
        return slice_is(to, "::1") || host_is_loopback4(to);
    return (slice_is(host, "0.0.0.0") || slice_is(host, "*")) && host_is_loopback4(to);
}

int conf_url_parse(struct conf_load *load, const struct yaml_node *node, struct conf_url *out)
{
    struct slice text, rest, host;
    if (conf_scalar(load, node, "a URL", &text) != 0)
        return -1;
    *out = (struct conf_url){.scheme = CONF_HTTP, .port = 80};
    if (slice_starts(text, SLICE("http://"))) {
        rest = slice_part(text, 7, text.len);
    } else if (slice_starts(text, SLICE("https://"))) {
        rest = slice_part(text, 8, text.len);
        out->scheme = CONF_HTTPS;
        out->port = 443;
    } else {
        return yaml_error(load->err, node, "'%.*s' is no http:// or https:// URL", SLICE_ARGS(text));
    }
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] <= ' ' || (unsigned char)text.data[i] >= 0x7F ||
            strchr("\"<>\\^`{|}", text.data[i]))
            return yaml_error(load->err, node, "the URL holds a byte that must be percent-encoded");
    if (slice_find(rest, SLICE("@"), 0) != SLICE_NOT_FOUND || slice_find(rest, SLICE("?"), 0) != SLICE_NOT_FOUND ||
        slice_find(rest, SLICE("#"), 0) != SLICE_NOT_FOUND)
        return yaml_error(load->err, node,
                          "this URL has no user, query or fragment; keys belong into a file or the environment");
    size_t slash = slice_find(rest, SLICE("/"), 0);
    struct slice authority = slice_part(rest, 0, slash), prefix = slice_part(rest, slash, rest.len);
    while (prefix.len && prefix.data[prefix.len - 1] == '/')
        prefix.len--;
    size_t port_at;
    if (slice_starts(authority, SLICE("["))) {
        size_t close = slice_find(authority, SLICE("]"), 0);
        if (close == SLICE_NOT_FOUND)
            return yaml_error(load->err, node, "'%.*s': the address lacks its ]", SLICE_ARGS(text));
        host = slice_part(authority, 1, close);
        port_at = close + 1;
    } else {
        port_at = slice_find(authority, SLICE(":"), 0);
        host = slice_part(authority, 0, port_at);
        port_at = port_at == SLICE_NOT_FOUND ? authority.len : port_at;
    }
    if (slice_starts(authority, SLICE("[")) ? !ip_valid(AF_INET6, host) : !name_valid(host))
        return yaml_error(load->err, node, "'%.*s' names no host", SLICE_ARGS(text));
    if (port_at < authority.len) {
        uint64_t port;
        if (authority.data[port_at] != ':' ||
            slice_to_u64(slice_part(authority, port_at + 1, authority.len), &port) != 0 || port == 0 || port > 65535)
            return yaml_error(load->err, node, "'%.*s' has no port between 1 and 65535", SLICE_ARGS(text));
        out->port = (uint16_t)port;
    }
    out->text = conf_copy(load, node, text);
    out->host = conf_copy(load, node, host);
    out->prefix = conf_copy(load, node, prefix);
    return out->text && out->host && out->prefix ? 0 : -1;
}
