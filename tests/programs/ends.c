/* Ends in the way that its first argument names, after it has used a lock in a second thread. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *use(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void *leave_by_thread(void *unused)
{
    (void)unused;
    exit(6);
}

static void *outlive(void *main_thread)
{
    finish_thread(*(pthread_t *)main_thread);
    return use(NULL);
}

static void end_by_signal(int number)
{
    signal(number, SIG_DFL);
    raise(number);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";

    finish_thread(start_thread(use, NULL));
    puts("used");
    fflush(stdout);
    if (strcmp(how, "return") == 0)
        return 7;
    if (strcmp(how, "exit") == 0)
        exit(8);
    if (strcmp(how, "_exit") == 0)
        _exit(9);
    if (strcmp(how, "quick_exit") == 0)
        quick_exit(10);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "crash") == 0)
        end_by_signal(SIGSEGV);
    if (strcmp(how, "terminate") == 0)
        end_by_signal(SIGTERM);
    if (strcmp(how, "kill") == 0)
        end_by_signal(SIGKILL);
    if (strcmp(how, "thread") == 0)
        finish_thread(start_thread(leave_by_thread, NULL));
    if (strcmp(how, "main-leaves") == 0) {
        static pthread_t main_thread;
        main_thread = pthread_self();
        start_thread(outlive, &main_thread);
        pthread_exit(NULL);
    }
    if (strcmp(how, "sixty-six") == 0)
        return 66;
    fprintf(stderr, "%s: no such end: %s\n", argv[0], how);
    return 2;
}
