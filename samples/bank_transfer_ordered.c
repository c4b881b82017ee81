/*
 * bank_transfer, put right: the lock with the lower address is taken first, whoever pays.
 *
 * Expected: nothing.
 */
#include "handshake.h"

enum { ACCOUNTS = 4 };

struct account {
    long balance;
    pthread_mutex_t lock;
};

static struct account *accounts;

static void transfer(struct account *from, struct account *to, long amount)
{
    struct account *low = from < to ? from : to;
    struct account *high = from < to ? to : from;

    pthread_mutex_lock(&low->lock);
    pthread_mutex_lock(&high->lock);
    from->balance -= amount;
    to->balance += amount;
    pthread_mutex_unlock(&high->lock);
    pthread_mutex_unlock(&low->lock);
}

static void *pay(void *unused)
{
    (void)unused;
    for (int i = 0; i + 1 < ACCOUNTS; i++)
        transfer(&accounts[i], &accounts[i + 1], 10);
    return NULL;
}

static void *pay_back(void *unused)
{
    (void)unused;
    for (int i = ACCOUNTS - 1; i > 0; i--)
        transfer(&accounts[i], &accounts[i - 1], 10);
    return NULL;
}

int main(void)
{
    accounts = calloc(ACCOUNTS, sizeof(*accounts));
    if (!accounts)
        return 2;
    for (int i = 0; i < ACCOUNTS; i++)
        pthread_mutex_init(&accounts[i].lock, NULL);
    run_both(pay, pay_back);
    for (int i = 0; i < ACCOUNTS; i++)
        printf("account %d: %ld\n", i, accounts[i].balance);
    free(accounts);
    return 0;
}
