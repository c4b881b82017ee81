/*
 * `micro list` names the cases; `micro CASE MILLISECONDS` repeats one for about that long, after a
 * round that does not count; `micro CASE xCOUNT` makes so many operations in each thread, neither
 * more nor less.
 *
 * Prints: ns of the clock an operation, ns of processor time an operation, operations, KiB of the
 * greatest resident set.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "micro.h"

#define STACK_SIZE (256u << 10)

void *micro_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    micro_must(memory ? 0 : ENOMEM, "calloc");
    return memory;
}

void micro_must(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "micro: %s: %s\n", what, strerror(error > 0 ? error : errno));
    exit(1);
}

static void *nothing(void *argument)
{
    return argument;
}

void micro_start_thread(void)
{
    pthread_t thread;

    micro_must(pthread_create(&thread, NULL, nothing, NULL), "pthread_create");
    micro_must(pthread_join(thread, NULL), "pthread_join");
}

/* ---- a round: all threads at once ---- */

static struct round {
    const struct micro_case *it;
    size_t count; /* of each thread; 0: the threads end */
    pthread_barrier_t start, end;
    pthread_t *threads;
} now;

struct taken {
    double wall, cpu; /* ns */
};

static double read_clock(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *thread_main(void *number)
{
    for (;;) {
        pthread_barrier_wait(&now.start);
        if (now.count == 0)
            return NULL;
        now.it->work(now.it, (unsigned)(size_t)number, now.count);
        pthread_barrier_wait(&now.end);
    }
}

static void start_threads(const struct micro_case *it)
{
    pthread_attr_t attributes;

    now.it = it;
    now.threads = micro_zeroed(it->threads, sizeof(*now.threads));
    if (it->threads == 1)
        return;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    micro_must(pthread_barrier_init(&now.start, NULL, it->threads + 1), "pthread_barrier_init");
    micro_must(pthread_barrier_init(&now.end, NULL, it->threads + 1), "pthread_barrier_init");
    for (size_t i = 0; i < it->threads; i++)
        micro_must(pthread_create(&now.threads[i], &attributes, thread_main, (void *)i),
                   "pthread_create");
    pthread_attr_destroy(&attributes);
}

static void end_threads(void)
{
    if (now.it->threads == 1)
        return;
    now.count = 0;
    pthread_barrier_wait(&now.start);
    for (size_t i = 0; i < now.it->threads; i++)
        pthread_join(now.threads[i], NULL);
}

/* A case of one thread runs in the main thread. */
static __attribute__((noinline)) struct taken make_round(size_t count)
{
    struct taken taken;
    bool alone = now.it->threads == 1;

    now.count = count;
    taken.cpu = -read_clock(CLOCK_PROCESS_CPUTIME_ID);
    taken.wall = -read_clock(CLOCK_MONOTONIC);
    if (alone)
        now.it->work(now.it, 0, count);
    else {
        pthread_barrier_wait(&now.start);
        pthread_barrier_wait(&now.end);
    }
    taken.wall += read_clock(CLOCK_MONOTONIC);
    taken.cpu += read_clock(CLOCK_PROCESS_CPUTIME_ID);
    return taken;
}

/* A multiple of the least count. */
static size_t round_up(double count)
{
    size_t least = now.it->least ? now.it->least : 1;
    size_t times = count > (double)least ? (size_t)(count / (double)least) + 1 : 1;

    return times * least;
}

/*
 * Longer and longer rounds, the last one about as long as asked for. What is new to a tool comes in
 * the first one, which does not count; it starts at the same place, for the stacks are to be the
 * same.
 */
static struct taken make_rounds(double target, size_t *ret_count)
{
    size_t count = round_up(1);

    for (bool warm = false;; warm = true) {
        struct taken taken = make_round(count);
        __asm__ volatile("" : "+r"(warm)); /* else the first round is made a loop of its own */
        if (!warm)
            continue;
        if (taken.wall >= target * 0.7) {
            *ret_count = count;
            return taken;
        }
        double factor = taken.wall > 0 ? target / taken.wall : 16;
        count = round_up((double)count * (factor < 2 ? factor : factor < 16 ? factor : 16));
    }
}

/* Not getrusage(): that remembers the process before the exec. */
static long peak_memory(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long size = 0;

    while (status && fgets(line, sizeof(line), status))
        if (sscanf(line, "VmHWM: %ld", &size) == 1)
            break;
    if (status)
        fclose(status);
    return size;
}

static int run(const struct micro_case *it, const char *amount)
{
    size_t count = strtoull(amount + (*amount == 'x'), NULL, 10);
    struct taken taken;

    if (!count)
        return 2;
    micro_start_thread();
    if (it->prepare)
        it->prepare(it);
    start_threads(it);
    if (*amount == 'x')
        taken = make_round(count);
    else
        taken = make_rounds((double)count * 1e6, &count);
    double operations = (double)count * (it->together ? 1 : it->threads);
    printf("%.3f %.3f %.0f %ld\n", taken.wall / operations, taken.cpu / operations, operations,
           peak_memory());
    end_threads();
    return 0;
}

static const struct micro_case *const tables[] = {
    floor_cases, mutex_cases, lock_cases, wait_cases, place_cases, number_cases,
};
#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

static const struct micro_case *find(const char *name)
{
    for (size_t i = 0; i < N_TABLES; i++)
        for (const struct micro_case *it = tables[i]; it->name; it++)
            if (strcmp(it->name, name) == 0)
                return it;
    return NULL;
}

static int list(void)
{
    for (size_t i = 0; i < N_TABLES; i++)
        for (const struct micro_case *it = tables[i]; it->name; it++)
            printf("%s\t%u\t%s\n", it->name, it->threads, it->what);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    const struct micro_case *it = argc == 3 ? find(argv[1]) : NULL;
    int status = it ? run(it, argv[2]) : 2;
    if (status == 2)
        fprintf(stderr, "usage: micro list | micro CASE MILLISECONDS | micro CASE xCOUNT\n");
    return status;
}
