/* The configuration: what loads, what is refused and where, and that example, schema and table tell the same. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/conf/conf_load.h"
#include "json.h"

#define LISTEN "listen: [{address: \"127.0.0.1:8080\"}]\n"
#define LISTEN "listen: [{address: \"127.0.0.1:8080\"}]\n"
#define MODELS LISTEN "models: {warm: {url: \"http://w:1/v1\"}, original: {url: \"http://o:2/v1\", model: base}}\n"

struct fixture {
    char folder[64];
};

static void file_write(const struct fixture *f, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A folder that stands for /etc/candor, with rule packs in rules/. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "/tmp/candor-conf-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    char rules[128];
    snprintf(rules, sizeof rules, "%s/rules", f->folder);
    assert_int_equal(mkdir(rules, 0700), 0);
    static const char *const names[] = {
        "rules/cues.yaml", "rules/beliefs.yaml", "rules/my-local.yaml", "rules/notes.txt", "tls.crt",
        "tls.key",         "clients.crt",        "models.crt",          "client.crt",      "client.key"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        file_write(f, names[i], "x\n");
    file_write(f, "admin.token", "  letmein\n");
    file_write(f, "original.key", "sk-original\n");
    file_write(f, "salt", "pepper\n");
    setenv("CANDOR_RULES_DIR", rules, 1);
    setenv("ORIGINAL_KEY", "sk-from-environment", 1);
    setenv("WARM_KEY", "sk-warm", 1);
    setenv("WEBHOOK_SECRET", "hush", 1);
    setenv("SLACK_URL", "https://hooks.example/T0/B0", 1);
    unsetenv("NOT_SET");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"rules/cues.yaml",
                                        "rules/beliefs.yaml",
                                        "rules/my-local.yaml",
                                        "rules/notes.txt",
                                        "tls.crt",
                                        "tls.key",
                                        "clients.crt",
                                        "models.crt",
                                        "client.crt",
                                        "client.key",
                                        "admin.token",
                                        "original.key",
                                        "salt",
                                        "rules",
                                        "own.yaml",
                                        "candor.yaml",
                                        ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        remove(path);
    }
    free(f);
    return 0;
}

static struct conf *parse(const char *text, struct err *err)
{
    *err = (struct err){""};
    return conf_parse(slice_from(text), "c.yaml", err);
}

static void assert_refused(const char *text, const char *sentence)
{
    struct err err;
    struct conf *conf = parse(text, &err);
    if (conf)
        fail_msg("was taken: %s", text);
    assert_string_equal(err.text, sentence);
}

static void a_configuration_of_two_models_gets_the_defaults_of_the_table(void **state)
{
    (void)state;
    struct err err;
    struct conf *conf = parse(MODELS, &err);
    if (!conf)
        fail_msg("%s", err.text);
    assert_int_equal(conf->listen_count, 1);
    assert_string_equal(conf->listen[0].address, "127.0.0.1:8080");
    assert_string_equal(conf->listen[0].paths[0], "/v1/");
    assert_true(conf->workers >= 1 && conf->workers <= 4);
    assert_int_equal(conf->drain_ms, 30000);
    assert_int_equal(conf->timeouts.head_ms, 10000);
    assert_int_equal(conf->timeouts.keep_alive_ms, 75000);
    assert_int_equal(conf->timeouts.connect_ms, 5000);
    assert_int_equal(conf->timeouts.total_ms, 0);
    assert_int_equal(conf->limits.head_bytes, 65536);
    assert_int_equal(conf->limits.body_bytes, 256u << 20);
    assert_int_equal(conf->limits.tap_bytes, 2u << 20);
    assert_null(conf->admin_address);
    assert_string_equal(conf->warm.urls[0].host, "w");
    assert_string_equal(conf->warm.name, "warm");
    assert_true(conf->warm.forward_client_key);
    assert_false(conf->original.forward_client_key);
    assert_true(conf->original.tls_verify);
    assert_null(conf->warm.model);
    assert_false(conf->has_judge);
    assert_true(conf->shadow.default_share == 0.05);
    assert_int_equal(conf->shadow.concurrency, 16);
    assert_int_equal(conf->shadow.tokens_per_day, 5000000);
    assert_int_equal(conf->shadow.deadline_ms, 300000);
    assert_true(conf->alerts.alpha == 0.05 && conf->alerts.tolerance == 0.02);
    assert_int_equal(conf->alerts.drift_horizon, 20000);
    assert_null(conf->store_path);
    assert_int_equal(conf->content, CONF_CONTENT_REDACTED);
    assert_int_equal(conf->retention_ms, 0);
    assert_int_equal(conf->log_level, LOG_LEVEL_INFO);
    assert_int_equal(conf->rule_count, 2); /* in name order, without local ones and other files */
    assert_true(slice_ends(slice_from(conf->rules[0]), SLICE("/rules/beliefs.yaml")));
    assert_true(slice_ends(slice_from(conf->rules[1]), SLICE("/rules/cues.yaml")));
    assert_ptr_equal(conf_hold(conf), conf);
    conf_drop(conf);
    assert_int_equal(conf->drain_ms, 30000); /* one reference is left */
    conf_drop(conf);
    conf_drop(NULL);
}

static const char contract[] =
    "listen:                                  # data plane; a list\n"
    "  - address: 127.0.0.1:8080              # or [::]:8443, unix:/run/candor/candor.sock\n"
    "    tls: {certificate: /etc/candor/tls.crt, key: /etc/candor/tls.key}      # optional\n"
    "    paths: [/v1/]                        # prefixes that are relayed; [/] relays everything\n"
    "workers: 0                               # relay loops; 0 = one a core, at most 4\n"
    "admin: {address: 127.0.0.1:8081, token_file: /etc/candor/admin.token}      # token optional on loopback only\n"
    "models:\n"
    "  warm:     {url: \"http://127.0.0.1:9001/v1\"}\n"
    "  original: {url: \"http://127.0.0.1:9002/v1\", model: base, api_key_env: ORIGINAL_KEY}\n"
    "  judge:    {url: \"http://127.0.0.1:9003/v1\", model: judge}                # optional\n"
    "live: warm                               # or original\n"
    "rules: [cues.yaml, beliefs.yaml]         # default: the packs that are installed\n"
    "shadow:\n"
    "  sample: {default: 0.05, belief: 1.0, \"emotion:sad\": 1.0}                 # share of exchanges\n"
    "  budget: {concurrency: 16, requests_per_minute: 600, tokens_per_day: 5000000}\n"
    "store: {url: \"sqlite:/var/lib/candor/candor.db\", content: redacted, retention: 30d}   # "
    "none|hash|redacted|full\n"
    "log: {level: info, format: json}\n";

/* /etc/candor becomes the fixture's folder. */
static char *settle(const struct fixture *f, const char *text)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    for (const char *at = text, *found;; at = found + strlen("/etc/candor")) {
        found = strstr(at, "/etc/candor");
        buf_add(&out, at, found ? (size_t)(found - at) : strlen(at));
        if (!found)
            break;
        buf_add_text(&out, f->folder);
    }
    char *settled = strdup(buf_text(&out));
    assert_non_null(settled);
    buf_fini(&out);
    return settled;
}

static void the_example_of_the_contract_loads(void **state)
{
    const struct fixture *f = *state;
    char *text = settle(f, contract);
    struct err err;
    struct conf *conf = parse(text, &err);
    if (!conf)
        fail_msg("%s", err.text);
    assert_int_equal(conf->listen[0].tls_count, 1);
    assert_string_equal(conf->admin_token, "letmein");
    assert_string_equal(conf->original.api_key, "sk-from-environment");
    assert_string_equal(conf->original.model, "base");
    assert_true(conf->has_judge);
    assert_int_equal(conf->judge.urls[0].port, 9003);
    assert_string_equal(conf->judge.urls[0].prefix, "/v1");
    assert_int_equal(conf->shadow.share_count, 2);
    assert_string_equal(conf->shadow.shares[1].label, "emotion:sad");
    assert_true(conf->shadow.shares[1].share == 1.0);
    assert_int_equal(conf->rule_count, 2);
    assert_true(slice_ends(slice_from(conf->rules[0]), SLICE("/rules/cues.yaml")));
    assert_string_equal(conf->store_path, "/var/lib/candor/candor.db");
    conf_drop(conf);
    free(text);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"worker: 2\n" MODELS, "c.yaml:1:1: unknown key 'worker'; did you mean 'workers'?"},
        {"zebra: 2\n" MODELS, "c.yaml:1:1: unknown key 'zebra'"},
        {MODELS "shadow:\n  budget: {concurency: 3}\n",
         "c.yaml:4:12: unknown key 'concurency'; did you mean 'concurrency'?"},
        {MODELS "workers: many\n", "c.yaml:3:10: 'workers' expects a whole number, not 'many'"},
        {MODELS "workers: \"2\"\n", "c.yaml:3:11: 'workers' expects integer without quotes"},
        {MODELS "workers: 1.5\n", "c.yaml:3:10: 'workers' expects a whole number, not '1.5'"},
        {MODELS "workers: 65\n", "c.yaml:3:10: 'workers' is out of range: 65 is not 0 to 64"},
        {MODELS "workers: -1\n", "c.yaml:3:10: 'workers' expects a whole number, not '-1'"},
        {MODELS "workers: [1]\n", "c.yaml:3:11: expects one value for 'workers' (integer), not a list"},
        {MODELS "via: yes\n", "c.yaml:3:6: 'via' expects true or false, not 'yes'"},
        {MODELS "drain: soon\n", "c.yaml:3:8: 'drain' expects a duration like 30s, 5m or 250ms, not 'soon'"},
        {MODELS "drain:\n", "c.yaml:3:1: 'drain' expects a duration like 30s, 5m or 250ms, not ''"},
        {MODELS "limits: {head: 64KB}\n", "c.yaml:3:16: 'limits.head' expects a size like 64KiB or 2MiB, not '64KB'"},
        {MODELS "limits: {head: 2GiB}\n", "c.yaml:3:16: 'limits.head' is out of range: 2GiB is not 1KiB to 1MiB"},
        {MODELS "log: {level: loud}\n", "c.yaml:3:14: 'loud' is none of error, warn, info, debug"},
        {MODELS "log: info\n", "c.yaml:3:6: log expects keys and values"},
        {MODELS "shadow: {sample: {default: 1.5}}\n", "c.yaml:3:28: '1.5' is no share between 0 and 1"},
        {MODELS "shadow: {sample: {sadness: 1}}\n",
         "c.yaml:3:19: 'sadness' is no label: default, belief, emotion:sad, relation:close, stake:high, ..."},
        {MODELS "shadow: {arms: {neutral: nan}}\n",
         "c.yaml:3:26: 'shadow.arms.neutral' expects a share between 0 and 1, not 'nan'"},
        {MODELS "shadow: {arms: {style_control: 0.1}}\n",
         "c.yaml:1:1: shadow.arms.style_control needs models.rewriter"},
        {MODELS "store: {url: \"postgres://x\"}\n", "c.yaml:3:15: 'postgres://x' is not sqlite:PATH"},
        {"listen: []\n", "c.yaml:1:1: 'listen' expects a list: - address: 127.0.0.1:8080"},
        {"listen: [{address: 8080}]\n",
         "c.yaml:1:20: expects an address like 127.0.0.1:8080, [::]:8443 or unix:/run/candor.sock, not '8080'"},
        {"listen: [{paths: [/]}]\n", "c.yaml:1:11: a listener needs its address"},
        {"listen: [{address: \"127.0.0.1:0\", paths: [v1]}]\n", "c.yaml:1:43: a prefix starts with /, 'v1' does not"},
        {"models: {warm: {url: \"http://a\"}}\n", "c.yaml:1:1: 'listen' is missing: where should clients connect?"},
        {LISTEN "models: {warm: {url: \"http://a\"}}\n", "c.yaml:1:1: models.original is missing"},
        {LISTEN "models: {original: {url: \"http://a\"}}\n", "c.yaml:1:1: models.warm is missing"},
        {"models: {warm: {model: x}}\n", "c.yaml:1:17: models.warm needs its url"},
        {"models: {warm: {url: \"ftp://a\"}}\n", "c.yaml:1:23: 'ftp://a' is no http:// or https:// URL"},
        {"models: {warm: {url: \"http://a\", api_key: sk-1}}\n", "c.yaml:1:34: unknown key 'api_key'"},
        {MODELS "live: warm\nlive: warm\n", "c.yaml:4:1: duplicate key"},
        {MODELS "admin: {address: \"0.0.0.0:8081\"}\n",
         "c.yaml:3:19: the admin plane is not on loopback and needs a token_file"},
        {MODELS "admin: {address: \"127.evil.example:8081\"}\n",
         "c.yaml:3:19: the admin plane is not on loopback and needs a token_file"},
        {MODELS "admin: {address: \"127.0.0.1:8080\"}\n",
         "c.yaml:3:19: clients connect at 127.0.0.1:8080, the admin plane needs another address"},
        {LISTEN "models: {warm: {url: \"http://a\"}, original: {url: [\"http://b\", \"http://localhost:8080\"]}}\n",
         "c.yaml:2:65: models.original would be this proxy itself, which listens on 127.0.0.1:8080; localhost has "
         "several addresses: if the model has another, name that"},
        {LISTEN "models: {candidates: {\"a b\": {url: \"http://a\"}}}\n",
         "c.yaml:2:24: a candidate's name is 1 to 31 letters, digits, '-', '_' or '.': it labels metrics and records"},
        {"- a\n", "c.yaml:1:3: the configuration expects keys and values"},
        {"", "c.yaml:1:1: the configuration is empty"},
        {"listen: {{\n", "c.yaml:2:1: did not find expected node content"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].text, cases[i].sentence);
}

static void secrets_are_read_where_they_are_named_and_never_shown(void **state)
{
    const struct fixture *f = *state;
    assert_refused(LISTEN "models: {warm: {url: \"http://a\", api_key_env: NOT_SET}}\n",
                   "c.yaml:2:47: NOT_SET is not set in the environment");
    /* A key that was pasted where its name belongs is not repeated. */
    assert_refused(LISTEN "models: {warm: {url: \"http://a\", api_key_env: sk-secret}}\n",
                   "c.yaml:2:47: expects the name of an environment variable, never the secret itself");
    char text[1024];
    snprintf(text, sizeof text,
             LISTEN "models:\n  warm: {url: \"https://a\", api_key_file: %s/original.key}\n"
                    "  original: {url: \"http://b\"}\nsalt_file: %s/salt\n",
             f->folder, f->folder);
    struct err err;
    struct conf *conf = parse(text, &err);
    assert_non_null(conf);
    assert_string_equal(conf->warm.api_key, "sk-original");
    assert_int_equal(conf->warm.urls[0].port, 443);
    assert_string_equal(conf->salt, "pepper");
    struct buf out;
    buf_init(&out, 1u << 20);
    conf_describe(conf, &out);
    assert_null(strstr(buf_text(&out), "sk-original"));
    assert_null(strstr(buf_text(&out), "pepper"));
    assert_non_null(strstr(buf_text(&out), "(set)"));
    buf_fini(&out);
    conf_drop(conf);
    snprintf(text, sizeof text,
             LISTEN "models:\n  warm: {url: \"https://a\", api_key_file: %s/original.key, api_key_env: WARM_KEY}\n",
             f->folder);
    assert_null(parse(text, &err));
    assert_non_null(strstr(err.text, "this secret is given twice"));
}

/* Every default of the tables is one that the tables would take. */
static void the_defaults_are_within_the_ranges(void **state)
{
    (void)state;
    const struct {
        const struct conf_row *rows;
        size_t count;
    } tables[] = {{conf_rows, conf_row_count}, {conf_model_rows, conf_model_row_count}};
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct conf_row *row = &tables[t].rows[i];
            char text[512], path[128], nested[256] = "";
            if (!row->key.standard)
                continue;
            snprintf(path, sizeof path, "%s", row->key.path);
            struct slice rest = slice_from(path), word;
            size_t depth = 0;
            while (slice_cut(&rest, '.', &word)) {
                size_t used = strlen(nested);
                snprintf(nested + used, sizeof nested - used, "%s%.*s: ", depth++ ? "{" : "", SLICE_ARGS(word));
            }
            snprintf(text, sizeof text,
                     t ? LISTEN "models: {original: {url: \"http://o\"}, warm: {url: \"http://w\", %s%s%s}}\n"
                       : MODELS "%s%s%s\n",
                     nested, row->key.standard, &"}}}}"[5 - depth]);
            struct err err;
            struct conf *conf = parse(text, &err);
            if (!conf)
                fail_msg("%s: %s", text, err.text);
            conf_drop(conf);
        }
    }
}

/* Without secrets: where they came from is not told. */
static char *describe(struct conf *conf)
{
    struct buf all, told;
    buf_init(&all, 1u << 20);
    buf_init(&told, 1u << 20);
    conf_describe(conf, &all);
    conf_drop(conf);
    struct slice rest = buf_slice(&all), line;
    while (slice_cut(&rest, '\n', &line))
        if (slice_find(line, SLICE("(set)"), 0) == SLICE_NOT_FOUND)
            buf_add_format(&told, "%.*s\n", SLICE_ARGS(line));
    char *text = strdup(buf_text(&told));
    assert_non_null(text);
    buf_fini(&all);
    buf_fini(&told);
    return text;
}

static void a_description_is_yaml_that_loads_again(void **state)
{
    const struct fixture *f = *state;
    char *text = settle(f, contract);
    struct err err;
    struct conf *conf = parse(text, &err);
    assert_non_null(conf);
    char *first = describe(conf);
    conf = parse(first, &err);
    if (!conf)
        fail_msg("%s in\n%s", err.text, first);
    char *second = describe(conf);
    assert_string_equal(first, second);
    free(second);
    free(first);
    free(text);
}

static void a_judge_must_not_be_one_of_the_models_it_judges(void **state)
{
    (void)state;
#define SAME                                                                                                           \
    LISTEN "models: {warm: {url: \"http://w/v1\"}, original: {url: \"http://O:80/v1/\", model: base},\n"               \
           "         judge: {url: \"http://o/v1\", model: base}}\n"
    assert_refused(SAME, "c.yaml:3:18: the judge is one of the models it judges, original; name another, or set "
                         "allow_self_judge: true");
    struct err err;
    struct conf *conf = parse(SAME "allow_self_judge: true\n", &err);
    assert_non_null(conf);
    conf_drop(conf);
    assert_refused(LISTEN "models: {warm: {url: \"http://w\"}, original: {url: \"http://o\"},\n"
                          "         judge: {url: \"http://j\", model: c}, candidates: {c1: {url: [\"http://x\", "
                          "\"http://j\"], model: c}}}\n",
                   "c.yaml:3:18: the judge is one of the models it judges, c1; name another, or set allow_self_judge: "
                   "true");
}

static void the_client_s_key_goes_to_whoever_is_live(void **state)
{
    (void)state;
    struct err err;
    struct conf *conf = parse(MODELS "live: original\n", &err);
    assert_non_null(conf);
    assert_true(conf->live_is_original && conf->original.forward_client_key && !conf->warm.forward_client_key);
    conf_drop(conf);
    conf = parse(
        LISTEN "models: {warm: {url: \"http://a\", forward_client_key: false}, original: {url: \"http://b\"}}\n", &err);
    assert_non_null(conf);
    assert_false(conf->warm.forward_client_key);
    conf_drop(conf);
}

static void urls_are_taken_apart_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "http://",   "http://a b",   "http://u:p@h/v1", "http://h/v1?k=v", "http://h#x", "http://h:0", "http://h:65536",
        "http://h:", "http://[::1",  "http://::1",      "http://[::g]/x",  "HTTP://h",   "http://-h",  "http://h:8x",
        "h:80",      "http://h,i/v1"};
    struct err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256];
        snprintf(text, sizeof text, LISTEN "models: {warm: {url: \"%s\"}, original: {url: \"http://b\"}}\n", bad[i]);
        if (parse(text, &err))
            fail_msg("took %s", bad[i]);
        assert_true(slice_starts(slice_from(err.text), SLICE("c.yaml:2:23: ")));
    }
    struct conf *conf =
        parse(LISTEN "models: {warm: {url: [\"https://[::1]:8443//\", \"http://h.example/a/v1/\"]},\n"
                     "         original: {url: \"http://b\", system_prompt: {replace: \"Be brief.\"}}}\n",
              &err);
    assert_non_null(conf);
    assert_int_equal(conf->warm.url_count, 2);
    assert_string_equal(conf->warm.urls[0].host, "::1");
    assert_int_equal(conf->warm.urls[0].port, 8443);
    assert_int_equal(conf->warm.urls[0].scheme, CONF_HTTPS);
    assert_string_equal(conf->warm.urls[0].prefix, "");
    assert_string_equal(conf->warm.urls[1].prefix, "/a/v1");
    assert_int_equal(conf->original.system_prompt, CONF_PROMPT_REPLACE);
    assert_string_equal(conf->original.system_prompt_text, "Be brief.");
    conf_drop(conf);
}

static void addresses_are_checked_and_loopback_is_not_fooled(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:0", "[::]:8443", "unix:/run/candor.sock", "localhost:80", "*:8080"};
    static const char *const bad[] = {"8080",   ":8080",   "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "[::1:80",
                                      "::1:80", "[::1]80", "unix:",     "a b:80",     "127.0.0.1:+80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(conf_address_valid(slice_from(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(conf_address_valid(slice_from(bad[i])));
    assert_true(conf_address_is_loopback(SLICE("127.8.9.1:80")));
    assert_true(conf_address_is_loopback(SLICE("[::1]:80")));
    assert_false(conf_address_is_loopback(SLICE("127.example.org:80")));
    assert_false(conf_address_is_loopback(SLICE("[::]:80")));
    assert_false(conf_address_is_loopback(SLICE("*:80")));
}

static void a_rule_pack_beside_the_configuration_goes_first(void **state)
{
    const struct fixture *f = *state;
    char path[256];
    file_write(f, "own.yaml", "x\n");
    file_write(f, "candor.yaml", MODELS "rules: [own.yaml, cues.yaml]\n");
    snprintf(path, sizeof path, "%s/candor.yaml", f->folder);
    struct err err = {""};
    struct conf *conf = conf_load(path, &err);
    if (!conf)
        fail_msg("%s", err.text);
    snprintf(path, sizeof path, "%s/own.yaml", f->folder);
    assert_string_equal(conf->rules[0], path);
    snprintf(path, sizeof path, "%s/rules/cues.yaml", f->folder);
    assert_string_equal(conf->rules[1], path);
    conf_drop(conf);
    assert_null(parse(MODELS "rules: [none.yaml]\n", &err));
    snprintf(path, sizeof path, "c.yaml:3:9: rule pack 'none.yaml' is neither in . nor in %s/rules", f->folder);
    assert_string_equal(err.text, path);
}

/* ---- example and schema ---- */
static char *source_read(const char *name)
{
    char path[512];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s cannot be opened", path);
    char *text = calloc(1, 1u << 17);
    assert_non_null(text);
    assert_true(fread(text, 1, (1u << 17) - 1, file) > 0);
    fclose(file);
    return text;
}

static void the_example_loads(void **state)
{
    (void)state;
    char *text = source_read("conf/candor.yaml");
    struct err err;
    struct conf *conf = parse(text, &err);
    if (!conf)
        fail_msg("%s", err.text);
    conf_drop(conf);
    free(text);
}

static const cJSON *schema_at(const cJSON *schema, const char *path)
{
    static const struct {
        const char *prefix, *definition;
    } places[] = {{"listen[].tls.", "certificate"}, {"listen[].", "listener"}, {"models.*.", "model"}};
    const cJSON *node = schema;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strncmp(path, places[i].prefix, strlen(places[i].prefix)) == 0) {
            node = json_get(json_get(schema, "$defs"), places[i].definition);
            path += strlen(places[i].prefix);
            break;
        }
    struct slice rest = slice_from(path), word;
    while (slice_cut(&rest, '.', &word)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", SLICE_ARGS(word));
        node = json_get(json_get(node, "properties"), name);
    }
    return node;
}

static size_t leaves(const cJSON *node)
{
    size_t count = 0;
    const cJSON *child;
    cJSON_ArrayForEach(child, json_get(node, "properties"))
    {
        const cJSON *inner = json_get(child, "properties");
        count += inner && !json_get(child, "description") ? leaves(child) : 1;
    }
    return count;
}

/* Holds one table against its place in the schema. */
static void table_check(const cJSON *schema, const char *prefix, const struct conf_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct conf_key *key = &rows[i].key;
        char path[128];
        snprintf(path, sizeof path, "%s%s", prefix, key->path);
        const cJSON *node = schema_at(schema, path);
        struct slice help = json_get_slice(node, "description");
        if (!node || !slice_is(help, key->help))
            fail_msg("conf/candor.schema.json does not describe %s as the table does: %s", path, key->help);
        const cJSON *standard = json_get(node, "default");
        if (!standard != !key->standard)
            fail_msg("the default of %s is in one place only", path);
        if (!standard)
            continue;
        char *printed = cJSON_PrintUnformatted(standard);
        struct slice value = slice_from(printed);
        if (cJSON_IsString(standard))
            value = slice_part(value, 1, value.len - 1);
        if (!slice_is(value, key->standard))
            fail_msg("the default of %s is %s, the schema says %s", path, key->standard, printed);
        cJSON_free(printed);
    }
}

static void the_schema_tells_what_the_tables_tell(void **state)
{
    (void)state;
    char *text = source_read("conf/candor.schema.json");
    struct err err = {""};
    cJSON *schema = json_parse(slice_from(text), JSON_LIMITS_DEFAULT, &err);
    if (!schema)
        fail_msg("%s", err.text);
    table_check(schema, "", conf_rows, conf_row_count);
    table_check(schema, "models.*.", conf_model_rows, conf_model_row_count);
    table_check(schema, "listen[].", conf_listen_rows, conf_listen_row_count);
    table_check(schema, "listen[].tls.", conf_tls_rows, conf_tls_row_count);
    const cJSON *definitions = json_get(schema, "$defs");
    size_t all = leaves(schema) + leaves(json_get(definitions, "model")) + leaves(json_get(definitions, "listener")) +
                 leaves(json_get(definitions, "certificate"));
    assert_int_equal(all, conf_row_count + conf_model_row_count + conf_listen_row_count + conf_tls_row_count);
    cJSON_Delete(schema);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration_of_two_models_gets_the_defaults_of_the_table),
        cmocka_unit_test(the_example_of_the_contract_loads),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(secrets_are_read_where_they_are_named_and_never_shown),
        cmocka_unit_test(the_defaults_are_within_the_ranges),
        cmocka_unit_test(a_description_is_yaml_that_loads_again),
        cmocka_unit_test(a_judge_must_not_be_one_of_the_models_it_judges),
        cmocka_unit_test(the_client_s_key_goes_to_whoever_is_live),
        cmocka_unit_test(urls_are_taken_apart_strictly),
        cmocka_unit_test(addresses_are_checked_and_loopback_is_not_fooled),
        cmocka_unit_test(a_rule_pack_beside_the_configuration_goes_first),
        cmocka_unit_test(the_example_loads),
        cmocka_unit_test(the_schema_tells_what_the_tables_tell),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
