/*
 * Nanoseconds per uncontended pthread_mutex_lock/unlock pair: one thread, one mutex, the same two
 * call sites each time. Prints one number.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile unsigned long guarded;

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void pairs(unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        guarded++;
        pthread_mutex_unlock(&mutex);
    }
}

/* glibc takes a cheaper path while there never was a second thread. */
static void *nothing(void *argument)
{
    return argument;
}

static int become_multithreaded(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);

    return error ? error : pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    double start;

    if (count == 0) {
        fprintf(stderr, "usage: mutex_pair COUNT\n");
        return 2;
    }
    if (become_multithreaded()) {
        fprintf(stderr, "mutex_pair: cannot start a thread\n");
        return 1;
    }
    pairs(count / 10 + 1);
    start = now_ns();
    pairs(count);
    printf("%.3f\n", (now_ns() - start) / (double)count);
    return 0;
}
