/* label_store: the labels in a store: whom to show what next, writing one down, and the figures of them all.
 *
 * Each call opens a connection of its own, on any thread. Only trials of the latest epoch are shown: what people say of
 * another judge's verdicts tells nothing of this one's. The random share is drawn when a trial is written; of it a
 * fifth is shown to everybody, which tells how far people agree, and the rest to whoever comes first.
 */
#ifndef CANDOR_LABEL_STORE_H
#define CANDOR_LABEL_STORE_H

#include "json.h"
#include "labels.h"

#define LABELLER_MAX 64 /* bytes of a name */
/* Valid UTF-8 without control characters, 1 to LABELLER_MAX bytes. */
bool labeller_is_valid(struct slice labeller);

struct label_queue {
    uint64_t waiting, labelled; /* for and by this person */
};
/* The record of the next trial that this person has not labelled. 0; 1 when none waits; -1. The queue is counted in
 * any case. */
MUST_USE int label_store_next(const char *path, double share, const char *labeller, struct buf *record,
                              struct label_queue *queue, struct err *err);

/* What the screen shows of a record; slices of the tree. False when the record keeps no texts. */
struct label_screen {
    struct slice trial_id, question, belief, first, second;
    enum belief belief_kind;
    bool warm_first;
    const cJSON *history; /* the turns before the question; NULL: none */
};
bool label_screen_read(const cJSON *record, struct slice labeller, struct label_screen *out);

/* Writes a label down; a second one by the same person takes the place of the first. share: under which it was
 * picked. 0; 1 when there is no such trial with a comparison; -1. */
MUST_USE int label_store_put(const char *path, double share, const char *trial_id, const char *labeller,
                             const struct label_words *words, struct err *err);
/* Of an epoch, NULL: the latest. */
MUST_USE int label_store_figures(const char *path, const char *epoch, struct label_figures *out, struct err *err);
/* The labels alone of an epoch, where what was judged is known already. */
MUST_USE int label_store_people(const char *path, const char *epoch, struct label_figures *out, struct err *err);
/* Every label of every epoch, by trial and in order of time. */
typedef void label_each_fn(uint64_t seq, int x, bool same_verdict, bool by_hand, void *arg);
MUST_USE int label_store_each(const char *path, label_each_fn *fn, void *arg, struct err *err);
/* Every label as a JSON line, oldest first; a non-zero return of fn stops. */
typedef int label_line_fn(struct slice line, void *arg);
MUST_USE int label_store_export(const char *path, label_line_fn *fn, void *arg, struct err *err);

/* The figures for people: how many, the judge's errors, and the corrected rate, or that there are too few. */
void label_figures_table(const struct label_figures *figures, struct buf *out);
/* The members of an object that is open. */
void label_figures_json(const struct label_figures *figures, struct json_writer *w);

#endif
