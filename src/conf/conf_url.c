/* conf_url: "http://127.0.0.1:9001/v1" taken apart. */
#include "conf_load.h"

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
                          "a model's URL has no user, query or fragment; keys belong into api_key_env or api_key_file");
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
    if (host.len == 0)
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
