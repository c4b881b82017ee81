/*
 * Accesses of two threads at the same moment, each its thread's last one: what the detector finds
 * out about them only when the thread ends is told, too.
 * EXPECT proven write_last write_last
 */
#include "pair.h"

enum { ROUNDS = 1000, WORDS = 16 };
long data[WORDS];
static int ready;

RACY static void write_last(void)
{
    for (int i = 0; i < WORDS; i++)
        data[i] = i;
}

static void *meet_and_write(void *unused)
{
    (void)unused;
    __atomic_fetch_add(&ready, 1, __ATOMIC_RELAXED);
    /* Most of the time the other one is about to come. */
    for (int spins = 0; __atomic_load_n(&ready, __ATOMIC_RELAXED) < 2; spins++) {
        if (spins > 5000)
            sched_yield();
    }
    write_last();
    return NULL;
}

int main(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t threads[2];
        __atomic_store_n(&ready, 0, __ATOMIC_RELAXED);
        for (int k = 0; k < 2; k++)
            CHECK(pthread_create(&threads[k], NULL, meet_and_write, NULL) == 0);
        for (int k = 0; k < 2; k++)
            CHECK(pthread_join(threads[k], NULL) == 0);
    }
    return 0;
}
