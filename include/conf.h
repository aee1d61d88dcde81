/* conf: the configuration, read from YAML into a checked, immutable snapshot.
 *
 * The table of keys in conf.c is the one place that knows their names, types, ranges and defaults; the manual and the
 * JSON Schema are checked against it. A snapshot is reference-counted and shared by all threads; nobody writes to it.
 * Secrets (api keys, admin token) are read at load from the environment or files and never printed.
 */
#ifndef CANDOR_CONF_H
#define CANDOR_CONF_H

#include "buf.h"
#include "log.h"
#include "terms.h"

enum conf_scheme { CONF_HTTP, CONF_HTTPS };

/* "http://127.0.0.1:9001/v1" taken apart; host without brackets, prefix without a trailing slash. */
struct conf_url {
    char *text;
    enum conf_scheme scheme;
    char *host;
    uint16_t port;
    char *prefix; /* "/v1", or "" */
};

struct conf_tls_server {
    char *certificate, *key; /* file paths, PEM */
    char *client_ca;         /* NULL: no client certificate is asked for */
};

struct conf_listen {
    char *address;               /* "127.0.0.1:8080", "[::]:8443", "unix:/run/candor/candor.sock" */
    struct conf_tls_server *tls; /* tls_count of them, chosen by SNI; the first is the default */
    size_t tls_count;
    char **paths; /* prefixes that are relayed */
    size_t path_count;
};

enum conf_system_prompt { CONF_PROMPT_KEEP, CONF_PROMPT_DROP, CONF_PROMPT_REPLACE };

struct conf_model {
    char *name;            /* "warm", "original", "judge", "classifier", "rewriter", or a candidate's name */
    struct conf_url *urls; /* one, or several addresses of the same model */
    size_t url_count;
    char *model;             /* the name put into shadow requests; NULL: the request's own */
    char *api_key;           /* from api_key_env or api_key_file; NULL: none */
    bool forward_client_key; /* the client's Authorization is passed on; default: true for warm (or whoever is live),
                                false else */
    enum conf_system_prompt system_prompt;
    char *system_prompt_text;
    bool http2;
    bool tls_verify;
    char *tls_ca, *tls_certificate, *tls_key; /* files; NULL: the system's */
    double price_in, price_out;               /* money a million tokens, 0 = free */
};

struct conf_sample_share { /* by label: "default", "belief", "emotion:sad", "emotion", ... */
    char *label;
    double share; /* 0..1 */
};

#define CONF_MAX_CANDIDATES 5

/* How the classifier is asked and read: vLLM's /classify, or /predict of Hugging Face's Text Embeddings Inference. */
struct conf_classifier {
    enum conf_dialect { CONF_CLASSIFIER_VLLM, CONF_CLASSIFIER_TEI } dialect;
    char *label;         /* of the class that says that the second text follows from the first */
    char *separator;     /* between the two, for vLLM, which takes one text */
    double threshold;    /* .9: of that class, below which nothing is said */
    uint64_t timeout_ms; /* 5 s */
};

enum conf_content { CONF_CONTENT_NONE, CONF_CONTENT_HASH, CONF_CONTENT_REDACTED, CONF_CONTENT_FULL };

struct conf {
    /* data plane */
    struct conf_listen *listen;
    size_t listen_count;
    unsigned workers;  /* relay loops, resolved: at least 1 */
    uint64_t drain_ms; /* 30 s */
    struct {
        uint64_t head_ms;       /* 10 s: a request head, absolute */
        uint64_t body_ms;       /* 0 = none: a request body, absolute */
        uint64_t keep_alive_ms; /* 75 s: idle client connection */
        uint64_t connect_ms;    /* 5 s: to upstream, DNS and TLS included */
        uint64_t first_byte_ms; /* 0 = none: until upstream's response head */
        uint64_t idle_ms;       /* 0 = none: between upstream bytes */
        uint64_t total_ms;      /* 0 = none */
    } timeouts;
    struct {
        size_t head_bytes;                /* 64 KiB */
        size_t body_bytes;                /* 256 MiB: a request body */
        unsigned body_rate;               /* 500: bytes a second of a request body at least; 0 = any */
        unsigned connections;             /* 0 = as descriptors allow */
        unsigned connections_per_address; /* 0 = no limit */
        size_t tap_bytes;                 /* 2 MiB: of a request and of an answer kept for a trial */
        size_t tap_total_bytes;           /* 256 MiB: of all taps together */
    } limits;
    bool via;       /* adds Via; default false */
    bool forwarded; /* adds Forwarded; default false */

    /* admin plane */
    char *admin_address; /* "127.0.0.1:8081"; NULL: none */
    char *admin_token;   /* NULL: none */

    /* models */
    struct conf_model warm, original, judge, classifier, rewriter;
    bool has_judge, has_classifier, has_rewriter;
    struct conf_model *candidates;
    size_t candidate_count;
    bool live_is_original;
    bool allow_self_judge;

    /* trials */
    char *
        *rules; /* pack files, resolved: relative names against the configuration's folder, then the installed packs */
    size_t rule_count;
    struct {
        struct conf_sample_share *shares;
        size_t share_count;
        double default_share, largest_share;                       /* largest: of all; 0 turns the tap off */
        double original_again, warm_again, neutral, style_control; /* shares of trials that get the extra arms */
        double booster;               /* share of what the booster suspects; 0: it is not asked */
        char *booster_file;           /* its weights; NULL: not asked */
        unsigned concurrency;         /* 16 */
        unsigned requests_per_minute; /* 600 */
        uint64_t tokens_per_day;      /* 5,000,000 */
        double money_per_day;         /* 0 = no limit */
        uint64_t timeout_ms;          /* 120 s: one shadow or judge request */
        uint64_t deadline_ms;         /* 300 s: a trial; later it is committed as missing */
        size_t max_answer_bytes;      /* 1 MiB */
        bool carry_media; /* images, audio and files go to the other model as well; else such requests are left out */
        uint64_t canary_interval_ms; /* 15 min: between two pairs of known verdict put to the judge; 0 = none */
        struct conf_classifier classifier;
        unsigned max_tokens; /* 0 = the request's own; else a cap put into shadow requests that name none */
    } shadow;
    char *salt; /* of the conversation hash; from salt_file or made from the store's path */

    /* alerts and evidence */
    struct {
        double alpha;           /* .05 */
        double tolerance;       /* .02, as a share */
        double style_bias;      /* 0: not measured; else the upper bound of the judge's bias that was */
        double drift_alpha;     /* .05 */
        uint64_t drift_horizon; /* 20,000 comparisons */
        char *webhook_url, *webhook_secret, *alertmanager_url, *slack_url; /* NULL: none */
    } alerts;

    /* store */
    char *store_path; /* of sqlite:PATH; NULL: nothing is stored */
    enum conf_content content;
    uint64_t retention_ms; /* 0 = for ever */

    double label_share; /* .1: of the comparisons that count, drawn for people to label */

    /* telemetry */
    struct {
        struct conf_url otlp; /* an OpenTelemetry receiver, OTLP over HTTP; text NULL: none */
        char **headers;       /* "name: value", from headers_file: secrets */
        size_t header_count;
        double sample; /* share of the traces that begin here */
    } telemetry;

    /* log */
    enum log_level log_level;
    enum log_format log_format;
    enum conf_log_to { CONF_LOG_STDERR, CONF_LOG_STDOUT, CONF_LOG_JOURNALD } log_to;

    char *path; /* the file this came from; "" for a built-in configuration */
};

/* NULL and "file:line:column: sentence". The caller holds one reference. Reads the named secret files too. */
/* The name of a model that would judge its own answers, NULL: there is none. */
const char *conf_judges_itself(const struct conf *conf);
MUST_USE struct conf *conf_load(const char *path, struct err *err);
/* From text, for tests and the demo; name stands for the file. */
MUST_USE struct conf *conf_parse(struct slice yaml, const char *name, struct err *err);
struct conf *conf_hold(struct conf *conf);
void conf_drop(struct conf *conf); /* accepts NULL; the last drop frees and wipes secrets */
/* NULL: there is no candidate of that name. */
const struct conf_model *conf_candidate(const struct conf *conf, const char *name);

/* What would run, for `candor check`: every resolved setting as YAML, secrets as "(set)". */
void conf_describe(const struct conf *conf, struct buf *out);

/* The keys, for the manual, the schema and their tests. */
struct conf_key {
    const char *path;     /* "shadow.budget.concurrency" */
    const char *type;     /* "integer", "duration", "share", ... */
    const char *standard; /* the default as text, NULL when required or none */
    const char *help;
};

#endif
