/*
 * All but one of the places that change the balance hold the account's mutex.
 *
 * Expected: one data-race of deposit(), which holds account.mutex, and subtract(), which does not;
 * the guard is account.mutex, held by all but 3 writes.
 */
#include "race.h"

static struct {
    pthread_mutex_t mutex;
    long number, balance;
} account = {.mutex = PTHREAD_MUTEX_INITIALIZER, .number = 17};

static int corrected;

static void *deposit(void *unused)
{
    (void)unused;
    await_pass(&corrected);
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&account.mutex);
        account.balance++; /* @deposit */
        pthread_mutex_unlock(&account.mutex);
    }
    return NULL;
}

static __attribute__((noinline)) void subtract(void)
{
    account.balance--; /* @correct */
}

static void *correct(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&account.mutex);
        account.balance++; /* @regular */
        pthread_mutex_unlock(&account.mutex);
    }
    for (int i = 0; i < 3; i++)
        subtract();
    pass(&corrected);
    return NULL;
}

int main(void)
{
    run_both(deposit, correct);
    puts("balanced");
    return 0;
}
