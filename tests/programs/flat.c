/*
 * What must not make a trace grow for ever: flat KIND ROUNDS [TRACE] prints the size of the file
 * TRACE in KiB half-way and at the end.
 *
 *     threads     many at a time, over and over
 *     abandoned   locks that are freed while they are held
 *     deep        many locks held at once, of ever new instances
 */
#include <string.h>
#include <sys/stat.h>

#include "check.h"

enum { THREADS = 200, DEPTH = 48 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;

static void *meet(void *unused)
{
    pthread_barrier_wait(&barrier);
    return unused;
}

static void threads_round(void)
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(meet, NULL);
    for (int i = 0; i < THREADS; i++)
        finish_thread(threads[i]);
    pthread_barrier_destroy(&barrier);
}

static pthread_mutex_t *new_lock(void)
{
    pthread_mutex_t *lock = malloc(sizeof(*lock));

    CHECK(lock && pthread_mutex_init(lock, NULL) == 0);
    return lock;
}

static void abandoned_round(void)
{
    pthread_mutex_t *lock = new_lock();

    pthread_mutex_lock(lock);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    free(lock);
}

static void deep_round(void)
{
    pthread_mutex_t *locks[DEPTH];

    for (int i = 0; i < DEPTH; i++)
        pthread_mutex_lock(locks[i] = new_lock());
    for (int i = DEPTH - 1; i >= 0; i--) {
        pthread_mutex_unlock(locks[i]);
        pthread_mutex_destroy(locks[i]);
        free(locks[i]);
    }
}

static void show(const char *when, const char *trace)
{
    struct stat file;

    memset(&file, 0, sizeof(file));
    if (trace)
        CHECK(stat(trace, &file) == 0);
    printf("%s size %ld\n", when, (long)file.st_size / 1024);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    void (*round)(void) = strcmp(argv[1], "threads") == 0     ? threads_round
                          : strcmp(argv[1], "abandoned") == 0 ? abandoned_round
                                                              : deep_round;
    long rounds = atol(argv[2]);
    const char *trace = argc > 3 ? argv[3] : NULL;

    for (long i = 0; i < rounds; i++) {
        if (i == rounds / 2)
            show("half", trace);
        round();
    }
    show("end", trace);
    return 0;
}
