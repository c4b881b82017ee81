/*
 * Eight GiB of addresses, touched here and there, given back, and touched again.
 * EXPECT proven touch_one touch_again
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "pair.h"

#define SIZE ((size_t)8 << 30)
#define STEP ((size_t)1 << 20)

static char *place;

/* Relaxed: where the memory lies is known to both threads, and orders nothing. */
static char *memory(void)
{
    return __atomic_load_n(&place, __ATOMIC_RELAXED);
}

static void map(void)
{
    char *made = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(made != MAP_FAILED);
    __atomic_store_n(&place, made, __ATOMIC_RELAXED);
}

RACY static void touch_all(void)
{
    for (size_t at = 0; at < SIZE; at += STEP)
        memory()[at]++;
}

RACY static void touch_one(void)
{
    memory()[SIZE / 2 + 1] = 1;
}

RACY static void touch_again(void)
{
    memory()[SIZE / 2 + 1] = 2;
}

static void first(void)
{
    touch_all();
    CHECK(munmap(memory(), SIZE) == 0);
    map();
    touch_one();
}

static void second(void)
{
    touch_again();
}

static long resident_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    CHECK(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = atol(line + 6);
    }
    fclose(file);
    return kib;
}

int main(void)
{
    map();
    pair(first, second);
    /* 8,192 pages, and for each at most four of shadow. */
    CHECK(resident_kib() < 8192 * 4 * 5 + 65536);
    return 0;
}
