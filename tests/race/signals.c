/*
 * Handlers that access memory, post semaphores and jump out, at any moment.
 * EXPECT proven write_at_end read_at_end
 * MAY LOSE what handlers do while they interrupt the recorder; that is counted.
 */
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "pair.h"

enum { ROUNDS = 300000 };
long counts[2][64], handled, at_end;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long shared;
static sem_t sem;
static __thread sigjmp_buf back;
static __thread volatile int may_jump;

static void on_alarm(int signal)
{
    (void)signal;
    __atomic_fetch_add(&handled, 1, __ATOMIC_ACQ_REL);
    sem_post(&sem);
    if (may_jump) {
        may_jump = 0;
        siglongjmp(back, 1);
    }
}

static void work(int number)
{
    for (volatile int i = 0; i < ROUNDS; i++) {
        counts[number][i % 64]++;
        if (i % 64 == 0) {
            pthread_mutex_lock(&mutex);
            shared++;
            pthread_mutex_unlock(&mutex);
        }
        if (i % 1000 == 0 && sigsetjmp(back, 1) == 0) {
            may_jump = 1;
            for (volatile int j = 0; j < 2000; j++)
                counts[number][j % 64]++;
        }
        may_jump = 0;
    }
}

/*
 * What handlers do to `handled` orders the threads: one that this thread ran after its write, and
 * the other one before its read. So it runs none from here on, and lives until both are done.
 */
static void handle_no_more(void)
{
    sigset_t all;

    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
}

RACY static void write_at_end(void)
{
    at_end = 1;
}

RACY static void read_at_end(void)
{
    CHECK(at_end >= 0);
}

static void first(void)
{
    work(0);
    handle_no_more();
    write_at_end();
}

static void second(void)
{
    work(1);
    read_at_end();
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};

    sem_init(&sem, 0, 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    pair(first, second);
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(__atomic_load_n(&handled, __ATOMIC_ACQUIRE) > 0);
    return 0;
}
