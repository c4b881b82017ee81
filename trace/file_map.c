#include "file_map.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct lh_file_map {
    char *start;
    size_t size; /* whole pages */
    bool torn;   /* atomic */
    struct lh_file_map *next;
};

static struct lh_file_map *maps; /* atomic: read by the handler */
static struct sigaction before;
static uintptr_t page_size;

/* Async-signal-safe: mmap() is a system call and no more. false: the address is none of ours. */
static bool fill_with_zeros(char *address)
{
    /* Acquire pairs with the release in lh_file_map_new(). */
    struct lh_file_map *map = __atomic_load_n(&maps, __ATOMIC_ACQUIRE);
    char *page = (char *)((uintptr_t)address & ~(page_size - 1));

    while (map && (address < map->start || address >= map->start + map->size))
        map = map->next;
    if (!map)
        return false;
    /* A file that ends before this page ends before all that follow. */
    __atomic_store_n(&map->torn, true, __ATOMIC_RELAXED);
    return mmap(page, (size_t)(map->start + map->size - page), PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    int saved = errno;

    (void)context;
    /* When nothing helps, the same access does it again, and meets what was there before. A signal
     * that somebody sent is repeated for it. */
    if (info->si_code <= 0 || !fill_with_zeros(info->si_addr)) {
        sigaction(number, &before, NULL);
        if (info->si_code <= 0)
            raise(number);
    }
    errno = saved;
}

static int install(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, &before) < 0 ? -errno : 0;
}

int lh_file_map_new(int fd, size_t size, struct lh_file_map **ret)
{
    struct lh_file_map *map = calloc(1, sizeof(*map));
    int r = map ? 0 : -ENOMEM;

    if (r == 0 && !maps)
        r = install();
    if (r < 0) {
        free(map);
        return r;
    }
    map->size = (size + page_size - 1) & ~(page_size - 1);
    map->start = mmap(NULL, map->size, PROT_READ, MAP_PRIVATE, fd, 0);
    map->next = maps;
    if (map->start == MAP_FAILED) {
        r = -errno;
        if (!maps)
            sigaction(SIGBUS, &before, NULL);
        free(map);
        return r;
    }
    /* Release: the handler finds all of it. */
    __atomic_store_n(&maps, map, __ATOMIC_RELEASE);
    *ret = map;
    return 0;
}

void lh_file_map_free(struct lh_file_map *map)
{
    struct lh_file_map **link = &maps;

    if (!map)
        return;
    while (*link != map)
        link = &(*link)->next;
    __atomic_store_n(link, map->next, __ATOMIC_RELEASE);
    if (!maps)
        sigaction(SIGBUS, &before, NULL);
    munmap(map->start, map->size);
    free(map);
}

const void *lh_file_map_data(const struct lh_file_map *map)
{
    return map->start;
}

bool lh_file_map_torn(const struct lh_file_map *map)
{
    return __atomic_load_n(&map->torn, __ATOMIC_RELAXED);
}
