#include "heap.h"

#include <stdbool.h>
#include <string.h>

#include "accesses.h"
#include "lock.h"
#include "pool.h"
#include "recorder.h"
#include "slots.h"
#include "watched.h"

#define BUCKETS   ((size_t)1 << 16)
#define PAGE_BITS 12
#define NEAR      16u /* pages: blocks no longer than that are looked for from their end on */
#define CHUNK     4096u
#define CHUNKS    65536u
#define LOCKED    UINT32_MAX /* in place of a head: a thread works on the list */
#define KEPT      (LH_FREED_BLOCKS * 3 / 4)
#define BATCH     LH_FRESH_BLOCKS

struct block {
    struct lh_heap_block info;
    uint64_t freed_at; /* ticks; 0: never */
    uint32_t next;     /* number of the next one in the bucket, or on the free list */
};

struct table {
    uint32_t heads[BUCKETS]; /* blocks by the page they begin in; then the long ones */
    uint32_t long_blocks;
    struct block *chunks[CHUNKS];
};

static struct table *table;             /* atomic */
static uint32_t last_block, free_block; /* under the race lock */

static struct block *block_of(uint32_t number)
{
    return &table->chunks[number / CHUNK][number % CHUNK];
}

/* Long blocks are in one list of their own: they are few, and may begin anywhere before. */
static bool is_long(size_t size)
{
    return size > (size_t)(NEAR - 1) << PAGE_BITS;
}

static uint32_t *bucket_of(uintptr_t page)
{
    return &table->heads[lh_cache_place(page, 16)];
}

/* ---- a list, locked by its head ---- */

static uint32_t take_list(uint32_t *head)
{
    struct lh_spin spin = {0};
    uint32_t first;

    /* Acquire pairs with the release in put_list(). */
    while ((first = __atomic_exchange_n(head, LOCKED, __ATOMIC_ACQUIRE)) == LOCKED) {
        while (__atomic_load_n(head, __ATOMIC_RELAXED) == LOCKED) {
            /* Its owner was thrown out: the blocks of the list are lost. */
            if (!lh_race_spin(&spin))
                return 0;
        }
    }
    return first;
}

static void put_list(uint32_t *head, uint32_t first)
{
    __atomic_store_n(head, first, __ATOMIC_RELEASE);
}

static uint32_t take_out(uint32_t *head, uintptr_t addr)
{
    uint32_t first = take_list(head), number = first, *link = &first;

    while (number && block_of(number)->info.addr != addr) {
        link = &block_of(number)->next;
        number = *link;
    }
    if (number)
        *link = block_of(number)->next;
    put_list(head, first);
    return number;
}

/* ---- room for blocks ---- */

/* Under the race lock. */
static uint32_t carve(void)
{
    uint32_t number = free_block;

    if (number) {
        free_block = block_of(number)->next;
        return number;
    }
    if (last_block + 1 == CHUNK * CHUNKS)
        return 0;
    struct block **chunk = &table->chunks[(last_block + 1) / CHUNK];
    if (!*chunk)
        *chunk = lh_pages_alloc(CHUNK * sizeof **chunk);
    return *chunk ? ++last_block : 0;
}

/* Several at a time, so that the lock is taken seldom. */
static void get_fresh(struct lh_thread_heap *heap)
{
    uint32_t number;

    lh_race_lock();
    if (!table)
        __atomic_store_n(&table, lh_pages_alloc(sizeof *table), __ATOMIC_RELEASE);
    while (table && heap->n_fresh < BATCH && (number = carve()) != 0)
        heap->fresh[heap->n_fresh++] = number;
    lh_race_unlock();
}

static uint32_t oldest_freed(struct lh_thread_heap *heap)
{
    return heap->freed[heap->first_freed++ % LH_FREED_BLOCKS];
}

static uint32_t new_block(struct lh_thread_heap *heap)
{
    if (heap->next_freed - heap->first_freed > KEPT)
        return oldest_freed(heap);
    if (!heap->n_fresh)
        get_fresh(heap);
    return heap->n_fresh ? heap->fresh[--heap->n_fresh] : 0;
}

/* Under the race lock. */
static void give_back(uint32_t number)
{
    block_of(number)->next = free_block;
    free_block = number;
}

static void give_back_oldest(struct lh_thread_heap *heap)
{
    lh_race_lock();
    for (uint32_t i = 0; i < BATCH; i++)
        give_back(oldest_freed(heap));
    lh_race_unlock();
}

/* What it was stays known for a while, in case that it is used still. */
static void keep_freed(struct lh_thread_heap *heap, uint32_t number)
{
    block_of(number)->freed_at = lh_now();
    if (heap->next_freed - heap->first_freed == LH_FREED_BLOCKS)
        give_back_oldest(heap);
    /* Relaxed: who looks for a block takes what it finds. */
    __atomic_store_n(&heap->freed[heap->next_freed % LH_FREED_BLOCKS], number, __ATOMIC_RELAXED);
    __atomic_store_n(&heap->next_freed, heap->next_freed + 1, __ATOMIC_RELAXED);
}

/* ---- blocks ---- */

void lh_heap_begin(struct lh_hot *hot, uintptr_t addr, size_t size, uintptr_t pc)
{
    uint32_t number = new_block(&hot->thread->heap);

    if (!number)
        return;
    struct block *block = block_of(number);
    uint32_t *head = is_long(size) ? &table->long_blocks : bucket_of(addr >> PAGE_BITS);
    block->info = (struct lh_heap_block){
        .addr = addr,
        .size = size,
        .epoch = (uint64_t)hot->thread->clock << LH_WORD_CLOCK | (uint64_t)hot->thread->slot
                                                                     << LH_WORD_SLOT,
        .access = lh_access_number(hot, lh_where(pc, 0, 0)),
    };
    block->freed_at = 0;
    block->next = take_list(head);
    put_list(head, number);
}

bool lh_heap_end(struct lh_hot *hot, uintptr_t addr)
{
    if (!__atomic_load_n(&table, __ATOMIC_ACQUIRE))
        return false;
    uint32_t number = take_out(bucket_of(addr >> PAGE_BITS), addr);
    if (!number && table->long_blocks)
        number = take_out(&table->long_blocks, addr);
    if (!number)
        return false;
    if (hot->thread) {
        keep_freed(&hot->thread->heap, number);
    } else {
        lh_race_lock();
        give_back(number);
        lh_race_unlock();
    }
    return true;
}

/* ---- for reports ---- */

static bool search(uint32_t *head, uintptr_t addr, struct lh_heap_block *ret)
{
    uint32_t first = take_list(head);
    bool found = false;

    for (uint32_t number = first; number && !found; number = block_of(number)->next) {
        *ret = block_of(number)->info;
        found = addr - ret->addr < ret->size;
    }
    put_list(head, first);
    return found;
}

/* The block that was freed last of those of one thread, and later than `*at`. */
static bool search_freed(const struct lh_thread_heap *heap, uintptr_t addr, uint64_t *at,
                         struct lh_heap_block *ret)
{
    uint32_t next = __atomic_load_n(&heap->next_freed, __ATOMIC_RELAXED);

    for (uint32_t i = 1; i <= LH_FREED_BLOCKS; i++) {
        uint32_t number =
            __atomic_load_n(&heap->freed[(next - i) % LH_FREED_BLOCKS], __ATOMIC_RELAXED);
        const struct block *block = number ? block_of(number) : NULL;
        if (block && block->freed_at > *at && addr - block->info.addr < block->info.size) {
            *ret = block->info;
            *at = block->freed_at;
            return true;
        }
    }
    return false;
}

static bool search_all_freed(uintptr_t addr, struct lh_heap_block *ret)
{
    uint64_t at = 0;
    bool found = false;

    for (uint32_t slot = 1; slot <= lh_race_slots(); slot++)
        found |= search_freed(&lh_race_thread_of(slot)->heap, addr, &at, ret);
    return found;
}

bool lh_heap_find(uintptr_t addr, struct lh_heap_block *ret)
{
    uintptr_t page = addr >> PAGE_BITS;

    if (!__atomic_load_n(&table, __ATOMIC_ACQUIRE))
        return false;
    for (uintptr_t i = 0; i < NEAR && i <= page; i++) {
        if (search(bucket_of(page - i), addr, ret))
            return true;
    }
    return search(&table->long_blocks, addr, ret) || search_all_freed(addr, ret);
}

void lh_heap_forked(void)
{
    table = NULL;
    last_block = free_block = 0;
}
