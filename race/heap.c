#include "heap.h"

#include <stdbool.h>
#include <string.h>

#include "accesses.h"
#include "pool.h"
#include "watched.h"

#define BUCKETS   ((size_t)1 << 16)
#define STRIPES   256u
#define PAGE_BITS 12
#define NEAR      16u /* pages: blocks no longer than that are looked for from their end on */
#define CHUNK     4096u
#define CHUNKS    65536u
#define FREED     1024u

struct block {
    struct lh_heap_block info;
    uint32_t next; /* number of the next one in the bucket, or on the free list */
};

struct table {
    uint32_t heads[BUCKETS]; /* blocks by the page they begin in; then the long ones */
    uint32_t long_blocks;
    struct block *chunks[CHUNKS];
};

static struct table *table; /* atomic */
static uint32_t lock_words[STRIPES];
static uint32_t last_block, free_block;   /* under the race lock */
static struct lh_heap_block freed[FREED]; /* the last ones; under the race lock */
static uint32_t n_freed;

static struct block *block_of(uint32_t number)
{
    return &table->chunks[number / CHUNK][number % CHUNK];
}

static uint32_t bucket_number(uintptr_t page)
{
    return lh_cache_place(page, 16);
}

/* Long blocks are in one list of their own: they are few, and may begin anywhere before. */
static bool is_long(size_t size)
{
    return size > (size_t)(NEAR - 1) << PAGE_BITS;
}

static uint32_t *lock_of(uint32_t bucket)
{
    uint32_t *word = &lock_words[bucket % STRIPES];
    uint32_t spins = 0;

    while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE)) {
        if (!lh_race_spin(&spins))
            break;
    }
    return word;
}

static void unlock(uint32_t *word)
{
    __atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

static uint32_t new_block(void)
{
    uint32_t number = 0;

    lh_race_lock();
    if (!table)
        __atomic_store_n(&table, lh_pages_alloc(sizeof *table), __ATOMIC_RELEASE);
    if (table && free_block) {
        number = free_block;
        free_block = block_of(number)->next;
    } else if (table && last_block + 1 < CHUNK * CHUNKS) {
        struct block **chunk = &table->chunks[(last_block + 1) / CHUNK];
        if (!*chunk)
            *chunk = lh_pages_alloc(CHUNK * sizeof **chunk);
        if (*chunk)
            number = ++last_block;
    }
    lh_race_unlock();
    return number;
}

void lh_heap_begin(struct lh_hot *hot, uintptr_t addr, size_t size, uintptr_t pc)
{
    const struct lh_race_thread *thread = hot->thread;
    uint32_t number = new_block();

    if (!number)
        return;
    struct block *block = block_of(number);
    uint32_t bucket = bucket_number(addr >> PAGE_BITS);
    uint32_t *head = is_long(size) ? &table->long_blocks : &table->heads[bucket];
    block->info = (struct lh_heap_block){
        .addr = addr,
        .size = size,
        .epoch = (uint64_t)thread->clock << LH_WORD_CLOCK | (uint64_t)thread->slot << LH_WORD_SLOT,
        .access = lh_access_number(hot, lh_where(pc, 0, 0)),
    };
    uint32_t *lock = lock_of(is_long(size) ? 0 : bucket);
    block->next = *head;
    *head = number;
    unlock(lock);
}

static uint32_t take_out(uint32_t *link, uint32_t lock_number, uintptr_t addr)
{
    uint32_t *lock = lock_of(lock_number), number;

    while ((number = *link) != 0 && block_of(number)->info.addr != addr)
        link = &block_of(number)->next;
    if (number)
        *link = block_of(number)->next;
    unlock(lock);
    return number;
}

bool lh_heap_end(uintptr_t addr)
{
    uint32_t bucket = bucket_number(addr >> PAGE_BITS);

    if (!__atomic_load_n(&table, __ATOMIC_ACQUIRE))
        return false;
    uint32_t number = take_out(&table->heads[bucket], bucket, addr);
    if (!number && table->long_blocks)
        number = take_out(&table->long_blocks, 0, addr);
    if (!number)
        return false;
    lh_race_lock();
    freed[n_freed++ % FREED] = block_of(number)->info;
    block_of(number)->next = free_block;
    free_block = number;
    lh_race_unlock();
    return true;
}

static bool search_freed(uintptr_t addr, struct lh_heap_block *ret)
{
    bool found = false;

    lh_race_lock();
    for (uint32_t i = 1; i <= FREED && !found; i++) {
        const struct lh_heap_block *block = &freed[(n_freed - i) % FREED];
        found = addr - block->addr < block->size;
        if (found)
            *ret = *block;
    }
    lh_race_unlock();
    return found;
}

static bool search(const uint32_t *head, uint32_t lock_number, uintptr_t addr,
                   struct lh_heap_block *ret)
{
    uint32_t *lock = lock_of(lock_number);
    bool found = false;

    for (uint32_t number = *head; number && !found; number = block_of(number)->next) {
        *ret = block_of(number)->info;
        found = addr - ret->addr < ret->size;
    }
    unlock(lock);
    return found;
}

bool lh_heap_find(uintptr_t addr, struct lh_heap_block *ret)
{
    uintptr_t page = addr >> PAGE_BITS;

    if (!__atomic_load_n(&table, __ATOMIC_ACQUIRE))
        return false;
    for (uintptr_t i = 0; i < NEAR && i <= page; i++) {
        uint32_t bucket = bucket_number(page - i);
        if (search(&table->heads[bucket], bucket, addr, ret))
            return true;
    }
    return search(&table->long_blocks, 0, addr, ret) || search_freed(addr, ret);
}

void lh_heap_forked(void)
{
    table = NULL;
    last_block = free_block = n_freed = 0;
    memset(freed, 0, sizeof freed);
    for (uint32_t i = 0; i < STRIPES; i++)
        lock_words[i] = 0;
}
