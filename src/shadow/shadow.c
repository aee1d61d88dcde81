/* shadow: see shadow.h. A trial's arms become asks, and so does each pair that the texts left open: to the classifier
 * first, where there is one, then to the judge. An ask waits in its endpoint's line until the budget lets it go (ask.c
 * has the rest of its life). When a trial's last ask has ended it goes back to the conveyor.
 */
#include "shadow.h"

#include <stdlib.h>

#include "clock.h"
#include "side.h"
#include "steps.h"
#include "thread.h"

#define MS_PER_MINUTE 60000.0
#define DAY_LOOK_MS   60000u /* at most, until the clock is looked at again */
#define PUMP_MS       50     /* how often the lines are looked at while they wait for the minute's allowance */

/* ---- the lines ---- */

static bool ask_late(const struct ask *ask, uint64_t now_ns)
{
    /* The loop's clock stands still within a turn: a trial may have started after it. */
    return now_ns > ask->trial->started_ns + ask->trial->conf->shadow.deadline_ms * NS_PER_MS;
}

static void on_pump_timer(void *arg)
{
    lines_pump(arg);
}

static void note_going(struct shadow *shadow)
{
    shadow->stopped_day = 0;
    metric_set(shadow->stopped, 0);
}

/* Midnight lets the budget go, whether or not something is asked then. A clock that is set shows within a minute. */
static void await_next_day(void *arg)
{
    struct shadow *shadow = arg;
    int64_t now_ms = clock_wall_ms();
    uint64_t left_ms = budget_day_left_ms(now_ms);
    if (shadow->stopped_day != budget_day(now_ms))
        note_going(shadow);
    else
        loop_timer_arm(shadow->loop, &shadow->day_timer, left_ms < DAY_LOOK_MS ? left_ms : DAY_LOOK_MS, await_next_day,
                       shadow);
}

/* The day's budget has refused something: said once a day, for smaller requests may go on. */
static void note_stopped(struct shadow *shadow)
{
    if (shadow->stopped_day == shadow->budget.day)
        return;
    shadow->stopped_day = shadow->budget.day;
    metric_set(shadow->stopped, 1);
    log_warn(shadow->log, "the side path's budget of the day is spent",
             LOG_I("tokens_today", shadow->budget.tokens_today),
             LOG_I("tokens_per_day", shadow->budget.tokens_per_day));
    await_next_day(shadow);
}

/* How near a line is to the point where trials miss their deadline: by how long its first has been under way, and by
 * how long its last will have to wait at the present rate. */
static double line_load(const struct line *line, double rate, uint64_t now_ns)
{
    if (!line->first)
        return 0;
    const struct trial *trial = line->first->trial;
    double deadline_ms = (double)trial->conf->shadow.deadline_ms;
    double age_ms = now_ns > trial->started_ns ? (double)(now_ns - trial->started_ns) / NS_PER_MS : 0;
    double wait_ms = (double)line->waiting * MS_PER_MINUTE / rate;
    return (age_ms > wait_ms ? age_ms : wait_ms) / deadline_ms;
}

/* Tells the conveyor, which samples less from half of the way on. True: something waits. */
static bool lines_press(const struct shadow *shadow)
{
    const struct budget *budget = &shadow->budget;
    uint64_t now_ns = loop_now_ns(shadow->loop);
    size_t waiting = 0;
    double most = 0;
    for (size_t i = 0; i < BUDGET_ENDPOINTS; i++) {
        double load = line_load(&shadow->lines[i], budget->endpoints[i].rate, now_ns);
        most = load > most ? load : most;
        waiting += shadow->lines[i].waiting;
    }
    double all = (double)waiting * MS_PER_MINUTE / budget->total.rate / (double)shadow->conf->shadow.deadline_ms;
    if (shadow->pipeline) /* not yet where the start failed */
        pipeline_press(shadow->pipeline, all > most ? all : most);
    return waiting > 0;
}

/* What can go no further from here on: DROP_NONE: it goes, or (wait) it stays. */
static enum drop_reason ask_admit(struct ask *ask, bool *wait)
{
    struct shadow *shadow = ask->shadow;
    uint64_t now_ns = loop_now_ns(shadow->loop);
    size_t place = ask_place(ask);
    *wait = false;
    if (atomic_load(&shadow->stopping))
        return DROP_SHUTDOWN;
    if (ask_late(ask, now_ns))
        return DROP_DEADLINE;
    switch (budget_reserve(&shadow->budget, place, ask->tokens, ask->money, now_ns, clock_wall_ms())) {
    case BUDGET_YES:
        return DROP_NONE;
    case BUDGET_EXHAUSTED:
        note_stopped(shadow);
        return DROP_BUDGET;
    case BUDGET_WAIT:
        break;
    }
    /* What the trial can do without does not wait for an endpoint that pushes back: it would hold up the trial. */
    if (ask_dispensable(ask) && budget_backs_off(&shadow->budget, place))
        return DROP_BACKOFF;
    *wait = true;
    return DROP_NONE;
}

static void line_pop(struct line *line)
{
    line->first = line->first->next;
    line->waiting--;
    if (!line->first)
        line->last = &line->first;
}

/* The line whose first has waited longest, of those that do not stand still; NULL when all do. */
static struct line *line_next(struct shadow *shadow, const bool still[BUDGET_ENDPOINTS])
{
    struct line *next = NULL;
    for (size_t i = 0; i < BUDGET_ENDPOINTS; i++) {
        struct line *line = &shadow->lines[i];
        if (!still[i] && line->first && (!next || line->first->number < next->first->number))
            next = line;
    }
    return next;
}

static void tell_spending(struct shadow *shadow)
{
    atomic_store(&shadow->told.tokens, shadow->budget.tokens_today);
    atomic_store(&shadow->told.money, shadow->budget.money_today);
    atomic_store(&shadow->told.day, shadow->budget.day);
    atomic_store(&shadow->told.stopped_day, shadow->stopped_day);
}

/* Lets go what the budget allows, in the order of arrival. What waits is looked at again when something ends, or soon.
 */
void lines_pump(struct shadow *shadow)
{
    bool still[BUDGET_ENDPOINTS] = {false};
    for (struct line *line; (line = line_next(shadow, still));) {
        struct ask *ask = line->first;
        bool wait;
        enum drop_reason reason = ask_admit(ask, &wait);
        if (wait) {
            still[line - shadow->lines] = true;
            continue;
        }
        line_pop(line);
        if (reason == DROP_NONE && !ask_start(ask)) {
            budget_settle(&shadow->budget, ask->tokens, ask->money, 0, 0);
            reason = DROP_MEMORY;
        }
        if (reason != DROP_NONE)
            ask_refuse(ask, reason);
    }
    tell_spending(shadow);
    if (lines_press(shadow))
        loop_timer_arm(shadow->loop, &shadow->pump_timer, PUMP_MS, on_pump_timer, shadow);
}

bool lines_join(struct shadow *shadow, struct trial *trial, enum ask_kind kind, struct arm_answer *answer,
                struct trial_pair *pair)
{
    struct ask *ask = ask_new(shadow, trial, kind, answer, pair);
    if (!ask)
        return false;
    struct line *line = &shadow->lines[ask_place(ask)];
    ask->number = ++shadow->joined;
    *line->last = ask;
    line->last = &ask->next;
    line->waiting++;
    trial->pending++;
    return true;
}

/* Why a rewriting cannot be asked for: its source is missing, or says nothing but calls of tools. */
static enum drop_reason source_absence(const struct arm_answer *source)
{
    return source->missing == DROP_NONE && source->text.len == 0 ? DROP_TOOLS : source->missing;
}

/* Whatever answers the request, and each rewriting whose source is there. */
void lines_join_arms(struct shadow *shadow, struct trial *trial)
{
    for (size_t i = 0; i < trial->arm_count; i++) {
        struct arm_answer *answer = &trial->arms[i];
        const struct arm_answer *source = answer->rewrites;
        if (answer->state != ARM_PLANNED || (source && source->state != ARM_ENDED))
            continue;
        answer->missing = source ? source_absence(source) : DROP_NONE;
        if (answer->missing == DROP_NONE && !lines_join(shadow, trial, ASK_ARM, answer, NULL))
            answer->missing = DROP_MEMORY;
        answer->state = answer->missing == DROP_NONE ? ARM_ASKED : ARM_ENDED;
    }
}

void lines_join_judge(struct shadow *shadow, struct trial *trial, struct trial_pair *pair)
{
    if (trial->conf->has_judge && !lines_join(shadow, trial, ASK_JUDGE, NULL, pair))
        pair->judge[0].missing = DROP_MEMORY;
}

/* ---- what other threads hand in ---- */

struct letter {
    struct shadow *shadow;
    struct trial *trial;
};

static void on_ask(void *arg)
{
    struct letter letter = *(struct letter *)arg;
    free(arg);
    struct trial *trial = letter.trial;
    trial->pending = 1; /* held until all are in the line */
    lines_join_arms(letter.shadow, trial);
    lines_pump(letter.shadow);
    if (--trial->pending == 0)
        pipeline_answered(letter.shadow->pipeline, trial);
}

static void on_judge(void *arg)
{
    struct letter letter = *(struct letter *)arg;
    free(arg);
    struct trial *trial = letter.trial;
    trial->pending = 1;
    for (size_t i = 0; i < trial->pair_count; i++) {
        struct trial_pair *pair = &trial->pairs[i];
        if (!step_pair_open(pair) || (pair->entailment && lines_join(letter.shadow, trial, ASK_CLASSIFIER, NULL, pair)))
            continue;
        lines_join_judge(letter.shadow, trial, pair);
    }
    lines_pump(letter.shadow);
    if (--trial->pending == 0)
        pipeline_judged(letter.shadow->pipeline, trial);
}

static bool post(struct shadow *shadow, struct trial *trial, loop_fn *fn)
{
    struct letter *letter = atomic_load(&shadow->stopping) ? NULL : malloc(sizeof *letter);
    if (!letter)
        return false;
    *letter = (struct letter){shadow, trial};
    if (loop_post(shadow->loop, fn, letter) == 0)
        return true;
    free(letter);
    return false;
}

void shadow_ask(struct shadow *shadow, struct trial *trial)
{
    if (!post(shadow, trial, on_ask))
        pipeline_drop(shadow->pipeline, trial, atomic_load(&shadow->stopping) ? DROP_SHUTDOWN : DROP_QUEUE_FULL);
}

void shadow_judge(struct shadow *shadow, struct trial *trial)
{
    if (post(shadow, trial, on_judge))
        return;
    for (size_t i = 0; i < trial->pair_count; i++)
        trial->pairs[i].judge[0].missing = atomic_load(&shadow->stopping) ? DROP_SHUTDOWN : DROP_QUEUE_FULL;
    pipeline_judged(shadow->pipeline, trial); /* undecided: the judge is missing */
}

/* ---- life ---- */

static void *shadow_run(void *arg)
{
    struct shadow *shadow = arg;
    loop_run(shadow->loop);
    return NULL;
}

struct shadow *shadow_start(struct conf *conf, struct log *log, struct metrics *metrics, canary_fn *on_canary,
                            void *arg, struct err *err)
{
    struct shadow *shadow = calloc(1, sizeof *shadow);
    if (!shadow) {
        err_set(err, "no memory for the shadow loop");
        return NULL;
    }
    shadow->conf = conf_hold(conf);
    shadow->log = log;
    shadow->metrics = metrics;
    for (size_t i = 0; i < BUDGET_ENDPOINTS; i++)
        shadow->lines[i].last = &shadow->lines[i].first;
    shadow->money = METRIC0(metrics, "candor_shadow_money_total");
    shadow->stopped = METRIC0(metrics, "candor_shadow_stopped");
    shadow->judge_invalid = METRIC0(metrics, "candor_judge_invalid_total");
    budget_init(&shadow->budget, conf, clock_monotonic_ns(), clock_wall_ms());
    shadow->loop = loop_new(err);
    shadow->fetcher = shadow->loop ? fetcher_new(shadow->loop, err) : NULL;
    shadow->canary = shadow->fetcher ? canary_start(shadow->loop, shadow->fetcher, conf, log, metrics) : NULL;
    if (shadow->canary)
        canary_tell(shadow->canary, on_canary, arg);
    shadow->running = shadow->canary && thread_start(&shadow->thread, "shadow", shadow_run, shadow, err) == 0;
    if (!shadow->running) {
        shadow_free(shadow);
        return NULL;
    }
    return shadow;
}

void shadow_connect(struct shadow *shadow, struct pipeline *pipeline)
{
    shadow->pipeline = pipeline;
}

struct reload {
    struct shadow *shadow;
    struct conf *conf;
};

/* The pace of whom is asked no longer. */
static void withdraw_rates(struct shadow *shadow, const struct conf *fresh)
{
    const struct conf *old = shadow->conf;
    const struct {
        bool gone;
        const struct conf_model *model;
    } models[] = {{old->has_judge && !fresh->has_judge, &old->judge},
                  {old->has_classifier && !fresh->has_classifier, &old->classifier},
                  {old->has_rewriter && !fresh->has_rewriter, &old->rewriter}};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (models[i].gone)
            metrics_withdraw(shadow->metrics, "candor_shadow_rate", models[i].model->name);
    for (size_t i = 0; i < old->candidate_count; i++)
        if (!conf_candidate(fresh, old->candidates[i].name))
            metrics_withdraw(shadow->metrics, "candor_shadow_rate", old->candidates[i].name);
}

static void on_configure(void *arg)
{
    struct reload reload = *(struct reload *)arg;
    free(arg);
    withdraw_rates(reload.shadow, reload.conf);
    conf_drop(reload.shadow->conf);
    reload.shadow->conf = reload.conf;
    budget_configure(&reload.shadow->budget, reload.conf);
    canary_configure(reload.shadow->canary, reload.conf);
    reload.shadow->names = (struct arms_names){0};
    note_going(reload.shadow);
    lines_pump(reload.shadow);
}

void shadow_configure(struct shadow *shadow, struct conf *conf)
{
    struct reload *reload = malloc(sizeof *reload);
    if (reload)
        *reload = (struct reload){shadow, conf_hold(conf)};
    if (!reload || loop_post(shadow->loop, on_configure, reload) != 0) {
        log_warn(shadow->log, "the shadow keeps its old budget: its mailbox is full", LOG_I("letters", 65536));
        if (reload)
            conf_drop(conf);
        free(reload);
    }
}

static void on_stop(void *arg)
{
    struct shadow *shadow = arg;
    lines_pump(shadow); /* refuses what waits */
    canary_rest(shadow->canary);
    fetcher_free(shadow->fetcher);
    shadow->fetcher = NULL;
    loop_stop(shadow->loop);
}

void shadow_judge_health(struct shadow *shadow, struct canary_health *out)
{
    canary_health(shadow->canary, out);
}

void shadow_spending(struct shadow *shadow, struct shadow_spending *out)
{
    int64_t today = budget_day(clock_wall_ms());
    bool current = atomic_load(&shadow->told.day) == today;
    *out = (struct shadow_spending){.stopped = atomic_load(&shadow->told.stopped_day) == today,
                                    .tokens = current ? atomic_load(&shadow->told.tokens) : 0,
                                    .money = current ? atomic_load(&shadow->told.money) : 0};
}

void shadow_stop(struct shadow *shadow)
{
    if (!shadow->running)
        return;
    atomic_store(&shadow->stopping, true);
    while (loop_post(shadow->loop, on_stop, shadow) != 0)
        sched_yield(); /* a full mailbox empties: the loop takes it whole each turn */
    pthread_join(shadow->thread, NULL);
    shadow->running = false;
}

void shadow_free(struct shadow *shadow)
{
    if (!shadow)
        return;
    shadow_stop(shadow);
    fetcher_free(shadow->fetcher);
    canary_stop(shadow->canary);
    loop_free(shadow->loop);
    conf_drop(shadow->conf);
    free(shadow);
}
