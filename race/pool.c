#include "pool.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "lock.h"
#include "sys.h"

#define CHUNK     (1u << 18)
#define LINE      64u
#define CLASS_MIN 6 /* log2 of the smallest piece */
#define CLASSES   26

static uint32_t lock_word; /* lock.h */

/* Under the lock. */
struct free_piece {
    struct free_piece *next;
};
static struct free_piece *free_pieces[CLASSES];
static char *chunk, *keep;
static size_t chunk_left, keep_left;

void lh_race_lock(void)
{
    lh_spin_lock(&lock_word);
}

void lh_race_unlock(void)
{
    lh_spin_unlock(&lock_word);
}

void *lh_pages_alloc(size_t size)
{
    int saved = errno;
    void *start = lh_sys_mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    /* Touched here and there: huge pages would make it many times bigger. */
    if (start != MAP_FAILED && size >= CHUNK)
        madvise(start, size, MADV_NOHUGEPAGE);
    errno = saved;
    return start == MAP_FAILED ? NULL : start;
}

void lh_pages_free(void *pages, size_t size)
{
    int saved = errno;
    if (pages)
        lh_sys_munmap(pages, size);
    errno = saved;
}

static unsigned class_of(size_t size)
{
    unsigned class = CLASS_MIN;

    while (((size_t)1 << class) < size)
        class ++;
    return class;
}

size_t lh_pool_room(size_t size)
{
    return (size_t)1 << class_of(size);
}

static void *carve(size_t size)
{
    if (size > CHUNK / 4)
        return lh_pages_alloc(size);
    if (chunk_left < size) {
        char *fresh = lh_pages_alloc(CHUNK);
        if (!fresh)
            return NULL;
        chunk = fresh;
        chunk_left = CHUNK;
    }
    void *piece = chunk;
    chunk += size;
    chunk_left -= size;
    return piece;
}

void *lh_pool_alloc(size_t size)
{
    unsigned class = class_of(size);

    if (class >= CLASSES)
        return NULL;
    lh_race_lock();
    struct free_piece *piece = free_pieces[class];
    void *result = piece;
    if (piece)
        free_pieces[class] = piece->next;
    else
        result = carve((size_t)1 << class);
    lh_race_unlock();
    return result;
}

void lh_pool_free(void *start, size_t size)
{
    struct free_piece *piece = start;
    unsigned class = class_of(size);

    if (!piece)
        return;
    lh_race_lock();
    piece->next = free_pieces[class];
    free_pieces[class] = piece;
    lh_race_unlock();
}

void *lh_pool_keep(size_t size)
{
    /* What fills a line of the cache begins with one. */
    size_t align = size < LINE / 2 ? 16 : LINE, skip = keep_left & (align - 1);

    size = (size + align - 1) & ~(align - 1);
    if (size > CHUNK / 4)
        return lh_pages_alloc(size);
    if (keep_left < size + skip) {
        char *fresh = lh_pages_alloc(CHUNK);
        if (!fresh)
            return NULL;
        keep = fresh;
        keep_left = CHUNK;
        skip = 0;
    }
    void *result = keep + skip;
    keep += skip + size;
    keep_left -= skip + size;
    return result;
}

void lh_pool_forked(void)
{
    lock_word = 0;
    memset(free_pieces, 0, sizeof free_pieces);
    chunk = keep = NULL;
    chunk_left = keep_left = 0;
}
