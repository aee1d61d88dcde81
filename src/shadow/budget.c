/* budget: see budget.h. The minute's allowance is a token bucket that holds ten seconds' worth, so that a back-off is
 * felt at once and not only when a minute's savings are spent. The rate follows AIMD: halved when the endpoint pushes
 * back, once for all answers to one burst, and lifted by a fiftieth of the configured rate with each good answer.
 */
#include "budget.h"

#include <assert.h>

#include "clock.h"

#define MS_PER_DAY      86400000
#define NS_PER_MINUTE   (60 * (double)NS_PER_S)
#define BURST_MINUTES   (1.0 / 6)
#define RECOVERY_STEPS  50
#define RATE_FLOOR      1.0               /* a minute: enough to notice that the endpoint is well again */
#define PUSHBACK_MIN_NS NS_PER_S          /* answers of the same burst within this are one push-back */
#define PUSHBACK_MAX_MS (10u * 60 * 1000) /* what an endpoint may ask for */

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double most(double a, double b)
{
    return a > b ? a : b;
}

/* ---- the pace ---- */

/* One request must always fit, however low the rate. */
static double bucket_size(const struct pace *pace)
{
    return most(1, pace->rate * BURST_MINUTES);
}

static void pace_init(struct pace *pace, double per_minute, uint64_t now_ns)
{
    *pace = (struct pace){.most = per_minute, .rate = per_minute, .refilled_ns = now_ns};
    pace->allowance = bucket_size(pace);
}

static void pace_configure(struct pace *pace, double per_minute)
{
    double backed_off = pace->most > 0 ? pace->rate / pace->most : 1;
    pace->most = per_minute;
    pace->rate = backed_off * per_minute;
    pace->allowance = least(pace->allowance, bucket_size(pace));
}

static void pace_refill(struct pace *pace, uint64_t now_ns)
{
    if (now_ns <= pace->refilled_ns)
        return;
    double earned = (double)(now_ns - pace->refilled_ns) * pace->rate / NS_PER_MINUTE;
    pace->allowance = least(pace->allowance + earned, bucket_size(pace));
    pace->refilled_ns = now_ns;
}

static bool pace_allows(struct pace *pace, uint64_t now_ns)
{
    pace_refill(pace, now_ns);
    return now_ns >= pace->blocked_until_ns && pace->allowance >= 1;
}

/* ---- life ---- */

int64_t budget_day(int64_t wall_ms)
{
    return wall_ms / MS_PER_DAY;
}

uint64_t budget_day_left_ms(int64_t wall_ms)
{
    return (uint64_t)(MS_PER_DAY - wall_ms % MS_PER_DAY);
}

static void set_limits(struct budget *budget, const struct conf *conf)
{
    budget->concurrency = conf->shadow.concurrency;
    budget->tokens_per_day = conf->shadow.tokens_per_day;
    budget->money_per_day = conf->shadow.money_per_day;
}

void budget_init(struct budget *budget, const struct conf *conf, uint64_t now_ns, int64_t wall_ms)
{
    *budget = (struct budget){.day = budget_day(wall_ms)};
    set_limits(budget, conf);
    pace_init(&budget->total, conf->shadow.requests_per_minute, now_ns);
    for (size_t i = 0; i < BUDGET_ENDPOINTS; i++)
        pace_init(&budget->endpoints[i], conf->shadow.requests_per_minute, now_ns);
}

void budget_configure(struct budget *budget, const struct conf *conf)
{
    set_limits(budget, conf);
    pace_configure(&budget->total, conf->shadow.requests_per_minute);
    for (size_t i = 0; i < BUDGET_ENDPOINTS; i++)
        pace_configure(&budget->endpoints[i], conf->shadow.requests_per_minute);
}

/* ---- what it lets go ---- */

/* What is still running stays reserved: it is settled on the new day. A clock set back starts a day as well, or a clock
 * that was once wrong would hold the old sums for as long as it was wrong. */
static void roll_over(struct budget *budget, int64_t wall_ms)
{
    int64_t day = budget_day(wall_ms);
    if (day == budget->day)
        return;
    budget->day = day;
    budget->tokens_today = 0;
    budget->money_today = 0;
}

static bool tokens_fit(const struct budget *budget, uint64_t spoken_for, uint64_t tokens)
{
    return spoken_for <= budget->tokens_per_day && tokens <= budget->tokens_per_day - spoken_for;
}

static bool money_fits(const struct budget *budget, double spoken_for, double money)
{
    return budget->money_per_day <= 0 || spoken_for + money <= budget->money_per_day;
}

enum budget_answer budget_reserve(struct budget *budget, size_t endpoint, uint64_t tokens, double money,
                                  uint64_t now_ns, int64_t wall_ms)
{
    struct pace *pace = &budget->endpoints[endpoint];
    roll_over(budget, wall_ms);
    if (!tokens_fit(budget, budget->tokens_today, tokens) || !money_fits(budget, budget->money_today, money))
        return BUDGET_EXHAUSTED;
    if (budget->running >= budget->concurrency || !pace_allows(&budget->total, now_ns) || !pace_allows(pace, now_ns))
        return BUDGET_WAIT;
    if (!tokens_fit(budget, budget->tokens_today + budget->tokens_reserved, tokens) ||
        !money_fits(budget, budget->money_today + budget->money_reserved, money))
        return BUDGET_WAIT;
    budget->total.allowance -= 1;
    pace->allowance -= 1;
    budget->running++;
    budget->tokens_reserved += tokens;
    budget->money_reserved += money;
    return BUDGET_YES;
}

void budget_settle(struct budget *budget, uint64_t reserved_tokens, double reserved_money, uint64_t used_tokens,
                   double used_money)
{
    assert(budget->running > 0 && budget->tokens_reserved >= reserved_tokens);
    budget->running--;
    budget->tokens_reserved -= reserved_tokens;
    /* Sums of fractions drift; with nothing running, nothing is reserved. */
    budget->money_reserved = budget->running ? most(0, budget->money_reserved - reserved_money) : 0;
    budget->tokens_today += used_tokens;
    budget->money_today += used_money;
}

void budget_pushback(struct budget *budget, size_t endpoint, uint64_t retry_after_ms, uint64_t now_ns)
{
    struct pace *pace = &budget->endpoints[endpoint];
    bool same_burst = now_ns < pace->blocked_until_ns;
    uint64_t pause_ns = (retry_after_ms < PUSHBACK_MAX_MS ? retry_after_ms : PUSHBACK_MAX_MS) * NS_PER_MS;
    if (pause_ns < PUSHBACK_MIN_NS)
        pause_ns = PUSHBACK_MIN_NS;
    if (now_ns + pause_ns > pace->blocked_until_ns)
        pace->blocked_until_ns = now_ns + pause_ns;
    if (same_burst)
        return;
    pace_refill(pace, now_ns);
    pace->rate = most(pace->rate / 2, least(RATE_FLOOR, pace->most));
    pace->allowance = least(pace->allowance, bucket_size(pace));
}

void budget_recover(struct budget *budget, size_t endpoint)
{
    struct pace *pace = &budget->endpoints[endpoint];
    pace->rate = least(pace->most, pace->rate + pace->most / RECOVERY_STEPS);
}

bool budget_backs_off(const struct budget *budget, size_t endpoint)
{
    return budget->endpoints[endpoint].rate < budget->endpoints[endpoint].most;
}

void budget_learn(struct budget *budget, size_t endpoint, unsigned status, uint64_t retry_after_ms, uint64_t now_ns)
{
    if (status == 429 || status >= 500)
        budget_pushback(budget, endpoint, retry_after_ms, now_ns);
    else if (status == 200)
        budget_recover(budget, endpoint);
}
