/*
 * A withdrawal looks at the balance before it takes the lock. FIXED looks under the lock.
 *
 * Expected: one data-race of the unlocked look and the locked change; with FIXED nothing.
 */
#include "race.h"

static struct account {
    pthread_mutex_t mutex;
    int balance;
} account = {.mutex = PTHREAD_MUTEX_INITIALIZER, .balance = 100};

static void *withdraw(void *unused)
{
    (void)unused;
#ifdef FIXED
    pthread_mutex_lock(&account.mutex);
    if (account.balance >= 60)
        account.balance -= 60;
    pthread_mutex_unlock(&account.mutex);
#else
    if (account.balance >= 60) { /* @check */
        pthread_mutex_lock(&account.mutex);
        account.balance -= 60; /* @act */
        pthread_mutex_unlock(&account.mutex);
    }
#endif
    return NULL;
}

int main(void)
{
    run_both(withdraw, withdraw);
    puts("paid");
    return 0;
}
