/* conf_load: what the files of conf share while one configuration is read. Private to src/conf. */
#ifndef CANDOR_CONF_LOAD_H
#define CANDOR_CONF_LOAD_H

#include "arena.h"
#include "conf.h"
#include "yaml.h"

struct conf_load {
    struct conf *conf;
    struct arena *arena; /* the snapshot's: all its strings and lists */
    const char *folder;  /* of the file, for relative rule names */
    struct err *err;
    const struct yaml_node *judge, *admin; /* where they stand, for checks after the walk */
};

enum conf_kind {
    CONF_TEXT,
    CONF_BOOL,
    CONF_UNSIGNED,
    CONF_U64,
    CONF_SIZE,
    CONF_DURATION,
    CONF_SHARE,
    CONF_MONEY,
    CONF_CUSTOM
};

#define NO_LIMIT 1e18 /* a row's max where there is none */

/* A key: the table drives reading, defaults, `candor check` and the manual. */
struct conf_row {
    struct conf_key key;
    enum conf_kind kind;
    size_t offset; /* of the field in the struct the table belongs to */
    double min, max;
    /* CONF_CUSTOM: reads the node into base. 0, or -1 with the error filled. */
    int (*set)(struct conf_load *load, const struct yaml_node *node, void *base);
    /* CONF_CUSTOM: writes the value as YAML flow. NULL: it is a secret or written elsewhere. */
    void (*put)(const void *base, struct buf *out);
};

/* Reads a mapping by a table; base is the struct the offsets count from. */
MUST_USE int conf_read_mapping(struct conf_load *load, const struct yaml_node *mapping, const struct conf_row *rows,
                               size_t count, const char *prefix, void *base);
/* Sets every key of the table that has a default. */
void conf_set_defaults(struct conf_load *load, const struct conf_row *rows, size_t count, void *base);
/* The value of a key that is not custom, as YAML. */
void conf_put_value(const struct conf_row *row, const void *base, struct buf *out);

/* The scalar's text, or -1 and "expects ...". */
MUST_USE int conf_scalar(struct conf_load *load, const struct yaml_node *node, const char *what, struct slice *text);
/* A copy in the snapshot. NULL and an error when it is out of room. */
char *conf_copy(struct conf_load *load, const struct yaml_node *node, struct slice text);
/* One word of a list. -1 and "expects one of a, b, c". */
MUST_USE int conf_word(struct conf_load *load, const struct yaml_node *node, const char *const *words, size_t count,
                       size_t *index);
/* A secret from a file or the environment, without trailing line ends. */
MUST_USE int conf_secret_file(struct conf_load *load, const struct yaml_node *node, char **out);
/* The bytes of a small file, trimmed, into room that the caller wipes. */
#define CONF_SECRET_MAX_BYTES 8192
MUST_USE int conf_file_read(struct conf_load *load, const struct yaml_node *node, char room[CONF_SECRET_MAX_BYTES],
                            struct slice *text);
MUST_USE int conf_secret_env(struct conf_load *load, const struct yaml_node *node, char **out);

/* "127.0.0.1:8080", "[::1]:0", "name:8080", "*:8080" or "unix:PATH". */
bool conf_address_valid(struct slice address);
bool conf_address_is_loopback(struct slice address);
/* Whether only one of the two can be listened on. For port 0 the kernel finds each a port of its own. */
bool conf_address_same(struct slice a, struct slice b);
/* Whether what is sent to the URL comes to who listens on the address of this machine, as far as that can be told
 * without resolving names. */
bool conf_url_leads_to(const struct conf_url *url, struct slice address);
MUST_USE int conf_url_parse(struct conf_load *load, const struct yaml_node *node, struct conf_url *out);

/* Setters of the tables in conf_keys.c, in conf_custom.c. */
int conf_set_listen(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_listen_address(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_admin_address(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_admin_token(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_warm(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_original(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_judge(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_classifier(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_dialect(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_rewriter(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_candidates(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_media(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_live(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_rules(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_sample(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_store_url(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_content(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_salt(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_log_level(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_log_to(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_log_format(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_otlp_endpoint(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_otlp_headers(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_webhook_secret(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_slack_url(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_model_url(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_model_key_env(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_model_key_file(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_model_prompt(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_listen_tls(struct conf_load *load, const struct yaml_node *node, void *base);
int conf_set_listen_paths(struct conf_load *load, const struct yaml_node *node, void *base);
/* The packs that are installed, when `rules` names none. */
MUST_USE int conf_rules_default(struct conf_load *load);

extern const struct conf_row conf_rows[], conf_model_rows[], conf_listen_rows[], conf_tls_rows[];
extern const size_t conf_row_count, conf_model_row_count, conf_listen_row_count, conf_tls_row_count;

/* Writers of custom values, in conf_describe.c. */
void conf_put_listen(const void *base, struct buf *out);
void conf_put_models(const void *base, struct buf *out);
void conf_put_model_url(const void *base, struct buf *out);
void conf_put_model_prompt(const void *base, struct buf *out);
void conf_put_dialect(const void *base, struct buf *out);
void conf_put_media(const void *base, struct buf *out);
void conf_put_live(const void *base, struct buf *out);
void conf_put_rules(const void *base, struct buf *out);
void conf_put_sample(const void *base, struct buf *out);
void conf_put_store_url(const void *base, struct buf *out);
void conf_put_content(const void *base, struct buf *out);
void conf_put_otlp_endpoint(const void *base, struct buf *out);
void conf_put_log_level(const void *base, struct buf *out);
void conf_put_log_to(const void *base, struct buf *out);
void conf_put_log_format(const void *base, struct buf *out);
void conf_put_text(const char *text, struct buf *out);

#endif
