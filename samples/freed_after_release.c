/*
 * Memory that held locks goes when they are free: freed, moved, unmapped, a frame that is left. And
 * a lock that other processes share, in memory that this process unmaps while it holds it.
 *
 * Expected: nothing.
 */
#include <sys/mman.h>

#include "handshake.h"

struct session {
    pthread_mutex_t mutex;
    pthread_rwlock_t state;
};

static void use(struct session *session)
{
    pthread_mutex_lock(&session->mutex);
    pthread_rwlock_wrlock(&session->state);
    pthread_rwlock_unlock(&session->state);
    pthread_rwlock_rdlock(&session->state);
    pthread_rwlock_unlock(&session->state);
    pthread_mutex_unlock(&session->mutex);
}

static void shared_memory(void)
{
    pthread_mutex_t *mutex =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutex_lock(mutex);
    munmap(mutex, 4096);
}

static __attribute__((noinline)) void careful(void)
{
    struct session local = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                            .state = PTHREAD_RWLOCK_INITIALIZER};

    use(&local);
}

static void *all(void *unused)
{
    struct session *session = calloc(1, sizeof(*session));
    struct session *mapped =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    use(session);
    use(mapped);
    munmap(mapped, 4096);
    session = realloc(session, 1 << 20);
    free(session);
    careful();
    shared_memory();
    return unused;
}

int main(void)
{
    finish_thread(start_thread(all, NULL));
    puts("closed");
    return 0;
}
