/*
 * Two threads count in one variable. Without a lock counts get lost; FIXED has one.
 *
 * Expected: one data-race of two writes to `hits`; with FIXED nothing.
 */
#include "race.h"

static int hits;
#ifdef FIXED
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
#endif

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++) {
#ifdef FIXED
        pthread_mutex_lock(&lock);
#endif
        hits++; /* @count */
#ifdef FIXED
        pthread_mutex_unlock(&lock);
#endif
    }
    return NULL;
}

int main(void)
{
    run_both(count, count);
    puts(hits >= 1000 ? "counted" : "lost");
    return 0;
}
