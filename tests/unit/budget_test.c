/* What the side path may spend, on a clock of the test's own. */
#include "budget.h"

#include "check.h"
#include "clock.h"

#define MIDNIGHT_MS 1795478400000 /* 2026-11-24T00:00:00Z */
#define NOON_MS     (MIDNIGHT_MS + 12 * 3600 * 1000)
enum { ORIGINAL, REWRITER }; /* two endpoints */
#define START_NS (5 * NS_PER_S)

static struct conf limits(unsigned concurrency, unsigned per_minute, uint64_t tokens)
{
    struct conf conf = {0};
    conf.shadow.concurrency = concurrency;
    conf.shadow.requests_per_minute = per_minute;
    conf.shadow.tokens_per_day = tokens;
    return conf;
}

static struct budget budget_of(struct conf conf)
{
    struct budget budget;
    budget_init(&budget, &conf, START_NS, NOON_MS);
    return budget;
}

/* Sends and settles one request after the other until the minute's allowance ends. */
static unsigned sendable(struct budget *budget, uint64_t now_ns)
{
    unsigned sent = 0;
    while (budget_reserve(budget, ORIGINAL, 1, 0, now_ns, NOON_MS) == BUDGET_YES) {
        budget_settle(budget, 1, 0, 1, 0);
        sent++;
    }
    return sent;
}

static void no_more_run_at_once_than_the_concurrency(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(2, 600, 1000));
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 0, START_NS, NOON_MS), BUDGET_YES);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 0, START_NS, NOON_MS), BUDGET_YES);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 0, START_NS, NOON_MS), BUDGET_WAIT);
    budget_settle(&budget, 1, 0, 1, 0);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 0, START_NS, NOON_MS), BUDGET_YES);
}

static void a_minute_carries_its_allowance_and_one_burst(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 1000000));
    assert_int_equal(sendable(&budget, START_NS), 100);
    unsigned sent = 0;
    for (unsigned second = 1; second <= 60; second++)
        sent += sendable(&budget, START_NS + second * NS_PER_S);
    assert_in_range(sent, 599, 600);
    /* What an idle hour saved is one burst. */
    assert_int_equal(sendable(&budget, START_NS + 3660 * NS_PER_S), 100);
}

static void the_lowest_rate_still_lets_one_go(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 1, 1000));
    assert_int_equal(sendable(&budget, START_NS), 1);
    assert_int_equal(sendable(&budget, START_NS + 59 * NS_PER_S), 0);
    assert_int_equal(sendable(&budget, START_NS + 61 * NS_PER_S), 1);
}

static void a_reservation_holds_tokens_until_it_is_settled(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 100));
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 60, 0, START_NS, NOON_MS), BUDGET_YES);
    /* It may turn out cheaper than reserved: not today would be too early to say. */
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 60, 0, START_NS, NOON_MS), BUDGET_WAIT);
    budget_settle(&budget, 60, 0, 10, 0);
    assert_int_equal(budget.tokens_today, 10);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 60, 0, START_NS, NOON_MS), BUDGET_YES);
    budget_settle(&budget, 60, 0, 60, 0);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 31, 0, START_NS, NOON_MS), BUDGET_EXHAUSTED);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 30, 0, START_NS, NOON_MS), BUDGET_YES);
}

static void use_beyond_the_reservation_counts_whole(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 100));
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 10, 0, START_NS, NOON_MS), BUDGET_YES);
    budget_settle(&budget, 10, 0, 500, 0);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 0, START_NS, NOON_MS), BUDGET_EXHAUSTED);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, UINT64_MAX, 0, START_NS, NOON_MS), BUDGET_EXHAUSTED);
}

static void a_limit_of_no_tokens_lets_nothing_go(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 0));
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 0, START_NS, NOON_MS), BUDGET_EXHAUSTED);
}

static void money_is_a_limit_only_where_one_is_set(void **state)
{
    (void)state;
    struct conf conf = limits(16, 600, 1000000);
    struct budget budget = budget_of(conf);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 1e9, START_NS, NOON_MS), BUDGET_YES);
    conf.shadow.money_per_day = 2.0;
    budget = budget_of(conf);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 1.5, START_NS, NOON_MS), BUDGET_YES);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 1.0, START_NS, NOON_MS), BUDGET_WAIT);
    budget_settle(&budget, 1, 1.5, 1, 1.25);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 1.0, START_NS, NOON_MS), BUDGET_EXHAUSTED);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 1, 0.75, START_NS, NOON_MS), BUDGET_YES);
}

static void a_new_day_begins_at_midnight_utc(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 100));
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 40, 0, START_NS, NOON_MS), BUDGET_YES);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 60, 0, START_NS, NOON_MS), BUDGET_YES);
    budget_settle(&budget, 60, 0, 100, 0);
    int64_t next_midnight = MIDNIGHT_MS + 24 * 3600 * 1000;
    assert_int_equal(budget_day_left_ms(MIDNIGHT_MS), 24 * 3600 * 1000);
    assert_int_equal(budget_day_left_ms(next_midnight - 1), 1);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 50, 0, START_NS, next_midnight - 1), BUDGET_EXHAUSTED);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 50, 0, START_NS, next_midnight), BUDGET_YES);
    /* What was under way at midnight is still held, and is settled on the new day. */
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 20, 0, START_NS, next_midnight), BUDGET_WAIT);
    budget_settle(&budget, 40, 0, 40, 0);
    assert_int_equal(budget.tokens_today, 40);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 20, 0, START_NS, next_midnight), BUDGET_WAIT);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 10, 0, START_NS, next_midnight), BUDGET_YES);
}

static void a_pushback_halves_the_rate_once_for_a_burst(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 1000000));
    for (unsigned i = 0; i < 16; i++)
        budget_pushback(&budget, ORIGINAL, 0, START_NS);
    assert_float_equal(budget.endpoints[ORIGINAL].rate, 300, 1e-9);
    assert_int_equal(sendable(&budget, START_NS + NS_PER_S / 2), 0);
    assert_int_equal(sendable(&budget, START_NS + NS_PER_S), 50);
    for (unsigned burst = 1; burst < 20; burst++)
        budget_pushback(&budget, ORIGINAL, 0, START_NS + burst * 2 * NS_PER_S);
    assert_float_equal(budget.endpoints[ORIGINAL].rate, 1, 1e-9);
}

static void retry_after_is_honoured_within_reason(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 1000000));
    budget_pushback(&budget, ORIGINAL, 30000, START_NS);
    budget_pushback(&budget, ORIGINAL, 0, START_NS); /* a shorter one does not shorten it */
    assert_int_equal(sendable(&budget, START_NS + 29 * NS_PER_S), 0);
    assert_in_range(sendable(&budget, START_NS + 30 * NS_PER_S), 1, 50);
    budget_pushback(&budget, ORIGINAL, UINT64_MAX, START_NS + 40 * NS_PER_S);
    assert_in_range(sendable(&budget, START_NS + 700 * NS_PER_S), 1, 100);
}

static void good_answers_bring_the_rate_back_and_not_above(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 1000000));
    budget_pushback(&budget, ORIGINAL, 0, START_NS);
    budget_recover(&budget, ORIGINAL);
    assert_float_equal(budget.endpoints[ORIGINAL].rate, 312, 1e-9);
    for (unsigned i = 0; i < 100; i++)
        budget_recover(&budget, ORIGINAL);
    assert_float_equal(budget.endpoints[ORIGINAL].rate, 600, 1e-9);
}

static void an_answers_status_says_whether_to_back_off(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        double rate;
    } cases[] = {{429, 150}, {500, 150}, {503, 150}, {200, 312}, {400, 300}, {401, 300}, {0, 300}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct budget budget = budget_of(limits(16, 600, 1000));
        budget_pushback(&budget, ORIGINAL, 0, START_NS);
        budget_learn(&budget, ORIGINAL, cases[i].status, 0, START_NS + 2 * NS_PER_S);
        assert_float_equal(budget.endpoints[ORIGINAL].rate, cases[i].rate, 1e-9);
    }
}

static void new_limits_keep_what_was_spent_and_backed_off(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 1000));
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 100, 0, START_NS, NOON_MS), BUDGET_YES);
    budget_settle(&budget, 100, 0, 100, 0);
    budget_pushback(&budget, ORIGINAL, 0, START_NS);
    struct conf conf = limits(1, 60, 150);
    budget_configure(&budget, &conf);
    assert_float_equal(budget.endpoints[ORIGINAL].rate, 30, 1e-9);
    uint64_t later = START_NS + 60 * NS_PER_S;
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 60, 0, later, NOON_MS), BUDGET_EXHAUSTED);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 50, 0, later, NOON_MS), BUDGET_YES);
    assert_int_equal(budget_reserve(&budget, ORIGINAL, 0, 0, later, NOON_MS), BUDGET_WAIT);
}

static void an_endpoint_that_pushes_back_slows_down_nobody_else(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 1000000));
    budget_pushback(&budget, REWRITER, 30000, START_NS);
    assert_true(budget_backs_off(&budget, REWRITER) && !budget_backs_off(&budget, ORIGINAL));
    assert_int_equal(budget_reserve(&budget, REWRITER, 1, 0, START_NS, NOON_MS), BUDGET_WAIT);
    assert_int_equal(sendable(&budget, START_NS), 100);
    for (unsigned i = 0; i < 50; i++)
        budget_recover(&budget, REWRITER);
    assert_false(budget_backs_off(&budget, REWRITER));
}

static void all_endpoints_share_the_minute(void **state)
{
    (void)state;
    struct budget budget = budget_of(limits(16, 600, 1000000));
    assert_int_equal(sendable(&budget, START_NS), 100);
    assert_int_equal(budget_reserve(&budget, REWRITER, 1, 0, START_NS, NOON_MS), BUDGET_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_run_at_once_than_the_concurrency),
        cmocka_unit_test(a_minute_carries_its_allowance_and_one_burst),
        cmocka_unit_test(the_lowest_rate_still_lets_one_go),
        cmocka_unit_test(a_reservation_holds_tokens_until_it_is_settled),
        cmocka_unit_test(use_beyond_the_reservation_counts_whole),
        cmocka_unit_test(a_limit_of_no_tokens_lets_nothing_go),
        cmocka_unit_test(money_is_a_limit_only_where_one_is_set),
        cmocka_unit_test(a_new_day_begins_at_midnight_utc),
        cmocka_unit_test(a_pushback_halves_the_rate_once_for_a_burst),
        cmocka_unit_test(retry_after_is_honoured_within_reason),
        cmocka_unit_test(good_answers_bring_the_rate_back_and_not_above),
        cmocka_unit_test(an_answers_status_says_whether_to_back_off),
        cmocka_unit_test(new_limits_keep_what_was_spent_and_backed_off),
        cmocka_unit_test(an_endpoint_that_pushes_back_slows_down_nobody_else),
        cmocka_unit_test(all_endpoints_share_the_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
