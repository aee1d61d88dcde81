/* pipeline: see pipeline.h. The pure steps (observe, compare, conclude) are in steps.c and run on the pool; here is
 * what moves a trial from one to the next, what counts it, and the one way out.
 */
#include "pipeline.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "pool.h"
#include "sample.h"
#include "steps.h"

#define LOOK_NS 2000000 /* between two looks into the inbox */

/* What observing needs and a reload replaces: held by each pool thread's detector. */
struct observation {
    struct rules *rules;
    char epoch[33];
};

struct pipeline {
    struct pool *pool;
    struct pipeline_ops ops;
    struct log *log;
    struct metrics *metrics;
    size_t max_held, max_in_flight;
    struct trial *_Atomic inbox; /* exchanges waiting to be observed, newest first; a stack without a lock */
    atomic_bool closed;
    atomic_bool looking; /* a pool thread empties it, or is about to */
    atomic_uint_least64_t seq;
    atomic_size_t held;      /* taken from the relay and not yet freed */
    atomic_size_t in_flight; /* of these, sampled */
    _Atomic double load;     /* of the stations behind, as they tell */
    pthread_mutex_t lock;    /* guards observation: taken once a trial, never on the live path */
    struct observation observation;
    struct metric *dropped[DROP_REASON_COUNT];
    struct metric *_Atomic not_compared[CONDITION_COUNT + 1][DROP_REASON_COUNT]; /* made when first needed */
    struct metric *detected[CONDITION_COUNT];
    struct metric *flying, *shed, *detect_errors;
};

/* The scratch of a pool thread. */
struct bench {
    struct pipeline *pipeline;
    struct rules *rules; /* of the detector; held by it */
    struct detector *detector;
    struct sampler *sampler;
    char epoch[33];
};

static void *bench_new(void *arg)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench || !(bench->sampler = sampler_new())) {
        free(bench);
        return NULL;
    }
    bench->pipeline = arg;
    return bench;
}

static void bench_free(void *scratch)
{
    struct bench *bench = scratch;
    if (!bench)
        return;
    detector_free(bench->detector);
    sampler_free(bench->sampler);
    free(bench);
}

/* The detector over the rules now in force. NULL when it cannot be made. */
static struct detector *bench_detector(struct bench *bench)
{
    struct pipeline *pipeline = bench->pipeline;
    pthread_mutex_lock(&pipeline->lock);
    bool stale = !bench->detector || bench->rules != pipeline->observation.rules;
    struct rules *rules = stale ? rules_hold(pipeline->observation.rules) : NULL;
    memcpy(bench->epoch, pipeline->observation.epoch, sizeof bench->epoch);
    pthread_mutex_unlock(&pipeline->lock);
    if (stale) {
        struct err err = {""};
        detector_free(bench->detector);
        bench->detector = detector_new(rules, &err);
        bench->rules = rules;
        if (!bench->detector)
            log_error(pipeline->log, "detector failed", LOG_Z("reason", err.text));
        rules_drop(rules); /* the detector holds them */
    }
    return bench->detector;
}

static void metrics_prepare(struct pipeline *pipeline)
{
    for (int i = 1; i < DROP_REASON_COUNT; i++)
        pipeline->dropped[i] =
            METRIC(pipeline->metrics, "candor_trials_dropped_total", drop_reason_name((enum drop_reason)i));
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        char name[CONDITION_NAME_SIZE];
        struct condition condition = condition_at(i);
        if (condition.belief != BELIEF_PUSHBACK && condition.context != CONTEXT_FEAR)
            pipeline->detected[i] = METRIC(pipeline->metrics, "candor_detected_total", condition_name(condition, name));
    }
    pipeline->flying = METRIC0(pipeline->metrics, "candor_trials_in_flight");
    pipeline->shed = METRIC0(pipeline->metrics, "candor_sample_shed");
    pipeline->detect_errors = METRIC0(pipeline->metrics, "candor_detect_errors_total");
}

struct pipeline *pipeline_new(const struct pipeline_settings *settings, struct rules *rules, const char *epoch,
                              struct pipeline_ops ops, struct log *log, struct metrics *metrics, struct err *err)
{
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (!pipeline) {
        err_set(err, "no memory for the trial pipeline");
        return NULL;
    }
    pipeline->ops = ops;
    pipeline->log = log;
    pipeline->metrics = metrics;
    pipeline->max_held = settings->max_queued + settings->max_in_flight;
    pipeline->max_in_flight = settings->max_in_flight;
    atomic_init(&pipeline->seq, settings->last_seq);
    atomic_init(&pipeline->held, 0);
    atomic_init(&pipeline->in_flight, 0);
    atomic_init(&pipeline->load, 0);
    pthread_mutex_init(&pipeline->lock, NULL);
    pipeline_configure(pipeline, rules, epoch);
    metrics_prepare(pipeline);
    struct pool_scratch scratch = {bench_new, bench_free, pipeline};
    size_t max_jobs = settings->max_in_flight + 1; /* one a trial, and one that looks into the inbox */
    pipeline->pool = pool_new(settings->threads, max_jobs, scratch, err);
    if (!pipeline->pool) {
        pipeline_free(pipeline);
        return NULL;
    }
    return pipeline;
}

void pipeline_stop(struct pipeline *pipeline)
{
    pool_free(pipeline->pool);
    pipeline->pool = NULL;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    pipeline_stop(pipeline);
    rules_drop(pipeline->observation.rules);
    pthread_mutex_destroy(&pipeline->lock);
    free(pipeline);
}

void pipeline_configure(struct pipeline *pipeline, struct rules *rules, const char *epoch)
{
    pthread_mutex_lock(&pipeline->lock);
    struct rules *old = pipeline->observation.rules;
    pipeline->observation.rules = rules_hold(rules);
    strncpy(pipeline->observation.epoch, epoch, sizeof pipeline->observation.epoch - 1);
    pthread_mutex_unlock(&pipeline->lock);
    rules_drop(old);
}

void pipeline_close(struct pipeline *pipeline, bool closed)
{
    atomic_store_explicit(&pipeline->closed, closed, memory_order_relaxed);
}

size_t pipeline_in_flight(struct pipeline *pipeline)
{
    return atomic_load_explicit(&pipeline->held, memory_order_relaxed);
}

void pipeline_done(struct pipeline *pipeline)
{
    size_t before = atomic_fetch_sub_explicit(&pipeline->in_flight, 1, memory_order_relaxed);
    assert(before > 0);
    atomic_fetch_sub_explicit(&pipeline->held, 1, memory_order_relaxed);
    metric_set(pipeline->flying, (double)(before - 1));
}

/* ---- the stations ---- */

/* What came to no comparison, by reason, and by condition where it is known. */
static void count_dropped(struct pipeline *pipeline, const struct trial *trial, enum drop_reason reason)
{
    char name[CONDITION_NAME_SIZE] = "unknown";
    size_t row = trial->detected ? condition_index(trial->detection.condition) : CONDITION_COUNT;
    struct metric *_Atomic *place = &pipeline->not_compared[row][reason];
    struct metric *metric = atomic_load_explicit(place, memory_order_acquire);
    if (!metric) {
        if (trial->detected)
            condition_name(trial->detection.condition, name);
        metric = METRIC(pipeline->metrics, "candor_not_compared_total", name, drop_reason_name(reason));
        atomic_store_explicit(place, metric, memory_order_release);
    }
    metric_add(metric, 1);
    metric_add(pipeline->dropped[reason], 1);
}

void pipeline_drop(struct pipeline *pipeline, struct trial *trial, enum drop_reason reason)
{
    count_dropped(pipeline, trial, reason);
    if (trial->seq == 0) {
        trial_free(trial);
        atomic_fetch_sub_explicit(&pipeline->held, 1, memory_order_relaxed);
        return;
    }
    step_abandon(trial, reason);
    pipeline->ops.tell(trial, pipeline->ops.arg);
}

/* A sampled trial gets its place in arrival order, before anything of its outcome can be known. */
static bool admit(struct pipeline *pipeline, struct trial *trial)
{
    size_t before = atomic_fetch_add_explicit(&pipeline->in_flight, 1, memory_order_relaxed);
    if (before >= pipeline->max_in_flight) {
        atomic_fetch_sub_explicit(&pipeline->in_flight, 1, memory_order_relaxed);
        return false;
    }
    metric_set(pipeline->flying, (double)(before + 1));
    id_new(trial->trial_id);
    trial->started_ns = clock_monotonic_ns();
    trial->seq = atomic_fetch_add_explicit(&pipeline->seq, 1, memory_order_relaxed) + 1;
    return true;
}

/* What the rules lent the trial becomes its own: a reload may free them while the trial is still asked about. */
static void keep_names(struct bench *bench, struct trial *trial)
{
    trial->detector_version = arena_copy(trial->arena, slice_from(rules_version(bench->rules))).data;
    for (size_t i = 0; i < trial->detection.cue_count; i++) {
        struct cue *cue = &trial->detection.cues[i];
        cue->rule = cue->rule ? arena_copy(trial->arena, slice_from(cue->rule)).data : NULL;
    }
}

/* The fullest of what fills up: our own queues, and what the stations behind us tell of theirs. */
static double shed_now(struct pipeline *pipeline)
{
    double flying = (double)atomic_load_explicit(&pipeline->in_flight, memory_order_relaxed);
    double held = (double)atomic_load_explicit(&pipeline->held, memory_order_relaxed);
    double load = fmax(flying / (double)pipeline->max_in_flight, held / (double)pipeline->max_held);
    double shed = sample_shed(fmax(load, atomic_load_explicit(&pipeline->load, memory_order_relaxed)));
    metric_set(pipeline->shed, shed);
    return shed;
}

void pipeline_press(struct pipeline *pipeline, double load)
{
    atomic_store_explicit(&pipeline->load, load, memory_order_relaxed);
    (void)shed_now(pipeline); /* for the gauge: nothing may come that would look */
}

static void count_detection(struct pipeline *pipeline, const struct detection *found)
{
    metric_add(pipeline->detected[condition_index(found->condition)], 1);
    metric_add(METRIC(pipeline->metrics, "candor_detect_languages_total", found->language), 1);
    if (found->error)
        metric_add(pipeline->detect_errors, 1);
    for (size_t i = 0; i < found->failed_count; i++)
        metric_add(METRIC(pipeline->metrics, "candor_detect_rule_errors_total", found->failed[i]), 1);
}

/* Is it a trial? The draw comes before the detector wherever no share could take the conversation. */
static enum drop_reason look(struct bench *bench, struct trial *trial)
{
    struct pipeline *pipeline = bench->pipeline;
    struct detector *detector = bench_detector(bench);
    if (!detector)
        return DROP_MEMORY;
    enum drop_reason reason = step_read(trial);
    if (reason != DROP_NONE)
        return reason;
    if (!sample_identify(bench->sampler, trial))
        return DROP_MEMORY;
    trial->shed = shed_now(pipeline);
    reason = sample_foresee(trial);
    if (reason != DROP_NONE)
        return reason;
    if (atomic_load_explicit(&pipeline->in_flight, memory_order_relaxed) >= pipeline->max_in_flight)
        return DROP_QUEUE_FULL; /* what could not be admitted is not worth detecting */
    reason = step_detect(trial, detector);
    if (reason != DROP_NONE)
        return reason;
    count_detection(pipeline, &trial->detection);
    reason = sample_decide(trial);
    if (reason != DROP_NONE)
        return reason;
    memcpy(trial->epoch, bench->epoch, sizeof trial->epoch);
    keep_names(bench, trial);
    if (!sample_identify_client(bench->sampler, trial))
        return DROP_MEMORY;
    return admit(pipeline, trial) ? DROP_NONE : DROP_QUEUE_FULL;
}

static void observe(struct bench *bench, struct trial *trial)
{
    struct pipeline *pipeline = bench->pipeline;
    enum drop_reason reason = look(bench, trial);
    if (reason == DROP_NONE)
        reason = step_plan(trial, bench->detector);
    if (trial->neutral.reason)
        metric_add(METRIC(pipeline->metrics, "candor_neutral_refused_total", trial->neutral.reason), 1);
    if (trial->traced && pipeline->ops.seen) {
        step_read_live(trial);
        pipeline->ops.seen(trial, reason, pipeline->ops.arg);
    }
    if (reason == DROP_NONE)
        pipeline->ops.ask(trial, pipeline->ops.arg);
    else
        pipeline_drop(pipeline, trial, reason);
}

/* All that has come, oldest first. */
static struct trial *inbox_empty(struct pipeline *pipeline)
{
    struct trial *newest = atomic_exchange_explicit(&pipeline->inbox, NULL, memory_order_acquire), *oldest = NULL;
    while (newest) {
        struct trial *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static struct trial *list_pop(struct trial **list)
{
    struct trial *trial = *list;
    *list = trial->next;
    trial->next = NULL;
    return trial;
}

/* Looks into the inbox until nothing has come for a while. The pause lets a busy loop fill it: one switch between
 * threads then serves dozens of exchanges, where waking for each would cost the live path more than its own work. Nor
 * may so many wait that the memory they leave has gone cold when the relay takes it again. */
static void observe_all(void *job, void *scratch)
{
    struct pipeline *pipeline = job;
    do {
        for (struct trial *list; (list = inbox_empty(pipeline));
             nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL))
            while (list)
                observe(scratch, list_pop(&list));
        atomic_store(&pipeline->looking, false);
        /* What came between the last look and the store above found somebody looking: it is ours. */
    } while (atomic_load(&pipeline->inbox) && !atomic_exchange(&pipeline->looking, true));
}

void pipeline_take(struct pipeline *pipeline, struct trial *trial)
{
    size_t held = atomic_fetch_add_explicit(&pipeline->held, 1, memory_order_relaxed);
    if (held >= pipeline->max_held || atomic_load_explicit(&pipeline->closed, memory_order_relaxed)) {
        pipeline_drop(pipeline, trial, held >= pipeline->max_held ? DROP_QUEUE_FULL : DROP_SHUTDOWN);
        return;
    }
    struct trial *first = atomic_load_explicit(&pipeline->inbox, memory_order_relaxed);
    do
        trial->next = first;
    while (!atomic_compare_exchange_weak(&pipeline->inbox, &first, trial));
    if (atomic_exchange(&pipeline->looking, true) || pool_put(pipeline->pool, observe_all, pipeline) == 0)
        return;
    atomic_store(&pipeline->looking, false);
    for (struct trial *list = inbox_empty(pipeline); list;)
        pipeline_drop(pipeline, list_pop(&list), DROP_MEMORY);
}

static void conclude(struct pipeline *pipeline, struct trial *trial)
{
    step_conclude(trial);
    if (trial->missing != DROP_NONE)
        count_dropped(pipeline, trial, trial->missing);
    pipeline->ops.tell(trial, pipeline->ops.arg);
}

static void compare(void *job, void *scratch)
{
    struct trial *trial = job;
    struct pipeline *pipeline = ((struct bench *)scratch)->pipeline;
    step_compare(trial);
    if (step_open(trial))
        pipeline->ops.judge(trial, pipeline->ops.arg);
    else
        conclude(pipeline, trial);
}

void pipeline_answered(struct pipeline *pipeline, struct trial *trial)
{
    if (pool_put(pipeline->pool, compare, trial) != 0)
        pipeline_drop(pipeline, trial, DROP_QUEUE_FULL);
}

void pipeline_judged(struct pipeline *pipeline, struct trial *trial)
{
    step_judged(trial);
    conclude(pipeline, trial);
}
