/*
 * A thread ends with a robust mutex. The next one is told so, and unlocks it without having called
 * pthread_mutex_consistent(): from then on nobody can lock it.
 *
 * Expected: held-at-thread-exit at that unlock, with the thread that ended.
 */
#include <errno.h>

#include "handshake.h"

static pthread_mutex_t journal;

static void *writer(void *unused)
{
    pthread_mutex_lock(&journal); /* @writer */
    return unused;
}

static void *reader(void *unused)
{
    if (pthread_mutex_lock(&journal) != EOWNERDEAD)
        exit(2);
    pthread_mutex_unlock(&journal); /* @reader */
    if (pthread_mutex_lock(&journal) != ENOTRECOVERABLE)
        exit(2);
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
