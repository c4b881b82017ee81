/*
 * A total that is changed under its mutex by two threads many times, and once by a third after it
 * has let go of the mutex: in this run nobody came between.
 *
 * Expected: one inconsistent-locking; the guard is `lock`.
 */
#include "race.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total, counted[2], turn;

static void add(int number)
{
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&lock);
        total++; /* @add */
        pthread_mutex_unlock(&lock);
    }
    pass(&counted[number]);
}

static void *first(void *unused)
{
    (void)unused;
    add(0);
    return NULL;
}

static void *second(void *unused)
{
    (void)unused;
    add(1);
    return NULL;
}

static void *reset(void *unused)
{
    (void)unused;
    await_pass(&counted[0]);
    await_pass(&counted[1]);
    pthread_mutex_lock(&lock);
    turn++;
    pthread_mutex_unlock(&lock);
    total = 0; /* @reset */
    return NULL;
}

int main(void)
{
    pthread_t third = start_thread(reset, NULL);

    run_both(first, second);
    finish_thread(third);
    printf("%d\n", total);
    return 0;
}
