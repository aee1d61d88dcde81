/* The e-detector: twelve gamblers, each restarted at every comparison with a fresh coin. See drift.h. */
#include "drift.h"

#include <assert.h>
#include <math.h>

#include "json.h"
#include "logspace.h"

#define FORMAT_VERSION  1
#define REFERENCE_ALPHA .01

static const double bets[DRIFT_BETS] = {.05, .08, .12, .17, .23, .30, .38, .47, .57, .68, .80, .92};

void drift_restart(struct drift *drift)
{
    for (size_t j = 0; j < DRIFT_BETS; j++)
        drift->log_wealth[j] = -INFINITY;
}

void drift_init(struct drift *drift)
{
    *drift = (struct drift){0};
    drift_restart(drift);
}

void drift_init_at(struct drift *drift, double m0)
{
    assert(m0 > -1 && m0 < 1);
    drift_init(drift);
    drift->reference.zero = DRIFT_REFERENCE;
    drift->m0 = m0;
}

bool drift_watching(const struct drift *drift)
{
    return drift->reference.plus + drift->reference.zero + drift->reference.minus >= DRIFT_REFERENCE;
}

static void fill_reference(struct drift *drift, int x)
{
    uint64_t *count = x > 0 ? &drift->reference.plus : x < 0 ? &drift->reference.minus : &drift->reference.zero;
    ++*count;
    if (drift_watching(drift))
        drift->m0 = fmin(confseq_upper(drift->reference, REFERENCE_ALPHA), 1 - 1e-9);
}

void drift_add(struct drift *drift, uint64_t seq, int x)
{
    assert(x >= -1 && x <= 1);
    drift->seq = seq;
    if (!drift_watching(drift)) {
        fill_reference(drift, x);
        return;
    }
    drift->n++;
    for (size_t j = 0; j < DRIFT_BETS; j++) {
        double lambda = bets[j] / (1 + drift->m0);
        drift->log_wealth[j] = log1p(lambda * (x - drift->m0)) + log_plus_one(drift->log_wealth[j]);
    }
}

double drift_log_evidence(const struct drift *drift)
{
    return log_sum(drift->log_wealth, DRIFT_BETS) - log(DRIFT_BETS);
}

double drift_threshold_log(double alpha, uint64_t horizon)
{
    return log((double)horizon) - log(alpha);
}

void drift_write(const struct drift *drift, struct buf *out)
{
    struct json_writer writer, *w = &writer;
    json_start(w, out);
    json_open_object(w, NULL);
    json_put_int(w, "version", FORMAT_VERSION);
    json_put_int(w, "plus", (int64_t)drift->reference.plus);
    json_put_int(w, "zero", (int64_t)drift->reference.zero);
    json_put_int(w, "minus", (int64_t)drift->reference.minus);
    json_put_double(w, "m0", drift->m0);
    json_put_int(w, "n", (int64_t)drift->n);
    json_put_int(w, "seq", (int64_t)drift->seq);
    json_open_array(w, "log_wealth");
    for (size_t j = 0; j < DRIFT_BETS; j++)
        json_put_double(w, NULL, drift->log_wealth[j]); /* -inf becomes null */
    json_close_array(w);
    json_close_object(w);
}

static bool read_count(const cJSON *tree, const char *key, uint64_t *out)
{
    int64_t value;
    if (!json_get_int(tree, key, &value) || value < 0)
        return false;
    *out = (uint64_t)value;
    return true;
}

static bool read_wealth(const cJSON *list, struct drift *drift)
{
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != DRIFT_BETS)
        return false;
    for (int j = 0; j < DRIFT_BETS; j++) {
        const cJSON *item = cJSON_GetArrayItem(list, j);
        if (!cJSON_IsNull(item) && !cJSON_IsNumber(item))
            return false;
        drift->log_wealth[j] = cJSON_IsNull(item) ? -INFINITY : item->valuedouble;
    }
    return true;
}

int drift_read(struct slice json, struct drift *drift, struct err *err)
{
    cJSON *tree = json_parse(json, JSON_LIMITS_DEFAULT, err);
    struct drift read = {0};
    int64_t version = 0;
    if (!tree)
        return -1;
    bool good = json_get_int(tree, "version", &version) && version == FORMAT_VERSION &&
                read_count(tree, "plus", &read.reference.plus) && read_count(tree, "zero", &read.reference.zero) &&
                read_count(tree, "minus", &read.reference.minus) && json_get_double(tree, "m0", &read.m0) &&
                read.m0 > -1 && read.m0 < 1 && read_count(tree, "n", &read.n) && read_count(tree, "seq", &read.seq) &&
                read_wealth(json_get(tree, "log_wealth"), &read);
    cJSON_Delete(tree);
    if (!good)
        return err_set(err, "this is no drift state of version %d", FORMAT_VERSION);
    *drift = read;
    return 0;
}
