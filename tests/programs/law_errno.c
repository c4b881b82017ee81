/*
 * Prints errno and the result after every kind of call, each on a lock and in a thread that are
 * new, so that whatever is set up at first use happens inside the call. The output must be the same
 * with and without the shim.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
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

static const struct timespec past = {1, 0};

static void *mutexes(void *unused)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    pthread_mutex_t fresh;

    SHOW(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_trylock(&mutex));
    SHOW(pthread_mutex_timedlock(&mutex, &past));
    SHOW(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past));
    SHOW(pthread_mutex_clocklock(&mutex, 99, &past));
    SHOW(pthread_mutex_unlock(&mutex));
    SHOW(pthread_mutex_unlock(&checked));
    SHOW(pthread_mutex_lock(&checked));
    SHOW(pthread_mutex_lock(&checked));
    SHOW(pthread_mutex_unlock(&checked));
    SHOW(pthread_mutex_init(&fresh, NULL));
    SHOW(pthread_mutex_consistent(&fresh));
    SHOW(pthread_mutex_lock(&fresh));
    SHOW(pthread_mutex_destroy(&fresh));
    SHOW(pthread_mutex_unlock(&fresh));
    SHOW(pthread_mutex_destroy(&fresh));
    return unused;
}

static void *rwlocks(void *unused)
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_t fresh;

    SHOW(pthread_rwlock_rdlock(&lock));
    SHOW(pthread_rwlock_tryrdlock(&lock));
    SHOW(pthread_rwlock_trywrlock(&lock));
    SHOW(pthread_rwlock_timedwrlock(&lock, &past));
    SHOW(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &past));
    SHOW(pthread_rwlock_unlock(&lock));
    SHOW(pthread_rwlock_unlock(&lock));
    SHOW(pthread_rwlock_wrlock(&lock));
    SHOW(pthread_rwlock_wrlock(&lock));
    SHOW(pthread_rwlock_rdlock(&lock));
    SHOW(pthread_rwlock_timedrdlock(&lock, &past));
    SHOW(pthread_rwlock_clockrdlock(&lock, CLOCK_REALTIME, &past));
    SHOW(pthread_rwlock_unlock(&lock));
    SHOW(pthread_rwlock_init(&fresh, NULL));
    SHOW(pthread_rwlock_destroy(&fresh));
    return unused;
}

static void *spins_and_barriers(void *unused)
{
    pthread_spinlock_t spin;
    pthread_barrier_t barrier;

    SHOW(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE));
    SHOW(pthread_spin_lock(&spin));
    SHOW(pthread_spin_trylock(&spin));
    SHOW(pthread_spin_unlock(&spin));
    SHOW(pthread_spin_destroy(&spin));
    SHOW(pthread_barrier_init(&barrier, NULL, 0));
    SHOW(pthread_barrier_init(&barrier, NULL, 1));
    SHOW(pthread_barrier_wait(&barrier));
    SHOW(pthread_barrier_destroy(&barrier));
    return unused;
}

static void *conditions(void *unused)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_cond_t fresh;
    const struct timespec wrong = {1, -1};

    SHOW(pthread_cond_init(&fresh, NULL));
    SHOW(pthread_cond_destroy(&fresh));
    pthread_mutex_lock(&mutex);
    SHOW(pthread_cond_signal(&condition));
    SHOW(pthread_cond_broadcast(&condition));
    SHOW(pthread_cond_timedwait(&condition, &mutex, &past));
    SHOW(pthread_cond_timedwait(&condition, &mutex, &wrong));
    SHOW(pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &past));
    SHOW(pthread_cond_clockwait(&condition, &mutex, 99, &past));
    pthread_mutex_unlock(&mutex);
    SHOW(pthread_cond_destroy(&condition));
    return unused;
}

static void *semaphores(void *unused)
{
    sem_t semaphore;
    int value = 0;

    SHOW(sem_init(&semaphore, 0, (unsigned)-1));
    SHOW(sem_init(&semaphore, 0, 1));
    SHOW(sem_wait(&semaphore));
    SHOW(sem_trywait(&semaphore));
    SHOW(sem_timedwait(&semaphore, &past));
    SHOW(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past));
    SHOW(sem_clockwait(&semaphore, 99, &past));
    SHOW(sem_post(&semaphore));
    SHOW(sem_getvalue(&semaphore, &value));
    SHOW(sem_trywait(&semaphore));
    SHOW(sem_destroy(&semaphore));
    char name[64];
    sem_t *named;

    snprintf(name, sizeof(name), "/lockhound-law-%d", (int)getpid());
    SHOW((named = sem_open(name, O_CREAT | O_EXCL, 0600, 1)) != SEM_FAILED);
    SHOW(sem_unlink(name));
    SHOW(sem_wait(named));
    SHOW(sem_post(named));
    SHOW(sem_close(named));
    SHOW(sem_close(&semaphore));
    SHOW(sem_open("/lockhound-no-such-semaphore", 0) == SEM_FAILED);
    SHOW(sem_open("not/a/name", O_CREAT, 0600, 1) == SEM_FAILED);
    SHOW(sem_open("/lockhound-too-much", O_CREAT, 0600, (unsigned)-1) == SEM_FAILED);
    return unused;
}

static void *nothing(void *unused)
{
    return unused;
}

static void *threads(void *unused)
{
    pthread_t thread;

    SHOW(pthread_create(&thread, NULL, nothing, NULL));
    SHOW(pthread_setname_np(pthread_self(), "a name that is too long"));
    SHOW(pthread_setname_np(pthread_self(), "short"));
    SHOW(pthread_join(thread, NULL));
    SHOW(pthread_join(pthread_self(), NULL));
    SHOW(pthread_tryjoin_np(pthread_self(), NULL));
    SHOW(pthread_timedjoin_np(pthread_self(), NULL, &past));
    SHOW(pthread_clockjoin_np(pthread_self(), NULL, CLOCK_MONOTONIC, &past));
    SHOW(pthread_clockjoin_np(pthread_self(), NULL, 99, &past));
    SHOW(pthread_create(&thread, NULL, nothing, NULL));
    SHOW(pthread_detach(thread));
    return unused;
}

static void mark(void)
{
    errno = MARK + 1;
}

static void leave_as_it_is(void)
{
}

static void *once(void *unused)
{
    pthread_once_t control = PTHREAD_ONCE_INIT, other = PTHREAD_ONCE_INIT;
    once_flag flag = ONCE_FLAG_INIT;

    SHOW(pthread_once(&control, mark));
    SHOW(pthread_once(&control, mark));
    SHOW(pthread_once(&other, leave_as_it_is));
    SHOW((call_once(&flag, leave_as_it_is), 0));
    SHOW((call_once(&flag, mark), 0));
    return unused;
}

/* A lock in the memory, so that there is something to end. */
static void use_lock_in(void *place)
{
    pthread_mutex_t *mutex = place;

    CHECK(pthread_mutex_init(mutex, NULL) == 0);
    CHECK(pthread_mutex_lock(mutex) == 0);
    CHECK(pthread_mutex_unlock(mutex) == 0);
}

static void *blocks(void *unused)
{
    char *volatile block = malloc(100);

    use_lock_in(block);
    SHOW(realloc(block, (size_t)-1 / 4) == NULL);
    SHOW((block = realloc(block, 1 << 20)) != NULL);
    use_lock_in(block);
    SHOW((free(block), 0));
    SHOW((free(NULL), 0));
    use_lock_in(block = calloc(1, 100));
    SHOW((block = realloc(block, 0)) == NULL);
    return unused;
}

static void *mappings(void *unused)
{
    enum { PAGE = 4096, SIZE = 4 * PAGE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };
    char *place;

    SHOW((place = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0)) != MAP_FAILED);
    use_lock_in(place);
    use_lock_in(place + 3 * PAGE);
    SHOW(mmap(place, PAGE, PROT_READ | PROT_WRITE, ANONYMOUS | MAP_FIXED, -1, 0) == place);
    SHOW(mmap(place + 1, PAGE, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
    SHOW(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED);
    SHOW(mmap64(NULL, 0, PROT_READ, ANONYMOUS, -1, 0) == MAP_FAILED);
    use_lock_in(place);
    SHOW(mremap(place, SIZE, 3 * PAGE, 0) == place);
    SHOW(mremap(place + 1, PAGE, PAGE, 0) == MAP_FAILED);
    use_lock_in(place);
    SHOW(munmap(place + 1, PAGE));
    SHOW(munmap(place, 0));
    SHOW(munmap(place, 3 * PAGE));
    return unused;
}

static void *segments(void *unused)
{
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    void *place;

    CHECK(id >= 0);
    SHOW((place = shmat(id, NULL, 0)) != (void *)-1);
    SHOW(shmat(-1, NULL, 0) == (void *)-1);
    use_lock_in(place);
    SHOW(shmdt((char *)place + 1));
    SHOW(shmdt(place));
    SHOW(shmctl(id, IPC_RMID, NULL));
    return unused;
}

static void *breaks(void *unused)
{
    char *end = sbrk(0);

    SHOW(sbrk(8192) == end);
    use_lock_in(end);
    SHOW(sbrk(-8192) == end + 8192);
    SHOW(sbrk((intptr_t)1 << 60) == (void *)-1);
    SHOW(brk(end + 4096));
    use_lock_in(end);
    SHOW(brk(end));
    return unused;
}

static void *libraries(void *unused)
{
    SHOW(dlclose(dlopen("libm.so.6", RTLD_NOW)));
    return unused;
}

static int c11_nothing(void *unused)
{
    (void)unused;
    return 12;
}

static void *c11(void *unused)
{
    mtx_t mutex, timed;
    cnd_t condition;
    thrd_t thread;
    int result = 0;

    SHOW(mtx_init(&mutex, mtx_plain));
    SHOW(mtx_lock(&mutex));
    SHOW(mtx_trylock(&mutex));
    SHOW(mtx_init(&timed, mtx_timed));
    SHOW(mtx_trylock(&timed));
    SHOW(mtx_timedlock(&timed, &past));
    SHOW(cnd_init(&condition));
    SHOW(cnd_signal(&condition));
    SHOW(cnd_broadcast(&condition));
    SHOW(cnd_timedwait(&condition, &mutex, &past));
    SHOW(mtx_unlock(&timed));
    SHOW(mtx_unlock(&mutex));
    SHOW(thrd_create(&thread, c11_nothing, NULL));
    SHOW(thrd_join(thread, &result));
    SHOW(thrd_create(&thread, c11_nothing, NULL));
    SHOW(thrd_detach(thread));
    printf("%d\n", result);
    cnd_destroy(&condition);
    mtx_destroy(&timed);
    mtx_destroy(&mutex);
    return unused;
}

int main(void)
{
    const char *error = dlerror();

    printf("dlerror() = %s\n", error ? error : "NULL");
    void *(*const all[])(void *) = {
        mutexes, rwlocks,  spins_and_barriers, conditions, semaphores, threads, once,
        blocks,  mappings, segments,           breaks,     libraries,  c11};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        finish_thread(start_thread(all[i], NULL));
    return 0;
}
