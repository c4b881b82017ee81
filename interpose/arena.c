#include "arena.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "real.h"
#include "sys.h"

#define LH_ARENA_CHUNK (1u << 20)
#define BIG_CHUNK      (16u << 20) /* once so much was needed already */
#define HUGE_PAGE      (2u << 20)

static char *arena_next;
static size_t arena_left, arena_used;

/*
 * Where there is so much that it is looked up all over, half of the time of a look-up goes into
 * finding the page: let the kernel use huge ones. Small programs stay as small as they are.
 */
static void use_huge_pages(void *start, size_t size)
{
    if (size >= 2 * HUGE_PAGE)
        madvise(start, size, MADV_HUGEPAGE);
}

void *lh_table_alloc(size_t size)
{
    int saved = errno;
    void *start = lh_sys_mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start != MAP_FAILED)
        use_huge_pages(start, size);
    errno = saved;
    return start == MAP_FAILED ? NULL : start;
}

void lh_table_free(void *table, size_t size)
{
    int saved = errno;
    if (table)
        lh_real.munmap(table, size);
    errno = saved;
}

void *lh_arena_alloc(size_t size)
{
    size_t align = size >= 64 ? 64 : 16;
    size = (size + align - 1) & ~(align - 1);
    if (size > LH_ARENA_CHUNK / 4)
        return lh_table_alloc(size);
    size_t skip = -(uintptr_t)arena_next & (align - 1);
    if (arena_left < size + skip) {
        size_t chunk_size = arena_used < BIG_CHUNK ? LH_ARENA_CHUNK : BIG_CHUNK;
        char *chunk = lh_table_alloc(chunk_size);
        if (!chunk)
            return NULL;
        arena_next = chunk;
        arena_left = chunk_size;
        arena_used += chunk_size;
        skip = 0;
    }
    void *result = arena_next + skip;
    arena_next += size + skip;
    arena_left -= size + skip;
    return result;
}

void lh_arena_forked(void)
{
    arena_next = NULL;
    arena_left = arena_used = 0;
}
