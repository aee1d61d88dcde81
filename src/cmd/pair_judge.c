/* pair_judge: the main thread reads lines and compares texts; a loop's thread asks the judge and prints. Between them
 * go letters and one semaphore, which bounds how many pairs are under way; nothing is shared but a flag that the output
 * is gone. See pair_line.h.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "judge.h"
#include "pair_line.h"
#include "steps.h"

struct pair_judge {
    struct conf *conf; /* held */
    struct loop *loop;
    struct fetcher *fetcher;
    pthread_t thread;
    sem_t room; /* pairs that may still be put */
    atomic_bool output_gone;

    /* the loop's own */
    struct pair_line *first, **last; /* in the order they were put */
    bool ending;
    size_t asked, missing;      /* pairs that were put before the judge, and that it said nothing of */
    enum fetch_outcome outcome; /* of the last that is missing */
    unsigned status;            /* HTTP, of the same */
};

/* A pair on its way to the loop, and to the judge's callback. */
struct letter {
    struct pair_judge *judge;
    struct pair_line *pair; /* NULL: no more come */
};

static void *run_loop(void *arg)
{
    struct pair_judge *judge = arg;
    loop_run(judge->loop);
    return NULL;
}

/* Prints what is done at the front, and stops when nothing is left to come. */
static void print_done(struct pair_judge *judge)
{
    while (judge->first && judge->first->done) {
        struct pair_line *pair = judge->first;
        judge->first = pair->next;
        if (!judge->first)
            judge->last = &judge->first;
        if (!atomic_load(&judge->output_gone) && pair->tell(pair, pair->arg) != 0)
            atomic_store(&judge->output_gone, true);
        pair_line_free(pair);
        sem_post(&judge->room);
    }
    if (judge->ending && !judge->first)
        loop_stop(judge->loop);
}

static void note_missing(struct pair_judge *judge, const struct judging *judging)
{
    judge->asked++;
    if (judging->calls[judging->call_count - 1].missing == DROP_NONE)
        return;
    judge->missing++;
    judge->outcome = judging->outcome;
    judge->status = judging->status;
}

/* One sentence for all: a judge that is down or refuses the key would otherwise look like pairs that are hard. */
static void tell_missing(const struct pair_judge *judge)
{
    struct err err;
    const char *url = judge->conf->judge.urls[0].text;
    if (judge->missing == 0)
        return;
    if (judge->outcome == FETCH_DONE)
        err_set(&err, "the judge at %s said nothing of %zu of %zu pairs; its last answer was HTTP %u", url,
                judge->missing, judge->asked, judge->status);
    else
        err_set(&err, "the judge at %s said nothing of %zu of %zu pairs; the last request ended as %s", url,
                judge->missing, judge->asked, fetch_outcome_name(judge->outcome));
    cmd_fail(EXIT_DONE, &err);
}

static void on_judged(const struct judging *judging, void *arg)
{
    struct letter *letter = arg;
    struct pair_line *pair = letter->pair;
    note_missing(letter->judge, judging);
    step_judge_calls(judging->calls, judging->call_count, pair->input.belief_kind, &pair->comparison);
    pair->done = true;
    print_done(letter->judge);
    free(letter);
}

static void on_letter(void *arg)
{
    struct letter *letter = arg;
    struct pair_judge *judge = letter->judge;
    struct pair_line *pair = letter->pair;
    bool asking = false;
    if (pair) {
        *judge->last = pair;
        judge->last = &pair->next;
        pair->done = !comparison_open(&pair->comparison);
        asking = !pair->done && judge_start(judge->fetcher, judge->conf, &pair->input, pair->earlier, pair->arena,
                                            on_judged, letter) == 0;
        if (!pair->done && !asking) {
            pair->comparison.reason = "judge_missing";
            pair->done = true;
        }
    } else {
        judge->ending = true;
    }
    print_done(judge);
    if (!asking)
        free(letter);
}

static int post_letter(struct pair_judge *judge, struct pair_line *pair)
{
    struct letter *letter = malloc(sizeof *letter);
    if (!letter)
        return -1;
    *letter = (struct letter){judge, pair};
    if (loop_post(judge->loop, on_letter, letter) == 0)
        return 0;
    free(letter);
    return -1;
}

static void judge_free(struct pair_judge *judge)
{
    fetcher_free(judge->fetcher);
    loop_free(judge->loop);
    conf_drop(judge->conf);
    sem_destroy(&judge->room);
    free(judge);
}

struct pair_judge *pair_judge_start(struct conf *conf, struct err *err)
{
    struct pair_judge *judge = calloc(1, sizeof *judge);
    if (!judge) {
        err_set(err, "out of memory");
        return NULL;
    }
    judge->last = &judge->first;
    judge->conf = conf_hold(conf);
    sem_init(&judge->room, 0, conf->shadow.concurrency ? conf->shadow.concurrency : 1);
    judge->loop = loop_new(err);
    judge->fetcher = judge->loop ? fetcher_new(judge->loop, err) : NULL;
    if (!judge->fetcher) {
        judge_free(judge);
        return NULL;
    }
    if (pthread_create(&judge->thread, NULL, run_loop, judge) != 0) {
        err_set(err, "cannot start the judge's thread");
        judge_free(judge);
        return NULL;
    }
    return judge;
}

int pair_judge_put(struct pair_judge *judge, struct pair_line *pair)
{
    while (sem_wait(&judge->room) != 0)
        continue;
    if (!atomic_load(&judge->output_gone) && post_letter(judge, pair) == 0)
        return 0;
    pair_line_free(pair);
    sem_post(&judge->room);
    return -1;
}

int pair_judge_stop(struct pair_judge *judge)
{
    /* The mailbox holds thousands and the semaphore a few: only memory can run out, and then nothing is under way
     * for long; the thread is told to stop as it is. */
    if (post_letter(judge, NULL) != 0)
        loop_stop(judge->loop);
    pthread_join(judge->thread, NULL);
    tell_missing(judge);
    int rc = atomic_load(&judge->output_gone) ? -1 : 0;
    judge_free(judge);
    return rc;
}
