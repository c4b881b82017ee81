/*
 * Locks that are held in memory of which the program rid itself by a bare system call, so that
 * nobody saw it go, and in memory that a child does not get: nobody may look there any more. What
 * the kernel refuses to unmap is there still.
 */
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { SIZE = 4096 };

static void *page(void)
{
    void *start = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(start != MAP_FAILED);
    return start;
}

static void hold_mutex(void *place)
{
    CHECK(pthread_mutex_init(place, NULL) == 0);
    CHECK(pthread_mutex_lock(place) == 0);
}

static void hold_rwlock(void *place)
{
    CHECK(pthread_rwlock_init(place, NULL) == 0);
    CHECK(pthread_rwlock_rdlock(place) == 0);
}

static void hold_spinlock(void *place)
{
    CHECK(pthread_spin_init(place, PTHREAD_PROCESS_PRIVATE) == 0);
    CHECK(pthread_spin_lock(place) == 0);
}

static void hold_semaphore(void *place)
{
    CHECK(sem_init(place, 0, 1) == 0);
    CHECK(sem_wait(place) == 0);
}

static void (*const kinds[])(void *) = {hold_mutex, hold_rwlock, hold_spinlock, hold_semaphore};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void hold_what_vanishes(void)
{
    for (int i = 0; i < KINDS; i++) {
        void *place = page();
        kinds[i](place);
        CHECK(syscall(SYS_munmap, place, SIZE) == 0);
    }
}

static void *end_with_them(void *unused)
{
    hold_what_vanishes();
    return unused;
}

static void *nothing(void *unused)
{
    return unused;
}

static void join_with_them(void)
{
    finish_thread(start_thread(nothing, NULL));
}

static void fork_with_them(void)
{
    int status;
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0)
        exit(7);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void fork_with_memory_that_stays_behind(void)
{
    pthread_mutex_t *mutex = page();

    hold_mutex(mutex);
    CHECK(madvise(mutex, SIZE, MADV_DONTFORK) == 0);
    fork_with_them();
    CHECK(pthread_mutex_unlock(mutex) == 0);
}

/* Begins in the middle of a page. */
static void unmap_in_vain(void)
{
    pthread_mutex_t *mutex = page();

    hold_mutex(mutex);
    CHECK(munmap((char *)mutex - SIZE / 2, SIZE) == -1);
    CHECK(pthread_mutex_unlock(mutex) == 0);
}

int main(void)
{
    unmap_in_vain();
    finish_thread(start_thread(end_with_them, NULL));
    puts("a thread ended");
    fork_with_memory_that_stays_behind();
    puts("memory stayed behind");
    hold_what_vanishes();
    join_with_them();
    puts("a thread was joined");
    fork_with_them();
    puts("the process forked");
    return 0;
}
