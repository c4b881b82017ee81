/*
 * Conditions as POSIX allows them to be used: destroyed right after the broadcast, while the
 * waiters are still on their way out. A wait that is refused leaves nothing held. And a mutex that
 * one thread locks below dl_iterate_phdr(), and another holds while it takes others.
 */
#include <errno.h>
#include <link.h>

#include "check.h"

enum { WAITERS = 3 };

struct gate {
    pthread_cond_t opened;
    int waiting, open;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int stop;

static void *wait_at(void *argument)
{
    struct gate *gate = argument;

    pthread_mutex_lock(&mutex);
    gate->waiting++;
    while (!gate->open)
        pthread_cond_wait(&gate->opened, &mutex);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void open_gate(struct gate *gate)
{
    for (;;) {
        pthread_mutex_lock(&mutex);
        if (gate->waiting == WAITERS)
            break;
        pthread_mutex_unlock(&mutex);
        sched_yield();
    }
    gate->open = 1;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&mutex);
    CHECK(pthread_cond_destroy(&gate->opened) == 0);
}

static void destroy_after_broadcast(void)
{
    pthread_t waiters[WAITERS];

    for (int round = 0; round < 500; round++) {
        struct gate *gate = calloc(1, sizeof(*gate));
        CHECK(gate && pthread_cond_init(&gate->opened, NULL) == 0);
        for (int i = 0; i < WAITERS; i++)
            waiters[i] = start_thread(wait_at, gate);
        open_gate(gate);
        for (int i = 0; i < WAITERS; i++)
            finish_thread(waiters[i]);
        free(gate);
    }
}

static void *wait_without_mutex(void *argument)
{
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

    CHECK(pthread_cond_wait(&cond, argument) == EPERM);
    return NULL;
}

static void refused_wait(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t checked;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked, &attributes);
    finish_thread(start_thread(wait_without_mutex, &checked));
    pthread_mutex_destroy(&checked);
}

static int lock_in_callback(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info;
    (void)size;
    (void)data;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return 0;
}

static void *list_modules(void *unused)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
        dl_iterate_phdr(lock_in_callback, NULL);
    return unused;
}

/* A stack of its own for each path. */
static __attribute__((noinline)) void lock_deep(unsigned path, int depth)
{
    if (depth > 0 && path % 2)
        lock_deep(path / 2, depth - 1);
    else if (depth > 0)
        lock_deep(path / 2, depth - 1);
    if (depth == 0) {
        pthread_mutex_t local = PTHREAD_MUTEX_INITIALIZER;
        pthread_mutex_lock(&local);
        pthread_mutex_unlock(&local);
    }
    __asm__ volatile("");
}

static void locks_below_the_loader(void)
{
    pthread_t thread = start_thread(list_modules, NULL);

    for (unsigned path = 0; path < 1024; path++) {
        pthread_mutex_lock(&mutex);
        lock_deep(path, 10);
        pthread_mutex_unlock(&mutex);
    }
    reach_stage(&stop, 1);
    finish_thread(thread);
}

int main(void)
{
    destroy_after_broadcast();
    refused_wait();
    locks_below_the_loader();
    puts("done");
    return 0;
}
