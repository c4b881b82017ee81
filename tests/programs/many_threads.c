/* 2,000 threads that live at once, then 2,000 that follow each other; all add to one total. */
#include "check.h"

enum { THREADS = 2000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_are_there;
static long total;

static void add(void)
{
    pthread_mutex_lock(&mutex);
    total++;
    pthread_mutex_unlock(&mutex);
}

static void *together(void *unused)
{
    add();
    pthread_barrier_wait(&all_are_there);
    add();
    return unused;
}

static void *alone(void *unused)
{
    add();
    return unused;
}

int main(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t small;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&all_are_there, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], &small, together, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        finish_thread(threads[i]);
    pthread_barrier_destroy(&all_are_there);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[0], &small, alone, NULL) == 0);
        finish_thread(threads[0]);
    }
    pthread_attr_destroy(&small);
    printf("%ld\n", total);
    return 0;
}
