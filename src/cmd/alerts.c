/* alerts: what fires, with its guarantee and the command that recomputes it, and acknowledging it.
 *
 * The list is worked out from the store's outcomes, so it needs no running proxy; a running one takes an
 * acknowledgement over from the store within seconds.
 */
#include <getopt.h>

#include "alert_store.h"
#include "cmd.h"

struct alerts_options {
    const char *config;
    bool json;
};

struct listing {
    const struct alerts_options *options;
    const struct alert_settings *settings;
    const char *path; /* of the store */
    struct buf out;
    size_t count;
};

static int options_parse(int argc, char **argv, struct alerts_options *options)
{
    const struct cmd_option known[] = {{"config", 'c', .text = &options->config}, {"json", 0, .flag = &options->json}};
    int code = CMD_OPTIONS("alerts", argc, argv, known, NULL);
    if (code == 0 && !options->config)
        code = cmd_usage("alerts", "name the configuration with -c FILE");
    return code;
}

static int put_alert(const struct alert *standing, void *arg)
{
    struct listing *listing = arg;
    struct alert alert = *standing;
    alert_store_name(listing->path, &alert);
    if (listing->options->json) {
        alert_write_json(&alert, listing->settings, listing->options->config, &listing->out);
        buf_add_char(&listing->out, '\n');
    } else {
        if (listing->count > 0)
            buf_add_char(&listing->out, '\n');
        alert_write_text(&alert, listing->settings, listing->options->config, &listing->out);
    }
    listing->count++;
    return 0;
}

static void put_health(const struct health *health, struct listing *listing)
{
    for (int check = 0; check < HEALTH_COUNT; check++) {
        if (!health->failing[check])
            continue;
        if (listing->options->json) {
            alert_write_health_json(health, (enum health_check)check, &listing->out);
            buf_add_char(&listing->out, '\n');
        } else {
            alert_write_health(health, (enum health_check)check, &listing->out);
        }
        listing->count++;
    }
}

static int alerts_list(const struct conf *conf, const struct alerts_options *options)
{
    struct alert_settings settings = alert_settings_of(conf);
    struct listing listing = {.options = options, .settings = &settings, .path = conf->store_path};
    struct alerts *alerts = alerts_new(&settings, NULL, NULL);
    struct health health;
    struct err err = {""};
    struct alert_notes notes = {0};
    if (!alerts)
        return cmd_fail(EXIT_FAILED, &(struct err){"out of memory"});
    int code = EXIT_DONE;
    buf_init(&listing.out, 4u << 20);
    if (alert_store_sync(conf->store_path, alerts, &notes, &err)) {
        code = cmd_fail(EXIT_FAILED, &err);
    } else {
        alerts_health(alerts, &health);
        (void)alerts_each(alerts, put_alert, &listing);
        put_health(&health, &listing);
        if (listing.count == 0 && !options->json)
            buf_add_text(&listing.out, "No alert stands.\n");
        code = cmd_print(&listing.out);
    }
    buf_fini(&listing.out);
    alerts_free(alerts);
    return code;
}

static int alerts_ack(const struct conf *conf, const char *kind_text, const char *condition_text)
{
    struct alert_settings settings = alert_settings_of(conf);
    enum alert_kind kind;
    struct condition condition;
    struct err err = {""};
    if (!alert_kind_parse(slice_from(kind_text), &kind))
        return cmd_usage(
            "alerts", "there is no alert '%s': SycophancyLevel, SycophancyDrift, CueAmplification or DivergenceExcess",
            kind_text);
    if (!condition_parse(slice_from(condition_text), &condition))
        return cmd_usage("alerts", "'%s' is no condition: one is written like emotion:sad+asserted", condition_text);
    int rc = alert_store_acknowledge(conf->store_path, &settings, kind, condition, &err);
    if (rc < 0)
        return cmd_fail(EXIT_FAILED, &err);
    if (rc > 0) {
        err_set(&err, "%s of %s is not firing", kind_text, condition_text);
        return cmd_fail(EXIT_NO, &err);
    }
    fprintf(stderr, "candor alerts: acknowledged; the evidence for it begins again\n");
    return EXIT_DONE;
}

int cmd_alerts(int argc, char **argv)
{
    struct alerts_options options = {0};
    struct err err = {""};
    const char *verb = argc > 1 ? argv[1] : "";
    bool ack = strcmp(verb, "ack") == 0;
    if (!ack && strcmp(verb, "list") != 0)
        return cmd_usage("alerts", "say list or ack");
    int code = options_parse(argc - 1, argv + 1, &options);
    if (code)
        return code;
    if (argc - 1 - optind != (ack ? 2 : 0))
        return cmd_usage("alerts", ack ? "ack wants an alert and a condition" : "list takes no more arguments");
    struct conf *conf = conf_load(options.config, &err);
    if (!conf)
        return cmd_fail(EXIT_FAILED, &err);
    if (!conf->store_path) {
        err_set(&err, "%s: nothing is stored (there is no store.url), so no alert can be replayed", options.config);
        code = cmd_fail(EXIT_FAILED, &err);
    } else {
        code = ack ? alerts_ack(conf, argv[1 + optind], argv[2 + optind]) : alerts_list(conf, &options);
    }
    conf_drop(conf);
    return code;
}
