/*
 * An object is filled with a pattern, as debugging allocators do, and its mutex is never
 * initialized. The C library refuses it; nobody looks.
 *
 * Expected: use-after-destroy (used before it was initialized) at the lock and at the unlock.
 */
#include "handshake.h"

struct account {
    pthread_mutex_t lock;
    int money;
};

static struct account *open_account(void)
{
    struct account *account = malloc(sizeof(*account));

    memset(account, 0xa5, sizeof(*account));
    account->money = 0;
    return account;
}

static void *pay(void *data)
{
    struct account *account = data;

    pthread_mutex_lock(&account->lock); /* @lock */
    account->money++;
    pthread_mutex_unlock(&account->lock); /* @unlock */
    return NULL;
}

int main(void)
{
    struct account *account = open_account();

    finish_thread(start_thread(pay, account));
    printf("paid %d\n", account->money);
    free(account);
    return 0;
}
