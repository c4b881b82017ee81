/* Exercises of the functions that make processes and of those that end memory. */
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exercise.h"

static void use(pthread_mutex_t *mutex)
{
    CHECK(pthread_mutex_lock(mutex) == 0);
    CHECK(pthread_mutex_unlock(mutex) == 0);
}

static void expect_exit(pid_t child, int status)
{
    int how;

    CHECK(child > 0);
    CHECK(waitpid(child, &how, 0) == child);
    CHECK(WIFEXITED(how) && WEXITSTATUS(how) == status);
}

EXERCISE(fork, "child - 1, processes - 2")
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pid_t child = fork();

    if (child == 0) {
        use(&mutex);
        _exit(11);
    }
    expect_exit(child, 11);
}

EXERCISE(_Fork, "processes - 2")
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pid_t child = _Fork();

    if (child == 0) {
        use(&mutex);
        _exit(12);
    }
    expect_exit(child, 12);
}

static int use_and_end(void *mutex)
{
    use(mutex);
    return 13;
}

EXERCISE(clone, "processes - 2")
{
    static _Alignas(16) char stack[1 << 18];
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pid_t id = 0, child = clone(use_and_end, stack + sizeof(stack), SIGCHLD | CLONE_PARENT_SETTID,
                                &mutex, &id, NULL, NULL);

    CHECK(id == child);
    expect_exit(child, 13);
}

static pthread_mutex_t *heap_mutex(void)
{
    pthread_mutex_t *mutex = malloc(sizeof(*mutex));

    CHECK(mutex);
    CHECK(pthread_mutex_init(mutex, NULL) == 0);
    use(mutex);
    return mutex;
}

EXERCISE(free, "lock-ended mutex 1, lock-end mutex 1")
{
    errno = 4711;
    free(heap_mutex());
    free(NULL);
    CHECK(errno == 4711);
}

/* The compiler takes a block for gone once it has seen realloc(). */
static void *(*volatile resize)(void *block, size_t size) = realloc;

/* The second lock is cut off, the first one goes with the block later on. */
EXERCISE(realloc, "lock-born mutex 2, lock-ended mutex 2, lock-end mutex 2")
{
    pthread_mutex_t *mutex = resize(NULL, 1000 * sizeof(*mutex));
    void *grown;

    CHECK(mutex);
    CHECK(pthread_mutex_init(&mutex[0], NULL) == 0 && pthread_mutex_init(&mutex[999], NULL) == 0);
    use(&mutex[0]);
    use(&mutex[999]);
    CHECK(resize(mutex, 500 * sizeof(*mutex)) == mutex);
    use(&mutex[0]);
    CHECK(resize(mutex, (size_t)-1 / 4) == NULL && errno == ENOMEM);
    use(&mutex[0]);
    errno = 4711;
    grown = resize(mutex, 1 << 24); /* too big to stay where it is */
    CHECK(grown && grown != mutex && errno == 4711);
    memset(grown, 0, 1 << 24);
}

EXERCISE(munmap, "lock-ended mutex 1, lock-end mutex 1")
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_mutex_t *kept = (pthread_mutex_t *)pages;
    pthread_mutex_t *gone = (pthread_mutex_t *)(pages + page);

    CHECK(pages != MAP_FAILED);
    CHECK(pthread_mutex_init(kept, NULL) == 0 && pthread_mutex_init(gone, NULL) == 0);
    use(kept);
    use(gone);
    CHECK(munmap(pages + page, page) == 0);
    CHECK(munmap(pages + 1, page) == -1 && errno == EINVAL);
    use(kept);
}

EXERCISE(dlclose, "unload - 1, lock-ended mutex 1, lock-end mutex 1")
{
    void *library = dlopen(exercise_plugin(), RTLD_NOW);
    void *(*work)(pthread_mutex_t *);
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    CHECK(library);
    *(void **)&work = dlsym(library, "plugin_work");
    CHECK(work);
    CHECK(work(&mutex));
    CHECK(dlclose(library) == 0);
    CHECK(dlopen(exercise_plugin(), RTLD_NOW | RTLD_NOLOAD) == NULL); /* it has gone */
}
