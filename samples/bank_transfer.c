/*
 * Transfers between accounts, each of which has its own lock: first the payer's, then the payee's.
 * Somebody pays the other way round at the same time, between several pairs of accounts.
 *
 * Expected: one lock-order-inversion. The accounts are one lock class and the places are the same,
 * so the pairs are the same fault and are counted, not repeated.
 */
#include "handshake.h"

enum { ACCOUNTS = 4 };

struct account {
    long balance;
    pthread_mutex_t lock;
};

static struct account *accounts;
static int paid;

static void transfer(struct account *from, struct account *to, long amount)
{
    pthread_mutex_lock(&from->lock); /* @payer */
    pthread_mutex_lock(&to->lock);   /* @payee */
    from->balance -= amount;
    to->balance += amount;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}

static void *pay(void *unused)
{
    (void)unused;
    for (int i = 0; i + 1 < ACCOUNTS; i++)
        transfer(&accounts[i], &accounts[i + 1], 10);
    reach_stage(&paid, 1);
    return NULL;
}

static void *pay_back(void *unused)
{
    (void)unused;
    await_stage(&paid, 1);
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
        pthread_mutex_init(&accounts[i].lock, NULL); /* @birth */
    run_both(pay, pay_back);
    for (int i = 0; i < ACCOUNTS; i++)
        printf("account %d: %ld\n", i, accounts[i].balance);
    free(accounts);
    return 0;
}
