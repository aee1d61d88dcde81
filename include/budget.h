/* budget: what the side path may spend: concurrency, requests a minute, tokens and money a day. Reserved at worst case
 * before a request, settled after it. Each endpoint that is asked backs off for itself: one that pushes back slows down
 * nobody else. Pure (time comes in as an argument); one thread.
 */
#ifndef CANDOR_BUDGET_H
#define CANDOR_BUDGET_H

#include "conf.h"

struct pace {
    double most;      /* requests a minute, as configured */
    double rate;      /* the current one: AIMD lowers it, and never lifts it above that */
    double allowance; /* token bucket: requests that may go now; refilled at rate, holds ten seconds' worth */
    uint64_t refilled_ns, blocked_until_ns;
};

#define BUDGET_ENDPOINTS                                                                                               \
    (5 + CONF_MAX_CANDIDATES) /* warm, original, rewriter, judge, classifier, candidates; the caller numbers them */

struct budget {
    unsigned concurrency, running;
    struct pace total, endpoints[BUDGET_ENDPOINTS];         /* of all together, which never backs off, and of each */
    uint64_t tokens_per_day, tokens_today, tokens_reserved; /* today: settled; reserved: of what is running */
    double money_per_day, money_today, money_reserved;      /* money: a limit of 0 is none */
    int64_t day;                                            /* UTC days since 1970 */
};
int64_t budget_day(int64_t wall_ms);          /* UTC days since 1970 */
uint64_t budget_day_left_ms(int64_t wall_ms); /* until the next begins */
enum budget_answer { BUDGET_YES, BUDGET_WAIT, BUDGET_EXHAUSTED };

void budget_init(struct budget *budget, const struct conf *conf, uint64_t now_ns, int64_t wall_ms);
/* New limits; what was spent, is running or was backed off stays. */
void budget_configure(struct budget *budget, const struct conf *conf);
/* WAIT: a slot, a minute's allowance or what others reserved and may not use will come; EXHAUSTED: not today. YES
 * reserves; each YES is settled once. */
enum budget_answer budget_reserve(struct budget *budget, size_t endpoint, uint64_t tokens, double money,
                                  uint64_t now_ns, int64_t wall_ms);
void budget_settle(struct budget *budget, uint64_t reserved_tokens, double reserved_money, uint64_t used_tokens,
                   double used_money);
/* Learns from an answer's HTTP status: 429 and 5xx push back, 200 recovers, 0 (none) and the rest say nothing. */
void budget_learn(struct budget *budget, size_t endpoint, unsigned status, uint64_t retry_after_ms, uint64_t now_ns);
void budget_pushback(struct budget *budget, size_t endpoint, uint64_t retry_after_ms, uint64_t now_ns);
void budget_recover(struct budget *budget, size_t endpoint);
/* It has pushed back, and is not yet asked as often as it may be. */
bool budget_backs_off(const struct budget *budget, size_t endpoint);

#endif
