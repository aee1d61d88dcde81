/* conf_keys: the tables of keys, and reading a mapping by one. A new plain setting is a field in conf.h and a row here.
 */
#include "conf_load.h"

#include <math.h>
#include <stdio.h>

#include "clock.h"

#define FIELD(member)       offsetof(struct conf, member)
#define MODEL_FIELD(member) offsetof(struct conf_model, member)
#define NO_LIMIT            1e18

const struct conf_row conf_rows[] = {
    {{"listen", "list", NULL, "where clients connect"}, CONF_CUSTOM, 0, 0, 0, conf_set_listen, conf_put_listen},
    {{"workers", "integer", "0", "relay loops; 0 = one a core, at most 4"},
     CONF_UNSIGNED,
     FIELD(workers),
     0,
     64,
     NULL,
     NULL},
    {{"drain", "duration", "30s", "how long streams may finish after SIGTERM"},
     CONF_DURATION,
     FIELD(drain_ms),
     0,
     NO_LIMIT,
     NULL,
     NULL},
    {{"via", "boolean", "false", "adds Via to what is relayed"}, CONF_BOOL, FIELD(via), 0, 0, NULL, NULL},
    {{"timeouts.head", "duration", "10s", "a request head, from its first byte"},
     CONF_DURATION,
     FIELD(timeouts.head_ms),
     1,
     NO_LIMIT,
     NULL,
     NULL},
    {{"timeouts.body", "duration", "0", "a request body; 0 = none"},
     CONF_DURATION,
     FIELD(timeouts.body_ms),
     0,
     NO_LIMIT,
     NULL,
     NULL},
    {{"timeouts.keep_alive", "duration", "75s", "an idle client connection"},
     CONF_DURATION,
     FIELD(timeouts.keep_alive_ms),
     1,
     NO_LIMIT,
     NULL,
     NULL},
    {{"timeouts.connect", "duration", "5s", "to the model: name, TCP and TLS together"},
     CONF_DURATION,
     FIELD(timeouts.connect_ms),
     1,
     NO_LIMIT,
     NULL,
     NULL},
    {{"timeouts.first_byte", "duration", "0", "until the model's response head; 0 = none"},
     CONF_DURATION,
     FIELD(timeouts.first_byte_ms),
     0,
     NO_LIMIT,
     NULL,
     NULL},
    {{"timeouts.idle", "duration", "0", "between bytes of the model; 0 = none"},
     CONF_DURATION,
     FIELD(timeouts.idle_ms),
     0,
     NO_LIMIT,
     NULL,
     NULL},
    {{"timeouts.total", "duration", "0", "a whole exchange; 0 = none"},
     CONF_DURATION,
     FIELD(timeouts.total_ms),
     0,
     NO_LIMIT,
     NULL,
     NULL},
    {{"limits.head", "size", "64KiB", "a request head"},
     CONF_SIZE,
     FIELD(limits.head_bytes),
     1024,
     1 << 20,
     NULL,
     NULL},
    {{"limits.body", "size", "256MiB", "a request body"},
     CONF_SIZE,
     FIELD(limits.body_bytes),
     1024,
     NO_LIMIT,
     NULL,
     NULL},
    {{"limits.connections", "integer", "0", "open client connections a loop; 0 = as descriptors allow"},
     CONF_UNSIGNED,
     FIELD(limits.connections),
     0,
     1e6,
     NULL,
     NULL},
    {{"limits.connections_per_address", "integer", "0", "of one client address; 0 = no limit"},
     CONF_UNSIGNED,
     FIELD(limits.connections_per_address),
     0,
     1e6,
     NULL,
     NULL},
    {{"limits.tap", "size", "2MiB", "of a request and of an answer kept for a trial"},
     CONF_SIZE,
     FIELD(limits.tap_bytes),
     4096,
     1 << 28,
     NULL,
     NULL},
    {{"limits.tap_total", "size", "256MiB", "of all taps together"},
     CONF_SIZE,
     FIELD(limits.tap_total_bytes),
     4096,
     NO_LIMIT,
     NULL,
     NULL},
    {{"admin.address", "address", NULL, "the admin plane; without it there is none"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_admin_address,
     NULL},
    {{"admin.token_file", "file", NULL, "the bearer token of the admin plane; needed off loopback"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_admin_token,
     NULL},
    {{"models.warm", "model", NULL, "the deployed model"}, CONF_CUSTOM, 0, 0, 0, conf_set_warm, conf_put_models},
    {{"models.original", "model", NULL, "the model it was made from"}, CONF_CUSTOM, 0, 0, 0, conf_set_original, NULL},
    {{"models.judge", "model", NULL, "says what answers assert; neither of the two"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_judge,
     NULL},
    {{"live", "word", "warm", "who answers the users: warm or original"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_live,
     conf_put_live},
    {{"allow_self_judge", "boolean", "false", "lets a judge be one of the models it judges"},
     CONF_BOOL,
     FIELD(allow_self_judge),
     0,
     0,
     NULL,
     NULL},
    {{"rules", "list", NULL, "rule packs; default: those installed"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_rules,
     conf_put_rules},
    {{"shadow.sample", "mapping", NULL, "share of exchanges that become trials, by label; the largest that applies"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_sample,
     conf_put_sample},
    {{"shadow.arms.original_again", "share", "0", "trials whose original is asked twice: noise floor"},
     CONF_SHARE,
     FIELD(shadow.original_again),
     0,
     1,
     NULL,
     NULL},
    {{"shadow.arms.warm_again", "share", "0", "trials whose warm model is asked again: noise floor"},
     CONF_SHARE,
     FIELD(shadow.warm_again),
     0,
     1,
     NULL,
     NULL},
    {{"shadow.arms.neutral", "share", "0", "trials asked without cue and belief, of both models"},
     CONF_SHARE,
     FIELD(shadow.neutral),
     0,
     1,
     NULL,
     NULL},
    {{"shadow.budget.concurrency", "integer", "16", "side requests under way"},
     CONF_UNSIGNED,
     FIELD(shadow.concurrency),
     1,
     10000,
     NULL,
     NULL},
    {{"shadow.budget.requests_per_minute", "integer", "600", "side requests a minute"},
     CONF_UNSIGNED,
     FIELD(shadow.requests_per_minute),
     1,
     1e9,
     NULL,
     NULL},
    {{"shadow.budget.tokens_per_day", "integer", "5000000", "tokens a day, in and out"},
     CONF_U64,
     FIELD(shadow.tokens_per_day),
     0,
     1e15,
     NULL,
     NULL},
    {{"shadow.budget.money_per_day", "money", "0", "by the prices of the models; 0 = no limit"},
     CONF_MONEY,
     FIELD(shadow.money_per_day),
     0,
     1e9,
     NULL,
     NULL},
    {{"shadow.timeout", "duration", "120s", "one side request"},
     CONF_DURATION,
     FIELD(shadow.timeout_ms),
     1,
     NO_LIMIT,
     NULL,
     NULL},
    {{"shadow.deadline", "duration", "300s", "a trial; later it counts as missing"},
     CONF_DURATION,
     FIELD(shadow.deadline_ms),
     1,
     NO_LIMIT,
     NULL,
     NULL},
    {{"shadow.max_answer", "size", "1MiB", "an answer of the side path"},
     CONF_SIZE,
     FIELD(shadow.max_answer_bytes),
     1024,
     1 << 28,
     NULL,
     NULL},
    {{"shadow.max_tokens", "integer", "0", "put into side requests that name no cap; 0 = leave it"},
     CONF_UNSIGNED,
     FIELD(shadow.max_tokens),
     0,
     1e7,
     NULL,
     NULL},
    {{"salt_file", "file", NULL, "salt of the conversation hash; default: made from the store's path"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_salt,
     NULL},
    {{"alerts.alpha", "share", "0.05", "false level alerts ever, over all conditions"},
     CONF_SHARE,
     FIELD(alerts.alpha),
     1e-9,
     .5,
     NULL,
     NULL},
    {{"alerts.tolerance", "share", "0.02", "a gap that is put up with"},
     CONF_SHARE,
     FIELD(alerts.tolerance),
     0,
     .9,
     NULL,
     NULL},
    {{"alerts.drift_alpha", "share", "0.05", "false drift alerts within the horizon"},
     CONF_SHARE,
     FIELD(alerts.drift_alpha),
     1e-9,
     .5,
     NULL,
     NULL},
    {{"alerts.drift_horizon", "integer", "20000", "comparisons the drift alert's promise covers"},
     CONF_U64,
     FIELD(alerts.drift_horizon),
     1,
     1e12,
     NULL,
     NULL},
    {{"alerts.webhook.url", "url", NULL, "gets every alert as JSON"},
     CONF_TEXT,
     FIELD(alerts.webhook_url),
     0,
     0,
     NULL,
     NULL},
    {{"alerts.webhook.secret_env", "variable", NULL, "key of the webhook's HMAC signature"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_webhook_secret,
     NULL},
    {{"alerts.alertmanager.url", "url", NULL, "an Alertmanager, API v2"},
     CONF_TEXT,
     FIELD(alerts.alertmanager_url),
     0,
     0,
     NULL,
     NULL},
    {{"alerts.slack.url_env", "variable", NULL, "a Slack-compatible webhook; its URL is a secret"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_slack_url,
     NULL},
    {{"store.url", "url", NULL, "sqlite:PATH; without it nothing is kept"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_store_url,
     conf_put_store_url},
    {{"store.content", "word", "redacted", "of messages: none, hash, redacted or full"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_content,
     conf_put_content},
    {{"store.retention", "duration", "0", "how long trials are kept; 0 = for ever"},
     CONF_DURATION,
     FIELD(retention_ms),
     0,
     NO_LIMIT,
     NULL,
     NULL},
    {{"log.level", "word", "info", "error, warn, info or debug"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_log_level,
     conf_put_log_level},
    {{"log.format", "word", "text", "text or json"}, CONF_CUSTOM, 0, 0, 0, conf_set_log_format, conf_put_log_format},
};
const size_t conf_row_count = sizeof conf_rows / sizeof *conf_rows;

const struct conf_row conf_model_rows[] = {
    {{"url", "url", NULL, "base URL, the part before /chat/completions; a list for several addresses"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_model_url,
     conf_put_model_url},
    {{"model", "text", NULL, "the name put into side requests; default: the client's"},
     CONF_TEXT,
     MODEL_FIELD(model),
     0,
     0,
     NULL,
     NULL},
    {{"api_key_env", "variable", NULL, "environment variable that holds the key"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_model_key_env,
     NULL},
    {{"api_key_file", "file", NULL, "file that holds the key"}, CONF_CUSTOM, 0, 0, 0, conf_set_model_key_file, NULL},
    {{"forward_client_key", "boolean", NULL, "passes the client's Authorization on; default: only for the live model"},
     CONF_BOOL,
     MODEL_FIELD(forward_client_key),
     0,
     0,
     NULL,
     NULL},
    {{"system_prompt", "word", NULL, "keep, drop or {replace: TEXT} for side requests"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_model_prompt,
     conf_put_model_prompt},
    {{"http2", "boolean", "false", "HTTP/2 over TLS for side requests"},
     CONF_BOOL,
     MODEL_FIELD(http2),
     0,
     0,
     NULL,
     NULL},
    {{"tls.verify", "boolean", "true", "checks the server's certificate"},
     CONF_BOOL,
     MODEL_FIELD(tls_verify),
     0,
     0,
     NULL,
     NULL},
    {{"tls.ca", "file", NULL, "trusted certificates; default: the system's"},
     CONF_TEXT,
     MODEL_FIELD(tls_ca),
     0,
     0,
     NULL,
     NULL},
    {{"tls.certificate", "file", NULL, "client certificate"},
     CONF_TEXT,
     MODEL_FIELD(tls_certificate),
     0,
     0,
     NULL,
     NULL},
    {{"tls.key", "file", NULL, "its key"}, CONF_TEXT, MODEL_FIELD(tls_key), 0, 0, NULL, NULL},
    {{"price.in", "money", "0", "a million tokens in"}, CONF_MONEY, MODEL_FIELD(price_in), 0, 1e6, NULL, NULL},
    {{"price.out", "money", "0", "a million tokens out"}, CONF_MONEY, MODEL_FIELD(price_out), 0, 1e6, NULL, NULL},
};
const size_t conf_model_row_count = sizeof conf_model_rows / sizeof *conf_model_rows;

const struct conf_row conf_listen_rows[] = {
    {{"address", "address", NULL, "127.0.0.1:8080, [::]:8443 or unix:/path"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_listen_address,
     NULL},
    {{"tls", "mapping", NULL, "certificate and key; a list for several names"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_listen_tls,
     NULL},
    {{"paths", "list", NULL, "prefixes that are relayed; default [/v1/]"},
     CONF_CUSTOM,
     0,
     0,
     0,
     conf_set_listen_paths,
     NULL},
};
const size_t conf_listen_row_count = sizeof conf_listen_rows / sizeof *conf_listen_rows;

const struct conf_row conf_tls_rows[] = {
    {{"certificate", "file", NULL, "PEM, with its chain"},
     CONF_TEXT,
     offsetof(struct conf_tls_server, certificate),
     0,
     0,
     NULL,
     NULL},
    {{"key", "file", NULL, "PEM"}, CONF_TEXT, offsetof(struct conf_tls_server, key), 0, 0, NULL, NULL},
    {{"client_ca", "file", NULL, "asks clients for a certificate of these"},
     CONF_TEXT,
     offsetof(struct conf_tls_server, client_ca),
     0,
     0,
     NULL,
     NULL},
};
const size_t conf_tls_row_count = sizeof conf_tls_rows / sizeof *conf_tls_rows;

/* ---- values ---- */

static bool size_parse(struct slice text, double *out)
{
    static const struct {
        const char *unit;
        double bytes;
    } units[] = {{"", 1}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit(text.data[digits]))
        digits++;
    uint64_t value;
    if (slice_to_u64(slice_part(text, 0, digits), &value) != 0)
        return false;
    struct slice unit = slice_trim(slice_part(text, digits, text.len));
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_is(unit, units[i].unit)) {
            *out = (double)value * units[i].bytes;
            return true;
        }
    }
    return false;
}

/* The number a text stands for by its kind; what it should have looked like, or NULL. */
static const char *number_parse(enum conf_kind kind, struct slice text, double *value)
{
    uint64_t whole;
    switch (kind) {
    case CONF_DURATION:
        if (clock_parse_duration(text, &whole) != 0)
            return "a duration like 30s, 5m or 250ms";
        *value = (double)whole;
        return NULL;
    case CONF_SIZE:
        return size_parse(text, value) ? NULL : "a size like 64KiB or 2MiB";
    case CONF_UNSIGNED:
    case CONF_U64:
        if (slice_to_u64(text, &whole) != 0)
            return "a whole number";
        *value = (double)whole;
        return NULL;
    case CONF_SHARE:
        return slice_to_double(text, value) == 0 ? NULL : "a share between 0 and 1";
    case CONF_MONEY:
        return slice_to_double(text, value) == 0 ? NULL : "an amount";
    case CONF_TEXT:
    case CONF_BOOL:
    case CONF_CUSTOM:
        break;
    }
    return "another kind of value";
}

static void number_store(enum conf_kind kind, double value, void *field)
{
    if (kind == CONF_UNSIGNED)
        *(unsigned *)field = (unsigned)value;
    else if (kind == CONF_SIZE)
        *(size_t *)field = (size_t)value;
    else if (kind == CONF_SHARE || kind == CONF_MONEY)
        *(double *)field = value;
    else
        *(uint64_t *)field = (uint64_t)value;
}

struct unit {
    const char *name;
    uint64_t times;
};
static const struct unit size_units[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}};
static const struct unit duration_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

/* In the largest unit that it is a whole number of. */
static void unit_put(uint64_t value, const struct unit *unit, struct buf *out)
{
    while (unit->times > 1 && (value == 0 || value % unit->times != 0))
        unit++;
    buf_add_format(out, "%llu%s", (unsigned long long)(value / unit->times), value ? unit->name : "");
}

/* A number of a kind as people write it. */
static void number_put(enum conf_kind kind, double value, struct buf *out)
{
    if (kind == CONF_DURATION)
        unit_put((uint64_t)value, duration_units, out);
    else if (kind == CONF_SIZE)
        unit_put((uint64_t)value, size_units, out);
    else
        buf_add_format(out, "%.15g", value);
}

static int range_error(struct conf_load *load, const struct conf_row *row, struct slice text,
                       const struct yaml_node *node)
{
    struct buf range;
    buf_init(&range, 128);
    number_put(row->kind, row->min, &range);
    if (row->max < NO_LIMIT) {
        buf_add_text(&range, " to ");
        number_put(row->kind, row->max, &range);
    } else {
        buf_add_text(&range, " or more");
    }
    yaml_error(load->err, node, "'%s' is out of range: %.*s is not %s", row->key.path, SLICE_ARGS(text),
               buf_text(&range));
    buf_fini(&range);
    return -1;
}

/* Sets a key from text; node NULL: a default of the table, known to be right. */
static int text_set(struct conf_load *load, const struct conf_row *row, struct slice text, const struct yaml_node *node,
                    void *base)
{
    void *field = (char *)base + row->offset;
    if (row->kind == CONF_TEXT) {
        if (text.len == 0)
            return yaml_error(load->err, node, "'%s' is empty", row->key.path);
        *(char **)field = conf_copy(load, node, text);
        return *(char **)field ? 0 : -1;
    }
    if (node && !yaml_plain(node) && row->kind != CONF_DURATION && row->kind != CONF_SIZE && row->kind != CONF_TEXT)
        return yaml_error(load->err, node, "'%s' expects %s without quotes", row->key.path, row->key.type);
    if (row->kind == CONF_BOOL) {
        bool yes = slice_is(text, "true"), no = slice_is(text, "false");
        if (!yes && !no)
            return yaml_error(load->err, node, "'%s' expects true or false, not '%.*s'", row->key.path,
                              SLICE_ARGS(text));
        *(bool *)field = yes;
        return 0;
    }
    double value;
    const char *expected = number_parse(row->kind, text, &value);
    if (expected)
        return yaml_error(load->err, node, "'%s' expects %s, not '%.*s'", row->key.path, expected, SLICE_ARGS(text));
    if (value < row->min || value > row->max)
        return range_error(load, row, text, node);
    number_store(row->kind, value, field);
    return 0;
}

void conf_set_defaults(struct conf_load *load, const struct conf_row *rows, size_t count, void *base)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].kind == CONF_CUSTOM || !rows[i].key.standard)
            continue;
        int rc = text_set(load, &rows[i], slice_from(rows[i].key.standard), NULL, base);
        (void)rc; /* a unit test sets them all */
    }
}

void conf_put_value(const struct conf_row *row, const void *base, struct buf *out)
{
    const void *field = (const char *)base + row->offset;
    switch (row->kind) {
    case CONF_TEXT:
        conf_put_text(*(char *const *)field, out);
        break;
    case CONF_BOOL:
        buf_add_text(out, *(const bool *)field ? "true" : "false");
        break;
    case CONF_UNSIGNED:
        buf_add_format(out, "%u", *(const unsigned *)field);
        break;
    case CONF_SIZE:
        unit_put(*(const size_t *)field, size_units, out);
        break;
    case CONF_SHARE:
    case CONF_MONEY:
        buf_add_format(out, "%g", *(const double *)field);
        break;
    case CONF_U64:
        buf_add_format(out, "%llu", (unsigned long long)*(const uint64_t *)field);
        break;
    case CONF_DURATION:
        unit_put(*(const uint64_t *)field, duration_units, out);
        break;
    case CONF_CUSTOM:
        row->put(base, out);
        break;
    }
}

/* ---- walking a mapping ---- */

static size_t edit_distance(struct slice a, struct slice b)
{
    size_t row[64];
    if (a.len > 60 || b.len >= 60)
        return 99;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = step < change ? step : change;
        }
    }
    return row[b.len];
}

/* The part of a row's path that stands at this level, behind prefix; {NULL,0} when it is elsewhere. */
static struct slice level_name(const struct conf_row *row, const char *prefix)
{
    struct slice path = slice_from(row->key.path), name;
    if (!slice_starts(path, slice_from(prefix)))
        return SLICE_NONE;
    path = slice_part(path, strlen(prefix), path.len);
    return slice_cut(&path, '.', &name) ? name : SLICE_NONE;
}

static int unknown_key(struct conf_load *load, const struct yaml_node *key, const struct conf_row *rows, size_t count,
                       const char *prefix)
{
    struct slice name = yaml_text(key), best = SLICE_NONE;
    size_t closest = 3;
    for (size_t i = 0; i < count; i++) {
        struct slice candidate = level_name(&rows[i], prefix);
        size_t distance = candidate.data ? edit_distance(name, candidate) : 99;
        if (distance < closest) {
            closest = distance;
            best = candidate;
        }
    }
    if (best.data)
        return yaml_error(load->err, key, "unknown key '%.*s'; did you mean '%.*s'?", SLICE_ARGS(name),
                          SLICE_ARGS(best));
    return yaml_error(load->err, key, "unknown key '%.*s'", SLICE_ARGS(name));
}

static int key_read(struct conf_load *load, const struct yaml_node *key, const struct yaml_node *value,
                    const struct conf_row *rows, size_t count, const char *prefix, void *base)
{
    char path[128];
    snprintf(path, sizeof path, "%s%.*s", prefix, SLICE_ARGS(yaml_text(key)));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].key.path, path) != 0)
            continue;
        if (rows[i].kind == CONF_CUSTOM)
            return rows[i].set(load, value, base);
        struct slice text;
        char what[96];
        snprintf(what, sizeof what, "one value for '%s' (%s)", rows[i].key.path, rows[i].key.type);
        if (conf_scalar(load, value, what, &text) != 0)
            return -1;
        return text_set(load, &rows[i], text, value, base);
    }
    size_t used = strlen(path);
    if (used + 1 < sizeof path) {
        memcpy(path + used, ".", 2);
        for (size_t i = 0; i < count; i++)
            if (strncmp(rows[i].key.path, path, used + 1) == 0)
                return conf_read_mapping(load, value, rows, count, path, base);
    }
    return unknown_key(load, key, rows, count, prefix);
}

int conf_read_mapping(struct conf_load *load, const struct yaml_node *mapping, const struct conf_row *rows,
                      size_t count, const char *prefix, void *base)
{
    if (yaml_type(mapping) != YAML_MAPPING)
        return yaml_error(load->err, mapping, "%s%.*s expects keys and values", *prefix ? "" : "the configuration",
                          (int)(*prefix ? strlen(prefix) - 1 : 0), prefix);
    for (size_t i = 0; i < yaml_count(mapping); i++)
        if (key_read(load, yaml_key(mapping, i), yaml_value(mapping, i), rows, count, prefix, base) != 0)
            return -1;
    return 0;
}
