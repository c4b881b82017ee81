/*
 * A signal handler takes the log's lock, and the signal comes while the queue is locked.
 *
 * Expected: one lock-order-inversion; the handler's stack leads through the signal into the place
 * that was interrupted.
 */
#include <signal.h>

#include "handshake.h"

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t log_file = PTHREAD_MUTEX_INITIALIZER;
static int turn;

static void on_signal(int number)
{
    (void)number;
    pthread_mutex_lock(&log_file); /* @handler-log */
    pthread_mutex_unlock(&log_file);
}

static void *worker(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&queue); /* @worker-queue */
    raise(SIGUSR1);
    pthread_mutex_unlock(&queue);
    reach_stage(&turn, 1);
    return NULL;
}

static void *logger(void *unused)
{
    (void)unused;
    await_stage(&turn, 1);
    pthread_mutex_lock(&log_file); /* @logger-log */
    pthread_mutex_lock(&queue);    /* @logger-queue */
    pthread_mutex_unlock(&queue);
    pthread_mutex_unlock(&log_file);
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    require(sigaction(SIGUSR1, &action, NULL), "sigaction");
    run_both(worker, logger);
    puts("logged");
    return 0;
}
