/*
 * Threads that wait, each mode in another way; one thread always waits for a condition. The table
 * says what is a stall: in the others somebody can go on, or may be able to. Says "ready" and its
 * pid when its threads are about to wait.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define A_WHILE_MS 1200 /* many times the grace time that the tests give */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool go;
static int waits; /* stage 1: the other thread has begun */
static sem_t posted;
static const char *program;

static void *wait_for_go(void *unused)
{
    pthread_mutex_lock(&lock);
    reach_stage(&waits, 1);
    while (!go)
        pthread_cond_wait(&cond, &lock);
    pthread_mutex_unlock(&lock);
    return unused;
}

static void give_go(void)
{
    pthread_mutex_lock(&lock);
    go = true;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&lock);
}

/* Not while the other thread has the lock: the child would wait for it for ever. */
static pid_t fork_with_free_lock(void)
{
    await_stage(&waits, 1);
    pthread_mutex_lock(&lock);
    pid_t pid = fork();
    pthread_mutex_unlock(&lock);
    return pid;
}

static void say_ready(void)
{
    printf("ready %d\n", (int)getpid());
    fflush(stdout);
}

static void block_signal(int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
}

static void post(int number)
{
    (void)number;
    sem_post(&posted);
}

static void handle(int number)
{
    struct sigaction action = {.sa_handler = post, .sa_flags = SA_RESTART};

    CHECK(sigaction(number, &action, NULL) == 0);
}

static void do_stalled(void)
{
}

static void *arrive(void *barrier)
{
    pthread_barrier_wait(barrier);
    return NULL;
}

static void do_barrier(void)
{
    static pthread_barrier_t barrier;

    CHECK(pthread_barrier_init(&barrier, NULL, 3) == 0);
    start_thread(arrive, &barrier);
    arrive(&barrier);
}

static void do_read(void)
{
    char byte;
    int ends[2];

    CHECK(pipe(ends) == 0);
    CHECK(read(ends[0], &byte, 1) == 1);
}

static void do_stdin(void)
{
    char byte;

    CHECK(read(STDIN_FILENO, &byte, 1) == 1);
    give_go();
}

static void do_sleep(void)
{
    struct timespec time = {.tv_sec = A_WHILE_MS / 1000, .tv_nsec = A_WHILE_MS % 1000 * 1000000L};

    CHECK(nanosleep(&time, NULL) == 0);
    give_go();
}

static void do_poll(void)
{
    CHECK(poll(NULL, 0, A_WHILE_MS) == 0);
    give_go();
}

static void do_timed(void)
{
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 1 + A_WHILE_MS / 1000;
    pthread_mutex_lock(&own);
    while (pthread_cond_timedwait(&never, &own, &end) == 0)
        ;
    pthread_mutex_unlock(&own);
    give_go();
}

static void do_sigwait(void)
{
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(sigwait(&set, &number) == 0);
}

static void do_pause(void)
{
    pause();
}

static void do_socket(void)
{
    int ends[2];
    char byte;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(recv(ends[0], &byte, 1, 0) == 1);
}

static void do_child(void)
{
    int status;
    pid_t pid = fork_with_free_lock();

    if (pid == 0) {
        poll(NULL, 0, A_WHILE_MS);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    give_go();
}

static void do_alarm(void)
{
    handle(SIGALRM);
    alarm(1 + A_WHILE_MS / 1000);
    while (sem_wait(&posted) != 0)
        CHECK(errno == EINTR);
    give_go();
}

static void do_handler(void)
{
    handle(SIGTERM);
    handle(SIGSEGV);
}

static void do_shared(void)
{
    sem_t *sem =
        mmap(NULL, sizeof(*sem), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    CHECK(sem != MAP_FAILED && sem_init(sem, 1, 0) == 0);
    pid = fork_with_free_lock();
    if (pid == 0) {
        poll(NULL, 0, A_WHILE_MS);
        sem_post(sem);
        _exit(0);
    }
    CHECK(sem_wait(sem) == 0);
    CHECK(waitpid(pid, NULL, 0) == pid);
    give_go();
}

/* A process of its own that has our memory: it could wake anybody. Ends with us. */
static int stay(void *unused)
{
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (pause() != 0)
        continue;
    return 0;
}

static void do_cloned(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    pid_t pid = clone(stay, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);

    CHECK(pid > 0);
    CHECK(sem_wait(&posted) == 0);
}

static void do_shared_for_ever(void)
{
    sem_t *sem =
        mmap(NULL, sizeof(*sem), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CHECK(sem != MAP_FAILED && sem_init(sem, 1, 0) == 0);
    sem_wait(sem);
}

/* Marked as shared, but nobody shares the memory. */
static void do_unshared(void)
{
    static sem_t sem;

    CHECK(sem_init(&sem, 1, 0) == 0);
    sem_wait(&sem);
}

/* The wait is not over, but a handler that interrupted it works. */
static void spin(int number)
{
    (void)number;
    for (;;)
        poll(NULL, 0, 10);
}

static void *interrupt(void *thread)
{
    while (poll(NULL, 0, 50) == 0)
        pthread_kill(*(pthread_t *)thread, SIGUSR2);
    return NULL;
}

static void do_busy_handler(void)
{
    struct sigaction action = {.sa_handler = spin};
    pthread_t self = pthread_self();

    CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
    start_thread(interrupt, &self);
    sem_wait(&posted);
}

/* Locks that their last holder took with it. */
static void *take_rwlock(void *rwlock)
{
    CHECK(pthread_rwlock_wrlock(rwlock) == 0);
    return NULL;
}

static void do_rwlock(void)
{
    static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

    finish_thread(start_thread(take_rwlock, &rwlock));
    pthread_rwlock_rdlock(&rwlock);
}

static void *take_mutex(void *mutex)
{
    CHECK(pthread_mutex_lock(mutex) == 0);
    return NULL;
}

/* A robust mutex tells when its owner is gone; so its owner lives, and waits as well. */
static void *take_and_wait(void *mutex)
{
    take_mutex(mutex);
    return wait_for_go(NULL);
}

static void lock_taken_mutex(const pthread_mutexattr_t *attributes)
{
    static pthread_mutex_t mutex;

    CHECK(pthread_mutex_init(&mutex, attributes) == 0);
    start_thread(take_and_wait, &mutex);
    while (pthread_mutex_trylock(&mutex) == 0) {
        pthread_mutex_unlock(&mutex);
        sched_yield();
    }
    pthread_mutex_lock(&mutex);
}

static void do_robust(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    lock_taken_mutex(&attributes);
}

static void do_inheriting(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    lock_taken_mutex(&attributes);
}

static void *take_spin(void *spin)
{
    CHECK(pthread_spin_lock(spin) == 0);
    return NULL;
}

static void do_spin(void)
{
    static pthread_spinlock_t spinlock;

    CHECK(pthread_spin_init(&spinlock, 0) == 0);
    finish_thread(start_thread(take_spin, (void *)&spinlock));
    pthread_spin_lock(&spinlock);
}

static void wait_inside(void)
{
    wait_for_go(NULL);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *enter_once(void *unused)
{
    CHECK(pthread_once(&once, wait_inside) == 0);
    return unused;
}

static void do_once(void)
{
    start_thread(enter_once, NULL);
    enter_once(NULL);
}

/* Two mutexes crosswise, while the first thread waits for what never comes. */
static pthread_mutex_t spade = PTHREAD_MUTEX_INITIALIZER, rake = PTHREAD_MUTEX_INITIALIZER;

static void *dig(void *both_hold)
{
    pthread_mutex_lock(&spade);
    pthread_barrier_wait(both_hold);
    pthread_mutex_lock(&rake);
    return NULL;
}

static void do_deadlocked(void)
{
    static pthread_barrier_t both_hold;

    CHECK(pthread_barrier_init(&both_hold, NULL, 2) == 0);
    start_thread(dig, &both_hold);
    pthread_mutex_lock(&rake);
    pthread_barrier_wait(&both_hold);
    pthread_mutex_lock(&spade);
}

/* Two semaphores that were taken and given back, and then crosswise. */
static sem_t scanner, printer;
static pthread_barrier_t both;

static void *use(void *sem)
{
    sem_wait(sem);
    sem_post(sem);
    return NULL;
}

static void cross(sem_t *first, sem_t *second)
{
    sem_wait(first);
    pthread_barrier_wait(&both);
    sem_wait(second);
}

static void *fax(void *unused)
{
    cross(&printer, &scanner);
    return unused;
}

static void *copy(void *unused)
{
    cross(&scanner, &printer);
    return unused;
}

static void cross_semaphores(pthread_t threads[2])
{
    threads[0] = start_thread(fax, NULL);
    threads[1] = start_thread(copy, NULL);
}

static void make_semaphores(void)
{
    CHECK(sem_init(&scanner, 0, 1) == 0 && sem_init(&printer, 0, 1) == 0);
    CHECK(pthread_barrier_init(&both, NULL, 2) == 0);
}

/* Who used them before has ended, and the main thread, which sleeps on, never did. */
static void do_semaphores(void)
{
    pthread_t threads[2];

    make_semaphores();
    finish_thread(start_thread(use, &scanner));
    finish_thread(start_thread(use, &printer));
    cross_semaphores(threads);
    for (;;)
        pause();
}

/* The main thread used them before, and lives: nobody knows what it is going to do. */
static void use_and_cross(pthread_t threads[2])
{
    make_semaphores();
    use(&scanner);
    use(&printer);
    cross_semaphores(threads);
}

static void do_semaphores_in_doubt(void)
{
    pthread_t threads[2];

    use_and_cross(threads);
    for (;;)
        pause();
}

/* It comes back and gives them one more. */
static void do_semaphores_helped(void)
{
    pthread_t threads[2];

    use_and_cross(threads);
    CHECK(poll(NULL, 0, A_WHILE_MS) == 0);
    sem_post(&scanner);
    finish_thread(threads[0]);
    sem_post(&printer);
    finish_thread(threads[1]);
    give_go();
}

static void do_child_stalls(void)
{
    int status;
    pid_t pid = fork_with_free_lock();

    if (pid == 0) {
        pthread_t thread = start_thread(wait_for_go, NULL);

        finish_thread(thread);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    printf("child ended by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    give_go();
}

static void do_executes(void)
{
    await_stage(&waits, 1);
    execl(program, program, "bare_read", (char *)NULL);
    CHECK(!"executed");
}

#define ALONE true /* no other thread */

static const struct {
    const char *name;
    void (*function)(void);
    bool alone;
} modes[] = {
    /* stalls */
    {"stalled", do_stalled, false},
    {"barrier", do_barrier, false},
    {"unshared", do_unshared, false},
    {"rwlock", do_rwlock, false},
    {"robust", do_robust, false},
    {"inheriting", do_inheriting, false},
    {"spin", do_spin, false},
    {"once", do_once, false},
    {"child_stalls", do_child_stalls, false}, /* goes on when the child is ended */
    /* a deadlock, and all else waits */
    {"deadlocked", do_deadlocked, false},
    /* a circle, though somebody can go on */
    {"semaphores", do_semaphores, false},
    {"semaphores_in_doubt", do_semaphores_in_doubt, false},
    /* somebody may wake a thread, and nobody does */
    {"handler", do_handler, false},
    {"shared_for_ever", do_shared_for_ever, false},
    {"cloned", do_cloned, false},
    /* somebody can go on, and does */
    {"stdin", do_stdin, false},
    {"sleep", do_sleep, false},
    {"poll", do_poll, false},
    {"timed", do_timed, false},
    {"child", do_child, false},
    {"alarm", do_alarm, false},
    {"shared", do_shared, false},
    {"semaphores_helped", do_semaphores_helped, false},
    /* somebody can go on, and never has to */
    {"read", do_read, false},
    {"bare_read", do_read, ALONE},
    {"sigwait", do_sigwait, false},
    {"pause", do_pause, false},
    {"socket", do_socket, false},
    {"busy_handler", do_busy_handler, false},
    {"executes", do_executes, false},
};

int main(int argc, char **argv)
{
    program = argv[0];
    for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        pthread_t thread;

        if (strcmp(argv[1], modes[i].name) != 0)
            continue;
        CHECK(sem_init(&posted, 0, 0) == 0);
        block_signal(SIGUSR1);
        if (!modes[i].alone)
            thread = start_thread(wait_for_go, NULL);
        say_ready();
        modes[i].function();
        if (!modes[i].alone)
            finish_thread(thread);
        return 0;
    }
    fputs("usage: waiting MODE\n", stderr);
    return 2;
}
