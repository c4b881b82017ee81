/*
 * An allocator as jemalloc and tcmalloc are: its operator delete gives a block back without a call
 * of free() by that name. The block given back last is the next to be handed out. With
 * OPERATORS_ONLY it leaves malloc() and its like alone, and nobody can ask it for a size.
 */
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 28 /* of sizes, powers of two from 1 on */
#define ROOM    ((size_t)64 << 20)

/* Just before each block; it keeps blocks at multiples of 16. */
struct header {
    size_t class;
    struct header *next;
};

static _Alignas(4096) char room[ROOM];
static size_t used;
static struct header *unused[CLASSES];
static int busy;

static void enter(void)
{
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void leave(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

static struct header *header_of(void *block)
{
    return (struct header *)block - 1;
}

static void *carve(size_t alignment, size_t class)
{
    size_t start = (used + sizeof(struct header) + alignment - 1) & ~(alignment - 1);

    if (class >= CLASSES || start > ROOM || ROOM - start < ((size_t)1 << class))
        return NULL;
    used = start + ((size_t)1 << class);
    header_of(room + start)->class = class;
    return room + start;
}

static void *take(size_t alignment, size_t size)
{
    size_t class = 4;
    void *block;

    while (class < CLASSES && ((size_t)1 << class) < size)
        class ++;
    enter();
    if (alignment <= 16 && class < CLASSES && unused[class]) {
        block = unused[class] + 1;
        unused[class] = unused[class]->next;
    } else {
        block = carve(alignment < 16 ? 16 : alignment, class);
    }
    leave();
    return block;
}

static void give_back(void *block)
{
    struct header *header;

    if (!block)
        return;
    header = header_of(block);
    enter();
    header->next = unused[header->class];
    unused[header->class] = header;
    leave();
}

static void *take_or_end(size_t alignment, size_t size)
{
    void *block = take(alignment, size);

    if (!block)
        abort();
    return block;
}

/* ---- C++ ---- */

void *_Znwm(size_t size);
void *_Znam(size_t size);
void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
void _ZdlPv(void *block);
void _ZdaPv(void *block);
void _ZdlPvm(void *block, size_t size);
void _ZdaPvm(void *block, size_t size);
void _ZdlPvSt11align_val_t(void *block, size_t alignment);
void _ZdlPvmSt11align_val_t(void *block, size_t size, size_t alignment);

void *_Znwm(size_t size)
{
    return take_or_end(16, size);
}

void *_Znam(size_t size)
{
    return take_or_end(16, size);
}

void *_ZnwmSt11align_val_t(size_t size, size_t alignment)
{
    return take_or_end(alignment, size);
}

void _ZdlPv(void *block)
{
    give_back(block);
}

void _ZdaPv(void *block)
{
    give_back(block);
}

void _ZdlPvm(void *block, size_t size)
{
    (void)size;
    give_back(block);
}

void _ZdaPvm(void *block, size_t size)
{
    (void)size;
    give_back(block);
}

void _ZdlPvSt11align_val_t(void *block, size_t alignment)
{
    (void)alignment;
    give_back(block);
}

void _ZdlPvmSt11align_val_t(void *block, size_t size, size_t alignment)
{
    (void)size;
    (void)alignment;
    give_back(block);
}

/* ---- C ---- */

#ifndef OPERATORS_ONLY
size_t malloc_usable_size(void *block);

size_t malloc_usable_size(void *block)
{
    return block ? (size_t)1 << header_of(block)->class : 0;
}

static void *or_no_memory(void *block)
{
    if (!block)
        errno = ENOMEM;
    return block;
}

void *malloc(size_t size)
{
    return or_no_memory(take(16, size));
}

void free(void *block)
{
    give_back(block);
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    void *block = __builtin_mul_overflow(count, size, &bytes) ? NULL : take(16, bytes);

    return or_no_memory(block ? memset(block, 0, bytes) : NULL);
}

void *realloc(void *block, size_t size)
{
    size_t old_size = malloc_usable_size(block);
    void *moved = size <= old_size ? block : take(16, size);

    if (block && moved && moved != block) {
        memcpy(moved, block, old_size);
        give_back(block);
    }
    return or_no_memory(moved);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return or_no_memory(take(alignment, size));
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *block = take(alignment, size);

    if (block)
        *ret = block;
    return block ? 0 : ENOMEM;
}
#endif
