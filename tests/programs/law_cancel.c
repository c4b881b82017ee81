/*
 * A thread cancelled inside pthread_cond_wait finds the mutex held in its cleanup handler; one
 * cancelled in sem_wait or pthread_join has changed nothing. Functions that are no cancellation
 * points are not made into ones. A thread that allows it anywhere is cancelled in a bare futex too,
 * and leaves nothing locked that others need.
 */
#include <linux/futex.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static pthread_t sleeper;
static int stage, cleaned_up;

static const struct timespec far = {4000000000L, 0}, past = {1, 0};

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

static mtx_t c11_mutex;
static cnd_t c11_condition;

static void unlock_c11_in_cleanup(void *unused)
{
    (void)unused;
    CHECK(mtx_unlock(&c11_mutex) == thrd_success);
    cleaned_up++;
}

static void *wait_c11_condition(void *argument)
{
    mtx_lock(&c11_mutex);
    pthread_cleanup_push(unlock_c11_in_cleanup, NULL);
    reach_stage(&stage, 1);
    for (;;) {
        if (argument)
            cnd_timedwait(&c11_condition, &c11_mutex, &far);
        else
            cnd_wait(&c11_condition, &c11_mutex);
    }
    pthread_cleanup_pop(0);
    return NULL;
}

/* ---- what is no cancellation point, with a cancellation that is pending ---- */

static void *nothing(void *unused)
{
    return unused;
}

static int c11_nothing(void *unused)
{
    return unused != NULL;
}

static void no_routine(void)
{
}

static void try_mutex(void)
{
    pthread_mutex_t own;

    CHECK(pthread_mutex_init(&own, NULL) == 0);
    CHECK(pthread_mutex_lock(&own) == 0);
    CHECK(pthread_mutex_trylock(&own) != 0);
    CHECK(pthread_mutex_timedlock(&own, &past) != 0);
    CHECK(pthread_mutex_clocklock(&own, CLOCK_MONOTONIC, &past) != 0);
    CHECK(pthread_mutex_unlock(&own) == 0);
    CHECK(pthread_mutex_destroy(&own) == 0);
}

static void try_rwlock(void)
{
    pthread_rwlock_t own;

    CHECK(pthread_rwlock_init(&own, NULL) == 0);
    CHECK(pthread_rwlock_rdlock(&own) == 0);
    CHECK(pthread_rwlock_trywrlock(&own) != 0);
    CHECK(pthread_rwlock_timedwrlock(&own, &past) != 0);
    CHECK(pthread_rwlock_clockwrlock(&own, CLOCK_MONOTONIC, &past) != 0);
    CHECK(pthread_rwlock_unlock(&own) == 0);
    CHECK(pthread_rwlock_wrlock(&own) == 0);
    CHECK(pthread_rwlock_tryrdlock(&own) != 0);
    CHECK(pthread_rwlock_unlock(&own) == 0);
    CHECK(pthread_rwlock_timedrdlock(&own, &past) == 0);
    CHECK(pthread_rwlock_clockrdlock(&own, CLOCK_MONOTONIC, &past) == 0);
    CHECK(pthread_rwlock_unlock(&own) == 0);
    CHECK(pthread_rwlock_unlock(&own) == 0);
    CHECK(pthread_rwlock_destroy(&own) == 0);
}

static void try_spinlock(void)
{
    pthread_spinlock_t own;

    CHECK(pthread_spin_init(&own, PTHREAD_PROCESS_PRIVATE) == 0);
    CHECK(pthread_spin_lock(&own) == 0);
    CHECK(pthread_spin_trylock(&own) != 0);
    CHECK(pthread_spin_unlock(&own) == 0);
    CHECK(pthread_spin_destroy(&own) == 0);
}

static void try_condition(void)
{
    pthread_cond_t own;

    CHECK(pthread_cond_init(&own, NULL) == 0);
    CHECK(pthread_cond_signal(&own) == 0);
    CHECK(pthread_cond_broadcast(&own) == 0);
    CHECK(pthread_cond_destroy(&own) == 0);
}

static void try_semaphore(void)
{
    sem_t own;

    CHECK(sem_init(&own, 0, 0) == 0);
    CHECK(sem_post(&own) == 0);
    CHECK(sem_trywait(&own) == 0);
    CHECK(sem_destroy(&own) == 0);
}

static void try_barrier(void)
{
    pthread_barrier_t own;

    CHECK(pthread_barrier_init(&own, NULL, 1) == 0);
    CHECK(pthread_barrier_wait(&own) == PTHREAD_BARRIER_SERIAL_THREAD);
    CHECK(pthread_barrier_destroy(&own) == 0);
}

static void try_once(void)
{
    pthread_once_t own = PTHREAD_ONCE_INIT;
    once_flag flag = ONCE_FLAG_INIT;

    CHECK(pthread_once(&own, no_routine) == 0);
    call_once(&flag, no_routine);
}

static void try_c11(void)
{
    mtx_t own;
    cnd_t condition_of_own;

    CHECK(mtx_init(&own, mtx_timed) == thrd_success);
    CHECK(mtx_lock(&own) == thrd_success);
    CHECK(mtx_trylock(&own) == thrd_busy);
    CHECK(mtx_timedlock(&own, &past) == thrd_timedout);
    CHECK(mtx_unlock(&own) == thrd_success);
    mtx_destroy(&own);
    CHECK(cnd_init(&condition_of_own) == thrd_success);
    CHECK(cnd_signal(&condition_of_own) == thrd_success);
    CHECK(cnd_broadcast(&condition_of_own) == thrd_success);
    cnd_destroy(&condition_of_own);
}

static void try_threads(void)
{
    thrd_t c11_thread;

    CHECK(pthread_setname_np(pthread_self(), "cancelled") == 0);
    CHECK(pthread_detach(start_thread(nothing, NULL)) == 0);
    CHECK(thrd_create(&c11_thread, c11_nothing, NULL) == thrd_success);
    CHECK(thrd_detach(c11_thread) == thrd_success);
}

static void try_memory(void)
{
    enum { SIZE = 4096 };
    void *block = calloc(1, sizeof(pthread_mutex_t));

    CHECK(pthread_mutex_lock(block) == 0 && pthread_mutex_unlock(block) == 0);
    block = realloc(block, 1 << 20);
    CHECK(block);
    CHECK(pthread_mutex_lock(block) == 0 && pthread_mutex_unlock(block) == 0);
    free(block);
    void *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK(pthread_mutex_lock(page) == 0 && pthread_mutex_unlock(page) == 0);
    CHECK(munmap(page, SIZE) == 0);
}

static void (*const tries[])(void) = {
    try_mutex,   try_rwlock, try_spinlock, try_condition, try_semaphore,
    try_barrier, try_once,   try_c11,      try_threads,   try_memory,
};

/* Each in a thread of its own: what is set up at first use is so in a call that must not end it. */
static void *try_while_cancelled(void *which)
{
    pthread_cancel(pthread_self()); /* pending from here on */
    for (int i = 0; i < 2; i++)
        tries[(long)which]();
    reach_stage(&stage, 2);
    pthread_testcancel();
    CHECK(!"reached after pthread_testcancel()");
    return NULL;
}

int main(void)
{
    int before;

    sem_init(&semaphore, 0, 0);
    CHECK(mtx_init(&c11_mutex, mtx_plain) == thrd_success);
    CHECK(cnd_init(&c11_condition) == thrd_success);
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
        for (int timed = 0; timed < 2; timed++) {
            cancel_in(wait_c11_condition, timed);
            CHECK(mtx_lock(&c11_mutex) == thrd_success);
            CHECK(mtx_unlock(&c11_mutex) == thrd_success);
        }
        cancel_in(wait_futex, 1);
        cancel_deferred_in_futex();
    }
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        stage = 0;
        CHECK(finish_thread(start_thread(try_while_cancelled, (void *)i)) == PTHREAD_CANCELED);
        CHECK(stage == 2);
    }
    CHECK(pthread_cancel(sleeper) == 0); /* still there, still joinable */
    CHECK(finish_thread(sleeper) == PTHREAD_CANCELED);
    printf("%d clean-ups\n", cleaned_up);
    return 0;
}
