/*
 * Children go on with one thread, and may make more: they find nothing that is the parent's, and
 * the parent finds its own races after as before.
 * EXPECT proven write_there write_here
 */
#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"

int data, child_data;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *in_child(void *argument)
{
    pthread_mutex_lock(&mutex);
    child_data++;
    pthread_mutex_unlock(&mutex);
    return argument;
}

static void child(void)
{
    pthread_t threads[3];

    data++;
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, in_child, NULL) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(child_data == 3);
    _exit(0);
}

RACY static void write_there(void)
{
    data = 1;
}

RACY static void write_here(void)
{
    data = 2;
}

static void fork_and_write(void)
{
    for (int i = 0; i < 20; i++) {
        int status;
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
            child();
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
    write_there();
}

int main(void)
{
    pair(fork_and_write, write_here);
    return 0;
}
