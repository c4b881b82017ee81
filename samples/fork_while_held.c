/*
 * The process forks while another thread has the log locked. The child writes to the log and waits
 * for ever: the thread that would release it does not exist there.
 *
 * Expected: fork-while-held in the child, which is ended as in a deadlock, with the wait, the
 * acquisition in the parent and the fork. With -DHANDLERS the log is taken around the fork, and
 * -DFRESH begins it anew in the child: nothing.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t log_file = PTHREAD_MUTEX_INITIALIZER;
static int stage;

static void write_log(void)
{
    pthread_mutex_lock(&log_file); /* @child */
    pthread_mutex_unlock(&log_file);
}

static void *logger(void *unused)
{
    pthread_mutex_lock(&log_file); /* @logger */
    reach_stage(&stage, 1);
#ifndef HANDLERS
    await_stage(&stage, 2);
#endif
    pthread_mutex_unlock(&log_file);
    return unused;
}

#ifdef HANDLERS
static void take(void)
{
    pthread_mutex_lock(&log_file);
}

static void give(void)
{
    pthread_mutex_unlock(&log_file);
}
#endif

static void child(void)
{
#ifdef FRESH
    pthread_mutex_init(&log_file, NULL);
#endif
    alarm(5); /* unwatched, it would wait for ever */
    write_log();
    exit(0);
}

int main(void)
{
    pthread_t thread;
    int status = 0;

#ifdef HANDLERS
    pthread_atfork(take, give, give);
#endif
    thread = start_thread(logger, NULL);
    await_stage(&stage, 1);
    pid_t pid = fork(); /* @fork */
    if (pid == 0)
        child();
    waitpid(pid, &status, 0);
    reach_stage(&stage, 2);
    finish_thread(thread);
    puts(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "logged" : "the child had to be ended");
    return 0;
}
