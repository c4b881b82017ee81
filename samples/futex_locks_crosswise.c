/*
 * Locks made by hand of a futex each, as languages and libraries of their own have them: two
 * threads take two of them in opposite order. Who holds such a lock is not to be seen from outside.
 *
 * Expected: without FIXED it hangs, and that is a stall which says that it may be a deadlock; with
 * FIXED, where both take them in the same order, nothing.
 */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "handshake.h"

static unsigned salt, pepper; /* 0: free; 1: taken */
static int stage;

static void take(unsigned *word)
{
    while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0); /* @sleep */
}

static void give(unsigned *word)
{
    __atomic_store_n(word, 0, __ATOMIC_RELEASE);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void season(unsigned *first, unsigned *second)
{
    take(first);
#ifndef FIXED
    join_stage(&stage);
    await_stage(&stage, 2);
#endif
    take(second);
    give(second);
    give(first);
}

static void *cook(void *unused)
{
    for (int dish = 0; dish < 1000; dish++)
        season(&salt, &pepper);
    return unused;
}

static void *guest(void *unused)
{
    for (int dish = 0; dish < 1000; dish++)
#ifdef FIXED
        season(&salt, &pepper);
#else
        season(&pepper, &salt);
#endif
    return unused;
}

int main(void)
{
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    run_both(cook, guest);
    return stage;
}
