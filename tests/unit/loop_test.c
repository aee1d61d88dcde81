/* loop: letters, tasks and timers run where and when they are promised. */
#include "check.h"

#include <pthread.h>
#include <stdlib.h>

#include "clock.h"
#include "loop.h"

struct world {
    struct loop *loop;
    char order[64];
    size_t count;
    struct loop_task task;
    struct loop_timer timers[8];
    uint64_t fired_ns[8];
};

static void note(struct world *world, char what)
{
    if (world->count < sizeof world->order - 1)
        world->order[world->count++] = what;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct err err;
    if (!world || !(world->loop = loop_new(&err)))
        return -1;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    loop_free(world->loop);
    free(world);
    return 0;
}

static void stop(void *arg)
{
    struct world *world = arg;
    loop_stop(world->loop);
}

static void on_task(void *arg)
{
    note(arg, 't');
}

static void on_letter(void *arg)
{
    struct world *world = arg;
    note(world, 'l');
    loop_defer(world->loop, &world->task);
    loop_defer(world->loop, &world->task); /* queued already: runs once */
}

static void deferred_tasks_run_once_after_the_turns_callbacks(void **state)
{
    struct world *world = *state;
    world->task = (struct loop_task){.fn = on_task, .arg = world};
    assert_int_equal(loop_post(world->loop, on_letter, world), 0);
    assert_int_equal(loop_post(world->loop, on_letter, world), 0);
    assert_int_equal(loop_post(world->loop, stop, world), 0);
    loop_run(world->loop);
    assert_string_equal(world->order, "llt");
}

static void a_letter_that_came_before_the_stop_is_read(void **state)
{
    struct world *world = *state;
    world->task = (struct loop_task){.fn = on_task, .arg = world};
    loop_stop(world->loop);
    assert_int_equal(loop_post(world->loop, on_letter, world), 0);
    loop_run(world->loop);
    assert_string_equal(world->order, "lt");
}

static void a_full_mailbox_refuses(void **state)
{
    struct world *world = *state;
    size_t taken = 0;
    while (taken < 100000 && loop_post(world->loop, stop, world) == 0)
        taken++;
    assert_int_equal(taken, 65536);
}

static void *post_many(void *arg)
{
    struct world *world = arg;
    for (int i = 0; i < 1000; i++)
        while (loop_post(world->loop, on_task, world) < 0)
            ;
    return NULL;
}

static void letters_of_other_threads_all_arrive(void **state)
{
    struct world *world = *state;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, world), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(loop_post(world->loop, stop, world), 0);
    loop_run(world->loop);
    assert_int_equal(world->count, sizeof world->order - 1);
}

static struct world *timed; /* one test's, for timer callbacks that must know their index */

static void on_timer(void *arg)
{
    size_t index = (size_t)(uintptr_t)arg;
    timed->fired_ns[index] = clock_monotonic_ns();
    note(timed, (char)('0' + index));
    if (index == 3)
        loop_stop(timed->loop);
}

static void timers_fire_in_order_never_early_and_only_when_armed(void **state)
{
    static const uint64_t after_ms[] = {0, 50, 120, 3000, 60};
    struct world *world = timed = *state;
    uint64_t start = loop_now_ns(world->loop);
    for (size_t i = 0; i < sizeof after_ms / sizeof after_ms[0]; i++)
        loop_timer_arm(world->loop, &world->timers[i], after_ms[i], on_timer, (void *)(uintptr_t)i);
    loop_timer_arm(world->loop, &world->timers[2], 200, on_timer, (void *)(uintptr_t)2);
    loop_timer_cancel(world->loop, &world->timers[4]);
    loop_timer_cancel(world->loop, &world->timers[4]);
    loop_timer_cancel(world->loop, &world->timers[5]); /* never armed */
    loop_run(world->loop);
    assert_string_equal(world->order, "0123");
    assert_true(world->fired_ns[1] - start >= 50 * NS_PER_MS);
    assert_true(world->fired_ns[2] - start >= 200 * NS_PER_MS);
    assert_true(world->fired_ns[3] - start >= 3000 * NS_PER_MS);
}

static void cancel_the_next(void *arg)
{
    (void)arg;
    note(timed, 'c');
    loop_timer_cancel(timed->loop, &timed->timers[0]);
    loop_timer_cancel(timed->loop, &timed->timers[2]);
    loop_timer_arm(timed->loop, &timed->timers[3], 20, on_timer, (void *)(uintptr_t)3);
}

static void a_timer_may_cancel_and_arm_others_of_its_own_slot(void **state)
{
    struct world *world = timed = *state;
    loop_timer_arm(world->loop, &world->timers[0], 20, on_timer, (void *)(uintptr_t)0);
    loop_timer_arm(world->loop, &world->timers[2], 20, on_timer, (void *)(uintptr_t)2);
    loop_timer_arm(world->loop, &world->timers[1], 10, cancel_the_next, NULL);
    loop_run(world->loop);
    assert_string_equal(world->order, "c3");
}

int main(void)
{
#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        LOOP_TEST(deferred_tasks_run_once_after_the_turns_callbacks),
        LOOP_TEST(a_letter_that_came_before_the_stop_is_read),
        LOOP_TEST(a_full_mailbox_refuses),
        LOOP_TEST(letters_of_other_threads_all_arrive),
        LOOP_TEST(timers_fire_in_order_never_early_and_only_when_armed),
        LOOP_TEST(a_timer_may_cancel_and_arm_others_of_its_own_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
