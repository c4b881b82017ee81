/*
 * Every wrong use of locks that the shim notices: results and errno are those of the C library,
 * which this prints. The output must be the same with and without the shim.
 */
#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { MARK = 4711 };

#define SHOW(call)                                             \
    do {                                                       \
        errno = MARK;                                          \
        int result_ = (call);                                  \
        int errno_ = errno;                                    \
        printf("%s = %d, errno %d\n", #call, result_, errno_); \
    } while (0)

#define SHOW_VOID(call)                         \
    do {                                        \
        errno = MARK;                           \
        call;                                   \
        printf("%s, errno %d\n", #call, errno); \
    } while (0)

static const struct timespec past = {1, 0};

static void *destroyed(void *unused)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    static pthread_spinlock_t spin;
    static pthread_barrier_t barrier;
    static sem_t semaphore;
    static mtx_t c11;
    pthread_mutex_t wild;

    sem_init(&semaphore, 0, 1);
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&barrier, NULL, 1);
    mtx_init(&c11, mtx_plain);
    SHOW(pthread_mutex_destroy(&mutex));
    SHOW(pthread_rwlock_destroy(&rwlock));
    SHOW(pthread_cond_destroy(&cond));
    SHOW(pthread_spin_destroy(&spin));
    SHOW(pthread_barrier_destroy(&barrier));
    SHOW(sem_destroy(&semaphore));
    SHOW_VOID(mtx_destroy(&c11));
    SHOW(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_trylock(&mutex));
    SHOW(pthread_mutex_timedlock(&mutex, &past));
    SHOW(pthread_mutex_unlock(&mutex));
    SHOW(pthread_cond_signal(&cond));
    SHOW(pthread_cond_timedwait(&cond, &mutex, &past));
    SHOW(pthread_rwlock_rdlock(&rwlock));
    SHOW(pthread_rwlock_unlock(&rwlock));
    SHOW(sem_post(&semaphore));
    SHOW(sem_trywait(&semaphore));
    SHOW(pthread_spin_trylock(&spin));
    SHOW(pthread_spin_unlock(&spin));
    SHOW(pthread_barrier_wait(&barrier));
    SHOW(mtx_lock(&c11) != thrd_success);
    SHOW(mtx_unlock(&c11) != thrd_success);
    memset(&wild, 0x5a, sizeof(wild));
    SHOW(pthread_mutex_lock(&wild));
    SHOW(pthread_mutex_unlock(&wild));
    return unused;
}

static void *waits(void *unused)
{
    pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

    SHOW(pthread_cond_wait(&cond, &checked));
    SHOW(pthread_cond_timedwait(&cond, &checked, &past));
    SHOW(pthread_cond_clockwait(&cond, &checked, CLOCK_MONOTONIC, &past));
    SHOW(pthread_cond_wait(&cond, &recursive));
    SHOW(pthread_cond_timedwait(&cond, &plain, &past));
    SHOW(pthread_mutex_trylock(&plain));
    SHOW(pthread_mutex_unlock(&plain));
    SHOW(pthread_mutex_trylock(&checked));
    SHOW(pthread_mutex_unlock(&checked));
    return unused;
}

static void *refused(void *unused)
{
    pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

    SHOW(pthread_mutex_lock(&checked));
    SHOW(pthread_mutex_lock(&checked));
    SHOW(pthread_mutex_timedlock(&checked, &past));
    SHOW(pthread_mutex_clocklock(&checked, CLOCK_MONOTONIC, &past));
    SHOW(pthread_mutex_unlock(&checked));
    SHOW(pthread_rwlock_wrlock(&rwlock));
    SHOW(pthread_rwlock_wrlock(&rwlock));
    SHOW(pthread_rwlock_rdlock(&rwlock));
    SHOW(pthread_rwlock_timedwrlock(&rwlock, &past));
    SHOW(pthread_rwlock_unlock(&rwlock));
    SHOW(pthread_mutex_lock(&recursive));
    SHOW(pthread_mutex_lock(&recursive));
    SHOW(pthread_mutex_unlock(&recursive));
    SHOW(pthread_mutex_unlock(&recursive));
    SHOW(pthread_mutex_unlock(&recursive));
    SHOW(pthread_join(pthread_self(), NULL));
    SHOW(thrd_join(thrd_current(), NULL) != thrd_success);
    return unused;
}

static void *memory(void *unused)
{
    pthread_mutex_t *block = malloc(sizeof(*block));
    pthread_mutex_t *mapped =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    pthread_mutex_init(block, NULL);
    pthread_mutex_lock(block);
    pthread_mutex_init(mapped, NULL);
    pthread_mutex_lock(mapped);
    SHOW((block = realloc(block, 1 << 20)) == NULL);
    SHOW_VOID(free(block));
    SHOW(mprotect(mapped, 4096, PROT_NONE));
    SHOW(munmap(mapped, 4096));
    block = malloc(sizeof(*block));
    pthread_mutex_init(block, NULL);
    pthread_mutex_lock(block);
    SHOW_VOID(free(block));
    return unused;
}

static pthread_mutex_t robust;

static void *dies(void *unused)
{
    pthread_mutex_lock(&robust);
    return unused;
}

static void *inherits(void *unused)
{
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    return unused;
}

int main(void)
{
    static pthread_mutex_t kept = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutexattr_t attributes;

    finish_thread(start_thread(destroyed, NULL));
    finish_thread(start_thread(waits, NULL));
    finish_thread(start_thread(refused, NULL));
    finish_thread(start_thread(memory, NULL));
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    finish_thread(start_thread(dies, NULL));
    finish_thread(start_thread(inherits, NULL));
    finish_thread(start_thread(inherits, NULL));
    SHOW(pthread_mutex_lock(&kept));
    return 0;
}
