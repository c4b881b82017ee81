/*
 * pthread_once() as a lock: whoever comes while the routine runs waits for its end. The routine
 * takes the table; elsewhere the call is made with the table held.
 *
 * Expected: one lock-order-inversion between the once control and the table.
 */
#include "handshake.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static int turn;

static void fill_table(void)
{
    pthread_mutex_lock(&table); /* @fill-table */
    pthread_mutex_unlock(&table);
}

static void *starter(void *unused)
{
    (void)unused;
    pthread_once(&once, fill_table); /* @starter-once */
    reach_stage(&turn, 1);
    return NULL;
}

static void *reader(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    pthread_mutex_lock(&table);      /* @reader-table */
    pthread_once(&once, fill_table); /* @reader-once */
    pthread_mutex_unlock(&table);
    return NULL;
}

int main(void)
{
    run_both(starter, reader);
    puts("read");
    return 0;
}
