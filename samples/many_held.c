/*
 * A thread that holds 300 locks at once, and another one that takes the last of them and then the
 * first. There is no limit on how many locks a thread may hold.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

enum { SHELVES = 300 };

static pthread_mutex_t shelves[SHELVES];
static int counted;

static void *count_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < SHELVES; i++)
        pthread_mutex_lock(&shelves[i]); /* @count */
    for (int i = SHELVES - 1; i >= 0; i--)
        pthread_mutex_unlock(&shelves[i]);
    reach_stage(&counted, 1);
    return NULL;
}

static void *move_book(void *unused)
{
    (void)unused;
    await_stage(&counted, 1);
    pthread_mutex_lock(&shelves[SHELVES - 1]); /* @move-last */
    pthread_mutex_lock(&shelves[0]);           /* @move-first */
    pthread_mutex_unlock(&shelves[0]);
    pthread_mutex_unlock(&shelves[SHELVES - 1]);
    return NULL;
}

int main(void)
{
    for (int i = 0; i < SHELVES; i++)
        pthread_mutex_init(&shelves[i], NULL);
    run_both(count_all, move_book);
    puts("done");
    return 0;
}
