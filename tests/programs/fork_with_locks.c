/*
 * Forks while other threads take locks. Two locks are held by the fork handlers, so the child has
 * them in order; a third is held by a thread that the child does not have, and the child leaves it
 * alone. Children create threads and exit normally.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { WORKERS = 3, CHILDREN = 40 };

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t foreign = PTHREAD_MUTEX_INITIALIZER;
static int stop, foreign_is_held;

static void before(void)
{
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&inner);
}

static void after(void)
{
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&outer);
}

static void *work(void *unused)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        before();
        after();
        sched_yield();
    }
    return unused;
}

static void *hold_foreign(void *unused)
{
    pthread_mutex_lock(&foreign);
    reach_stage(&foreign_is_held, 1);
    await_stage(&stop, 1);
    pthread_mutex_unlock(&foreign);
    return unused;
}

static void *once(void *unused)
{
    before();
    after();
    return unused;
}

static void be_a_child(int number)
{
    before();
    after();
    finish_thread(start_thread(once, NULL));
    exit(number % 100);
}

int main(void)
{
    pthread_t workers[WORKERS], holder;

    CHECK(pthread_atfork(before, after, after) == 0);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_thread(work, NULL);
    holder = start_thread(hold_foreign, NULL);
    await_stage(&foreign_is_held, 1);
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        pid_t child = fork();

        CHECK(child >= 0);
        if (child == 0)
            be_a_child(i);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == i % 100);
    }
    reach_stage(&stop, 1);
    for (int i = 0; i < WORKERS; i++)
        finish_thread(workers[i]);
    finish_thread(holder);
    printf("%d children\n", CHILDREN);
    return 0;
}
