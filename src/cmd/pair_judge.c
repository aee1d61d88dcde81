/* pair_judge: the main thread reads lines and compares texts; a loop's thread asks the classifier and the judge, where
 * there are any, and prints. Between them
 * go letters and one semaphore, which bounds how many pairs are under way; nothing is shared but a flag that the output
 * is gone. See pair_line.h.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify.h"
#include "cmd.h"
#include "judge.h"
#include "pair_line.h"
#include "steps.h"
#include "thread.h"

/* Pairs that an endpoint was asked about, those it said nothing of, and how the last of these ended. */
struct silence {
    size_t asked, missing;
    enum fetch_outcome outcome;
    unsigned status; /* HTTP */
    size_t address;  /* at which of its addresses */
};

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
    struct silence judged, classified;
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

static void silence_note(struct silence *silence, bool missing, enum fetch_outcome outcome, unsigned status,
                         size_t address)
{
    silence->asked++;
    if (!missing)
        return;
    silence->missing++;
    silence->outcome = outcome;
    silence->status = status;
    silence->address = address;
}

/* One sentence for all: an endpoint that is down or refuses the key would otherwise look like pairs that are hard. */
static void silence_tell(const struct silence *silence, const struct conf_model *model)
{
    if (silence->missing == 0)
        return;
    struct err err;
    const char *url = model->urls[silence->address].text;
    if (silence->outcome == FETCH_DONE)
        err_set(&err, "the %s at %s said nothing of %zu of %zu pairs; its last answer was HTTP %u", model->name, url,
                silence->missing, silence->asked, silence->status);
    else
        err_set(&err, "the %s at %s said nothing of %zu of %zu pairs; the last request ended as %s", model->name, url,
                silence->missing, silence->asked, fetch_outcome_name(silence->outcome));
    cmd_fail(EXIT_DONE, &err);
}

static void on_judged(const struct judging *judging, void *arg)
{
    struct letter *letter = arg;
    struct pair_line *pair = letter->pair;
    bool missing = judging->calls[judging->call_count - 1].missing != DROP_NONE;
    silence_note(&letter->judge->judged, missing, judging->outcome, judging->status, judging->address);
    step_judge_calls(judging->calls, judging->call_count, pair->input.belief_kind, &pair->comparison);
    pair->done = true;
    print_done(letter->judge);
    free(letter);
}

/* True while the letter is on its way to the judge; else the pair is done. */
static bool ask_judge(struct letter *letter)
{
    struct pair_judge *judge = letter->judge;
    struct pair_line *pair = letter->pair;
    bool wanted = judge->conf->has_judge && comparison_open(&pair->comparison);
    if (wanted &&
        judge_start(judge->fetcher, judge->conf, &pair->input, pair->earlier, pair->arena, on_judged, letter) == 0)
        return true;
    if (wanted)
        pair->comparison.reason = "judge_missing";
    pair->done = true;
    return false;
}

static void on_classified(const struct classified *classified, void *arg)
{
    struct letter *letter = arg;
    silence_note(&letter->judge->classified, classified->missing != DROP_NONE, classified->fetch, classified->status,
                 classified->address);
    if (classified->same)
        compare_classified(&letter->pair->comparison);
    if (ask_judge(letter))
        return;
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
        asking = (pair->entailment &&
                  classify_start(judge->fetcher, judge->conf, pair->entailment, on_classified, letter) == 0) ||
                 ask_judge(letter);
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
    if (thread_start(&judge->thread, "judge", run_loop, judge, err)) {
        judge_free(judge);
        return NULL;
    }
    return judge;
}

int pair_judge_put(struct pair_judge *judge, struct pair_line *pair)
{
    if (judge->conf->has_classifier)
        pair->entailment =
            entailment_plan(&pair->input, &pair->comparison, &judge->conf->shadow.classifier, pair->arena);
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
    silence_tell(&judge->judged, &judge->conf->judge);
    silence_tell(&judge->classified, &judge->conf->classifier);
    int rc = atomic_load(&judge->output_gone) ? -1 : 0;
    judge_free(judge);
    return rc;
}
