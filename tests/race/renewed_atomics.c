/*
 * Atomic operations that threads repeat are renewed by each thread alone. A plain read is compared
 * with the last of them, not the first; where one thread repeats plain reads and others atomic
 * operations, neither may be renewed alone.
 * EXPECT proven add_one peek_late
 * EXPECT proven raise_level read_level
 */
#include "pair.h"

#define ADDERS 3
#define ROUNDS 50

/* Each orders one adder and the one who reads. */
static pthread_mutex_t locks[ADDERS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                        PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t own[ADDERS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                      PTHREAD_MUTEX_INITIALIZER};
long sum, level;

RACY static void add_one(void)
{
    __atomic_fetch_add(&sum, 1, __ATOMIC_RELAXED);
}

RACY static void peek_late(void)
{
    CHECK(sum == 2 * ADDERS * ROUNDS);
}

RACY static void raise_level(void)
{
    __atomic_fetch_add(&level, 1, __ATOMIC_RELAXED);
}

RACY static void read_level(void)
{
    CHECK(level % ROUNDS == 0);
}

static void meet_at(pthread_mutex_t *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
}

/* What was done before is known to who does this next. */
static void meet_all(void)
{
    for (size_t i = 0; i < ADDERS; i++)
        meet_at(&locks[i]);
}

static void add_often(size_t i)
{
    for (int round = 0; round < ROUNDS; round++) {
        meet_at(&locks[i]);
        add_one();
        raise_level();
    }
}

/* One after the other, and all once more; what is done last is released, but to nobody. */
static void *adder(void *number)
{
    int i = (int)(size_t)number;

    for (int time = 0; time < 2; time++) {
        await(time * (ADDERS + 1) + i);
        add_often((size_t)i);
        meet_at(time == 0 ? &locks[i] : &own[i]);
        reach(time * (ADDERS + 1) + i + 1);
    }
    await(2 * ADDERS + 2);
    return NULL;
}

/* All are released by now; then each adder adds, and knows of what was read. */
static void let_add(void)
{
    meet_all();
    reach(ADDERS + 1);
    await(2 * ADDERS + 1);
}

/* The last round is as the others; but of each adder's last operation nothing is known. */
static void *reader(void *unused)
{
    await(ADDERS);
    for (int round = 0; round < ROUNDS; round++) {
        if (round == ROUNDS - 1)
            let_add();
        meet_all();
        read_level();
    }
    peek_late();
    reach(2 * ADDERS + 2);
    return unused;
}

int main(void)
{
    pthread_t threads[ADDERS + 1];

    for (size_t i = 0; i < ADDERS; i++)
        CHECK(pthread_create(&threads[i], NULL, adder, (void *)i) == 0);
    CHECK(pthread_create(&threads[ADDERS], NULL, reader, NULL) == 0);
    for (size_t i = 0; i <= ADDERS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
