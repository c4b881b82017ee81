/*
 * Work for a race detector to watch, without races: `race_work KIND COUNT`. Built bare,
 * instrumented, and with ThreadSanitizer; bench/races runs the three in turns. Prints the greatest
 * resident set, in KiB.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define WORDS   4096

static size_t count;

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void run_threads(void *(*work)(void *))
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
            abort();
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* ---- scan: every thread writes and sums up memory of its own ---- */

static void *scan(void *number)
{
    uint32_t *words = must(calloc(WORDS, sizeof(*words))), sum = (uint32_t)(uintptr_t)number;

    for (size_t round = 0; round < count / WORDS; round++) {
        for (size_t i = 0; i < WORDS; i++)
            words[i] = sum + (uint32_t)i;
        for (size_t i = 0; i < WORDS; i++)
            sum += words[i];
    }
    free(words);
    return (void *)(uintptr_t)(sum & 1);
}

/* ---- sort: calls that nest, pieces of one array, each thread its own ---- */

static uint32_t *numbers;

static void merge(uint32_t *from, uint32_t *scratch, size_t n)
{
    size_t half = n / 2, left = 0, right = half;

    for (size_t i = 0; i < n; i++)
        scratch[i] =
            right == n || (left < half && from[left] <= from[right]) ? from[left++] : from[right++];
    for (size_t i = 0; i < n; i++)
        from[i] = scratch[i];
}

static void merge_sort(uint32_t *from, uint32_t *scratch, size_t n)
{
    if (n < 2)
        return;
    merge_sort(from, scratch, n / 2);
    merge_sort(from + n / 2, scratch, n - n / 2);
    merge(from, scratch, n);
}

static void *sort(void *number)
{
    size_t n = count / THREADS;
    uint32_t *scratch = must(malloc((n + 1) * sizeof(*scratch)));

    merge_sort(numbers + (uintptr_t)number * n, scratch, n);
    free(scratch);
    return NULL;
}

static void sort_all(void)
{
    uint32_t seed = 4711;

    numbers = must(malloc((count + 1) * sizeof(*numbers)));
    for (size_t i = 0; i < count; i++)
        numbers[i] = seed = seed * 1664525 + 1013904223;
    run_threads(sort);
    free(numbers);
}

/* ---- table: readers of one table; sometimes a write, under the writing side ---- */

static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static uint32_t table[256];

static void *use_table(void *number)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < count / 64; i++) {
        pthread_rwlock_rdlock(&table_lock);
        for (size_t k = 0; k < 64; k++)
            sum += table[(i + k) % 256];
        pthread_rwlock_unlock(&table_lock);
        if (i % 1000 == (uintptr_t)number) {
            pthread_rwlock_wrlock(&table_lock);
            table[i % 256]++;
            pthread_rwlock_unlock(&table_lock);
        }
    }
    return (void *)(uintptr_t)(sum & 1);
}

/* ---- locked: short critical sections on shared counters ---- */

static struct {
    pthread_mutex_t lock;
    uint64_t hits, last;
} counters[16];

static void *count_locked(void *number)
{
    for (size_t i = 0; i < count; i++) {
        size_t which = (i + (uintptr_t)number) % 16;

        pthread_mutex_lock(&counters[which].lock);
        counters[which].hits++;
        counters[which].last = i;
        pthread_mutex_unlock(&counters[which].lock);
    }
    return NULL;
}

/* ---- blocks: heap blocks that are made, filled and freed ---- */

static void *use_blocks(void *number)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = 16 + (i * 7 + (uintptr_t)number) % 200;
        char *block = must(malloc(size));

        for (size_t k = 0; k < size; k += 8)
            block[k] = (char)i;
        free(block);
    }
    return NULL;
}

/* ---- atomics: a counter and a spin lock of its own making ---- */

static uint64_t total, guarded;
static int taken;

static void *use_atomics(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < count; i++) {
        __atomic_fetch_add(&total, 1, __ATOMIC_RELAXED);
        while (i % 16 == 0 && __atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE))
            sched_yield();
        if (i % 16 == 0) {
            guarded++;
            __atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
        }
    }
    return NULL;
}

/* ---- first: words of a big array, each looked at for the first time ---- */

static uint64_t *vast;

static void *read_vast(void *number)
{
    uint64_t seed = (uintptr_t)number + 1, sum = 0;

    for (size_t i = 0; i < count / THREADS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        sum += vast[(seed >> 33) % count];
    }
    return (void *)(uintptr_t)(sum & 1);
}

static void look_at_all(void)
{
    vast = must(malloc((count + 1) * sizeof(*vast)));
    memset(vast, 1, (count + 1) * sizeof(*vast));
    run_threads(read_vast);
    free(vast);
}

/* ---- calls: functions that do little else than call each other ---- */

static __attribute__((noinline)) uint32_t ways(uint32_t steps)
{
    return steps < 2 ? 1 : ways(steps - 1) + ways(steps - 2);
}

static void *call_deeply(void *number)
{
    uint32_t sum = (uint32_t)(uintptr_t)number;

    for (size_t i = 0; i < count / 1000; i++)
        sum += ways(14);
    return (void *)(uintptr_t)(sum & 1);
}

/* ---- counter: one counter, one lock, that all want all the time ---- */

static void *count_together(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&counters[0].lock);
        counters[0].hits++;
        pthread_mutex_unlock(&counters[0].lock);
    }
    return NULL;
}

static const struct {
    const char *name;
    void *(*work)(void *); /* of each thread */
    void (*all)(void);     /* in its place: the main part, where there is one */
} kinds[] = {
    {"scan", scan, NULL},
    {"sort", NULL, sort_all},
    {"first", NULL, look_at_all},
    {"calls", call_deeply, NULL},
    {"table", use_table, NULL},
    {"locked", count_locked, NULL},
    {"counter", count_together, NULL},
    {"blocks", use_blocks, NULL},
    {"atomics", use_atomics, NULL},
};

/* Not getrusage(): that remembers the process before the exec. */
static void print_memory(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long size;

    while (status && fgets(line, sizeof(line), status))
        if (sscanf(line, "VmHWM: %ld", &size) == 1)
            printf("%ld\n", size);
    if (status)
        fclose(status);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    count = strtoull(argv[2], NULL, 10);
    for (size_t i = 0; i < 16; i++)
        pthread_mutex_init(&counters[i].lock, NULL);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, argv[1]) != 0)
            continue;
        if (kinds[i].work)
            run_threads(kinds[i].work);
        else
            kinds[i].all();
        print_memory();
        return 0;
    }
    return 2;
}
