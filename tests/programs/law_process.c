/*
 * Other processes by every door: vfork, posix_spawn, system, popen, fork in a thread, and at last
 * execve of itself. Threads use locks meanwhile.
 */
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

extern char **environ;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int stop;

static void *work(void *unused)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
        sched_yield();
    }
    return unused;
}

static int wait_for(pid_t child)
{
    int status;

    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void by_vfork(void)
{
    pid_t child = vfork();

    if (child == 0)
        _exit(21);
    printf("vfork, _exit: %d\n", wait_for(child));
    child = vfork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit 22", (char *)NULL);
        _exit(127);
    }
    printf("vfork, exec: %d\n", wait_for(child));
}

static void by_spawn(void)
{
    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)"exit 23", NULL};
    pid_t child;

    CHECK(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) == 0);
    printf("posix_spawn: %d\n", wait_for(child));
}

static void by_shell(void)
{
    char line[64] = "";
    FILE *pipe;

    printf("system: %d\n", WEXITSTATUS(system("exit 24")));
    pipe = popen("echo through a pipe", "r");
    CHECK(pipe);
    CHECK(fgets(line, sizeof(line), pipe));
    printf("popen: %d %s", WEXITSTATUS(pclose(pipe)), line);
}

static void *fork_in_thread(void *unused)
{
    pid_t child = fork();

    if (child == 0)
        _exit(25);
    printf("fork in a thread: %d\n", wait_for(child));
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t worker;

    if (argc > 1 && strcmp(argv[1], "again") == 0) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
        puts("executed again");
        return 26;
    }
    worker = start_thread(work, NULL);
    by_vfork();
    by_spawn();
    by_shell();
    finish_thread(start_thread(fork_in_thread, NULL));
    reach_stage(&stop, 1);
    finish_thread(worker);
    fflush(stdout);
    execl(argv[0], argv[0], "again", (char *)NULL);
    perror("execl");
    return 2;
}
