/* store_candidates: see store_candidates.h. */
#include "store_candidates.h"

#include <stdio.h>
#include <stdlib.h>

#include "record.h"
#include "store_db.h"

struct candidate {
    char name[64]; /* "": free */
    struct tally tally;
    bool untold[CONDITION_COUNT]; /* changed since their gauges were set */
};

struct store_candidates {
    struct candidate places[CONF_MAX_CANDIDATES];
};

struct store_candidates *store_candidates_new(void)
{
    return calloc(1, sizeof(struct store_candidates));
}

void store_candidates_free(struct store_candidates *candidates)
{
    free(candidates);
}

/* Its place, or that of one whose last trial was of another epoch. */
static struct candidate *place_of(struct store_candidates *candidates, const char *name, const char *epoch)
{
    struct candidate *spare = NULL;
    for (size_t i = 0; i < CONF_MAX_CANDIDATES; i++) {
        struct candidate *place = &candidates->places[i];
        if (strcmp(place->name, name) == 0)
            return place;
        if (!place->name[0] || strcmp(place->tally.epoch, epoch) != 0)
            spare = place;
    }
    return spare;
}

/* The file holds the trial already, and with it all of its batch. */
static int begin_epoch(struct candidate *place, sqlite3 *sqlite, const char *name, const char *epoch, struct err *err)
{
    struct tally fresh;
    if (store_replay_into(sqlite, epoch, name, &fresh, err) != 0)
        return -1;
    bool same = strcmp(place->name, name) == 0;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        place->untold[i] = fresh.rows[i].trials > 0 || (same && place->tally.rows[i].trials > 0);
    snprintf(place->name, sizeof place->name, "%s", name);
    place->tally = fresh;
    return 0;
}

int store_candidates_add(struct store_candidates *candidates, sqlite3 *sqlite, const struct trial *trial,
                         struct err *err)
{
    struct record_candidate committed[CONF_MAX_CANDIDATES];
    size_t count = record_candidates(trial, committed);
    for (size_t i = 0; i < count; i++) {
        struct candidate *place = place_of(candidates, committed[i].name, trial->epoch);
        struct tally_trial tally = committed[i].tally;
        tally.counted = trial->counted;
        if (!place)
            continue; /* more candidates than an epoch can have */
        if (strcmp(place->name, committed[i].name) != 0 || strcmp(place->tally.epoch, trial->epoch) != 0) {
            if (begin_epoch(place, sqlite, committed[i].name, trial->epoch, err) != 0)
                return -1;
        } else if (trial->seq > place->tally.seq) {
            tally_add(&place->tally, &tally);
            place->untold[condition_index(tally.condition)] = true;
        }
    }
    return 0;
}

static const char *const gauges[] = {"candor_candidate_gap", "candor_candidate_gap_lower",
                                     "candor_candidate_gap_upper"};

static void tell_condition(const struct candidate *place, struct condition condition, struct metrics *metrics,
                           const struct tally_settings *settings)
{
    struct tally_line line;
    char name[CONDITION_NAME_SIZE];
    tally_line(&place->tally, condition, settings, &line);
    condition_name(condition, name);
    const double values[] = {line.gap, line.lower, line.upper};
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++)
        metric_set(METRIC(metrics, gauges[i], place->name, name), values[i]);
}

void store_candidates_tell(struct store_candidates *candidates, const struct conf *conf, struct metrics *metrics,
                           const struct tally_settings *settings)
{
    for (size_t c = 0; c < CONF_MAX_CANDIDATES; c++) {
        struct candidate *place = &candidates->places[c];
        for (size_t i = 0; i < CONDITION_COUNT; i++)
            if (place->untold[i] && conf_candidate(conf, place->name))
                tell_condition(place, condition_at(i), metrics, settings);
        memset(place->untold, 0, sizeof place->untold);
    }
}

void store_candidates_withdraw(const struct conf *old, const struct conf *fresh, struct metrics *metrics)
{
    for (size_t c = 0; c < old->candidate_count; c++)
        for (size_t i = 0; i < sizeof gauges / sizeof *gauges && !conf_candidate(fresh, old->candidates[c].name); i++)
            metrics_withdraw(metrics, gauges[i], old->candidates[c].name);
}
