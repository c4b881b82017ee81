/*
 * A thread cancelled inside pthread_cond_wait finds the mutex held in its cleanup handler; one
 * cancelled in sem_wait or pthread_join has changed nothing. Functions that are no cancellation
 * points are not made into ones. A thread that allows it anywhere is cancelled in a bare futex too,
 * and leaves nothing locked that others need.
 */
#include <linux/futex.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static pthread_t sleeper;
static int stage, cleaned_up;

static const struct timespec far = {4000000000L, 0};

static void unlock_in_cleanup(void *unused)
{
    (void)unused;
    CHECK(pthread_mutex_unlock(&mutex) == 0); /* it is ours: the mutex checks that */
    cleaned_up++;
}

static void *wait_condition(void *argument)
{
    int timed = (int)(long)argument;

    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock_in_cleanup, NULL);
    reach_stage(&stage, 1);
    for (;;) {
        if (timed == 0)
            pthread_cond_wait(&condition, &mutex);
        else if (timed == 1)
            pthread_cond_timedwait(&condition, &mutex, &far);
        else
            pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &far);
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static void note_cleanup(void *unused)
{
    (void)unused;
    cleaned_up++;
}

static void *wait_semaphore(void *argument)
{
    int timed = (int)(long)argument;

    pthread_cleanup_push(note_cleanup, NULL);
    reach_stage(&stage, 1);
    if (timed == 0)
        sem_wait(&semaphore);
    else if (timed == 1)
        sem_timedwait(&semaphore, &far);
    else
        sem_clockwait(&semaphore, CLOCK_MONOTONIC, &far);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *sleep_long(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void *wait_thread(void *argument)
{
    int timed = (int)(long)argument;

    pthread_cleanup_push(note_cleanup, NULL);
    reach_stage(&stage, 1);
    if (timed == 0)
        pthread_join(sleeper, NULL);
    else if (timed == 1)
        pthread_timedjoin_np(sleeper, NULL, &far);
    else
        pthread_clockjoin_np(sleeper, NULL, CLOCK_MONOTONIC, &far);
    pthread_cleanup_pop(0);
    return NULL;
}

static unsigned word;

static void *wait_futex(void *argument)
{
    int type = argument ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;

    pthread_cleanup_push(note_cleanup, NULL);
    CHECK(pthread_setcanceltype(type, NULL) == 0);
    reach_stage(&stage, 1);
    /* It is no cancellation point, so one that is cancelled there only otherwise must be woken. */
    do
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    while (argument);
    reach_stage(&stage, 2);
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_deferred_in_futex(void)
{
    pthread_t thread;

    stage = 0;
    thread = start_thread(wait_futex, NULL);
    await_stage(&stage, 1);
    CHECK(pthread_cancel(thread) == 0);
    while (syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0)
        sched_yield();
    CHECK(finish_thread(thread) == PTHREAD_CANCELED);
    CHECK(stage == 2);
}

/* Started and cancelled at once: the cancellation meets the wait before it, in it, or on its way.
 */
static void cancel_in(void *(*function)(void *), int timed)
{
    pthread_t thread;

    stage = 0;
    thread = start_thread(function, (void *)(long)timed);
    await_stage(&stage, 1);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(finish_thread(thread) == PTHREAD_CANCELED);
}

static void *lock_while_cancelled(void *unused)
{
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

    pthread_cancel(pthread_self()); /* pending from here on */
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&own);
        pthread_rwlock_rdlock(&table);
        sem_post(&semaphore);
        pthread_cond_signal(&condition);
        pthread_rwlock_unlock(&table);
        pthread_mutex_unlock(&own);
        CHECK(sem_trywait(&semaphore) == 0);
    }
    reach_stage(&stage, 2);
    pthread_testcancel();
    CHECK(!"reached after pthread_testcancel()");
    return unused;
}

int main(void)
{
    int before;

    sem_init(&semaphore, 0, 0);
    sleeper = start_thread(sleep_long, NULL);
    for (int round = 0; round < 20; round++) {
        for (int timed = 0; timed < 3; timed++) {
            before = cleaned_up;
            cancel_in(wait_condition, timed);
            CHECK(cleaned_up == before + 1);
            CHECK(pthread_mutex_lock(&mutex) == 0);
            CHECK(pthread_mutex_unlock(&mutex) == 0);
            cancel_in(wait_semaphore, timed);
            cancel_in(wait_thread, timed);
            CHECK(cleaned_up == before + 3);
        }
        cancel_in(wait_futex, 1);
        cancel_deferred_in_futex();
    }
    stage = 0;
    CHECK(finish_thread(start_thread(lock_while_cancelled, NULL)) == PTHREAD_CANCELED);
    CHECK(stage == 2);
    CHECK(pthread_cancel(sleeper) == 0); /* still there, still joinable */
    CHECK(finish_thread(sleeper) == PTHREAD_CANCELED);
    printf("%d clean-ups\n", cleaned_up);
    return 0;
}
