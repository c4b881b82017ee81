#include "lock_table.h"

#include "arena.h"
#include "hash.h"
#include "lock_pages.h"
#include "locks.h"
#include "self.h"

#define FIRST_BUCKETS  1024u
#define FIRST_GRAINS   1024u
#define GRAIN_BITS     8 /* of an address, within a grain of memory */
#define PAGE_GRAINS    (4096u >> GRAIN_BITS)
#define MAX_HOPS       64
#define MAX_GRAIN_HOPS 256

static struct lh_lock **buckets; /* heads are atomic: read without the recorder lock */
static size_t n_buckets;         /* a power of two */
/* What stands in a grain of memory, or in another that has its place too. */
struct grain {
    struct lh_lock *locks; /* head and links: as of buckets */
    uint32_t version;      /* odd: the list is being changed, or no more in use; atomic */
};
/* With its size, as here a miss is an answer: who took a new table for one of the old size would
 * look in the wrong places. */
struct grains {
    size_t count; /* a power of two */
    struct grain at[] __attribute__((aligned(sizeof(struct grain))));
};
static struct grains *grains; /* NULL: nothing was recorded yet; atomic */
static size_t n_live;

static size_t bucket_of(uintptr_t addr, size_t count)
{
    return lh_spread(addr) & (count - 1);
}

/* What a list is searched by. */
enum search {
    WHAT_LIVES, /* lock->addr */
    WHAT_STANDS /* lock->home: also what rests */
};

static inline uintptr_t key_of(const struct lh_lock *lock, enum search search)
{
    return __atomic_load_n(search == WHAT_LIVES ? &lock->addr : &lock->home, __ATOMIC_RELAXED);
}

/*
 * Lock-free: links may change under us, so a miss proves nothing (the slow path looks again under
 * the recorder lock), and hops are bounded. A hit is certain: an address belongs to one instance.
 */
static inline struct lh_lock *look_up(uintptr_t addr, enum search search)
{
    /* Acquire pairs with the releases in lh_lock_table_add() and resize(). The table is read after
     * its size: tables only grow, and the smaller size fits both. */
    size_t count = __atomic_load_n(&n_buckets, __ATOMIC_ACQUIRE);
    if (!count)
        return NULL;
    struct lh_lock **table = __atomic_load_n(&buckets, __ATOMIC_ACQUIRE);
    struct lh_lock *lock = __atomic_load_n(&table[bucket_of(addr, count)], __ATOMIC_ACQUIRE);
    for (int hops = 0; lock && hops < MAX_HOPS; hops++) {
        if (key_of(lock, search) == addr)
            return lock;
        lock = __atomic_load_n(&lock->next, __ATOMIC_ACQUIRE);
    }
    return NULL;
}

/* The same, certain, under the recorder lock. */
static inline struct lh_lock *look_up_locked(uintptr_t addr, enum search search)
{
    if (!n_buckets)
        return NULL;
    for (struct lh_lock *lock = buckets[bucket_of(addr, n_buckets)]; lock; lock = lock->next) {
        if (key_of(lock, search) == addr)
            return lock;
    }
    return NULL;
}

struct lh_lock *lh_lock_live_at(uintptr_t addr)
{
    return look_up(addr, WHAT_LIVES);
}

struct lh_lock *lh_lock_live_at_locked(uintptr_t addr)
{
    return look_up_locked(addr, WHAT_LIVES);
}

struct lh_lock *lh_lock_at(uintptr_t addr)
{
    return look_up(addr, WHAT_STANDS);
}

struct lh_lock *lh_lock_at_locked(uintptr_t addr)
{
    return look_up_locked(addr, WHAT_STANDS);
}

static bool resize(void)
{
    size_t count = n_buckets ? n_buckets * 2 : FIRST_BUCKETS;
    struct lh_lock **table = lh_table_alloc(count * sizeof *table);

    if (!table)
        return n_buckets != 0;
    for (size_t i = 0; i < n_buckets; i++) {
        struct lh_lock *next;
        for (struct lh_lock *lock = buckets[i]; lock; lock = next) {
            size_t to = bucket_of(lock->home, count);
            next = lock->next;
            __atomic_store_n(&lock->next, table[to], __ATOMIC_RELEASE);
            table[to] = lock;
        }
    }
    /* The old table stays: another thread may be reading it. All old ones together are smaller. */
    __atomic_store_n(&buckets, table, __ATOMIC_RELEASE);
    __atomic_store_n(&n_buckets, count, __ATOMIC_RELEASE);
    return true;
}

static struct grain *grain_of(struct grains *table, uintptr_t addr)
{
    return &table->at[(addr >> GRAIN_BITS) & (table->count - 1)];
}

/* Around a change of a grain's list; pairs with the looks in walk_grain(). */
static void change_begins(struct grain *grain)
{
    __atomic_store_n(&grain->version, grain->version + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static void change_ends(struct grain *grain)
{
    __atomic_store_n(&grain->version, grain->version + 1, __ATOMIC_RELEASE);
}

static void add_to_grain(struct grain *grain, struct lh_lock *lock)
{
    __atomic_store_n(&lock->grain_next, grain->locks, __ATOMIC_RELAXED);
    lock->grain_link = &grain->locks;
    if (grain->locks)
        grain->locks->grain_link = &lock->grain_next;
    __atomic_store_n(&grain->locks, lock, __ATOMIC_RELEASE);
}

static bool grow_grains(void)
{
    size_t old_count = grains ? grains->count : 0, count = old_count ? old_count * 2 : FIRST_GRAINS;
    struct grains *table = lh_table_alloc(sizeof *table + count * sizeof table->at[0]);
    struct lh_lock *next;

    if (!table)
        return grains != NULL;
    table->count = count;
    /* The old table stays, as that of the buckets does, but says that nothing in it is certain. */
    for (size_t i = 0; i < old_count; i++) {
        change_begins(&grains->at[i]);
        for (struct lh_lock *lock = grains->at[i].locks; lock; lock = next) {
            next = lock->grain_next;
            add_to_grain(grain_of(table, lock->home), lock);
        }
    }
    /* Release pairs with the acquire in lh_locks_in(). */
    __atomic_store_n(&grains, table, __ATOMIC_RELEASE);
    return true;
}

static void link_grain(struct lh_lock *lock)
{
    struct grain *grain = grain_of(grains, lock->home);

    change_begins(grain);
    add_to_grain(grain, lock);
    change_ends(grain);
    lh_page_enter(lock->home);
}

static void unlink_grain(struct lh_lock *lock)
{
    struct grain *grain = grain_of(grains, lock->home);

    change_begins(grain);
    __atomic_store_n(lock->grain_link, lock->grain_next, __ATOMIC_RELAXED);
    if (lock->grain_next)
        lock->grain_next->grain_link = lock->grain_link;
    change_ends(grain);
    lh_page_leave(lock->home);
}

/* Those of one grain in the range, added to the `n` there are; -1: the list changed meanwhile, or
 * there are too many. */
static int walk_grain(const struct grain *grain, uintptr_t start, uintptr_t size,
                      struct lh_lock **ret, int n, int most)
{
    /* Acquire, and the fence below: what is read lies between two looks at the version. */
    uint32_t version = __atomic_load_n(&grain->version, __ATOMIC_ACQUIRE);
    struct lh_lock *lock = __atomic_load_n(&grain->locks, __ATOMIC_ACQUIRE);

    for (int hops = 0; lock; hops++) {
        if (hops == MAX_GRAIN_HOPS)
            return -1;
        if (__atomic_load_n(&lock->home, __ATOMIC_RELAXED) - start < size) {
            if (n == most)
                return -1;
            ret[n++] = lock;
        }
        lock = __atomic_load_n(&lock->grain_next, __ATOMIC_ACQUIRE);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (version % 2 || __atomic_load_n(&grain->version, __ATOMIC_RELAXED) != version)
        return -1;
    return n;
}

int lh_locks_in(uintptr_t start, uintptr_t size, struct lh_lock **ret, int most)
{
    uintptr_t first = start >> GRAIN_BITS, last = (start + size - 1) >> GRAIN_BITS;
    struct grains *table = __atomic_load_n(&grains, __ATOMIC_ACQUIRE);
    int n = 0;

    if (last - first >= LH_FEW_GRAINS)
        return -1;
    if (!table)
        return 0;
    for (uintptr_t grain = first; grain <= last && n >= 0; grain++)
        n = walk_grain(grain_of(table, grain << GRAIN_BITS), start, size, ret, n, most);
    return n;
}

static void link_stack(struct lh_lock *lock)
{
    struct lh_self *thread = lh_self_of_stack(lock->home);

    lock->stack_link = NULL;
    if (!thread)
        return;
    lock->slot->flags |= LH_LOCK_ON_STACK;
    lock->stack_next = thread->stack_locks;
    lock->stack_link = &thread->stack_locks;
    if (lock->stack_next)
        lock->stack_next->stack_link = &lock->stack_next;
    thread->stack_locks = lock;
    if (lock->home < thread->lowest_stack_lock)
        __atomic_store_n(&thread->lowest_stack_lock, lock->home, __ATOMIC_RELAXED);
}

static void unlink_stack(struct lh_lock *lock)
{
    if (!lock->stack_link)
        return;
    *lock->stack_link = lock->stack_next;
    if (lock->stack_next)
        lock->stack_next->stack_link = lock->stack_link;
    lock->stack_link = NULL;
}

bool lh_lock_table_add(struct lh_lock *lock)
{
    /* At most half full: each further entry of a list is a look into cold memory. */
    if ((n_live + 1) * 2 > n_buckets && !resize())
        return false;
    if ((!grains || n_live + 1 > grains->count * 2) && !grow_grains())
        return false;
    struct lh_lock **head = &buckets[bucket_of(lock->home, n_buckets)];
    __atomic_store_n(&lock->next, *head, __ATOMIC_RELEASE);
    /* Release: who finds the lock finds all of it. */
    __atomic_store_n(head, lock, __ATOMIC_RELEASE);
    n_live++;
    link_grain(lock);
    link_stack(lock);
    return true;
}

void lh_lock_table_remove(struct lh_lock *lock)
{
    struct lh_lock **link = &buckets[bucket_of(lock->home, n_buckets)];

    while (*link != lock)
        link = &(*link)->next;
    __atomic_store_n(link, lock->next, __ATOMIC_RELEASE);
    n_live--;
    unlink_grain(lock);
    unlink_stack(lock);
}

void lh_lock_table_each(uintptr_t start, uintptr_t size, void (*act)(struct lh_lock *, void *),
                        void *data)
{
    uintptr_t first = start >> GRAIN_BITS, last = (start + size - 1) >> GRAIN_BITS;
    struct lh_lock *next;

    if (!n_live)
        return;
    /* A big range meets every grain once, whatever page it is of. */
    bool is_small = last - first < grains->count;
    uintptr_t count = is_small ? last - first + 1 : grains->count;
    for (uintptr_t i = 0; i < count; i++) {
        if (is_small && !lh_page_may_hold_locks((first + i) << GRAIN_BITS)) {
            i += (PAGE_GRAINS - 1) - (first + i) % PAGE_GRAINS;
            continue;
        }
        struct lh_lock *lock = grain_of(grains, (first + i) << GRAIN_BITS)->locks;
        for (; lock; lock = next) {
            next = lock->grain_next;
            if (lock->home - start < size)
                act(lock, data);
        }
    }
}

void lh_lock_table_forked(void)
{
    buckets = NULL;
    grains = NULL;
    n_buckets = n_live = 0;
}
