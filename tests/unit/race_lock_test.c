/* The detector's own locks: one at a time, also where a holder never came back. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lock.h"

enum { THREADS = 4, ROUNDS = 2000 };

static uint32_t lock;
static long counted, inside, met;

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        lh_spin_lock(&lock);
        met += __atomic_fetch_add(&inside, 1, __ATOMIC_RELAXED) != 0;
        counted++;
        if (i % 64 == 0)
            sched_yield();
        __atomic_fetch_sub(&inside, 1, __ATOMIC_RELAXED);
        lh_spin_unlock(&lock);
    }
    return NULL;
}

static void count_at_once(void)
{
    pthread_t threads[THREADS];

    counted = met = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counted, THREADS * ROUNDS);
    assert_int_equal(met, 0);
}

static void one_thread_at_a_time_has_the_lock(void **state)
{
    (void)state;
    count_at_once();
}

/* All wait for the same one, and run out of patience together. */
static void one_of_many_follows_a_holder_that_never_comes_back(void **state)
{
    (void)state;
    lh_spin_lock(&lock);
    count_at_once();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_at_a_time_has_the_lock),
        cmocka_unit_test(one_of_many_follows_a_holder_that_never_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
