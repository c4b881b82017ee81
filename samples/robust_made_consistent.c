/*
 * A thread ends with a robust mutex. The next one repairs what it guards, says so with
 * pthread_mutex_consistent(), and unlocks it.
 *
 * Expected: nothing.
 */
#include <errno.h>

#include "handshake.h"

static pthread_mutex_t journal;

static void *writer(void *unused)
{
    pthread_mutex_lock(&journal);
    return unused;
}

static void *reader(void *unused)
{
    if (pthread_mutex_lock(&journal) != EOWNERDEAD || pthread_mutex_consistent(&journal) != 0)
        exit(2);
    pthread_mutex_unlock(&journal);
    if (pthread_mutex_lock(&journal) != 0)
        exit(2);
    pthread_mutex_unlock(&journal);
    return unused;
}

int main(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&journal, &attributes);
    finish_thread(start_thread(writer, NULL));
    finish_thread(start_thread(reader, NULL));
    puts("written");
    return 0;
}
