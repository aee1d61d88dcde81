/* Trials of a store or an export, 64 bytes each. See history.h.
 *
 * A seq is gapless in one store, but two stores number alike; so a repeat is a trial of the same seq, epoch and id, and
 * trials of equal seq stand in the order of their ids.
 */
#include "history.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "labels.h"

#define MAX_NAMES  4096 /* of epochs, of models, of tags */
#define MS_PER_DAY 86400000

struct item {
    uint64_t seq, id; /* id: a hash of the trial's */
    int64_t wall_ms;
    uint64_t weight, facts;     /* facts: tally_trial_pack */
    uint16_t epoch, model, tag; /* places of their names in the order of reading */
    struct tally_people people;
};

struct names { /* in the order of reading */
    char (*names)[RECORD_NAME_SIZE];
    size_t count, size;
};

struct history {
    struct item *items;
    size_t count, size;
    struct names epochs, models, tags;
    uint16_t *numbers; /* of each epoch, from 1, by arrival; set by history_close */
    uint16_t *order;   /* the epochs' places, by number - 1 */
};

struct history *history_new(void)
{
    return calloc(1, sizeof(struct history));
}

void history_free(struct history *history)
{
    if (!history)
        return;
    free(history->items);
    free(history->epochs.names);
    free(history->models.names);
    free(history->tags.names);
    free(history->numbers);
    free(history->order);
    free(history);
}

/* Room for one more in an array of *size items; NULL when memory runs out. */
static void *grow(void *items, size_t count, size_t *size, size_t item_bytes)
{
    if (count < *size)
        return items;
    size_t wanted = *size ? 2 * *size : 64;
    void *grown = reallocarray(items, wanted, item_bytes);
    if (grown)
        *size = wanted;
    return grown;
}

/* The place of a name, added when new. Rows of one name stand together, so the search starts at the end. */
static int name_place(struct names *names, const char *name, uint16_t *place, struct err *err)
{
    for (size_t i = names->count; i-- > 0;)
        if (strcmp(names->names[i], name) == 0) {
            *place = (uint16_t)i;
            return 0;
        }
    if (names->count == MAX_NAMES)
        return err_set(err, "these records hold more than %d epochs, models or tags", MAX_NAMES);
    void *grown = grow(names->names, names->count, &names->size, sizeof *names->names);
    if (!grown)
        return err_set(err, "out of memory while reading records");
    names->names = grown;
    *place = (uint16_t)names->count++;
    snprintf(names->names[*place], sizeof *names->names, "%s", name);
    return 0;
}

int history_add(struct history *history, const struct record_summary *record, struct err *err)
{
    const struct tally_trial *trial = &record->tally;
    struct item item = {.seq = trial->seq,
                        .id = hash_bytes(0, record->trial_id, strlen(record->trial_id)),
                        .wall_ms = record->wall_ms,
                        .weight = trial->weight,
                        .facts = tally_trial_pack(trial),
                        .people = trial->people};
    void *items = grow(history->items, history->count, &history->size, sizeof item);
    if (!items)
        return err_set(err, "out of memory after %zu records", history->count);
    history->items = items;
    if (name_place(&history->epochs, record->epoch, &item.epoch, err) ||
        name_place(&history->models, record->model, &item.model, err) ||
        name_place(&history->tags, record->tag, &item.tag, err))
        return -1;
    history->items[history->count++] = item;
    return 0;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int item_order(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    if (a->seq != b->seq)
        return ORDER(a->seq, b->seq);
    return a->id != b->id ? ORDER(a->id, b->id) : ORDER(a->epoch, b->epoch);
}

/* A store's rows are. */
static bool in_order(const struct history *history)
{
    for (size_t i = 1; i < history->count; i++)
        if (item_order(&history->items[i - 1], &history->items[i]) > 0)
            return false;
    return true;
}

static size_t drop_repeats(struct history *history)
{
    size_t kept = 0;
    for (size_t i = 0; i < history->count; i++)
        if (kept == 0 || item_order(&history->items[kept - 1], &history->items[i]) != 0)
            history->items[kept++] = history->items[i];
    size_t dropped = history->count - kept;
    history->count = kept;
    return dropped;
}

size_t history_close(struct history *history)
{
    if (history->count == 0)
        return 0;
    if (!in_order(history))
        qsort(history->items, history->count, sizeof *history->items, item_order);
    history->numbers = calloc(history->epochs.count, sizeof *history->numbers);
    history->order = calloc(history->epochs.count, sizeof *history->order);
    if (!history->numbers || !history->order)
        abort(); /* two bytes an epoch: the machine is beyond help */
    size_t dropped = drop_repeats(history);
    uint16_t number = 0;
    for (size_t i = 0; i < history->count && number < history->epochs.count; i++) {
        uint16_t place = history->items[i].epoch;
        if (history->numbers[place] == 0) {
            history->order[number] = place;
            history->numbers[place] = ++number;
        }
    }
    return dropped;
}

unsigned history_epochs(const struct history *history)
{
    return (unsigned)history->epochs.count;
}

const char *history_epoch(const struct history *history, unsigned number)
{
    return number >= 1 && number <= history->epochs.count ? history->epochs.names[history->order[number - 1]] : "";
}

unsigned history_last_epoch(const struct history *history)
{
    return history->count ? history->numbers[history->items[history->count - 1].epoch] : 0;
}

unsigned history_find_epoch(const struct history *history, struct slice epoch)
{
    for (unsigned number = 1; number <= history->epochs.count; number++)
        if (slice_is(epoch, history_epoch(history, number)))
            return number;
    return 0;
}

static void item_trial(const struct item *item, struct tally_trial *out)
{
    tally_trial_unpack(item->facts, out);
    out->seq = item->seq;
    out->weight = item->weight;
    out->people = item->people;
}

static bool passes(const struct history *history, const struct history_filter *filter, const struct item *item)
{
    return (!filter->epoch || history->numbers[item->epoch] == filter->epoch) &&
           (!filter->since_ms || item->wall_ms >= filter->since_ms) &&
           (!filter->until_ms || item->wall_ms < filter->until_ms);
}

int history_each(const struct history *history, const struct history_filter *filter, history_trial_fn *fn, void *arg)
{
    int rc = 0;
    for (size_t i = 0; i < history->count && rc == 0; i++) {
        if (!passes(history, filter, &history->items[i]))
            continue;
        struct tally_trial trial;
        item_trial(&history->items[i], &trial);
        rc = fn(&trial, arg);
    }
    return rc;
}

const char *history_tally_name(const struct history *history, const struct history_filter *filter)
{
    return filter->epoch ? history_epoch(history, filter->epoch) : history->count ? "all" : "";
}

/* ---- labels ---- */

void history_label(struct history *history, uint64_t seq, int x, bool same_verdict, bool by_hand)
{
    size_t low = 0, high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < history->count && history->items[low].seq == seq)
        label_people_add(&history->items[low].people, x, same_verdict, by_hand);
}

/* ---- groups ---- */

static const char *const by_names[] = {"model", "tag", "day"};
static_assert(sizeof by_names / sizeof *by_names == HISTORY_BY_COUNT, "a name each");

const char *history_by_name(enum history_by by)
{
    assert((size_t)by < HISTORY_BY_COUNT);
    return by_names[by];
}

bool history_by_parse(struct slice word, enum history_by *out)
{
    for (size_t by = 0; by < HISTORY_BY_COUNT; by++)
        if (slice_is(word, by_names[by])) {
            *out = (enum history_by)by;
            return true;
        }
    return false;
}

/* What trials of one group have in common: the place of a name, or the day since 1970. */
static int64_t group_key(const struct item *item, enum history_by by)
{
    switch (by) {
    case HISTORY_BY_MODEL:
        return item->model;
    case HISTORY_BY_TAG:
        return item->tag;
    case HISTORY_BY_DAY:
    case HISTORY_BY_COUNT:
        break;
    }
    return item->wall_ms / MS_PER_DAY - (item->wall_ms % MS_PER_DAY < 0);
}

static void group_name(const struct history *history, const struct item *item, enum history_by by,
                       char name[RECORD_NAME_SIZE])
{
    char time[CLOCK_TEXT_SIZE];
    switch (by) {
    case HISTORY_BY_MODEL:
        snprintf(name, RECORD_NAME_SIZE, "%s", history->models.names[item->model]);
        return;
    case HISTORY_BY_TAG:
        snprintf(name, RECORD_NAME_SIZE, "%s", history->tags.names[item->tag]);
        return;
    case HISTORY_BY_DAY:
    case HISTORY_BY_COUNT:
        break;
    }
    clock_format(item->wall_ms, time);
    snprintf(name, RECORD_NAME_SIZE, "%.10s", time);
}

static int order_of_names(const void *left, const void *right)
{
    const struct history_group *a = left, *b = right;
    return strcmp(a->name, b->name);
}

struct grouping {
    struct history_group *groups;
    int64_t keys[HISTORY_GROUPS];
    size_t count;
};

/* Neighbours in time are mostly of one group, so the search starts at the end. What comes past the bound joins the
 * last. */
static struct history_group *group_of(struct grouping *grouping, const struct history *history, const struct item *item,
                                      enum history_by by)
{
    int64_t key = group_key(item, by);
    for (size_t i = grouping->count; i-- > 0;)
        if (grouping->keys[i] == key)
            return &grouping->groups[i];
    if (grouping->count == HISTORY_GROUPS)
        return &grouping->groups[HISTORY_GROUPS - 1];
    struct history_group *group = &grouping->groups[grouping->count];
    grouping->keys[grouping->count++] = key;
    *group = (struct history_group){0};
    group_name(history, item, by, group->name);
    return group;
}

size_t history_groups(const struct history *history, const struct history_filter *filter, enum history_by by,
                      struct history_group out[HISTORY_GROUPS])
{
    struct grouping grouping = {.groups = out};
    for (size_t i = 0; i < history->count; i++) {
        const struct item *item = &history->items[i];
        struct tally_trial trial;
        if (!passes(history, filter, item))
            continue;
        item_trial(item, &trial);
        struct history_group *group = group_of(&grouping, history, item, by);
        tally_row_add(&group->all, &trial);
        if (trial.condition.belief == BELIEF_ASSERTED || trial.condition.belief == BELIEF_DOUBTED)
            tally_row_add(&group->belief, &trial);
    }
    qsort(out, grouping.count, sizeof *out, order_of_names);
    return grouping.count;
}
