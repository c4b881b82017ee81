/* Exercises of the C11 functions. */
#include <threads.h>

#include "exercise.h"

static mtx_t mutex;
static cnd_t condition;
static int ready;

static void init_mutex(int type)
{
    CHECK(mtx_init(&mutex, type) == thrd_success);
}

EXERCISE(mtx_init, "lock-born c11-mutex 1, lock-init c11-mutex 1")
{
    init_mutex(mtx_plain | mtx_recursive);
    CHECK(mtx_lock(&mutex) == thrd_success);
    CHECK(mtx_lock(&mutex) == thrd_success);
}

EXERCISE(mtx_destroy, "lock-ended c11-mutex 1, lock-end c11-mutex 1")
{
    init_mutex(mtx_plain);
    mtx_destroy(&mutex);
}

EXERCISE(mtx_lock, "acquire c11-mutex 1")
{
    init_mutex(mtx_plain);
    CHECK(mtx_lock(&mutex) == thrd_success);
    CHECK(mtx_trylock(&mutex) == thrd_busy);
    mtx_unlock(&mutex);
}

EXERCISE(mtx_trylock, "acquire c11-mutex 1, try-failed c11-mutex 1")
{
    init_mutex(mtx_plain);
    CHECK(mtx_trylock(&mutex) == thrd_success);
    CHECK(mtx_trylock(&mutex) == thrd_busy);
    mtx_unlock(&mutex);
}

EXERCISE(mtx_timedlock, "acquire c11-mutex 1, try-failed c11-mutex 1")
{
    struct timespec soon = exercise_soon(CLOCK_REALTIME), past = exercise_past();

    init_mutex(mtx_timed);
    CHECK(mtx_timedlock(&mutex, &soon) == thrd_success);
    CHECK(mtx_timedlock(&mutex, &past) == thrd_timedout);
    mtx_unlock(&mutex);
}

EXERCISE(mtx_unlock, "release c11-mutex 1")
{
    init_mutex(mtx_plain);
    mtx_lock(&mutex);
    CHECK(mtx_unlock(&mutex) == thrd_success);
    CHECK(mtx_trylock(&mutex) == thrd_success);
}

EXERCISE(cnd_init, "lock-born c11-cond 1, lock-init c11-cond 1")
{
    CHECK(cnd_init(&condition) == thrd_success);
}

EXERCISE(cnd_destroy, "lock-ended c11-cond 1, lock-end c11-cond 1")
{
    CHECK(cnd_init(&condition) == thrd_success);
    cnd_destroy(&condition);
}

static int signal_once(void *broadcast)
{
    mtx_lock(&mutex);
    ready = 1;
    CHECK((broadcast ? cnd_broadcast(&condition) : cnd_signal(&condition)) == thrd_success);
    mtx_unlock(&mutex);
    return 0;
}

static int wait_untimed(void)
{
    return cnd_wait(&condition, &mutex);
}

static int wait_timed(void)
{
    struct timespec soon = exercise_soon(CLOCK_REALTIME);

    return cnd_timedwait(&condition, &mutex, &soon);
}

static void be_woken(int (*wait)(void), void *broadcast)
{
    thrd_t thread;

    init_mutex(mtx_plain);
    CHECK(cnd_init(&condition) == thrd_success);
    mtx_lock(&mutex);
    CHECK(thrd_create(&thread, signal_once, broadcast) == thrd_success);
    while (!ready)
        CHECK(wait() == thrd_success);
    mtx_unlock(&mutex);
    CHECK(thrd_join(thread, NULL) == thrd_success);
}

EXERCISE(cnd_wait, "cond-wait c11-cond 1, cond-wake c11-cond 1")
{
    be_woken(wait_untimed, NULL);
}

EXERCISE(cnd_timedwait, "cond-wait c11-cond 2, cond-wake c11-cond 2")
{
    struct timespec past = exercise_past();

    be_woken(wait_timed, NULL);
    mtx_lock(&mutex);
    CHECK(cnd_timedwait(&condition, &mutex, &past) == thrd_timedout);
    mtx_unlock(&mutex);
}

EXERCISE(cnd_signal, "cond-signal c11-cond 1")
{
    be_woken(wait_untimed, NULL);
}

EXERCISE(cnd_broadcast, "cond-broadcast c11-cond 1")
{
    be_woken(wait_untimed, &mutex);
}

static int answer(void *unused)
{
    (void)unused;
    return 12;
}

EXERCISE(thrd_create, "thread-create thread 1, thread-start thread 1, thread-start - 1")
{
    thrd_t thread;
    int result = 0;

    CHECK(thrd_create(&thread, answer, NULL) == thrd_success);
    CHECK(thrd_join(thread, &result) == thrd_success && result == 12);
}

EXERCISE(thrd_join, "thread-join thread 1")
{
    thrd_t thread;
    int result = 0;

    CHECK(thrd_create(&thread, answer, NULL) == thrd_success);
    CHECK(thrd_join(thread, &result) == thrd_success && result == 12);
}

EXERCISE(thrd_detach, "")
{
    thrd_t thread;

    CHECK(thrd_create(&thread, answer, NULL) == thrd_success);
    CHECK(thrd_detach(thread) == thrd_success);
}

static int leave_early(void *unused)
{
    (void)unused;
    thrd_exit(13);
}

EXERCISE(thrd_exit, "thread-end - 2")
{
    thrd_t thread;
    int result = 0;

    CHECK(thrd_create(&thread, leave_early, NULL) == thrd_success);
    CHECK(thrd_join(thread, &result) == thrd_success && result == 13);
}

static int calls;

static void count_call(void)
{
    calls++;
}

EXERCISE(call_once, "acquire once 1, release once 1")
{
    static once_flag flag = ONCE_FLAG_INIT;

    for (int i = 0; i < 3; i++)
        call_once(&flag, count_call);
    CHECK(calls == 1);
}
