/*
 * What atomic operations order, and what they do not.
 * EXPECT proven relaxed_publish relaxed_consume
 * EXPECT proven broken_publish broken_consume
 * EXPECT proven plain_write atomic_read
 * EXPECT proven plain_read atomic_write
 * EXPECT proven fenceless_publish fenced_consume
 */
#include <stdatomic.h>

#include "pair.h"

int data[10];
atomic_int flag[10];

RACY static void release_store(void)
{
    data[0] = 1;
    atomic_store_explicit(&flag[0], 1, memory_order_release);
}

RACY static void acquire_load(void)
{
    CHECK(atomic_load_explicit(&flag[0], memory_order_acquire) == 1);
    data[0]++;
}

RACY static void relaxed_publish(void)
{
    data[1] = 1;
    atomic_store_explicit(&flag[1], 1, memory_order_relaxed);
}

RACY static void relaxed_consume(void)
{
    CHECK(atomic_load_explicit(&flag[1], memory_order_acquire) == 1);
    data[1] = 2;
}

RACY static void fence_publish(void)
{
    data[2] = 1;
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&flag[2], 1, memory_order_relaxed);
}

RACY static void fence_consume(void)
{
    CHECK(atomic_load_explicit(&flag[2], memory_order_relaxed) == 1);
    atomic_thread_fence(memory_order_acquire);
    data[2]++;
}

RACY static void fenceless_publish(void)
{
    data[3] = 1;
    atomic_store_explicit(&flag[3], 1, memory_order_relaxed);
}

RACY static void fenced_consume(void)
{
    CHECK(atomic_load_explicit(&flag[3], memory_order_relaxed) == 1);
    atomic_thread_fence(memory_order_acquire);
    data[3] = 2;
}

/* Reading and writing in one step keeps a release sequence going, in whatever order. */
RACY static void sequence_publish(void)
{
    data[4] = 1;
    atomic_store_explicit(&flag[4], 1, memory_order_release);
}

RACY static void sequence_continue(void)
{
    atomic_fetch_add_explicit(&flag[4], 1, memory_order_relaxed);
}

RACY static void sequence_consume(void)
{
    CHECK(atomic_load_explicit(&flag[4], memory_order_acquire) == 2);
    data[4]++;
}

/* A plain store of another thread ends it. */
RACY static void broken_publish(void)
{
    data[5] = 1;
    atomic_store_explicit(&flag[5], 1, memory_order_release);
}

RACY static void broken_overwrite(void)
{
    atomic_store_explicit(&flag[5], 2, memory_order_relaxed);
}

RACY static void broken_consume(void)
{
    CHECK(atomic_load_explicit(&flag[5], memory_order_acquire) == 2);
    data[5] = 2;
}

RACY static void plain_write(void)
{
    *(int *)&flag[6] = 1;
}

RACY static void atomic_read(void)
{
    CHECK(atomic_load(&flag[6]) == 1);
}

RACY static void plain_read(void)
{
    CHECK(*(int *)&flag[7] == 0);
}

RACY static void atomic_write(void)
{
    atomic_fetch_add(&flag[7], 1);
}

RACY static void exchange_publish(void)
{
    int expected = 0;
    data[8] = 1;
    CHECK(atomic_compare_exchange_strong_explicit(&flag[8], &expected, 1, memory_order_acq_rel,
                                                  memory_order_relaxed));
}

/* A comparison that fails is a load. */
RACY static void exchange_consume(void)
{
    int expected = 0;
    CHECK(!atomic_compare_exchange_weak_explicit(&flag[8], &expected, 2, memory_order_release,
                                                 memory_order_acquire));
    CHECK(expected == 1);
    data[8]++;
}

/* Three threads, one after the other. */
static void (*steps[3])(void);

static void *run_step(void *number)
{
    int i = (int)(long)number;

    await(i);
    steps[i]();
    reach(i + 1);
    await(3);
    return NULL;
}

static void three(void (*first)(void), void (*second)(void), void (*third)(void))
{
    pthread_t threads[3];

    reach(0);
    steps[0] = first;
    steps[1] = second;
    steps[2] = third;
    for (long i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, run_step, (void *)i) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* A thread's own store goes on with its sequence, whoever read and wrote in between. */
RACY static void begin_sequence(void)
{
    data[9] = 1;
    atomic_store_explicit(&flag[9], 1, memory_order_release);
    reach(1);
    await(2);
    atomic_store_explicit(&flag[9], 3, memory_order_relaxed);
    reach(3);
}

RACY static void join_sequence(void)
{
    await(1);
    CHECK(atomic_fetch_add_explicit(&flag[9], 1, memory_order_release) == 1);
    reach(2);
}

RACY static void follow_sequence(void)
{
    await(3);
    CHECK(atomic_load_explicit(&flag[9], memory_order_acquire) == 3);
    data[9]++;
    reach(4);
}

static void *run_until_last(void *function)
{
    ((struct pair *)function)->first();
    await(4);
    return NULL;
}

static void three_in_turns(void)
{
    struct pair functions[3] = {
        {begin_sequence, NULL}, {join_sequence, NULL}, {follow_sequence, NULL}};
    pthread_t threads[3];

    reach(0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, run_until_last, &functions[i]) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(void)
{
    three_in_turns();
    pair(release_store, acquire_load);
    pair(relaxed_publish, relaxed_consume);
    pair(fence_publish, fence_consume);
    pair(fenceless_publish, fenced_consume);
    three(sequence_publish, sequence_continue, sequence_consume);
    three(broken_publish, broken_overwrite, broken_consume);
    pair(plain_write, atomic_read);
    pair(plain_read, atomic_write);
    pair(exchange_publish, exchange_consume);
    return 0;
}
