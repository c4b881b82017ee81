/*
 * One thread spins on a flag until another has done its work. `volatile` is no order; ATOMIC uses a
 * release store and an acquire load.
 *
 * Expected: two data-races, of the flag and of the result; with ATOMIC nothing.
 */
#include "race.h"

static int answer;
#ifdef ATOMIC
static int ready;
#else
static volatile int ready;
#endif

static void *work(void *unused)
{
    (void)unused;
    answer = 42; /* @work */
#ifdef ATOMIC
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
#else
    ready = 1;    /* @tell */
#endif
    return NULL;
}

static int is_ready(void)
{
#ifdef ATOMIC
    return __atomic_load_n(&ready, __ATOMIC_ACQUIRE);
#else
    return ready; /* @spin */
#endif
}

static void *use(void *result)
{
    while (!is_ready())
        sched_yield();
    *(int *)result = answer; /* @use */
    return NULL;
}

int main(void)
{
    int result = 0;
    pthread_t user = start_thread(use, &result), worker = start_thread(work, NULL);

    finish_thread(user);
    finish_thread(worker);
    printf("%d\n", result);
    return 0;
}
