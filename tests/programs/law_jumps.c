/*
 * Waits that a signal handler ends by siglongjmp(): they are over, though they never returned. Then
 * another thread waits for a mutex that the jumper held all the time: no deadlock, it
 * gets it. (That the two mutexes are taken in both orders is true.)
 */
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static sigjmp_buf out;
static int stage;

static void jump(int signal)
{
    (void)signal;
    siglongjmp(out, 1);
}

static void jump_soon(void)
{
    struct itimerval soon = {{0, 0}, {0, 20000}};

    CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
}

/* It holds what the jumper gave up to wait for, and then waits for what that one holds. */
static void *wait_for_jumper(void *unused)
{
    sigset_t alarms;

    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    pthread_mutex_lock(&second);
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    pthread_mutex_lock(&first);
    pthread_mutex_unlock(&first);
    pthread_mutex_unlock(&second);
    return unused;
}

/*
 * Jumps out of the middle of wrappers that do not wait: the thread must be recorded all the same.
 * The first calls come undisturbed: a jump out of the midst of a record's writing ends the
 * recording.
 */
static void jump_in_between(sem_t *empty)
{
    struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};

    for (volatile int i = 0; i < 3000; i++) {
        if (sigsetjmp(out, 1) == 0) {
            for (unsigned call = 0;; call++) {
                if (call == (i == 0 ? 100 : 0))
                    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
                sem_trywait(empty);
            }
        }
    }
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
}

int main(void)
{
    sem_t empty;

    signal(SIGALRM, jump);
    sem_init(&empty, 0, 0);
    for (volatile int i = 0; i < 10; i++) {
        if (sigsetjmp(out, 1) == 0) {
            jump_soon();
            sem_wait(&empty);
        }
    }
    jump_in_between(&empty);
    pthread_t waiter = start_thread(wait_for_jumper, NULL);
    await_stage(&stage, 1);
    pthread_mutex_lock(&first);
    if (sigsetjmp(out, 1) == 0) {
        jump_soon();
        pthread_mutex_lock(&second);
    }
    reach_stage(&stage, 2);
    /* Longer than any moment of grace. */
    sleep(1);
    pthread_mutex_unlock(&first);
    finish_thread(waiter);
    puts("done");
    return 0;
}
