/*
 * A counter that is added to atomically, and read as if it were not. FIXED reads it atomically,
 * too.
 *
 * Expected: one data-race of an atomic write and a plain read; with FIXED nothing.
 */
#include "race.h"

static long served;

static void *serve(void *unused)
{
    (void)unused;
    __atomic_fetch_add(&served, 1, __ATOMIC_RELAXED); /* @serve */
    return NULL;
}

static void *show(void *to)
{
#ifdef FIXED
    *(long *)to = __atomic_load_n(&served, __ATOMIC_RELAXED);
#else
    *(long *)to = served; /* @show */
#endif
    return NULL;
}

int main(void)
{
    long shown = 0;
    pthread_t server = start_thread(serve, NULL), shower = start_thread(show, &shown);

    finish_thread(server);
    finish_thread(shower);
    puts(shown <= 1 ? "shown" : "wrong");
    return 0;
}
