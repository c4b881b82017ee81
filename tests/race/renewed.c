/*
 * What is read again and again under a lock counts as read the last time, not the first: who knew
 * of the earlier reads, and writes without the lock after later ones, races with these.
 * EXPECT proven read_long write_without
 */
#include "pair.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
long value;

RACY static void read_long(void)
{
    pthread_rwlock_rdlock(&lock);
    CHECK(value >= 0);
    pthread_rwlock_unlock(&lock);
}

/* Knows of all that the readers did so far. */
RACY static void write_with(void)
{
    pthread_rwlock_wrlock(&lock);
    value++;
    pthread_rwlock_unlock(&lock);
}

RACY static void learn_only(void)
{
    pthread_rwlock_wrlock(&lock);
    pthread_rwlock_unlock(&lock);
}

RACY static void write_without(void)
{
    value = 3;
}

static void read_often(void)
{
    for (int i = 0; i < 100; i++)
        read_long();
}

/* Stages: odd ones are reached by the reader, even ones by the writer. */
static void *reader(void *unused)
{
    for (int stage = 1; stage <= 5; stage += 2) {
        read_often();
        /* Released, but to nobody. */
        pthread_mutex_lock(&own);
        pthread_mutex_unlock(&own);
        reach(stage);
        await(stage + 1);
    }
    return unused;
}

static void *writer(void *unused)
{
    await(1);
    write_with();
    read_long();
    reach(2);
    await(3);
    learn_only();
    reach(4);
    await(5);
    write_without();
    reach(6);
    return unused;
}

int main(void)
{
    pthread_t threads[2];

    CHECK(pthread_create(&threads[0], NULL, reader, NULL) == 0);
    CHECK(pthread_create(&threads[1], NULL, writer, NULL) == 0);
    CHECK(pthread_join(threads[0], NULL) == 0);
    CHECK(pthread_join(threads[1], NULL) == 0);
    return 0;
}
