/*
 * Several threads walk down a list hand over hand: each takes the next node's lock and only then
 * releases the one before. The order is the list's for all of them.
 *
 * Expected: nothing, not even filtered.
 */
#include "handshake.h"

#define NODES   20
#define WALKERS 3

static pthread_mutex_t nodes[NODES];

static void *walk(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&nodes[0]);
    for (int i = 1; i < NODES; i++) {
        pthread_mutex_lock(&nodes[i]);
        pthread_mutex_unlock(&nodes[i - 1]);
    }
    pthread_mutex_unlock(&nodes[NODES - 1]);
    return NULL;
}

int main(void)
{
    pthread_t walkers[WALKERS];

    for (int i = 0; i < NODES; i++)
        require(pthread_mutex_init(&nodes[i], NULL), "pthread_mutex_init");
    for (int i = 0; i < WALKERS; i++)
        walkers[i] = start_thread(walk, NULL);
    for (int i = 0; i < WALKERS; i++)
        finish_thread(walkers[i]);
    puts("walked");
    return 0;
}
