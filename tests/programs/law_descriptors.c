/*
 * A program that closes every descriptor it does not know, again and again, as daemons do. The
 * calls that it makes keep errno all the same.
 */
#include <errno.h>
#include <semaphore.h>
#include <unistd.h>

#include "check.h"

static void close_all(void)
{
    for (int fd = 3; fd < 4096; fd++)
        close(fd);
}

static void use_locks(sem_t *empty, int i)
{
    pthread_mutex_t *lock = malloc(sizeof(*lock));

    CHECK(lock);
    *lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    errno = 0;
    CHECK(sem_trywait(empty) == -1 && errno == EAGAIN);
    errno = 77;
    pthread_mutex_lock(lock);
    CHECK(errno == 77);
    pthread_mutex_unlock(lock);
    CHECK(errno == 77);
    if (i % 3) {
        free(lock);
        CHECK(errno == 77);
    }
}

int main(void)
{
    sem_t empty;

    sem_init(&empty, 0, 0);
    for (int i = 0; i < 20000; i++) {
        if (i % 500 == 0)
            close_all();
        use_locks(&empty, i);
    }
    puts("done");
    return 0;
}
