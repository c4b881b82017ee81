/*
 * A cache counts its hits while it holds the rwlock for reading, as others do at the same time.
 * FIXED takes it for writing.
 *
 * Expected: one data-race of two writes under the reading side; with FIXED nothing.
 */
#include "race.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int hits;

static void *look_up(void *unused)
{
    (void)unused;
#ifdef FIXED
    pthread_rwlock_wrlock(&lock);
#else
    pthread_rwlock_rdlock(&lock);
#endif
    hits++; /* @hit */
    pthread_rwlock_unlock(&lock);
    return NULL;
}

int main(void)
{
    run_both(look_up, look_up);
    puts("looked up");
    return 0;
}
