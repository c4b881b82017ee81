/*
 * Waits that a signal handler ends by siglongjmp(): they are over, though they never returned. Then
 * another thread waits for a mutex that the jumper held all the time: no deadlock, it
 * gets it. (That the two mutexes are taken in both orders is true.) With an argument: jumps out of
 * what changes the recorder's tables, beside threads that change them too.
 */
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static sigjmp_buf out;
static int stage;

enum { MEMORY = 1 << 20, PLACE = 64 };

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

/* Mutexes at ever new places: the tables that all threads share change all the time. */
static void use_new_mutex(char *memory, unsigned i)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)(memory + i % (MEMORY / PLACE) * PLACE);

    CHECK(pthread_mutex_init(mutex, NULL) == 0);
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    pthread_mutex_destroy(mutex);
}

static void *use_new_mutexes(void *stop)
{
    char *memory = calloc(1, MEMORY);

    CHECK(memory);
    for (unsigned i = 0; !__atomic_load_n((int *)stop, __ATOMIC_RELAXED); i++)
        use_new_mutex(memory, i);
    free(memory);
    return NULL;
}

/* Jumps out of the change of tables: others must not wait for ever for what the jumper left. */
static void jump_beside_others(void)
{
    struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    sigset_t alarms;
    pthread_t others[2];
    int stop = 0;
    char *memory = calloc(1, MEMORY);

    CHECK(memory);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    for (int i = 0; i < 2; i++)
        others[i] = start_thread(use_new_mutexes, &stop);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    static volatile unsigned n;
    for (volatile int i = 0; i < 5000; i++) {
        if (sigsetjmp(out, 1) == 0) {
            CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
            for (;;)
                use_new_mutex(memory, n++);
        }
    }
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++)
        finish_thread(others[i]);
    free(memory);
    puts("nobody waits");
}

int main(int argc, char **argv)
{
    sem_t empty;

    (void)argv;
    signal(SIGALRM, jump);
    if (argc > 1) {
        jump_beside_others();
        return 0;
    }
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
