/*
 * Signals land wherever they like in two threads that use locks without pause; the handlers use
 * locks of their own and post a semaphore. Interrupted waits return as they would.
 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

enum { SIGNALS = 2000, WORKERS = 2 };

static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t in_handler = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static sem_t handled;
static int stop;
static long under_lock, in_handlers;

static void handler(int number)
{
    int saved = errno;

    (void)number;
    pthread_mutex_lock(&in_handler); /* nothing but handlers takes it, and they do not nest */
    in_handlers++;
    pthread_mutex_unlock(&in_handler);
    sem_post(&handled);
    errno = saved;
}

static void *work(void *unused)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&shared);
        pthread_rwlock_rdlock(&table);
        under_lock++;
        pthread_rwlock_unlock(&table);
        pthread_mutex_unlock(&shared);
    }
    return unused;
}

static void catch_signal(int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigfillset(&action.sa_mask);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
}

/* One signal at a time, so that none is merged with another. */
static void send_signals(pthread_t *workers)
{
    for (int i = 0; i < SIGNALS; i++) {
        CHECK(pthread_kill(workers[i % WORKERS], SIGUSR1) == 0);
        while (sem_wait(&handled) != 0)
            CHECK(errno == EINTR);
    }
}

static pthread_t interrupted;
static int waiting;

static void *interrupt(void *unused)
{
    await_stage(&waiting, 1);
    while (__atomic_load_n(&waiting, __ATOMIC_ACQUIRE) == 1) {
        pthread_kill(interrupted, SIGUSR1);
        usleep(100);
    }
    return unused;
}

static void wait_until_interrupted(void)
{
    sem_t never;
    pthread_t thread;

    sem_init(&never, 0, 0);
    interrupted = pthread_self();
    thread = start_thread(interrupt, NULL);
    reach_stage(&waiting, 1);
    errno = 0;
    CHECK(sem_wait(&never) == -1 && errno == EINTR);
    reach_stage(&waiting, 2);
    finish_thread(thread);
    sem_destroy(&never);
}

int main(void)
{
    pthread_t workers[WORKERS];

    sem_init(&handled, 0, 0);
    catch_signal(SA_RESTART);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_thread(work, NULL);
    send_signals(workers);
    reach_stage(&stop, 1);
    for (int i = 0; i < WORKERS; i++)
        finish_thread(workers[i]);
    CHECK(under_lock > 0);
    printf("%ld signals\n", in_handlers);
    catch_signal(0);
    wait_until_interrupted();
    puts("interrupted");
    return 0;
}
