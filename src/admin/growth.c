/* growth: see growth.h. */
#include "growth.h"

#include "store.h"

static int take(const struct tally_trial *trial, void *arg)
{
    struct growth *growth = arg;
    report_trace_add(growth->trace, trial);
    growth->seq = trial->seq;
    return 0;
}

/* Another epoch or another tolerance is another curve. */
static bool is_stale(const struct growth *growth, const struct tally *tally, const struct tally_settings *settings)
{
    return !growth->trace || strcmp(growth->epoch, tally->epoch) != 0 ||
           growth->settings.tolerance != settings->tolerance;
}

int growth_write(struct growth *growth, const char *store_path, const struct tally *tally,
                 const struct tally_settings *settings, struct buf *out, struct err *err)
{
    if (is_stale(growth, tally, settings)) {
        growth_fini(growth);
        growth->settings = *settings;
        memcpy(growth->epoch, tally->epoch, sizeof growth->epoch);
        growth->trace = report_trace_new(settings);
        if (!growth->trace)
            return err_set(err, "out of memory");
    }
    bool is_new = tally->seq > growth->seq; /* else nothing of this epoch has come since */
    if (store_path && is_new && store_outcomes(store_path, growth->epoch, NULL, growth->seq, take, growth, err) != 0)
        return -1;
    report_trace_write(growth->trace, settings, out);
    return 0;
}

void growth_fini(struct growth *growth)
{
    report_trace_free(growth->trace);
    *growth = (struct growth){0};
}
