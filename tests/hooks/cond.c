/* Exercises of the functions of conditions, barriers and once. */
#include "exercise.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int ready;

static void expect_free_and_signal(void *unused)
{
    (void)unused;
    /* The wait has released the mutex, or this would wait for ever. */
    pthread_mutex_lock(&mutex);
    ready = 1;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
}

static void *signal_in_thread(void *unused)
{
    expect_free_and_signal(unused);
    return NULL;
}

static void expect_busy(void *unused)
{
    (void)unused;
    CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
}

/* Wait for a signal that a thread sends once the wait has begun. */
static void be_woken(int (*wait)(void))
{
    pthread_t thread;

    pthread_mutex_lock(&mutex);
    CHECK(pthread_create(&thread, NULL, signal_in_thread, NULL) == 0);
    while (!ready)
        CHECK(wait() == 0);
    exercise_in_thread(expect_busy, NULL);
    pthread_mutex_unlock(&mutex);
    CHECK(pthread_join(thread, NULL) == 0);
}

static int wait_untimed(void)
{
    return pthread_cond_wait(&condition, &mutex);
}

static int wait_timed(void)
{
    struct timespec soon = exercise_soon(CLOCK_REALTIME);

    return pthread_cond_timedwait(&condition, &mutex, &soon);
}

static int wait_clock(void)
{
    struct timespec soon = exercise_soon(CLOCK_MONOTONIC);

    return pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &soon);
}

EXERCISE(pthread_cond_init, "lock-born cond 1, lock-init cond 1")
{
    pthread_cond_t fresh;

    CHECK(pthread_cond_init(&fresh, NULL) == 0);
}

EXERCISE(pthread_cond_destroy, "lock-ended cond 1, lock-end cond 1")
{
    static pthread_cond_t fresh;

    pthread_cond_init(&fresh, NULL);
    CHECK(pthread_cond_destroy(&fresh) == 0);
}

EXERCISE(pthread_cond_wait, "cond-wait cond 1, cond-wake cond 1")
{
    be_woken(wait_untimed);
}

EXERCISE(pthread_cond_timedwait, "cond-wait cond 2, cond-wake cond 2")
{
    struct timespec past = exercise_past();

    pthread_mutex_lock(&mutex);
    CHECK(pthread_cond_timedwait(&condition, &mutex, &past) == ETIMEDOUT);
    exercise_in_thread(expect_busy, NULL);
    pthread_mutex_unlock(&mutex);
    be_woken(wait_timed);
}

EXERCISE(pthread_cond_clockwait, "cond-wait cond 2, cond-wake cond 2")
{
    struct timespec past = exercise_past();

    pthread_mutex_lock(&mutex);
    CHECK(pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &past) == ETIMEDOUT);
    exercise_in_thread(expect_busy, NULL);
    pthread_mutex_unlock(&mutex);
    be_woken(wait_clock);
}

EXERCISE(pthread_cond_signal, "cond-signal cond 2")
{
    CHECK(pthread_cond_signal(&condition) == 0);
    be_woken(wait_untimed);
}

static int waiting;

static void *wait_for_ready(void *unused)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    while (!ready)
        pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

/* Both threads wait, as each has counted itself under the mutex and only the wait releases it. */
static int both_wait(void)
{
    int both;

    pthread_mutex_lock(&mutex);
    both = waiting == 2;
    pthread_mutex_unlock(&mutex);
    return both;
}

EXERCISE(pthread_cond_broadcast, "cond-broadcast cond 1")
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_for_ready, NULL) == 0);
    while (!both_wait())
        ;
    pthread_mutex_lock(&mutex);
    ready = 1;
    CHECK(pthread_cond_broadcast(&condition) == 0);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

static pthread_barrier_t barrier;

EXERCISE(pthread_barrier_init, "lock-born barrier 1, lock-init barrier 1")
{
    CHECK(pthread_barrier_init(&barrier, NULL, 0) == EINVAL);
    CHECK(pthread_barrier_init(&barrier, NULL, 1) == 0);
}

EXERCISE(pthread_barrier_destroy, "lock-ended barrier 1, lock-end barrier 1")
{
    pthread_barrier_init(&barrier, NULL, 1);
    CHECK(pthread_barrier_destroy(&barrier) == 0);
}

static void *arrive(void *unused)
{
    (void)unused;
    return pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD ? &barrier : NULL;
}

EXERCISE(pthread_barrier_wait, "barrier-arrive barrier 2, barrier-leave barrier 2")
{
    pthread_t threads[2];
    int serial = 0;

    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, arrive, NULL) == 0);
    for (int i = 0; i < 2; i++) {
        void *result;

        CHECK(pthread_join(threads[i], &result) == 0);
        serial += result != NULL;
    }
    CHECK(serial == 1);
}

static int calls;

static void count_call(void)
{
    calls++;
}

EXERCISE(pthread_once, "acquire once 1, release once 1")
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    for (int i = 0; i < 3; i++)
        CHECK(pthread_once(&once, count_call) == 0);
    CHECK(calls == 1);
}
