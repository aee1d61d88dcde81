/* conf: reading a configuration into a snapshot, the checks that span keys, and the snapshot's life. See conf.h; the
 * keys are in conf_keys.c.
 */
#include "conf.h"

#include <libgen.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf_load.h"
#include "packs.h"

#define SNAPSHOT_MAX_BYTES (8u << 20)
#define MAX_WORKERS        4

struct snapshot {
    struct conf conf; /* first: a conf is its snapshot */
    struct arena *arena;
    atomic_uint references;
};

/* ---- checks that span keys ---- */

static bool same_url(const struct conf_url *a, const struct conf_url *b)
{
    return a->port == b->port && slice_equal_nocase(slice_from(a->host), slice_from(b->host)) &&
           strcmp(a->prefix, b->prefix) == 0;
}

static bool same_endpoint(const struct conf_model *a, const struct conf_model *b)
{
    if (strcmp(a->model ? a->model : "", b->model ? b->model : "") != 0)
        return false;
    for (size_t i = 0; i < a->url_count; i++)
        for (size_t j = 0; j < b->url_count; j++)
            if (same_url(&a->urls[i], &b->urls[j]))
                return true;
    return false;
}

const char *conf_judges_itself(const struct conf *conf)
{
    const struct conf_model *pair[] = {&conf->warm, &conf->original};
    for (size_t i = 0; conf->has_judge && i < 2 + conf->candidate_count; i++) {
        const struct conf_model *arm = i < 2 ? pair[i] : &conf->candidates[i - 2];
        if (same_endpoint(&conf->judge, arm))
            return arm->name;
    }
    /* The rewriter's words are one side of the style control. */
    bool rewrites = conf->has_judge && conf->shadow.style_control > 0;
    return rewrites && same_endpoint(&conf->judge, &conf->rewriter) ? conf->rewriter.name : NULL;
}

/* Two listeners at one address would share its clients at random. */
static int check_planes(struct conf_load *load, const struct yaml_node *listen)
{
    const struct conf *conf = load->conf;
    for (size_t i = 0; i < conf->listen_count; i++) {
        struct slice address = slice_from(conf->listen[i].address);
        for (size_t j = 0; j < i; j++)
            if (conf_address_same(address, slice_from(conf->listen[j].address)))
                return yaml_error(load->err, yaml_get(yaml_item(listen, i), "address"),
                                  "another listener has the address %s already", conf->listen[i].address);
        if (conf->admin_address && conf_address_same(address, slice_from(conf->admin_address)))
            return yaml_error(load->err, load->admin, "clients connect at %s, the admin plane needs another address",
                              conf->admin_address);
    }
    return 0;
}

/* A model that is this proxy would be asked by itself without end. A name that is the proxy's among other addresses is
 * refused, too: when the model is down at the first of them, the next is tried. */
static int check_model(struct conf_load *load, const struct yaml_node *models, const struct conf_model *model)
{
    const struct yaml_node *url = yaml_get(yaml_get(models, model->name), "url");
    const struct conf *conf = load->conf;
    for (size_t i = 0; i < model->url_count; i++)
        for (size_t j = 0; j < conf->listen_count; j++)
            if (conf_url_leads_to(&model->urls[i], slice_from(conf->listen[j].address)))
                return yaml_error(load->err, yaml_type(url) == YAML_SEQUENCE ? yaml_item(url, i) : url,
                                  "models.%s would be this proxy itself, which listens on %s%s", model->name,
                                  conf->listen[j].address,
                                  slice_equal_nocase(slice_from(model->urls[i].host), SLICE("localhost"))
                                      ? "; localhost has several addresses: if the model has another, name that"
                                      : "");
    return 0;
}

static int conf_check(struct conf_load *load, const struct yaml_node *root)
{
    struct conf *conf = load->conf;
    if (conf->has_rewriter && !yaml_get(yaml_get(yaml_get(root, "shadow"), "arms"), "style_control"))
        conf->shadow.style_control = 1;
    if (!conf->listen_count)
        return yaml_error(load->err, root, "'listen' is missing: where should clients connect?");
    if (!conf->warm.url_count || !conf->original.url_count)
        return yaml_error(load->err, root, "models.%s is missing", conf->warm.url_count ? "original" : "warm");
    const struct yaml_node *models = yaml_get(root, "models");
    if (check_planes(load, yaml_get(root, "listen")) != 0 || check_model(load, models, &conf->warm) != 0 ||
        check_model(load, models, &conf->original) != 0)
        return -1;
    const char *itself = conf->allow_self_judge ? NULL : conf_judges_itself(conf);
    if (itself)
        return yaml_error(load->err, load->judge,
                          "the judge is one of the models it judges, %s; name another, or set allow_self_judge: true",
                          itself);
    if (conf->admin_address && !conf->admin_token && !conf_address_is_loopback(slice_from(conf->admin_address)))
        return yaml_error(load->err, load->admin, "the admin plane is not on loopback and needs a token_file");
    if (conf->shadow.style_control > 0 && !conf->has_rewriter)
        return yaml_error(load->err, root, "shadow.arms.style_control needs models.rewriter");
    return 0;
}

static unsigned cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > MAX_WORKERS ? MAX_WORKERS : (unsigned)count;
}

/* What depends on other keys when it is not set. */
static int conf_complete(struct conf_load *load, const struct yaml_node *root)
{
    struct conf *conf = load->conf;
    conf->shadow.largest_share = conf->shadow.default_share;
    for (size_t i = 0; i < conf->shadow.share_count; i++)
        if (conf->shadow.shares[i].share > conf->shadow.largest_share)
            conf->shadow.largest_share = conf->shadow.shares[i].share;
    if (conf->shadow.booster > conf->shadow.largest_share)
        conf->shadow.largest_share = conf->shadow.booster;
    if (conf->shadow.booster > 0) {
        struct slice file = arena_format(load->arena, "%s/booster.weights", packs_folder(load->arena));
        conf->shadow.booster_file = (char *)(uintptr_t)file.data;
    }
    if (conf->workers == 0)
        conf->workers = cores();
    const char *live = conf->live_is_original ? "original" : "warm";
    struct conf_model *model = conf->live_is_original ? &conf->original : &conf->warm;
    if (!yaml_get(yaml_get(yaml_get(root, "models"), live), "forward_client_key"))
        model->forward_client_key = true;
    if (!conf->rule_count && conf_rules_default(load) != 0)
        return -1;
    if (!conf->salt) {
        struct slice salt =
            arena_format(load->arena, "candor salt of %s", conf->store_path ? conf->store_path : "nothing kept");
        conf->salt = (char *)(uintptr_t)salt.data;
    }
    return conf->salt ? 0 : err_set(load->err, "the configuration is too large");
}

/* ---- life ---- */

static struct conf *snapshot_new(struct conf_load *load)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return NULL;
    snapshot->arena = arena_new(SNAPSHOT_MAX_BYTES);
    if (!snapshot->arena) {
        free(snapshot);
        return NULL;
    }
    atomic_init(&snapshot->references, 1);
    load->arena = snapshot->arena;
    load->conf = &snapshot->conf;
    return &snapshot->conf;
}

static void conf_defaults(struct conf_load *load)
{
    static struct conf_sample_share shares[] = {{(char *)(uintptr_t) "belief", 1},
                                                {(char *)(uintptr_t) "emotion:sad", 1}};
    struct conf *conf = load->conf;
    conf_set_defaults(load, conf_rows, conf_row_count, conf);
    conf->shadow.default_share = .05;
    conf->shadow.shares = shares; /* read like all others, never written */
    conf->shadow.share_count = 2;
    conf->content = CONF_CONTENT_REDACTED;
    conf->log_level = LOG_LEVEL_INFO;
    conf->log_format = LOG_FORMAT_TEXT;
}

static struct conf *conf_read(const struct yaml *yaml, const char *name, struct err *err)
{
    struct conf_load load = {.err = err};
    struct conf *conf = snapshot_new(&load);
    if (!conf) {
        err_set(err, "%s: no memory", name);
        return NULL;
    }
    struct slice folder = arena_copy(load.arena, slice_from(name));
    conf->path = (char *)(uintptr_t)arena_copy(load.arena, slice_from(name)).data;
    load.folder = folder.data ? dirname((char *)(uintptr_t)folder.data) : ".";
    conf_defaults(&load);
    const struct yaml_node *root = yaml_root(yaml);
    int rc = root ? conf_read_mapping(&load, root, conf_rows, conf_row_count, "", conf)
                  : err_set(err, "%s:1:1: the configuration is empty", name);
    if (rc == 0)
        rc = conf_check(&load, root);
    if (rc == 0)
        rc = conf_complete(&load, root);
    if (rc != 0) {
        conf_drop(conf);
        return NULL;
    }
    return conf;
}

struct conf *conf_load(const char *path, struct err *err)
{
    struct yaml *yaml = yaml_load(path, err);
    struct conf *conf = yaml ? conf_read(yaml, path, err) : NULL;
    yaml_free(yaml);
    return conf;
}

struct conf *conf_parse(struct slice text, const char *name, struct err *err)
{
    struct yaml *yaml = yaml_parse(text, name, err);
    struct conf *conf = yaml ? conf_read(yaml, name, err) : NULL;
    yaml_free(yaml);
    return conf;
}

struct conf *conf_hold(struct conf *conf)
{
    atomic_fetch_add_explicit(&((struct snapshot *)conf)->references, 1, memory_order_relaxed);
    return conf;
}

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
}

const struct conf_model *conf_candidate(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->candidate_count; i++)
        if (strcmp(conf->candidates[i].name, name) == 0)
            return &conf->candidates[i];
    return NULL;
}

void conf_drop(struct conf *conf)
{
    struct snapshot *snapshot = (struct snapshot *)conf;
    if (!conf || atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1)
        return;
    wipe(conf->admin_token);
    wipe(conf->salt);
    wipe(conf->warm.api_key);
    wipe(conf->original.api_key);
    wipe(conf->judge.api_key);
    wipe(conf->classifier.api_key);
    wipe(conf->rewriter.api_key);
    for (size_t i = 0; i < conf->candidate_count; i++)
        wipe(conf->candidates[i].api_key);
    wipe(conf->alerts.webhook_secret);
    wipe(conf->alerts.slack_url);
    for (size_t i = 0; i < conf->telemetry.header_count; i++)
        wipe(conf->telemetry.headers[i]);
    arena_free(snapshot->arena);
    free(snapshot);
}
