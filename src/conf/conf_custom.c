/* conf_custom: the keys that are more than one plain value. */
#include "conf_load.h"
#include "packs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_LIST           256
#define CANDIDATE_NAME_MAX 31

int conf_scalar(struct conf_load *load, const struct yaml_node *node, const char *what, struct slice *text)
{
    if (yaml_type(node) != YAML_SCALAR)
        return yaml_error(load->err, node, "expects %s, not a %s", what,
                          yaml_type(node) == YAML_SEQUENCE ? "list" : "mapping");
    *text = yaml_text(node);
    return 0;
}

char *conf_copy(struct conf_load *load, const struct yaml_node *node, struct slice text)
{
    struct slice copy = arena_copy(load->arena, text);
    if (memchr(text.data ? text.data : "", '\0', text.len)) {
        yaml_error(load->err, node, "a NUL byte has no place here");
        return NULL;
    }
    if (!copy.data)
        yaml_error(load->err, node, "the configuration is too large");
    return (char *)(uintptr_t)copy.data;
}

int conf_word(struct conf_load *load, const struct yaml_node *node, const char *const *words, size_t count,
              size_t *index)
{
    struct slice text;
    if (conf_scalar(load, node, "a word", &text) != 0)
        return -1;
    char list[160] = "";
    for (*index = 0; *index < count; ++*index) {
        if (slice_is(text, words[*index]))
            return 0;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", words[*index]);
    }
    return yaml_error(load->err, node, "'%.*s' is none of %s", SLICE_ARGS(text), list);
}

/* ---- secrets ---- */

static int secret_keep(struct conf_load *load, const struct yaml_node *node, const char *from, struct slice secret,
                       char **out)
{
    secret = slice_trim(secret);
    if (secret.len == 0)
        return yaml_error(load->err, node, "%s is empty", from);
    for (size_t i = 0; i < secret.len; i++)
        if ((unsigned char)secret.data[i] < 0x20 || (unsigned char)secret.data[i] >= 0x7F)
            return yaml_error(load->err, node, "%s holds a byte that no header may carry", from);
    if (*out)
        return yaml_error(load->err, node, "this secret is given twice: by a file and by the environment");
    *out = conf_copy(load, node, secret);
    return *out ? 0 : -1;
}

int conf_file_read(struct conf_load *load, const struct yaml_node *node, char room[CONF_SECRET_MAX_BYTES],
                   struct slice *text)
{
    struct slice path;
    if (conf_scalar(load, node, "a file name", &path) != 0)
        return -1;
    int fd =
        open(path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* yaml texts are zero-terminated; a FIFO must not hang */
    if (fd < 0)
        return yaml_error(load->err, node, "%s: %s", path.data, strerror(errno));
    ssize_t got = read(fd, room, CONF_SECRET_MAX_BYTES);
    int error = errno;
    close(fd);
    if (got < 0)
        return yaml_error(load->err, node, "%s: %s", path.data, strerror(error));
    if (got == CONF_SECRET_MAX_BYTES)
        return yaml_error(load->err, node, "%s is too long for a secret", path.data);
    *text = slice_trim(slice_of(room, (size_t)got));
    return 0;
}

int conf_secret_file(struct conf_load *load, const struct yaml_node *node, char **out)
{
    char room[CONF_SECRET_MAX_BYTES];
    struct slice secret;
    int rc = conf_file_read(load, node, room, &secret);
    if (rc == 0)
        rc = secret_keep(load, node, yaml_text(node).data, secret, out);
    explicit_bzero(room, sizeof room);
    return rc;
}

static bool variable_name_valid(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alpha(name.data[i]) && name.data[i] != '_' && (i == 0 || !ascii_is_digit(name.data[i])))
            return false;
    return name.len > 0;
}

/* What cannot be a name is not repeated: people paste the key itself. */
int conf_secret_env(struct conf_load *load, const struct yaml_node *node, char **out)
{
    struct slice name;
    if (conf_scalar(load, node, "the name of an environment variable", &name) != 0)
        return -1;
    if (!variable_name_valid(name))
        return yaml_error(load->err, node, "expects the name of an environment variable, never the secret itself");
    const char *value = getenv(name.data);
    if (!value)
        return yaml_error(load->err, node, "%s is not set in the environment", name.data);
    return secret_keep(load, node, name.data, slice_from(value), out);
}

/* ---- listen and admin ---- */

int conf_set_listen_paths(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf_listen *listen = base;
    if (yaml_type(node) != YAML_SEQUENCE || yaml_count(node) == 0 || yaml_count(node) > MAX_LIST)
        return yaml_error(load->err, node, "'paths' expects a list of prefixes like [/v1/]");
    listen->path_count = yaml_count(node);
    listen->paths = arena_array(load->arena, listen->path_count, sizeof *listen->paths);
    for (size_t i = 0; listen->paths && i < listen->path_count; i++) {
        struct slice text;
        if (conf_scalar(load, yaml_item(node, i), "a prefix", &text) != 0)
            return -1;
        if (!slice_starts(text, SLICE("/")))
            return yaml_error(load->err, yaml_item(node, i), "a prefix starts with /, '%.*s' does not",
                              SLICE_ARGS(text));
        listen->paths[i] = conf_copy(load, yaml_item(node, i), text);
        if (!listen->paths[i])
            return -1;
    }
    return listen->paths ? 0 : -1;
}

static int readable(struct conf_load *load, const struct yaml_node *node, const char *path)
{
    return !path || access(path, R_OK) == 0 ? 0 : yaml_error(load->err, node, "%s: %s", path, strerror(errno));
}

static int tls_read(struct conf_load *load, const struct yaml_node *node, struct conf_tls_server *tls)
{
    if (conf_read_mapping(load, node, conf_tls_rows, conf_tls_row_count, "", tls) != 0)
        return -1;
    if (!tls->certificate || !tls->key)
        return yaml_error(load->err, node, "tls needs a certificate and a key");
    if (readable(load, yaml_get(node, "certificate"), tls->certificate) != 0 ||
        readable(load, yaml_get(node, "key"), tls->key) != 0)
        return -1;
    return readable(load, yaml_get(node, "client_ca"), tls->client_ca);
}

int conf_set_listen_tls(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf_listen *listen = base;
    bool list = yaml_type(node) == YAML_SEQUENCE;
    listen->tls_count = list ? yaml_count(node) : 1;
    listen->tls = arena_array(load->arena, listen->tls_count, sizeof *listen->tls);
    if (!listen->tls || listen->tls_count == 0 || listen->tls_count > MAX_LIST)
        return yaml_error(load->err, node, "tls expects {certificate: FILE, key: FILE} or a list of such");
    for (size_t i = 0; i < listen->tls_count; i++)
        if (tls_read(load, list ? yaml_item(node, i) : node, &listen->tls[i]) != 0)
            return -1;
    return 0;
}

int conf_set_listen(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    if (yaml_type(node) != YAML_SEQUENCE || yaml_count(node) == 0 || yaml_count(node) > MAX_LIST)
        return yaml_error(load->err, node, "'listen' expects a list: - address: 127.0.0.1:8080");
    conf->listen_count = yaml_count(node);
    conf->listen = arena_array(load->arena, conf->listen_count, sizeof *conf->listen);
    for (size_t i = 0; conf->listen && i < conf->listen_count; i++) {
        struct conf_listen *listen = &conf->listen[i];
        if (conf_read_mapping(load, yaml_item(node, i), conf_listen_rows, conf_listen_row_count, "", listen) != 0)
            return -1;
        if (!listen->address)
            return yaml_error(load->err, yaml_item(node, i), "a listener needs its address");
        if (listen->path_count > 0)
            continue;
        static char *default_paths[] = {(char *)(uintptr_t) "/v1/"}; /* read like all others, never written */
        listen->paths = default_paths;
        listen->path_count = 1;
    }
    return conf->listen ? 0 : -1;
}

static int address_set(struct conf_load *load, const struct yaml_node *node, char **address)
{
    static const char expected[] = "an address like 127.0.0.1:8080, [::]:8443 or unix:/run/candor.sock";
    struct slice text;
    if (conf_scalar(load, node, expected, &text) != 0)
        return -1;
    if (!conf_address_valid(text))
        return yaml_error(load->err, node, "expects %s, not '%.*s'", expected, SLICE_ARGS(text));
    *address = conf_copy(load, node, text);
    return *address ? 0 : -1;
}

int conf_set_listen_address(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return address_set(load, node, &((struct conf_listen *)base)->address);
}

int conf_set_admin_address(struct conf_load *load, const struct yaml_node *node, void *base)
{
    load->admin = node;
    return address_set(load, node, &((struct conf *)base)->admin_address);
}

int conf_set_admin_token(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return conf_secret_file(load, node, &((struct conf *)base)->admin_token);
}

/* ---- models ---- */

int conf_set_model_url(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf_model *model = base;
    bool list = yaml_type(node) == YAML_SEQUENCE;
    model->url_count = list ? yaml_count(node) : 1;
    model->urls = arena_array(load->arena, model->url_count, sizeof *model->urls);
    if (!model->urls || model->url_count == 0 || model->url_count > MAX_LIST)
        return yaml_error(load->err, node, "'url' expects a URL or a list of some");
    for (size_t i = 0; i < model->url_count; i++)
        if (conf_url_parse(load, list ? yaml_item(node, i) : node, &model->urls[i]) != 0)
            return -1;
    return 0;
}

int conf_set_model_key_env(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return conf_secret_env(load, node, &((struct conf_model *)base)->api_key);
}

int conf_set_model_key_file(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return conf_secret_file(load, node, &((struct conf_model *)base)->api_key);
}

int conf_set_model_prompt(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf_model *model = base;
    if (yaml_type(node) == YAML_MAPPING) {
        const struct yaml_node *text = yaml_get(node, "replace");
        struct slice prompt;
        if (!text || yaml_count(node) != 1)
            return yaml_error(load->err, node, "'system_prompt' expects keep, drop or {replace: TEXT}");
        if (conf_scalar(load, text, "the new system prompt", &prompt) != 0)
            return -1;
        model->system_prompt = CONF_PROMPT_REPLACE;
        model->system_prompt_text = conf_copy(load, text, prompt);
        return model->system_prompt_text ? 0 : -1;
    }
    static const char *const words[] = {"keep", "drop"};
    size_t index;
    if (conf_word(load, node, words, 2, &index) != 0)
        return -1;
    model->system_prompt = index ? CONF_PROMPT_DROP : CONF_PROMPT_KEEP;
    return 0;
}

static int model_read(struct conf_load *load, const struct yaml_node *node, const char *name, struct conf_model *model)
{
    conf_set_defaults(load, conf_model_rows, conf_model_row_count, model);
    model->name = conf_copy(load, node, slice_from(name));
    if (conf_read_mapping(load, node, conf_model_rows, conf_model_row_count, "", model) != 0)
        return -1;
    if (!model->url_count)
        return yaml_error(load->err, node, "models.%s needs its url", name);
    const struct yaml_node *tls = yaml_get(node, "tls");
    if (readable(load, yaml_get(tls, "ca"), model->tls_ca) != 0 ||
        readable(load, yaml_get(tls, "certificate"), model->tls_certificate) != 0 ||
        readable(load, yaml_get(tls, "key"), model->tls_key) != 0)
        return -1;
    /* Only the live model may see the client's key unless the configuration says otherwise; conf.c knows who is live.
     */
    return model->name ? 0 : -1;
}

int conf_set_warm(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return model_read(load, node, "warm", &((struct conf *)base)->warm);
}

int conf_set_original(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return model_read(load, node, "original", &((struct conf *)base)->original);
}

int conf_set_judge(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    load->judge = node;
    conf->has_judge = true;
    return model_read(load, node, "judge", &conf->judge);
}

int conf_set_classifier(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    conf->has_classifier = true;
    return model_read(load, node, "classifier", &conf->classifier);
}

int conf_set_dialect(struct conf_load *load, const struct yaml_node *node, void *base)
{
    static const char *const dialects[] = {[CONF_CLASSIFIER_VLLM] = "vllm", [CONF_CLASSIFIER_TEI] = "tei"};
    size_t index;
    if (conf_word(load, node, dialects, 2, &index) != 0)
        return -1;
    ((struct conf *)base)->shadow.classifier.dialect = (enum conf_dialect)index;
    return 0;
}

int conf_set_rewriter(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    conf->has_rewriter = true;
    return model_read(load, node, "rewriter", &conf->rewriter);
}

static bool candidate_name_valid(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alpha(name.data[i]) && !ascii_is_digit(name.data[i]) && !strchr("-_.", name.data[i]))
            return false;
    return name.len > 0 && name.len <= CANDIDATE_NAME_MAX;
}

int conf_set_candidates(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    if (yaml_type(node) != YAML_MAPPING || yaml_count(node) > CONF_MAX_CANDIDATES)
        return yaml_error(load->err, node, "'candidates' expects NAME: {url: ...}, at most %d", CONF_MAX_CANDIDATES);
    conf->candidate_count = yaml_count(node);
    conf->candidates = arena_array(load->arena, conf->candidate_count + 1, sizeof *conf->candidates);
    for (size_t i = 0; conf->candidates && i < conf->candidate_count; i++) {
        if (!candidate_name_valid(yaml_text(yaml_key(node, i))))
            return yaml_error(
                load->err, yaml_key(node, i),
                "a candidate's name is 1 to %d letters, digits, '-', '_' or '.': it labels metrics and records",
                CANDIDATE_NAME_MAX);
        if (model_read(load, yaml_value(node, i), yaml_text(yaml_key(node, i)).data, &conf->candidates[i]) != 0)
            return -1;
    }
    return conf->candidates ? 0 : -1;
}

int conf_set_media(struct conf_load *load, const struct yaml_node *node, void *base)
{
    static const char *const words[] = {"skip", "carry"};
    size_t index;
    if (conf_word(load, node, words, 2, &index) != 0)
        return -1;
    ((struct conf *)base)->shadow.carry_media = index == 1;
    return 0;
}

int conf_set_live(struct conf_load *load, const struct yaml_node *node, void *base)
{
    static const char *const words[] = {"warm", "original"};
    size_t index;
    if (conf_word(load, node, words, 2, &index) != 0)
        return -1;
    ((struct conf *)base)->live_is_original = index == 1;
    return 0;
}

/* ---- rules ---- */

/* First beside the configuration, then among the installed packs. */
static char *rule_find(struct conf_load *load, const struct yaml_node *node, struct slice name)
{
    const char *folders[] = {load->folder, packs_folder(load->arena)};
    if (slice_starts(name, SLICE("/")))
        return readable(load, node, name.data) == 0 ? conf_copy(load, node, name) : NULL;
    for (size_t i = 0; i < 2; i++) {
        struct slice path = arena_format(load->arena, "%s/%s", folders[i], name.data);
        if (path.data && access(path.data, R_OK) == 0)
            return (char *)(uintptr_t)path.data;
    }
    yaml_error(load->err, node, "rule pack '%s' is neither in %s nor in %s", name.data, folders[0], folders[1]);
    return NULL;
}

int conf_set_rules(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    if (yaml_type(node) != YAML_SEQUENCE || yaml_count(node) == 0 || yaml_count(node) > MAX_LIST)
        return yaml_error(load->err, node, "'rules' expects a list of rule packs");
    conf->rule_count = yaml_count(node);
    conf->rules = arena_array(load->arena, conf->rule_count, sizeof *conf->rules);
    for (size_t i = 0; conf->rules && i < conf->rule_count; i++) {
        struct slice name;
        if (conf_scalar(load, yaml_item(node, i), "a file name", &name) != 0)
            return -1;
        conf->rules[i] = rule_find(load, yaml_item(node, i), name);
        if (!conf->rules[i])
            return -1;
    }
    return conf->rules ? 0 : -1;
}

int conf_rules_default(struct conf_load *load)
{
    struct conf *conf = load->conf;
    return packs_installed(load->arena, "name packs under 'rules'", &conf->rules, &conf->rule_count, load->err);
}

/* ---- the rest ---- */

/* "belief", "belief:doubted", "emotion", "emotion:sad", ... */
static bool label_known(struct slice label)
{
    enum context context;
    struct slice rest = label, family;
    if (context_parse(label, &context))
        return context != CONTEXT_NONE;
    if (!slice_cut(&rest, ':', &family))
        return false;
    enum belief belief;
    if (slice_is(family, "belief"))
        return family.len == label.len || (belief_parse(rest, &belief) && belief != BELIEF_NONE);
    return family.len == label.len &&
           (slice_is(label, "emotion") || slice_is(label, "relation") || slice_is(label, "stake"));
}

int conf_set_sample(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    if (yaml_type(node) != YAML_MAPPING || yaml_count(node) > MAX_LIST)
        return yaml_error(load->err, node, "'sample' expects LABEL: SHARE");
    conf->shadow.shares = arena_array(load->arena, yaml_count(node) + 1, sizeof *conf->shadow.shares);
    conf->shadow.share_count = 0;
    for (size_t i = 0; conf->shadow.shares && i < yaml_count(node); i++) {
        const struct yaml_node *key = yaml_key(node, i), *value = yaml_value(node, i);
        struct slice text;
        double share;
        if (conf_scalar(load, value, "a share between 0 and 1", &text) != 0)
            return -1;
        if (slice_to_double(text, &share) != 0 || share < 0 || share > 1)
            return yaml_error(load->err, value, "'%.*s' is no share between 0 and 1", SLICE_ARGS(text));
        if (slice_is(yaml_text(key), "default")) {
            conf->shadow.default_share = share;
            continue;
        }
        if (!label_known(yaml_text(key)))
            return yaml_error(load->err, key,
                              "'%.*s' is no label: default, belief, emotion:sad, relation:close, stake:high, ...",
                              SLICE_ARGS(yaml_text(key)));
        char *label = conf_copy(load, key, yaml_text(key));
        if (!label)
            return -1;
        conf->shadow.shares[conf->shadow.share_count++] = (struct conf_sample_share){label, share};
    }
    return conf->shadow.shares ? 0 : -1;
}

int conf_set_store_url(struct conf_load *load, const struct yaml_node *node, void *base)
{
    struct conf *conf = base;
    struct slice text;
    if (conf_scalar(load, node, "sqlite:PATH", &text) != 0)
        return -1;
    if (!slice_starts(text, SLICE("sqlite:")) || text.len == 7)
        return yaml_error(load->err, node, "'%.*s' is not sqlite:PATH", SLICE_ARGS(text));
    conf->store_path = conf_copy(load, node, slice_part(text, 7, text.len));
    return conf->store_path ? 0 : -1;
}

int conf_set_content(struct conf_load *load, const struct yaml_node *node, void *base)
{
    static const char *const words[] = {"none", "hash", "redacted", "full"};
    size_t index;
    if (conf_word(load, node, words, 4, &index) != 0)
        return -1;
    ((struct conf *)base)->content = (enum conf_content)index;
    return 0;
}

int conf_set_salt(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return conf_secret_file(load, node, &((struct conf *)base)->salt);
}

int conf_set_log_level(struct conf_load *load, const struct yaml_node *node, void *base)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    size_t index;
    if (conf_word(load, node, words, 4, &index) != 0)
        return -1;
    ((struct conf *)base)->log_level = (enum log_level)index;
    return 0;
}

int conf_set_log_format(struct conf_load *load, const struct yaml_node *node, void *base)
{
    static const char *const words[] = {"text", "json"};
    size_t index;
    if (conf_word(load, node, words, 2, &index) != 0)
        return -1;
    ((struct conf *)base)->log_format = (enum log_format)index;
    return 0;
}

int conf_set_webhook_secret(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return conf_secret_env(load, node, &((struct conf *)base)->alerts.webhook_secret);
}

int conf_set_slack_url(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return conf_secret_env(load, node, &((struct conf *)base)->alerts.slack_url);
}
