/* conf_describe: a snapshot as YAML, for `candor check`. Secrets are only said to be set. */
#include "conf_load.h"

#include "json.h"

void conf_put_text(const char *text, struct buf *out)
{
    if (text)
        json_escape(out, slice_from(text)); /* a JSON string is a YAML one */
    else
        buf_add_text(out, "~");
}

static void texts_put(char *const *texts, size_t count, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_add_text(out, i ? ", " : "");
        conf_put_text(texts[i], out);
    }
    buf_add_char(out, ']');
}

void conf_put_listen(const void *base, struct buf *out)
{
    const struct conf *conf = base;
    for (size_t i = 0; i < conf->listen_count; i++) {
        const struct conf_listen *listen = &conf->listen[i];
        buf_add_text(out, "\n  - address: ");
        conf_put_text(listen->address, out);
        buf_add_text(out, "\n    paths: ");
        texts_put(listen->paths, listen->path_count, out);
        for (size_t t = 0; t < listen->tls_count; t++) {
            buf_add_text(out, t ? "\n      - certificate: " : "\n    tls:\n      - certificate: ");
            conf_put_text(listen->tls[t].certificate, out);
        }
    }
}

static void model_put(const struct conf_model *model, struct buf *out)
{
    static const char *const prompts[] = {"keep", "drop", "replaced"};
    buf_add_format(out, "\n  %s: {url: [", model->name);
    for (size_t i = 0; i < model->url_count; i++) {
        buf_add_text(out, i ? ", " : "");
        conf_put_text(model->urls[i].text, out);
    }
    buf_add_text(out, "], model: ");
    conf_put_text(model->model, out);
    buf_add_format(out, ", api_key: %s, forward_client_key: %s, system_prompt: %s}", model->api_key ? "(set)" : "~",
                   model->forward_client_key ? "true" : "false", prompts[model->system_prompt]);
}

void conf_put_models(const void *base, struct buf *out)
{
    const struct conf *conf = base;
    model_put(&conf->warm, out);
    model_put(&conf->original, out);
    if (conf->has_judge)
        model_put(&conf->judge, out);
    if (conf->has_rewriter)
        model_put(&conf->rewriter, out);
    for (size_t i = 0; i < conf->candidate_count; i++)
        model_put(&conf->candidates[i], out);
}

void conf_put_live(const void *base, struct buf *out)
{
    buf_add_text(out, ((const struct conf *)base)->live_is_original ? "original" : "warm");
}

void conf_put_rules(const void *base, struct buf *out)
{
    const struct conf *conf = base;
    texts_put(conf->rules, conf->rule_count, out);
}

void conf_put_sample(const void *base, struct buf *out)
{
    const struct conf *conf = base;
    buf_add_format(out, "{default: %g", conf->shadow.default_share);
    for (size_t i = 0; i < conf->shadow.share_count; i++) {
        buf_add_text(out, ", ");
        conf_put_text(conf->shadow.shares[i].label, out);
        buf_add_format(out, ": %g", conf->shadow.shares[i].share);
    }
    buf_add_char(out, '}');
}

void conf_put_store_url(const void *base, struct buf *out)
{
    const struct conf *conf = base;
    buf_add_format(out, conf->store_path ? "sqlite:%s" : "~", conf->store_path);
}

void conf_put_content(const void *base, struct buf *out)
{
    static const char *const words[] = {"none", "hash", "redacted", "full"};
    buf_add_text(out, words[((const struct conf *)base)->content]);
}

void conf_put_log_level(const void *base, struct buf *out)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    buf_add_text(out, words[((const struct conf *)base)->log_level]);
}

void conf_put_log_format(const void *base, struct buf *out)
{
    static const char *const words[] = {"text", "json"};
    buf_add_text(out, words[((const struct conf *)base)->log_format]);
}

/* The levels of a dotted path that are new since the path before, each on a line of its own. */
static void path_put(const char *path, const char *before, struct buf *out)
{
    size_t common = 0, depth = 0;
    for (size_t i = 0; path[i] && path[i] == before[i]; i++)
        if (path[i] == '.')
            common = i + 1;
    for (size_t i = 0; i < common; i++)
        depth += path[i] == '.';
    for (const char *part = path + common;;) {
        const char *dot = strchr(part, '.');
        buf_add_format(out, "%*s%.*s:", (int)(2 * depth++), "", dot ? (int)(dot - part) : (int)strlen(part), part);
        if (!dot)
            break;
        buf_add_char(out, '\n');
        part = dot + 1;
    }
}

void conf_describe(const struct conf *conf, struct buf *out)
{
    const char *before = "";
    for (size_t i = 0; i < conf_row_count; i++) {
        const struct conf_row *row = &conf_rows[i];
        if (row->kind == CONF_CUSTOM && !row->put)
            continue;
        if (row->put == conf_put_models) { /* one writer for the whole group */
            buf_add_text(out, "models:");
            row->put(conf, out);
        } else {
            path_put(row->key.path, before, out);
            buf_add_char(out, ' ');
            conf_put_value(row, conf, out);
        }
        buf_add_char(out, '\n');
        before = row->key.path;
    }
    if (conf->admin_address)
        buf_add_format(out, "admin: {address: \"%s\", token: %s}\n", conf->admin_address,
                       conf->admin_token ? "(set)" : "~");
}
