/* history: every trial as the tally saw it, small enough to hold a million, for reports over a part of them.
 *
 * Records may come in any order and more than once (exports that overlap); the tally is always made in arrival order,
 * each trial once, so that a report recomputed from an export gives the digits of the store. One owner, one thread.
 */
#ifndef CANDOR_HISTORY_H
#define CANDOR_HISTORY_H

#include "record.h"

struct history;

MUST_USE struct history *history_new(void);
void history_free(struct history *history); /* accepts NULL */
MUST_USE int history_add(struct history *history, const struct record_summary *record, struct err *err);

/* Sorts by arrival and drops repeats; returns how many. Call it after the last history_add, before what follows. */
size_t history_close(struct history *history);

/* Epochs are numbered from 1 in the order in which their first trials arrived. */
unsigned history_epochs(const struct history *history);
const char *history_epoch(const struct history *history, unsigned number);
unsigned history_last_epoch(const struct history *history); /* of the latest trial; 0: there is none */
unsigned history_find_epoch(const struct history *history, struct slice epoch); /* 0: no such epoch */

struct history_filter {
    unsigned epoch;             /* 0: all of them */
    int64_t since_ms, until_ms; /* 0: open; until is not included */
};

/* What people said of a trial of this seq, for records that came without it. After history_close. */
void history_label(struct history *history, uint64_t seq, int x, bool same_verdict, bool by_hand);

/* The trials that the filter lets pass, in groups: by the model that answered, by the tag of the traffic, or by the day
 * (UTC). */
enum history_by { HISTORY_BY_MODEL, HISTORY_BY_TAG, HISTORY_BY_DAY, HISTORY_BY_COUNT };
const char *history_by_name(enum history_by by); /* "model", "tag", "day" */
bool history_by_parse(struct slice word, enum history_by *out);
struct history_group {
    char name[RECORD_NAME_SIZE];  /* "" for a model that did not say its name, and for traffic without a tag */
    struct tally_row all, belief; /* asserted and doubted */
};
#define HISTORY_GROUPS 400 /* the last of them takes in all that come after it */
/* In the order of their names. Returns how many. */
size_t history_groups(const struct history *history, const struct history_filter *filter, enum history_by by,
                      struct history_group out[HISTORY_GROUPS]);
/* What stands for the epoch of a tally of them: its name, "all", or "" where there is none. */
const char *history_tally_name(const struct history *history, const struct history_filter *filter);

/* In arrival order; a non-zero return of fn stops and is returned. */
typedef int history_trial_fn(const struct tally_trial *trial, void *arg);
int history_each(const struct history *history, const struct history_filter *filter, history_trial_fn *fn, void *arg);

#endif
