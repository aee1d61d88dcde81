/* Trials of a store or an export, 40 bytes each. See history.h.
 *
 * A seq is gapless in one store, but two stores number alike; so a repeat is a trial of the same seq, epoch and id, and
 * trials of equal seq stand in the order of their ids.
 */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_EPOCHS 4096

struct item {
    uint64_t seq, id; /* id: a hash of the trial's */
    int64_t wall_ms;
    uint16_t epoch; /* place of its name in the order of reading */
    uint8_t condition, verdict, stance_warm, stance_original;
    int8_t x;
    struct tally_people people;
    bool rejects_told : 1, rejects_warmly : 1;
    bool counted : 1, missing : 1, has_outcome : 1, flagged : 1, stance_known : 1;
};

struct history {
    struct item *items;
    size_t count, size;
    char (*names)[33]; /* of epochs, in the order of reading */
    uint16_t *numbers; /* of each, from 1, by arrival; set by history_close */
    uint16_t *order;   /* the names' places, by number - 1 */
    size_t epoch_count, epoch_size;
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
    free(history->names);
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

/* The place of an epoch's name, added when new. Rows of one epoch stand together, so the search starts at the end. */
static int epoch_place(struct history *history, const char *epoch, uint16_t *place, struct err *err)
{
    for (size_t i = history->epoch_count; i-- > 0;)
        if (strcmp(history->names[i], epoch) == 0) {
            *place = (uint16_t)i;
            return 0;
        }
    if (history->epoch_count == MAX_EPOCHS)
        return err_set(err, "these records hold more than %d epochs", MAX_EPOCHS);
    void *names = grow(history->names, history->epoch_count, &history->epoch_size, sizeof *history->names);
    if (!names)
        return err_set(err, "out of memory while reading records");
    history->names = names;
    *place = (uint16_t)history->epoch_count++;
    snprintf(history->names[*place], sizeof *history->names, "%s", epoch);
    return 0;
}

int history_add(struct history *history, const struct record_summary *record, struct err *err)
{
    const struct tally_trial *trial = &record->tally;
    struct item item = {.seq = trial->seq,
                        .id = hash_bytes(0, record->trial_id, strlen(record->trial_id)),
                        .wall_ms = record->wall_ms,
                        .condition = (uint8_t)condition_index(trial->condition),
                        .verdict = (uint8_t)trial->verdict,
                        .stance_warm = (uint8_t)trial->stance_warm,
                        .stance_original = (uint8_t)trial->stance_original,
                        .x = (int8_t)trial->x,
                        .people = trial->people,
                        .rejects_told = trial->rejects_told,
                        .rejects_warmly = trial->rejects_warmly,
                        .counted = trial->counted,
                        .missing = trial->missing,
                        .has_outcome = trial->has_outcome,
                        .flagged = trial->flagged,
                        .stance_known = trial->stance_known};
    void *items = grow(history->items, history->count, &history->size, sizeof item);
    if (!items)
        return err_set(err, "out of memory after %zu records", history->count);
    history->items = items;
    if (epoch_place(history, record->epoch, &item.epoch, err))
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
    qsort(history->items, history->count, sizeof *history->items, item_order);
    history->numbers = calloc(history->epoch_count, sizeof *history->numbers);
    history->order = calloc(history->epoch_count, sizeof *history->order);
    if (!history->numbers || !history->order)
        abort(); /* two bytes an epoch: the machine is beyond help */
    size_t dropped = drop_repeats(history);
    uint16_t number = 0;
    for (size_t i = 0; i < history->count && number < history->epoch_count; i++) {
        uint16_t place = history->items[i].epoch;
        if (history->numbers[place] == 0) {
            history->order[number] = place;
            history->numbers[place] = ++number;
        }
    }
    return dropped;
}

size_t history_count(const struct history *history)
{
    return history->count;
}

unsigned history_epochs(const struct history *history)
{
    return (unsigned)history->epoch_count;
}

const char *history_epoch(const struct history *history, unsigned number)
{
    return number >= 1 && number <= history->epoch_count ? history->names[history->order[number - 1]] : "";
}

unsigned history_last_epoch(const struct history *history)
{
    return history->count ? history->numbers[history->items[history->count - 1].epoch] : 0;
}

unsigned history_find_epoch(const struct history *history, struct slice epoch)
{
    for (unsigned number = 1; number <= history->epoch_count; number++)
        if (slice_is(epoch, history_epoch(history, number)))
            return number;
    return 0;
}

static struct tally_trial item_trial(const struct item *item)
{
    return (struct tally_trial){.seq = item->seq,
                                .condition = condition_at(item->condition),
                                .counted = item->counted,
                                .missing = item->missing,
                                .has_outcome = item->has_outcome,
                                .flagged = item->flagged,
                                .x = item->x,
                                .people = item->people,
                                .rejects_told = item->rejects_told,
                                .rejects_warmly = item->rejects_warmly,
                                .verdict = (enum verdict)item->verdict,
                                .stance_known = item->stance_known,
                                .stance_warm = (enum stance)item->stance_warm,
                                .stance_original = (enum stance)item->stance_original};
}

int history_each(const struct history *history, const struct history_filter *filter, history_trial_fn *fn, void *arg)
{
    int rc = 0;
    for (size_t i = 0; i < history->count && rc == 0; i++) {
        const struct item *item = &history->items[i];
        if ((filter->epoch && history->numbers[item->epoch] != filter->epoch) ||
            (filter->since_ms && item->wall_ms < filter->since_ms) ||
            (filter->until_ms && item->wall_ms >= filter->until_ms))
            continue;
        struct tally_trial trial = item_trial(item);
        rc = fn(&trial, arg);
    }
    return rc;
}

static int add_to_tally(const struct tally_trial *trial, void *arg)
{
    tally_add(arg, trial);
    return 0;
}

void history_tally(const struct history *history, const struct history_filter *filter, struct tally *out)
{
    tally_init(out, filter->epoch ? history_epoch(history, filter->epoch) : history->count ? "all" : "");
    (void)history_each(history, filter, add_to_tally, out);
}
