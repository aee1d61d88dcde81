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

static void rows_put(const struct conf_row *rows, size_t count, const void *base, unsigned indent, struct buf *out);

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
            buf_add_text(out, t ? "\n      -" : "\n    tls:\n      -");
            rows_put(conf_tls_rows, conf_tls_row_count, &listen->tls[t], 8, out);
        }
    }
}

void conf_put_model_url(const void *base, struct buf *out)
{
    const struct conf_model *model = base;
    buf_add_text(out, model->url_count > 1 ? "[" : "");
    for (size_t i = 0; i < model->url_count; i++) {
        buf_add_text(out, i ? ", " : "");
        conf_put_text(model->urls[i].text, out);
    }
    buf_add_text(out, model->url_count > 1 ? "]" : "");
}

void conf_put_model_prompt(const void *base, struct buf *out)
{
    const struct conf_model *model = base;
    switch (model->system_prompt) {
    case CONF_PROMPT_KEEP:
        buf_add_text(out, "keep");
        break;
    case CONF_PROMPT_DROP:
        buf_add_text(out, "drop");
        break;
    case CONF_PROMPT_REPLACE:
        buf_add_text(out, "{replace: ");
        conf_put_text(model->system_prompt_text, out);
        buf_add_char(out, '}');
        break;
    }
}

static void model_put(const struct conf_model *model, unsigned indent, struct buf *out)
{
    buf_add_format(out, "\n%*s%s:", (int)indent, "", model->name);
    rows_put(conf_model_rows, conf_model_row_count, model, indent + 2, out);
    if (model->api_key) /* from a file or the environment: it is all the same */
        buf_add_format(out, "\n%*sapi_key: (set)", (int)indent + 2, "");
}

void conf_put_models(const void *base, struct buf *out)
{
    const struct conf *conf = base;
    model_put(&conf->warm, 2, out);
    model_put(&conf->original, 2, out);
    if (conf->has_judge)
        model_put(&conf->judge, 2, out);
    if (conf->has_classifier)
        model_put(&conf->classifier, 2, out);
    if (conf->has_rewriter)
        model_put(&conf->rewriter, 2, out);
    if (conf->candidate_count)
        buf_add_text(out, "\n  candidates:");
    for (size_t i = 0; i < conf->candidate_count; i++)
        model_put(&conf->candidates[i], 4, out);
}

void conf_put_dialect(const void *base, struct buf *out)
{
    buf_add_text(out, ((const struct conf *)base)->shadow.classifier.dialect == CONF_CLASSIFIER_TEI ? "tei" : "vllm");
}

void conf_put_media(const void *base, struct buf *out)
{
    buf_add_text(out, ((const struct conf *)base)->shadow.carry_media ? "carry" : "skip");
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
    struct buf url;
    buf_init(&url, 8192);
    buf_add_format(&url, "sqlite:%s", conf->store_path ? conf->store_path : "");
    conf_put_text(buf_text(&url), out);
    buf_fini(&url);
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
static void path_put(const char *path, const char *before, unsigned indent, struct buf *out)
{
    size_t common = 0, depth = 0;
    for (size_t i = 0; path[i] && path[i] == before[i]; i++)
        if (path[i] == '.')
            common = i + 1;
    for (size_t i = 0; i < common; i++)
        depth += path[i] == '.';
    for (const char *part = path + common;;) {
        const char *dot = strchr(part, '.');
        buf_add_format(out, "\n%*s%.*s:", (int)(indent + 2 * depth++), "", dot ? (int)(dot - part) : (int)strlen(part),
                       part);
        if (!dot)
            break;
        part = dot + 1;
    }
}

/* False: a URL that is not configured. */
static bool custom_set(const struct conf_row *row, const void *base)
{
    if (row->put == conf_put_store_url)
        return ((const struct conf *)base)->store_path != NULL;
    if (row->put == conf_put_otlp_endpoint)
        return ((const struct conf *)base)->telemetry.otlp.text != NULL;
    return true;
}

/* Secrets have no writer; what has no value is left out, for a key without one is an error. */
static bool row_shown(const struct conf_row *row, const void *base)
{
    if (row->kind == CONF_CUSTOM)
        return row->put && custom_set(row, base);
    return row->kind != CONF_TEXT || *(char *const *)(const void *)((const char *)base + row->offset);
}

/* Every line with the line end before it. */
static void rows_put(const struct conf_row *rows, size_t count, const void *base, unsigned indent, struct buf *out)
{
    const char *before = "";
    for (size_t i = 0; i < count; i++) {
        const struct conf_row *row = &rows[i];
        if (!row_shown(row, base))
            continue;
        if (row->put == conf_put_models) { /* one writer for the whole group */
            buf_add_text(out, "\nmodels:");
            row->put(base, out);
        } else {
            path_put(row->key.path, before, indent, out);
            if (row->put != conf_put_listen)
                buf_add_char(out, ' ');
            conf_put_value(row, base, out);
        }
        before = row->key.path;
    }
}

void conf_describe(const struct conf *conf, struct buf *out)
{
    size_t start = out->len;
    rows_put(conf_rows, conf_row_count, conf, 0, out);
    if (out->len > start) { /* the first line needs no line end before it, but the last one behind */
        memmove(out->data + start, out->data + start + 1, out->len - start - 1);
        out->data[out->len - 1] = '\n';
    }
    if (conf->admin_address) {
        buf_add_text(out, "admin:\n  address: ");
        conf_put_text(conf->admin_address, out);
        buf_add_text(out, conf->admin_token ? "\n  token: (set)\n" : "\n");
    }
}
