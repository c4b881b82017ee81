/*
 * Two threads count in one variable. Without a lock counts get lost; FIXED has one.
 *
 * Expected: one data-race of two writes to `hits`; with FIXED nothing.
 */
#include "race.h"

static int hits;

#ifdef FIXED
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void hit(void)
{
    pthread_mutex_lock(&lock);
    hits++;
    pthread_mutex_unlock(&lock);
}
#else
static __attribute__((noinline)) void hit(void)
{
    hits++; /* @count */
}
#endif

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++)
        hit();
    return NULL;
}

int main(void)
{
    run_both(count, count);
    puts(hits >= 1000 ? "counted" : "lost");
    return 0;
}
