#include "lock.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#define SHORT    200u  /* spins */
#define YIELDS   100u  /* at least */
#define PATIENCE 2000u /* ms: by the clock, as a busy machine may take long for each yield */

static uint64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool lh_race_spin(struct lh_spin *spin)
{
    if (++spin->spins < SHORT) {
        __builtin_ia32_pause();
        return true;
    }
    int saved = errno;
    uint64_t now = milliseconds();
    if (spin->spins == SHORT)
        spin->since = now;
    sched_yield();
    errno = saved;
    return spin->spins < SHORT + YIELDS || now - spin->since < PATIENCE;
}

/* `*word` becomes what the lock was. */
static bool try_lock(uint32_t *lock, uint32_t *word, uint32_t add)
{
    /* Acquire pairs with the release in lh_spin_unlock(). */
    return __atomic_compare_exchange_n(lock, word, *word + add, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void wait_for(uint32_t *lock, uint32_t word)
{
    struct lh_spin spin = {0};
    uint32_t holder = word;

    for (;;) {
        if (!(word & 1) && try_lock(lock, &word, 1))
            return;
        if (word != holder) {
            /* Another one, who has all the time again. */
            holder = word;
            spin = (struct lh_spin){0};
        }
        if (!lh_race_spin(&spin) && word & 1 && try_lock(lock, &word, 2))
            return;
        word = __atomic_load_n(lock, __ATOMIC_RELAXED);
    }
}

void lh_spin_lock(uint32_t *lock)
{
    uint32_t word = __atomic_load_n(lock, __ATOMIC_RELAXED);

    if (word & 1 || !try_lock(lock, &word, 1))
        wait_for(lock, word);
}

void lh_spin_unlock(uint32_t *lock)
{
    __atomic_store_n(lock, __atomic_load_n(lock, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}
