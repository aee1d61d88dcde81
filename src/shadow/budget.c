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

/* One request must always fit, however low the rate. */
static double bucket_size(const struct budget *budget)
{
    return most(1, budget->rate * BURST_MINUTES);
}

static void set_limits(struct budget *budget, const struct conf *conf)
{
    budget->concurrency = conf->shadow.concurrency;
    budget->per_minute = conf->shadow.requests_per_minute;
    budget->tokens_per_day = conf->shadow.tokens_per_day;
    budget->money_per_day = conf->shadow.money_per_day;
}

void budget_init(struct budget *budget, const struct conf *conf, uint64_t now_ns, int64_t wall_ms)
{
    *budget = (struct budget){.refilled_ns = now_ns, .day = wall_ms / MS_PER_DAY};
    set_limits(budget, conf);
    budget->rate = budget->per_minute;
    budget->allowance = bucket_size(budget);
}

void budget_configure(struct budget *budget, const struct conf *conf)
{
    double backed_off = budget->per_minute > 0 ? budget->rate / budget->per_minute : 1;
    set_limits(budget, conf);
    budget->rate = backed_off * budget->per_minute;
    budget->allowance = least(budget->allowance, bucket_size(budget));
}

static void refill(struct budget *budget, uint64_t now_ns)
{
    if (now_ns <= budget->refilled_ns)
        return;
    double earned = (double)(now_ns - budget->refilled_ns) * budget->rate / NS_PER_MINUTE;
    budget->allowance = least(budget->allowance + earned, bucket_size(budget));
    budget->refilled_ns = now_ns;
}

/* What is still running stays reserved: it is settled on the new day. A clock set back starts a day as well, or a clock
 * that was once wrong would hold the old sums for as long as it was wrong. */
static void roll_over(struct budget *budget, int64_t wall_ms)
{
    int64_t day = wall_ms / MS_PER_DAY;
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

enum budget_answer budget_reserve(struct budget *budget, uint64_t tokens, double money, uint64_t now_ns,
                                  int64_t wall_ms)
{
    roll_over(budget, wall_ms);
    if (!tokens_fit(budget, budget->tokens_today, tokens) || !money_fits(budget, budget->money_today, money))
        return BUDGET_EXHAUSTED;
    refill(budget, now_ns);
    if (budget->running >= budget->concurrency || now_ns < budget->blocked_until_ns || budget->allowance < 1)
        return BUDGET_WAIT;
    if (!tokens_fit(budget, budget->tokens_today + budget->tokens_reserved, tokens) ||
        !money_fits(budget, budget->money_today + budget->money_reserved, money))
        return BUDGET_WAIT;
    budget->allowance -= 1;
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

void budget_pushback(struct budget *budget, uint64_t retry_after_ms, uint64_t now_ns)
{
    bool same_burst = now_ns < budget->blocked_until_ns;
    uint64_t pause_ns = (retry_after_ms < PUSHBACK_MAX_MS ? retry_after_ms : PUSHBACK_MAX_MS) * NS_PER_MS;
    if (pause_ns < PUSHBACK_MIN_NS)
        pause_ns = PUSHBACK_MIN_NS;
    if (now_ns + pause_ns > budget->blocked_until_ns)
        budget->blocked_until_ns = now_ns + pause_ns;
    if (same_burst)
        return;
    refill(budget, now_ns);
    budget->rate = most(budget->rate / 2, least(RATE_FLOOR, budget->per_minute));
    budget->allowance = least(budget->allowance, bucket_size(budget));
}

void budget_recover(struct budget *budget)
{
    budget->rate = least(budget->per_minute, budget->rate + budget->per_minute / RECOVERY_STEPS);
}

void budget_learn(struct budget *budget, unsigned status, uint64_t retry_after_ms, uint64_t now_ns)
{
    if (status == 429 || status >= 500)
        budget_pushback(budget, retry_after_ms, now_ns);
    else if (status == 200)
        budget_recover(budget);
}
