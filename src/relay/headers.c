/* headers: see headers.h. The table is the one place that knows what happens to a field. */
#include "headers.h"

#include <stdio.h>

enum rule {
    HOP = 1,       /* about this connection only (RFC 9110 7.6.1), or ours to write: dropped both ways */
    CREDENTIAL = 2 /* the client's rights: not for a model that has its own key, or is not to see the client's */
};

static const struct {
    const char *name;
    unsigned len;
    enum rule rule;
} table[] = {
#define ROW(name, rule)                                                                                                \
    {                                                                                                                  \
        name, sizeof(name) - 1, rule                                                                                   \
    }
    ROW("te", HOP),
    ROW("host", HOP),
    ROW("expect", HOP),
    ROW("api-key", CREDENTIAL),
    ROW("trailer", HOP),
    ROW("upgrade", HOP),
    ROW("x-api-key", CREDENTIAL),
    ROW("connection", HOP),
    ROW("keep-alive", HOP),
    ROW("authorization", CREDENTIAL),
    ROW("content-length", HOP),
    ROW("http2-settings", HOP),
    ROW("openai-project", CREDENTIAL),
    ROW("proxy-connection", HOP),
    ROW("transfer-encoding", HOP),
    ROW("proxy-authenticate", HOP),
    ROW("openai-organization", CREDENTIAL),
    ROW("proxy-authorization", HOP),
};

static unsigned rule_of(struct slice name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0] && table[i].len <= name.len; i++)
        if (table[i].len == name.len && slice_equal_nocase(name, slice_of(table[i].name, table[i].len)))
            return table[i].rule;
    return 0;
}

static bool is_ours(struct slice name)
{
    return name.len >= 9 && slice_equal_nocase(slice_of(name.data, 9), SLICE("x-candor-"));
}

/* True when Connection names something besides close and keep-alive, so that every field must be looked up in it. */
static bool names_fields(const struct http_head *head)
{
    for (size_t i = 0; i < head->field_count; i++) {
        struct slice part, list = head->fields[i].value;
        if (head->fields[i].name.len != 10 || !slice_equal_nocase(head->fields[i].name, SLICE("connection")))
            continue;
        while (slice_cut(&list, ',', &part)) {
            part = slice_trim(part);
            if (!slice_equal_nocase(part, SLICE("keep-alive")) && !slice_equal_nocase(part, SLICE("close")))
                return true;
        }
    }
    return false;
}

static bool is_named(const struct http_head *head, struct slice name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (slice_equal_nocase(head->fields[i].name, SLICE("connection")) && http_list_has(head->fields[i].value, name))
            return true;
    return false;
}

static void add(struct headers *out, struct slice name, struct slice value)
{
    out->fields[out->count++] = (struct http_field){name, value};
}

static void pass_fields(const struct http_head *head, unsigned dropped_rules, struct headers *out)
{
    bool named = names_fields(head);
    out->count = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        const struct http_field *field = &head->fields[i];
        if ((rule_of(field->name) & dropped_rules) || is_ours(field->name) || (named && is_named(head, field->name)))
            continue;
        out->fields[out->count++] = *field;
    }
}

void headers_to_upstream(const struct http_head *head, const struct conf_model *model, struct slice bearer, bool via,
                         struct headers *out)
{
    unsigned dropped = HOP;
    if (bearer.data || !model->forward_client_key)
        dropped |= CREDENTIAL;
    pass_fields(head, dropped, out);
    if (bearer.data)
        add(out, SLICE("authorization"), bearer);
    if (via)
        add(out, SLICE("via"), head->minor == 0 ? SLICE("1.0 candor") : SLICE("1.1 candor"));
}

void headers_add_forwarded(struct headers *out, struct slice peer, bool tls, char value[FORWARDED_SIZE])
{
    bool v6 = slice_find(peer, SLICE(":"), 0) != SLICE_NOT_FOUND;
    struct slice address = peer.len ? peer : SLICE("unknown"); /* a unix socket */
    int len = snprintf(value, FORWARDED_SIZE, v6 ? "for=\"[%.*s]\";proto=%s" : "for=%.*s;proto=%s", (int)address.len,
                       address.data, tls ? "https" : "http");
    if (len > 0 && len < FORWARDED_SIZE)
        add(out, SLICE("forwarded"), slice_of(value, (size_t)len));
}

void headers_to_client(const struct http_head *head, struct slice exchange_id, bool via, struct headers *out)
{
    pass_fields(head, HOP, out);
    add(out, SLICE("x-candor-id"), exchange_id);
    if (via)
        add(out, SLICE("via"), head->minor == 0 ? SLICE("1.0 candor") : SLICE("1.1 candor"));
}
