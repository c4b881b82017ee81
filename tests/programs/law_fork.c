/*
 * Forks at bad moments, each of which is none for the program itself:
 *
 *     law_fork loader    another thread is inside dl_iterate_phdr() all the time
 *     law_fork stdio     another thread locks mutexes below fflush(NULL)
 *     law_fork many      threads fork at the same time, and use locks between
 *     law_fork handler   a signal handler forks, wherever it interrupts; the child goes on there
 *     law_fork bare      forks by the system calls themselves
 *     law_fork clone     forks by clone(), onto another stack
 */
#include <errno.h>
#include <link.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int stop;

static void use_fresh_locks(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_t *outer = malloc(sizeof(*outer)), *inner = malloc(sizeof(*inner));
        CHECK(outer && inner);
        pthread_mutex_init(outer, NULL);
        pthread_mutex_init(inner, NULL);
        pthread_mutex_lock(outer);
        pthread_mutex_lock(inner);
        pthread_mutex_unlock(inner);
        pthread_mutex_unlock(outer);
        pthread_mutex_destroy(outer);
        free(outer);
        free(inner);
    }
}

static void fork_and_wait(void)
{
    pid_t child = fork();
    int status;

    CHECK(child >= 0);
    if (child == 0) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- loader ---- */

static int dawdle(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info;
    (void)size;
    (void)data;
    for (volatile int i = 0; i < 1000; i++)
        ;
    return 0;
}

static void *list_modules(void *unused)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
        dl_iterate_phdr(dawdle, NULL);
    return unused;
}

/* ---- stdio ---- */

static ssize_t write_with_locks(void *cookie, const char *text, size_t size)
{
    (void)cookie;
    (void)text;
    use_fresh_locks(50);
    return (ssize_t)size;
}

static void *flush(void *unused)
{
    cookie_io_functions_t functions;

    memset(&functions, 0, sizeof(functions));
    functions.write = write_with_locks;
    FILE *file = fopencookie(NULL, "w", functions);
    CHECK(file);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        fputc('.', file);
        fflush(NULL);
        usleep(100); /* the lock of the list of streams is not fair */
    }
    fclose(file);
    return unused;
}

static void fork_beside(void *(*function)(void *), int forks)
{
    pthread_t thread = start_thread(function, NULL);

    for (int i = 0; i < forks; i++)
        fork_and_wait();
    reach_stage(&stop, 1);
    finish_thread(thread);
}

/* ---- many ---- */

static void *fork_often(void *unused)
{
    for (int i = 0; i < 30; i++) {
        fork_and_wait();
        use_fresh_locks(20);
    }
    return unused;
}

static void fork_in_threads(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(fork_often, NULL);
    for (int i = 0; i < 4; i++)
        finish_thread(threads[i]);
}

/* ---- handler ---- */

static volatile sig_atomic_t handled, is_child;

static void on_alarm(int signal)
{
    (void)signal;
    if (is_child || ++handled % 20 != 0)
        return;
    if (fork() == 0)
        is_child = 1;
}

static void fork_in_handler(void)
{
    struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    struct sigaction action;
    int status, children = 0;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_alarm;
    action.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (!is_child && handled < 1000)
        use_fresh_locks(1);
    if (is_child) {
        use_fresh_locks(100);
        _exit(0);
    }
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    for (; wait(&status) > 0; children++)
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(children > 0);
}

static void await_good(long child)
{
    int status;

    CHECK(child > 0);
    CHECK(waitpid((pid_t)child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static long fork_by(long number)
{
    struct clone_args arguments = {.exit_signal = SIGCHLD};

    if (number == SYS_clone3)
        return syscall(SYS_clone3, &arguments, sizeof(arguments));
    return syscall(number, (long)SIGCHLD, 0L, 0L, 0L, 0L);
}

/* A child that would go on in the trace of its parent would spoil it. */
static void fork_bare(long number)
{
    long child = fork_by(number);

    if (child < 0 && (errno == ENOSYS || errno == EPERM))
        return; /* not known, or forbidden, in this container */
    if (child == 0) {
        use_fresh_locks(100);
        _exit(0);
    }
    use_fresh_locks(100);
    await_good(child);
}

static void fork_by_system_calls(void)
{
#ifdef SYS_fork
    fork_bare(SYS_fork);
#endif
    fork_bare(SYS_clone);
    fork_bare(SYS_clone3);
    CHECK(syscall(SYS_clone3, 9L, sizeof(struct clone_args)) == -1);
    CHECK(errno == EFAULT || errno == ENOSYS || errno == EPERM);
}

static int run_child(void *data)
{
    use_fresh_locks(*(const int *)data);
    return 7;
}

/* Its child runs on a stack of its own, and ends with what its function returns. */
static void fork_by_clone(void)
{
    static _Alignas(16) char stack[1 << 18];
    int locks = 100, status;
    pid_t id = 0, child = clone(run_child, stack + sizeof(stack), SIGCHLD | CLONE_PARENT_SETTID,
                                &locks, &id, NULL, NULL);

    CHECK(child > 0 && id == child);
    use_fresh_locks(100);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK(clone(NULL, stack + sizeof(stack), SIGCHLD, NULL) == -1 && errno == EINVAL);
    CHECK(clone(run_child, NULL, SIGCHLD, NULL) == -1 && errno == EINVAL);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strcmp(argv[1], "loader") == 0)
        fork_beside(list_modules, 50);
    else if (strcmp(argv[1], "stdio") == 0)
        fork_beside(flush, 200);
    else if (strcmp(argv[1], "many") == 0)
        fork_in_threads();
    else if (strcmp(argv[1], "bare") == 0)
        fork_by_system_calls();
    else if (strcmp(argv[1], "clone") == 0)
        fork_by_clone();
    else
        fork_in_handler();
    puts("done");
    return 0;
}
