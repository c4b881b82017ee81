/* Exercise of syscall(), as far as futexes are concerned. */
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exercise.h"

static unsigned word;

static void *sleep_on_it(void *unused)
{
    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0);
    return unused;
}

EXERCISE(syscall, "futex-wait futex 2")
{
    struct timespec none = {0};
    pid_t pid = getpid();
    pthread_t thread;

    CHECK(syscall(SYS_getpid) == pid);
    CHECK(syscall(SYS_close, -1) == -1 && errno == EBADF);
    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &none, NULL, 0) == -1);
    CHECK(errno == ETIMEDOUT);
    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0) == -1);
    CHECK(errno == EAGAIN);
    CHECK(pthread_create(&thread, NULL, sleep_on_it, NULL) == 0);
    /* Until it sleeps, there is none to wake. */
    while (syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0)
        sched_yield();
    CHECK(pthread_join(thread, NULL) == 0);
}
