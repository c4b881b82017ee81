/*
 * Each of two threads takes pairs of mutexes so often that anybody can count it, in more
 * combinations than what remembers them begins with room for: counted END. END says what becomes of
 * the process while both threads are there: kill, exit; or return: they end before it does.
 */
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

enum { OTHERS = 1500, ROUNDS = 5, PAIRS = 1000 };

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t others[OTHERS];
static pthread_barrier_t barrier;
static const char *end;

static void lock_pair(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void *count(void *unused)
{
    for (int i = 0; i < PAIRS; i++)
        lock_pair(&left, &right);
    for (int i = 0; i < ROUNDS * OTHERS; i++)
        lock_pair(&left, &others[i % OTHERS]);
    bool last = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    if (strcmp(end, "return") == 0)
        return unused;
    /* Both are done, and neither has ended. */
    while (!last)
        pause();
    if (strcmp(end, "exit") == 0)
        exit(0);
    raise(SIGKILL);
    return unused;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    end = argv[1];
    for (int i = 0; i < OTHERS; i++)
        CHECK(pthread_mutex_init(&others[i], NULL) == 0);
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t first = start_thread(count, NULL);
    pthread_t second = start_thread(count, NULL);

    finish_thread(first);
    finish_thread(second);
    return 0;
}
