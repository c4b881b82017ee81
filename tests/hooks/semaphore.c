/* Exercises of the functions of semaphores. */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#include "exercise.h"

/* A named semaphore whose name is gone at once. */
static sem_t *open_named(void)
{
    char name[64];
    sem_t *semaphore;

    snprintf(name, sizeof(name), "/lockhound-hooks-%d", (int)getpid());
    semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
    CHECK(semaphore != SEM_FAILED);
    CHECK(sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED && errno == EEXIST);
    CHECK(sem_open(name, 0) == semaphore); /* one that is open already has one address */
    CHECK(sem_unlink(name) == 0);
    CHECK(sem_open(name, 0) == SEM_FAILED && errno == ENOENT);
    return semaphore;
}

EXERCISE(sem_init, "lock-born semaphore 1, lock-init semaphore 1")
{
    sem_t semaphore;
    int value = -1;

    CHECK(sem_init(&semaphore, 0, (unsigned)-1) == -1 && errno == EINVAL);
    CHECK(sem_init(&semaphore, 0, 3) == 0);
    CHECK(sem_getvalue(&semaphore, &value) == 0 && value == 3);
}

EXERCISE(sem_destroy, "lock-ended semaphore 1, lock-end semaphore 1")
{
    sem_t semaphore;

    sem_init(&semaphore, 0, 1);
    CHECK(sem_destroy(&semaphore) == 0);
}

EXERCISE(sem_open, "lock-name semaphore 1, lock-init semaphore 1")
{
    open_named();
}

EXERCISE(sem_close, "lock-ended semaphore 1, lock-end semaphore 1")
{
    sem_t *semaphore = open_named();

    CHECK(sem_close(semaphore) == 0); /* it was opened twice */
    CHECK(sem_wait(semaphore) == 0);
    CHECK(sem_post(semaphore) == 0);
    CHECK(sem_close(semaphore) == 0);
}

EXERCISE(sem_wait, "acquire semaphore 1")
{
    sem_t semaphore;

    sem_init(&semaphore, 0, 1);
    CHECK(sem_wait(&semaphore) == 0);
    CHECK(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
    sem_post(&semaphore);
}

EXERCISE(sem_trywait, "acquire semaphore 1, try-failed semaphore 1")
{
    sem_t semaphore;

    sem_init(&semaphore, 0, 1);
    CHECK(sem_trywait(&semaphore) == 0);
    CHECK(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
    sem_post(&semaphore);
}

EXERCISE(sem_timedwait, "acquire semaphore 1, try-failed semaphore 1")
{
    struct timespec soon = exercise_soon(CLOCK_REALTIME), past = exercise_past();
    sem_t semaphore;

    sem_init(&semaphore, 0, 1);
    CHECK(sem_timedwait(&semaphore, &soon) == 0);
    CHECK(sem_timedwait(&semaphore, &past) == -1 && errno == ETIMEDOUT);
    sem_post(&semaphore);
}

EXERCISE(sem_clockwait, "acquire semaphore 1, try-failed semaphore 1")
{
    struct timespec soon = exercise_soon(CLOCK_MONOTONIC), past = exercise_past();
    sem_t semaphore;

    sem_init(&semaphore, 0, 1);
    CHECK(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &soon) == 0);
    CHECK(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past) == -1 && errno == ETIMEDOUT);
    sem_post(&semaphore);
}

EXERCISE(sem_post, "release semaphore 1, sem-post semaphore 1")
{
    sem_t lock, signal;
    int value = -1;

    sem_init(&lock, 0, 1);
    sem_wait(&lock);
    CHECK(sem_post(&lock) == 0);
    sem_init(&signal, 0, 0);
    CHECK(sem_post(&signal) == 0);
    CHECK(sem_getvalue(&signal, &value) == 0 && value == 1);
}
